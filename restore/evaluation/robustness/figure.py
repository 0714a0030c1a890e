"""The picture of a robustness report: a curve for each sweep, and a map over shift and rotation."""

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from restore.evaluation.robustness.moves import Move, place
from restore.evaluation.robustness.sweep import PoseScore

LABELS = {
    "shift": "shift to the right, pixels",
    "phase": "shift over a patch, pixels along both axes",
    "rotation": "rotation, degrees",
    "scale": "scale",
}

SPREAD = (10, 90)
"""Percentiles between which the band around a curve lies: four fifths of the images."""

WIDTH = 12.0
"""Of the picture, in inches."""

BANDS = 6
"""The most curves that have a band each; more would hide one another."""

COLOURS = 10
"""That are told apart; curves beyond them are dashed."""


def draw_figure(scores: Sequence[PoseScore], title: str) -> Figure:
    """Draw the change of quality at every pose: the mean over the images as a line, most of them as a band.

    Poses at which nothing can be compared with the image in no pose are left out; where there are none that can, the
    quality itself is shown.

    Args:
        scores: Of one kind of damage; of several restorers, each a curve.
        title: Above all.
    """
    curves = [sweep for sweep in LABELS if any(score.sweep == sweep for score in scores)]
    methods = list(dict.fromkeys(score.method for score in scores))
    mapped = [method for method in methods if any(s.sweep == "map" and s.method == method for s in scores)]
    rows = (len(curves) + 1) // 2 + (len(mapped) + 1) // 2
    figure = Figure(figsize=(WIDTH, 3.4 * rows), layout="constrained")
    axes = list(figure.subplots(rows, 2, squeeze=False).flat)
    figure.suptitle(title)
    is_change = any(not np.isnan(score.change) for score in scores)
    what = "change of PSNR, dB" if is_change else "PSNR, dB"
    for axis, sweep in zip(axes, curves, strict=False):
        _draw_curves(axis, [score for score in scores if score.sweep == sweep], methods, is_change)
        axis.set(xlabel=LABELS[sweep], ylabel=what)
    for axis, method in zip(axes[len(curves) + len(curves) % 2 :], mapped, strict=False):
        of_map = [score for score in scores if score.sweep == "map" and score.method == method]
        values, rights, rotations = _grid(of_map, is_change)
        image = axis.imshow(values, aspect="auto", origin="lower", cmap="viridis")
        axis.set_xticks(range(len(rights)), [f"{right:g}" for right in rights])
        axis.set_yticks(range(len(rotations)), [f"{rotation:g}" for rotation in rotations])
        axis.set(title=method, xlabel="shift to the right, pixels", ylabel="rotation, degrees")
        figure.colorbar(image, ax=axis, label=what)
    for axis in axes:
        axis.set_visible(axis.has_data())
    if curves:
        columns = max(1, int(WIDTH * 10 / (max(map(len, methods)) + 10)))  # some ten letters an inch, and a line each
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(len(methods), columns, 4)
        )
    return figure


def png_of(figure: Figure) -> bytes:
    """The figure as a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def _draw_curves(axis: Axes, scores: Sequence[PoseScore], methods: Sequence[str], is_change: bool) -> None:
    sweep = scores[0].sweep
    for i, method in enumerate(methods):
        by_place: dict[float, list[float]] = {}
        for score in scores:
            value = _value(score, is_change)
            if score.method == method and np.isfinite(value):
                by_place.setdefault(place(sweep, score.move), []).append(value)
        places = sorted(by_place)
        colour, line = f"C{i % COLOURS}", "--" if i >= COLOURS else "-"
        axis.plot(places, [np.mean(by_place[at]) for at in places], marker=".", label=method, color=colour, ls=line)
        if len(methods) <= BANDS:
            low, high = np.array([np.percentile(by_place[at], SPREAD) for at in places]).reshape(-1, 2).T
            axis.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    if sweep == "shift":
        axis.set_xscale("symlog", linthresh=1)
    elif sweep == "scale":
        axis.set_xscale("log", base=2)
    elif sweep == "rotation":
        axis.set_xticks(range(0, 361, 45))
    axis.grid(alpha=0.3)


def _grid(
    scores: Sequence[PoseScore], is_change: bool
) -> tuple[Float[ndarray, "rotations rights"], list[float], list[float]]:
    moves: dict[Move, list[float]] = {}
    for score in scores:
        moves.setdefault(score.move, []).append(_value(score, is_change))
    rights = sorted({move.right for move in moves})
    rotations = sorted({move.rotation for move in moves})
    values = np.full((len(rotations), len(rights)), np.nan)
    for move, of_move in moves.items():
        known = [value for value in of_move if np.isfinite(value)]
        if known:
            values[rotations.index(move.rotation), rights.index(move.right)] = np.mean(known)
    return values, rights, rotations


def _value(score: PoseScore, is_change: bool) -> float:
    return score.change if is_change else score.psnr
