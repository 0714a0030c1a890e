"""The command `restore dashboard`."""

import logging
import sys
import threading
import webbrowser
from pathlib import Path

from restore.errors import UserError

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
    from restore.runs import find_runs

    folder = Path(runs)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    if not find_runs(folder):
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
