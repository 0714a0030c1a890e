"""Training: two tasks for Lightning, their losses and optimizer, and what follows a run."""

from restore.training.callbacks import Compile, ExportWeights, Panels
from restore.training.modules import Pretraining, Restoration
from restore.training.optimization import WarmupCosine
from restore.training.tracking import Tracker

__all__ = ["Compile", "ExportWeights", "Panels", "Pretraining", "Restoration", "Tracker", "WarmupCosine"]
