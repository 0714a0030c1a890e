"""Quality as a function of pose: the same things restored wherever and however they lie.

The scores of a sweep are a data frame, each row what a method came to on one image in one pose:

- `method`, `subject`, `damage`: their names;
- `sweep`: one of `SWEEPS`; `right`, `down`, `rotation`, `scale`: the pose, as in `Move`;
- `psnr_damaged`: PSNR of what was damaged, in dB; NaN where that left the frame, or covers it, or the method failed;
- `change`: the same, less that of the same things in the image in no pose. Only what both images show counts, and
  nothing close to a border of either; NaN where hardly anything is left to compare;
- `interpolation`: PSNR in dB that warping the image there and back would leave; infinite where it is not warped.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from restore.evaluation.battery import Damage
from restore.evaluation.methods import Method, attempted, can_treat
from restore.evaluation.robustness.moves import POSITION, STILL, Move
from restore.evaluation.robustness.subjects import Subject, came_from_sight, stays_in_sight
from restore.evaluation.scorecard import unusable
from restore.evaluation.scores import as_frame
from restore.metrics import psnr

LEAST = 0.05
"""Share of the damaged pixels that an image must have in common with the image in no pose; of fewer, chance decides."""

POSE = ["sweep", "right", "down", "rotation", "scale"]

COLUMNS = ["method", "subject", "damage", *POSE, "psnr_damaged", "change", "interpolation"]


def score_poses(
    methods: Mapping[str, Method],
    subjects: Iterable[Subject],
    damage: Damage,
    sweeps: Mapping[str, Sequence[Move]],
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> pd.DataFrame:
    """Restore every image in every pose, by each method that can treat the damage; where a peer fails is logged.

    Args:
        methods: Functions of an observation, by name.
        subjects: The images.
        damage: What is restored; in an image in no pose it is that of `restore.evaluation.scorecard`.
        sweeps: The poses, by the name of their sweep.
        seed: With a subject's index and the damage it fixes what is drawn.
        progress: Called after each pose of each image.

    Returns:
        As described in this module.
    """
    scores: list[dict[str, object]] = []
    for subject in subjects:
        image = subject.posed(STILL.pose)
        size = image.shape[-1]
        start = damage.degrade(image, seed, subject.index)
        able = {name: method for name, method in methods.items() if can_treat(method, start)}
        what = f"{subject.name}, {damage.name}"
        still = {name: attempted(name, method, start, what) for name, method in able.items()}
        for sweep, move in ((sweep, move) for sweep, moves in sweeps.items() for move in moves):
            pose = move.pose
            posed = subject.posed(pose)
            observation = damage.degrade(posed, seed, subject.index, pose)
            before, damaged = start.sigma != 0, observation.sigma != 0
            compared = before & stays_in_sight(pose, size), damaged & came_from_sight(pose, size)
            is_enough = bool(compared[0].sum() >= LEAST * before.sum())
            place = {"subject": subject.name, "damage": damage.name, "sweep": sweep, **asdict(move)}
            place["interpolation"] = subject.interpolation(pose)
            for name, method in able.items():
                row = {**place, "method": name, "psnr_damaged": math.nan, "change": math.nan}
                if not unusable(observation):  # what was visible left the frame, or what was hidden
                    restored = still[name] if move == STILL else attempted(name, method, observation, f"{what}, {move}")
                    row["psnr_damaged"] = float(psnr(restored, posed, damaged))
                    if is_enough:
                        was = float(psnr(still[name], image, compared[0]))
                        row["change"] = float(psnr(restored, posed, compared[1])) - was
                scores.append(row)
            progress()
    return as_frame(scores, COLUMNS)


def some_failed(scores: pd.DataFrame) -> bool:
    """Whether a method failed at an image in a pose that another restored, by the scores of all methods."""
    nothing = scores["psnr_damaged"].isna()
    left_the_frame = nothing.groupby([scores[name] for name in ["subject", *POSE]]).transform("all")
    return bool((nothing & ~left_the_frame).any())


def psnr_drop(scores: pd.DataFrame) -> float:
    """The best pose minus the worst, in dB, over the mean change of the images, by the scores of one method.

    Scales are left out, and poses at which not all images have a change. NaN where nothing is left.
    """
    means = mean_changes(scores[scores["sweep"].isin(POSITION)])
    return float(means.max() - means.min())


def psnr_drops(scores: pd.DataFrame) -> dict[str, dict[str, float]]:
    """For each method the drop over each sweep of positions and rotations that has one, and over `all` of them."""
    drops = {}
    for method, own in scores.groupby("method", sort=False):
        sweeps = {sweep: own[own["sweep"] == sweep] for sweep in POSITION}
        found = {sweep: psnr_drop(part) for sweep, part in [*sweeps.items(), ("all", own)]}
        drops[method] = {sweep: drop for sweep, drop in found.items() if not math.isnan(drop)}
    return drops


def mean_changes(scores: pd.DataFrame) -> pd.Series:
    """The mean over the images of the change at each pose that has one for all of them; the index is the pose."""
    means = scores.groupby(POSE, sort=False)["change"].agg(lambda changes: changes.to_numpy().mean())
    return means[np.isfinite(means)]
