"""The report of a robustness sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from restore.errors import FileError
from restore.evaluation.report import as_csv
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import POSITION
from restore.evaluation.robustness.sweep import COLUMNS, POSE, mean_changes, psnr_drops
from restore.plain import as_json

TEXTS = ["method", "subject", "damage", "sweep"]

NOTHING = (
    "there is no drop to tell: in every pose some image has too few damaged pixels that are seen in no pose as well, "
    "away from the border; another hole or a larger size may do"
)


def report_files(scores: pd.DataFrame, facts: Mapping[str, Any]) -> tuple[dict[str, bytes], list[str]]:
    """The files of a report, the summary last, and the drop of each method in words.

    Args:
        scores: From `score_poses`.
        facts: What else the summary says, as plain JSON values.
    """
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


def read_scores(path: Path) -> pd.DataFrame:
    """The scores of a report's `scores.csv`; none where there is no such file.

    Raises:
        FileError: It is no such file.
    """
    if not path.exists():
        return pd.DataFrame(columns=COLUMNS)
    try:
        types = {name: str if name in TEXTS else float for name in COLUMNS}
        return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])[COLUMNS]
    except (ValueError, KeyError) as error:
        raise FileError(path, "not the scores of a robustness report") from error
