"""Training: two tasks for Lightning, their losses and optimizer, and what follows a run."""

from restore.training.callbacks import Compile, Gradients, Speed
from restore.training.export import ExportWeights
from restore.training.modules import Pretraining, Restoration
from restore.training.optimization import WarmupCosine
from restore.training.panels import Panels
from restore.training.tracking import LocalTracker, WandbTracker

__all__ = [
    "Compile",
    "ExportWeights",
    "Gradients",
    "LocalTracker",
    "Panels",
    "Pretraining",
    "Restoration",
    "Speed",
    "WandbTracker",
    "WarmupCosine",
]
