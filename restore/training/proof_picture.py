"""The proof of a training on noise as it came, as one picture."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from restore.training.proof import Proof

SIZE = (11.0, 6.6)
"""Of the picture, in inches."""


def draw_proof(proof: Proof, title: str) -> Figure:
    """Draw what images that were set aside say of the weights before and after, and a part of one of them.

    Above: the part as it came, by the weights before and after, and what these remove, four times as strong. Below:
    the error of each image before and after; the noise that its flattest parts tell of, and what is removed; how
    neighbours in what is removed have to do with one another, beside those in the noise.

    Args:
        proof: At least one image.
        title: Above all.
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    figure.suptitle(title)
    grid = figure.add_gridspec(2, 12)
    came, before, after = (image.permute(1, 2, 0).numpy() for image in proof.shown)
    pictures = {"as it came": came, "before": before, "after": after}
    pictures["removed after, x 4"] = (0.5 + 4 * (came - after)).clip(0, 1)
    for axes, (name, picture) in zip(
        [figure.add_subplot(grid[0, 3 * i : 3 * i + 3]) for i in range(4)], pictures.items(), strict=True
    ):
        axes.imshow(picture, interpolation="nearest")
        axes.set_title(name, fontsize=9)
        axes.set_axis_off()
    errors, levels, grain = (figure.add_subplot(grid[1, 4 * i : 4 * i + 4]) for i in range(3))
    rms = [(255 * max(one.before, 0) ** 0.5, 255 * max(one.after, 0) ** 0.5) for one in proof.images]
    _scatter(errors, rms, "estimated error before, of 255", "after")
    found = [(255 * one.expected, 255 * one.removed) for one in proof.images]
    _scatter(levels, found, "noise expected from flat parts, of 255", "removed after")
    mean = sum(one.mean for one in proof.images) / len(proof.images)
    levels.set_title(f"mean of what is removed {255 * mean:+.2f}", fontsize=9)
    for name, curves in (
        ("removed after", [one.grain for one in proof.images]),
        ("noise of flat parts", [one.noise_grain for one in proof.images if one.noise_grain]),
    ):
        means = [sum(values) / len(values) for values in zip(*curves, strict=True)]
        grain.plot(range(len(means)), means, marker=".", label=name)
    grain.set_xlabel("pixels apart")
    grain.set_ylabel("correlation")
    grain.axhline(0, color="0.7", linewidth=0.8)
    grain.legend(fontsize=8)
    return figure


def write_proof(proof: Proof, title: str, path: Path) -> None:
    """Write the picture as PNG; replaced if it exists."""
    draw_proof(proof, title).savefig(path, format="png", dpi=110)


def _scatter(axes: Axes, points: list[tuple[float, float]], across: str, up: str) -> None:
    most = 1.05 * max(max(point) for point in points) or 1.0
    axes.plot([0, most], [0, most], color="0.7", linewidth=0.8)
    axes.scatter([point[0] for point in points], [point[1] for point in points], s=14)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
