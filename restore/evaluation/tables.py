"""The means as Markdown tables."""

import pandas as pd

from restore.evaluation.methods import UNTREATED
from restore.evaluation.scores import METRICS

TITLES = {
    "psnr_hole": "hole PSNR, dB",
    "seam": "seam score, 0 is best",
    "perceptual": "perceptual distance in holes, 0 is best",
    "liveliness": "liveliness of holes, 1 is best",
    "ssim_hole": "hole SSIM",
    "psnr": "PSNR of the whole image, dB",
    "ssim": "SSIM of the whole image",
}
"""The scores that have tables, in order."""

THREE_DIGITS = ("perceptual", "ssim_hole", "ssim")
"""Of all others two are shown."""

LEAST_IS_BEST = ("seam", "perceptual", "liveliness")
"""Of liveliness what is least is its distance from 1."""


def markdown(means: pd.DataFrame) -> str:
    """A table for each score: damage down, methods across, the best of each row in bold.

    What the same methods treat, with the same scores, stands in the same tables; the first of them has the seconds.
    """
    tables = []
    by_damage = means.groupby("damage")
    kinds = {name: (*rows["method"], *rows[METRICS].notna().any()) for name, rows in by_damage}
    alike = means["damage"].map(kinds.__getitem__)  # a mapping would become an index, which may hold UTF-8 alone
    for _, group in means.groupby(alike, sort=False):
        shown = [score for score in TITLES if group[score].notna().any()]
        tables += [_table(group, score, has_seconds=score == shown[0]) for score in shown]
    return "\n\n".join(tables)


def _table(means: pd.DataFrame, score: str, has_seconds: bool) -> str:
    digits = 3 if score in THREE_DIGITS else 2
    order = {"columns": means["method"].unique(), "index": means["damage"].unique()}
    scores = means.pivot(index="damage", columns="method", values=score).reindex(**order)
    scores = scores.dropna(axis="columns", how="all").map(lambda value: round(value, digits))
    known = scores.drop(columns=UNTREATED, errors="ignore")
    ranked = (known - 1).abs() if score == "liveliness" else known
    best = ranked.min(axis="columns") if score in LEAST_IS_BEST else ranked.max(axis="columns")
    is_best = ranked.eq(best, axis="index")
    cells = scores.map(lambda value: "" if pd.isna(value) else f"{value:.{digits}f}")
    cells = cells.mask(is_best.reindex(columns=cells.columns, fill_value=False), "**" + cells + "**")
    cells.insert(0, "images", means.groupby("damage")["images"].max().astype(str))
    lines = [[TITLES[score], *cells.columns], *cells.reset_index().to_numpy().tolist()]
    if has_seconds:
        seconds = means.groupby("method")["seconds"].median()[scores.columns]
        lines.append(["seconds per image", "", *(f"{value:.2f}" for value in seconds)])
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])
