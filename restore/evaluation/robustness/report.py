"""The report of a robustness sweep."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tqdm import tqdm

from restore.evaluation.battery import Setting
from restore.evaluation.methods import Method
from restore.evaluation.report import as_csv
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import POSITION, Move
from restore.evaluation.robustness.subjects import Subject
from restore.evaluation.robustness.sweep import PoseScore, mean_changes, poses_compared, psnr_drop, score_poses
from restore.plain import as_json

PICTURES = ("robustness.png", "robustness_stays.png")
"""Of damage that moves with the image, and of damage that stays in the frame."""


NOTHING = (
    "there is no drop to tell: in every pose some image has too few damaged pixels that are seen in no pose as well, "
    "away from the border; another hole or a larger size may do"
)


def run_sweeps(
    methods: Mapping[str, Method],
    subjects: Sequence[Subject],
    setting: Setting,
    sweeps: Mapping[str, Sequence[Move]],
    kinds: Sequence[bool],
    seed: int,
) -> list[PoseScore]:
    """All scores, for each of the kinds of damage (whether it follows the image), with a progress bar on a terminal."""
    total = len(kinds) * len(subjects) * len(methods) * sum(map(len, sweeps.values()))
    with tqdm(total=total, desc="poses", disable=None) as progress:
        scores = []
        for follows in kinds:
            for score in score_poses(methods, subjects, setting, sweeps, follows, seed):
                scores.append(score)
                progress.update()
    return scores


def report_files(
    scores: Sequence[PoseScore], setting: Setting, facts: Mapping[str, Any]
) -> tuple[dict[str, bytes], list[str]]:
    """The files of a report, the summary last, and the drop of each method in words.

    Args:
        scores: From `run_sweeps`.
        setting: What was measured.
        facts: What else the summary says, as plain JSON values.
    """
    files = {"scores.csv": scores_csv(scores)}
    drops: dict[str, dict[str, float]] = {}
    for follows, name in zip((True, False), PICTURES, strict=True):
        of_kind = [score for score in scores if score.follows == follows]
        if not of_kind:
            continue
        how = "moving with the image" if follows else "staying in the frame"
        title = f"noise of sigma {setting.name}" if setting.task == "noise" else f"{setting.name}, {how}"
        files[name] = png_of(draw_figure(of_kind, title))
        if mean_changes(of_kind):
            drops = _drops(of_kind)
    paired = [score for score in scores if score.follows == scores[0].follows]  # the first kind: damage that moves
    compared, poses = poses_compared([score for score in paired if score.method == paired[0].method])
    files["summary.json"] = as_json({**facts, "psnr_drop": drops, "poses_compared": compared, "poses": poses})
    told = [
        f"{method}: {of_sweeps['all']:.2f} dB between the best pose and the worst, of {compared} that can be compared"
        for method, of_sweeps in drops.items()
        if "all" in of_sweeps
    ]
    is_paired = bool(poses) and paired[0].follows
    return files, told or [NOTHING] * is_paired


def scores_csv(scores: Sequence[PoseScore]) -> bytes:
    """A file with a row for each score."""
    return as_csv([_flat(score) for score in scores])


def read_scores(path: Path) -> list[PoseScore]:
    """The scores of such a file; none where there is none.

    Raises:
        ValueError: It is no such file.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [_score(row) for row in csv.DictReader(file)]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not the scores of a robustness report") from error


def _drops(scores: Sequence[PoseScore]) -> dict[str, dict[str, float]]:
    """For each method, the drop over each sweep of positions and rotations, and over all of them."""
    drops = {}
    for method in dict.fromkeys(score.method for score in scores):
        own = [score for score in scores if score.method == method]
        sweeps = {sweep: [score for score in own if score.sweep == sweep] for sweep in POSITION}
        found = {**{sweep: psnr_drop(of_sweep) for sweep, of_sweep in sweeps.items()}, "all": psnr_drop(own)}
        drops[method] = {sweep: drop for sweep, drop in found.items() if not math.isnan(drop)}
    return drops


def _flat(score: PoseScore) -> dict[str, Any]:
    values = asdict(score)
    move, rest = values.pop("move"), ("psnr", "change", "interpolation")
    figures = {name: values.pop(name) for name in rest}
    return {**values, **move, **figures}


def _score(row: Mapping[str, str]) -> PoseScore:
    move = Move(**{field.name: float(row[field.name]) for field in fields(Move)})
    figures = (float(row[name] or "nan") for name in ("psnr", "change", "interpolation"))
    return PoseScore(
        row["method"], row["subject"], row["setting"], row["follows"] == "True", row["sweep"], move, *figures
    )
