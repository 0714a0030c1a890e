"""A run on disk: trackers write it, the dashboard and reports read it."""

from restore.runs.folder import RunFolder, find_runs

__all__ = ["RunFolder", "find_runs"]
