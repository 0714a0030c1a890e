"""The command `restore report`."""

import sys
from pathlib import Path

from restore.errors import UserError


def report(run: str, *, include: list[str] | None = None) -> int:
    """Sum a run up in one HTML file that opens anywhere, without internet, and can be sent.

    It holds what was trained on what, the curves, the last pictures, how each image came out, and the command that does
    it again. A training leaves one in its folder when it ends.

    Args:
        run: Folder of a run, as `restore dashboard` lists them; of a folder with several, the youngest.
        include: Folders that `restore evaluate` or `restore robustness` have written, to go into it.

    Returns:
        Exit status: 0 when it is written, 2 when there is no run or it cannot be.
    """
    from restore.runs import find_runs
    from restore.runs.report import write_report  # which takes seconds

    if not Path(run).is_dir():
        raise UserError(f"{run}: no such folder")
    found = find_runs(Path(run))
    if not found:
        raise UserError(f"{run}: no run, nor a folder of runs")
    path = write_report(next(iter(found.values())), [Path(folder) for folder in include or []])
    sys.stdout.write(f"{path}\n")
    return 0
