"""The report of a robustness sweep."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from restore.evaluation.report import as_csv
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import POSITION
from restore.evaluation.robustness.sweep import POSE, mean_changes, psnr_drops
from restore.plain import as_json

NOTHING = (
    "there is no drop to tell: in every pose some image has too few damaged pixels that are seen in no pose as well, "
    "away from the border; another hole or a larger size may do"
)


def report_files(scores: pd.DataFrame, facts: Mapping[str, Any]) -> tuple[dict[str, bytes], list[str]]:
    """The files of a report on the scores of `score_poses`, the summary last, and the drop of each method in words."""
    drops = psnr_drops(scores)
    first = scores[(scores["method"] == scores["method"].iloc[0]) & scores["sweep"].isin(POSITION)]
    compared, poses = len(mean_changes(first)), len(first.drop_duplicates(POSE))
    files = {
        "scores.csv": as_csv(scores),
        "robustness.png": png_of(draw_figure(scores, scores["damage"].iloc[0])),
        "summary.json": as_json({**facts, "psnr_drop": drops, "poses_compared": compared, "poses": poses}),
    }
    told = [
        f"{method}: {of_sweeps['all']:.2f} dB between the best pose and the worst, of {compared} that can be compared"
        for method, of_sweeps in drops.items()
        if "all" in of_sweeps
    ]
    return files, told or [NOTHING] * bool(poses)
