"""The picture of a robustness report: a curve for each sweep, and a map over shift and rotation."""

import io

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

AXES = {
    "shift": ("right", "shift to the right, pixels"),
    "phase": ("right", "shift over a patch, pixels along both axes"),
    "rotation": ("rotation", "rotation, degrees"),
    "scale": ("scale", "scale"),
}
"""Along which column the curve of a sweep runs, and what is written there."""

SPREAD = (0.1, 0.9)
"""Quantiles between which the band around a curve lies: four fifths of the images."""

WIDTH = 12.0
"""Of the picture, in inches."""

BANDS = 6
"""The most curves that have a band each; more would hide one another."""

COLOURS = 10
"""That are told apart; curves beyond them are dashed."""


def draw_figure(scores: pd.DataFrame, title: str) -> Figure:
    """Draw the change of quality at every pose: the mean over the images as a line, most of them as a band.

    Poses at which nothing can be compared with the image in no pose are left out; where there are none that can, the
    quality itself is shown.

    Args:
        scores: From `score_poses`, of one kind of damage; of several methods, each a curve.
        title: Above all.
    """
    value, label = "change", "change of PSNR, dB"
    if scores["change"].isna().all():
        value, label = "psnr_damaged", "PSNR, dB"
    known = scores[np.isfinite(scores[value])]
    curves = [sweep for sweep in AXES if (scores["sweep"] == sweep).any()]
    methods = list(scores["method"].unique())
    maps = list(scores.loc[scores["sweep"] == "map", "method"].unique())
    rows = (len(curves) + 1) // 2 + (len(maps) + 1) // 2
    figure = Figure(figsize=(WIDTH, 3.4 * rows), layout="constrained")
    axes = list(figure.subplots(rows, 2, squeeze=False).flat)
    figure.suptitle(title)
    for axis, sweep in zip(axes, curves, strict=False):
        place, xlabel = AXES[sweep]
        of_sweep = known[known["sweep"] == sweep]
        for i, method in enumerate(methods):
            own = of_sweep[of_sweep["method"] == method].groupby(place)[value]
            _draw_curve(axis, own, method, i, has_band=len(methods) <= BANDS)
        if sweep == "shift":
            axis.set_xscale("symlog", linthresh=1)
        elif sweep == "scale":
            axis.set_xscale("log", base=2)
        elif sweep == "rotation":
            axis.set_xticks(range(0, 361, 45))
        axis.set(xlabel=xlabel, ylabel=label)
        axis.grid(alpha=0.3)
    for axis, method in zip(axes[len(curves) + len(curves) % 2 :], maps, strict=False):
        of_map = scores[(scores["sweep"] == "map") & (scores["method"] == method)]
        # Poses without any value keep their cell, which is left blank.
        grid = of_map[value].where(np.isfinite).groupby([of_map["rotation"], of_map["right"]]).mean().unstack()
        image = axis.imshow(grid.to_numpy(), aspect="auto", origin="lower", cmap="viridis")
        axis.set_xticks(range(grid.shape[1]), [f"{right:g}" for right in grid.columns])
        axis.set_yticks(range(grid.shape[0]), [f"{rotation:g}" for rotation in grid.index])
        axis.set(title=method, xlabel="shift to the right, pixels", ylabel="rotation, degrees")
        figure.colorbar(image, ax=axis, label=label)
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


def _draw_curve(axis: Axes, by_place: pd.api.typing.SeriesGroupBy, method: str, number: int, has_band: bool) -> None:
    colour, line = f"C{number % COLOURS}", "--" if number >= COLOURS else "-"
    axis.plot(by_place.mean(), marker=".", label=method, color=colour, ls=line)
    if has_band:
        low, high = (by_place.quantile(share) for share in SPREAD)
        axis.fill_between(low.index, low, high, color=colour, alpha=0.15, linewidth=0)
