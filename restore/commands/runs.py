"""The commands on folders of runs: `restore dashboard` and `restore report`."""

import logging
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any

from restore.errors import FileError, UserError

_logger = logging.getLogger(__name__)


def dashboard(runs: str = "runs", *, host: str = "127.0.0.1", port: int | None = None, browser: bool = False) -> int:
    """Show the runs of a folder in a browser, with no account and no internet, while they train and afterwards.

    TensorBoard shows the curves; the tab "Restorations" which runs there are, what their configs differ in, their
    pictures through the training, and how each image came out.

    Args:
        runs: Folder of runs, as trainings leave it, or of one run.
        host: Where to listen. Others than this machine need the token that is printed.
        port: The first free one from 6006 on by default.
        browser: Open the page.

    Returns:
        Exit status: 0 when stopped, 2 when there is no such folder or no place to listen.
    """
    folder = Path(runs)
    if not _runs_in(folder):
        _logger.info("%s: holds no runs yet", folder)
    from restore.apps.dashboard.server import launch  # which takes seconds

    address = launch(folder, host, port)
    sys.stdout.write(f"dashboard of {folder}: {address} (Ctrl+C stops it)\n")
    sys.stdout.flush()
    if browser:
        webbrowser.open(address)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    return 0


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
    found = _runs_in(Path(run))
    if not found:
        raise UserError(f"{run}: no run, nor a folder of runs")
    from restore.runs.report import write_report  # which takes seconds

    path = write_report(next(iter(found.values())), [Path(folder) for folder in include or []])
    sys.stdout.write(f"{path}\n")
    return 0


def _runs_in(folder: Path) -> dict[str, Any]:
    from restore.runs import find_runs

    if not folder.is_dir():
        raise FileError(folder, "no such folder")
    return find_runs(folder)
