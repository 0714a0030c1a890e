"""The means as Markdown tables."""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from restore.evaluation.battery import Task
from restore.evaluation.means import Mean
from restore.evaluation.methods import UNTREATED


class _Kind(NamedTuple):
    task: Task
    figure: str
    title: str
    digits: int
    best: Callable[..., float] = max
    with_seconds: bool = False


TABLES = (
    _Kind("hole", "psnr_hole", "hole PSNR, dB", 2, with_seconds=True),
    _Kind("hole", "seam", "seam score, 0 is best", 2, best=min),
    _Kind("hole", "ssim_hole", "hole SSIM", 3),
    _Kind("hole", "psnr", "PSNR of the whole image, dB", 2),
    _Kind("hole", "ssim", "SSIM of the whole image", 3),
    _Kind("noise", "psnr", "sigma: PSNR, dB", 2, with_seconds=True),
    _Kind("noise", "ssim", "sigma: SSIM", 3),
)


def markdown(means: Sequence[Mean]) -> str:
    """A table for each figure: settings down, methods across, the best of each row in bold."""
    return "\n\n".join(
        _table(kind, of_task) for kind in TABLES if (of_task := [m for m in means if m.task == kind.task])
    )


def _table(kind: _Kind, means: Sequence[Mean]) -> str:
    methods = list(dict.fromkeys(mean.method for mean in means))
    lines = [f"| {kind.title} | images | {' | '.join(methods)} |", "|---" * (len(methods) + 2) + "|"]
    for setting in dict.fromkeys(mean.setting for mean in means):
        row = {mean.method: mean for mean in means if mean.setting == setting}
        figures = {method: round(getattr(mean.figures, kind.figure), kind.digits) for method, mean in row.items()}
        known = [figure for method, figure in figures.items() if method != UNTREATED and not math.isnan(figure)]
        best = kind.best(known, default=math.nan)
        cells = [
            _cell(figure, kind.digits, method != UNTREATED and figure == best) for method, figure in figures.items()
        ]
        images = max(mean.images for mean in row.values())
        lines.append(f"| {setting} | {images} | {' | '.join(cells)} |")
    if kind.with_seconds:
        seconds = [median(mean.seconds for mean in means if mean.method == method) for method in methods]
        lines.append(f"| seconds per image | | {' | '.join(f'{value:.2f}' for value in seconds)} |")
    return "\n".join(lines)


def _cell(figure: float, digits: int, is_best: bool) -> str:
    if math.isnan(figure):
        return ""
    return f"**{figure:.{digits}f}**" if is_best else f"{figure:.{digits}f}"
