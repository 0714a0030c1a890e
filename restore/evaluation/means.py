"""Means of the scores over the images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from restore.evaluation.battery import Task
from restore.evaluation.figures import Figures
from restore.evaluation.scorecard import Score


@dataclass(frozen=True)
class Mean:
    """What one method came to in one setting, over the images.

    Args:
        task: As for `Score`.
        setting: As for `Score`; or a family and "mean", for the mean over the settings of the family.
        method: As for `Score`.
        images: How many.
        figures: Means over the images.
        seconds: Median over the images.
    """

    task: Task
    setting: str
    method: str
    images: int
    figures: Figures
    seconds: float

    @property
    def figure(self) -> float:
        """As for `Score`."""
        return self.figures.psnr_hole if self.task == "hole" else self.figures.psnr


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
        figures = Figures.mean(score.figures for score in group)
        mean = Mean(task, setting, method, len(group), figures, median(score.seconds for score in group))
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
        Mean(
            task,
            name,
            method,
            max(mean.images for mean in group),
            Figures.mean(mean.figures for mean in group),
            fmean(mean.seconds for mean in group),
        )
        for method, group in by_method.items()
    ]
