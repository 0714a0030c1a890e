"""Following an experiment: what is told to trackers, and the trackers."""

from restore.training.tracking.local import LocalTracker, new_id
from restore.training.tracking.records import ImageRow, Panel, Records, records_of
from restore.training.tracking.weights_and_biases import Tracker, fetched

__all__ = ["ImageRow", "LocalTracker", "Panel", "Records", "Tracker", "fetched", "new_id", "records_of"]
