"""The means as Markdown tables."""

import pandas as pd

from restore.evaluation.methods import UNTREATED
from restore.evaluation.scores import METRICS

TITLES = {
    "psnr_hole": "hole PSNR, dB",
    "seam": "seam score, 0 is best",
    "ssim_hole": "hole SSIM",
    "psnr": "PSNR of the whole image, dB",
    "ssim": "SSIM of the whole image",
}
"""The scores that have tables, in order."""

THREE_DIGITS = ("ssim_hole", "ssim")
"""Of all others two are shown."""


def markdown(means: pd.DataFrame) -> str:
    """A table for each score: damage down, methods across, the best of each row in bold.

    What the same methods treat, with the same scores, stands in the same tables; the first of them has the seconds.
    """
    groups: dict[tuple[tuple[str, ...], tuple[bool, ...]], list[pd.DataFrame]] = {}
    for _, rows in means.groupby("damage", sort=False):
        groups.setdefault((tuple(rows["method"]), tuple(rows[METRICS].notna().any())), []).append(rows)
    tables = []
    for parts in groups.values():
        group = pd.concat(parts)
        shown = [score for score in TITLES if group[score].notna().any()]
        tables += [_table(group, score, has_seconds=score == shown[0]) for score in shown]
    return "\n\n".join(tables)


def _table(means: pd.DataFrame, score: str, has_seconds: bool) -> str:
    digits = 3 if score in THREE_DIGITS else 2
    order = {"columns": means["method"].unique(), "index": means["damage"].unique()}
    scores = means.pivot(index="damage", columns="method", values=score).reindex(**order)
    scores = scores.dropna(axis="columns", how="all").map(lambda value: round(value, digits))
    known = scores.drop(columns=UNTREATED, errors="ignore")
    best = known.min(axis="columns") if score == "seam" else known.max(axis="columns")
    images = means.groupby("damage")["images"].max()
    lines = [[TITLES[score], "images", *scores.columns]]
    for damage, row in scores.iterrows():
        is_best = (row == best[damage]) & (row.index != UNTREATED)
        cells = [_cell(value, digits, bool(bold)) for value, bold in zip(row, is_best, strict=True)]
        lines.append([damage, str(images[damage]), *cells])
    if has_seconds:
        seconds = means.groupby("method")["seconds"].median()[scores.columns]
        lines.append(["seconds per image", "", *(f"{value:.2f}" for value in seconds)])
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


def _cell(value: float, digits: int, is_best: bool) -> str:
    if pd.isna(value):
        return ""
    return f"**{value:.{digits}f}**" if is_best else f"{value:.{digits}f}"
