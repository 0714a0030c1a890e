"""Means of the scores over the images."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from restore.evaluation.battery import Task
from restore.evaluation.scorecard import Score


@dataclass(frozen=True)
class Mean:
    """The figures of one method in one setting, over the images; NaN where there are none.

    Args:
        task: As for `Score`.
        setting: As for `Score`; or a family and "mean", for the mean over the settings of the family.
        method: As for `Score`.
        images: How many.
        hole_ratio: Mean.
        psnr: Mean of the images' PSNRs in dB, which is not the PSNR of their mean error.
        ssim: Mean.
        psnr_hole: Mean of the images' PSNRs over the hole in dB.
        ssim_hole: Mean.
        seam: Mean.
        seconds: Median.
    """

    task: Task
    setting: str
    method: str
    images: int
    hole_ratio: float
    psnr: float
    ssim: float
    psnr_hole: float
    ssim_hole: float
    seam: float
    seconds: float

    @property
    def figure(self) -> float:
        """As for `Score`."""
        return self.psnr_hole if self.task == "hole" else self.psnr


def average(scores: Iterable[Score]) -> list[Mean]:
    """Average over the images: for each setting and method, in the order of their first scores.

    Settings whose names begin with the same word, such as the six shares of brush strokes, are a family: they stand
    together, and the mean of their means follows.
    """
    groups: dict[tuple[Task, str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault((score.task, score.setting, score.method), []).append(score)
    families: dict[tuple[Task, str], list[Mean]] = {}
    for (task, setting, method), group in groups.items():
        mean = _mean(task, setting, method, len(group), group, median(score.seconds for score in group))
        families.setdefault((task, setting.split()[0]), []).append(mean)
    return [mean for family in families.values() for mean in (*family, *_family_means(family))]


def _family_means(family: Sequence[Mean]) -> list[Mean]:
    if len({mean.setting for mean in family}) == 1:
        return []
    by_method: dict[str, list[Mean]] = {}
    for mean in family:
        by_method.setdefault(mean.method, []).append(mean)
    task, name = family[0].task, f"{family[0].setting.split()[0]} mean"
    return [
        _mean(task, name, method, max(mean.images for mean in group), group, fmean(mean.seconds for mean in group))
        for method, group in by_method.items()
    ]


def _mean(
    task: Task, setting: str, method: str, images: int, group: Sequence[Score] | Sequence[Mean], seconds: float
) -> Mean:
    return Mean(
        task,
        setting,
        method,
        images,
        hole_ratio=_mean_of_known(one.hole_ratio for one in group),
        psnr=_mean_of_known(one.psnr for one in group),
        ssim=_mean_of_known(one.ssim for one in group),
        psnr_hole=_mean_of_known(one.psnr_hole for one in group),
        ssim_hole=_mean_of_known(one.ssim_hole for one in group),
        seam=_mean_of_known(one.seam for one in group),
        seconds=seconds,
    )


def _mean_of_known(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan
