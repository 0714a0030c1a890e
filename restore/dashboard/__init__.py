"""Looking at experiments without an account: runs in folders, a page that shows them, a report that travels."""

from restore.dashboard.run_folder import RunFolder, find_runs

__all__ = ["RunFolder", "find_runs"]
