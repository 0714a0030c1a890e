"""Following an experiment: what is told to trackers, and the trackers."""

from restore.training.tracking.local import LocalTracker, new_id
from restore.training.tracking.tracker import ExperimentTracker, ImageRow, Panel, trackers_of
from restore.training.tracking.weights_and_biases import WandbTracker, fetched

__all__ = ["ExperimentTracker", "ImageRow", "LocalTracker", "Panel", "WandbTracker", "fetched", "new_id", "trackers_of"]
