"""Training: two tasks for Lightning, their losses, optimizer and schedule, and what follows a run."""

from restore.training.compile import Compile
from restore.training.export import ExportWeights
from restore.training.modules import Pretraining, Restoration
from restore.training.muon import Muon
from restore.training.panels import Panels
from restore.training.pose_sweep import PoseSweep
from restore.training.schedule import WarmupCosine
from restore.training.speed import Speed
from restore.training.tracking import LocalTracker, WandbTracker

__all__ = [
    "Compile",
    "ExportWeights",
    "LocalTracker",
    "Muon",
    "Panels",
    "PoseSweep",
    "Pretraining",
    "Restoration",
    "Speed",
    "WandbTracker",
    "WarmupCosine",
]
