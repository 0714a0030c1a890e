"""The plot of errors that are told and errors that are true."""

import pandas as pd
from matplotlib.figure import Figure

from restore.evaluation.robustness.figure import png_of

TITLES = {"pixels": "pixels", "squares": "mean colours"}


def draw(told: pd.DataFrame) -> bytes:
    """Draw, as a PNG file, for each kind of fill and each measure the true errors over the expected ones.

    Args:
        told: A row for each hole, in [0, 1] units: `fill`, `hole`, and of each measure `_true`, `_expected`, `_low` and
            `_high`.
    """
    fills = list(told["fill"].unique())
    figure = Figure(figsize=(4.6 * len(TITLES), 4.6 * len(fills)), layout="constrained")
    axes = figure.subplots(len(fills), len(TITLES), squeeze=False)
    for fill, row in zip(fills, axes, strict=True):
        for (measure, title), axis in zip(TITLES.items(), row, strict=True):
            own = told[told["fill"] == fill]
            true, expected, low, high = (255 * own[f"{measure}_{what}"] for what in ("true", "expected", "low", "high"))
            axis.vlines(expected, low.clip(lower=0.5), high, color="0.85", linewidth=0.8, zorder=0)
            for kind, some in own.groupby("hole", sort=False):
                axis.scatter(expected[some.index], true[some.index], 9, label=kind, linewidths=0)
            axis.plot([0.5, 200], [0.5, 200], "0.3", linewidth=0.8)
            inside = ((low <= true) & (true <= high)).mean()
            axis.set(xscale="log", yscale="log", xlim=(0.7, 130), ylim=(0.7, 130))
            axis.set(xlabel="expected error, of 255", ylabel="true error")
            axis.set_title(f"{fill}, {title}: {100 * inside:.0f} % inside")
            axis.grid(alpha=0.3)
    axes[0][0].legend()
    return png_of(figure)
