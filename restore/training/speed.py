"""How fast a training goes."""

import math
import sys
import time
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from restore.data.loader import ResumableLoader
from restore.data.module import Batch


class Speed(Callback):
    """Logs how fast training goes, how much of it is waiting for images, and how much memory it takes.

    `speed/images_per_second` counts the images of all devices; `speed/data_wait` is the share of the time, in [0, 1],
    in which the loader was waited for. Both are of the steps since they were logged before, validations left out.
    `speed/memory` is the most so far, in GiB, of the device, or of this process on a CPU. They are logged as often as
    the trainer logs.
    """

    def __init__(self) -> None:
        self._images = 0
        self._step = 0
        self._since = self._waited = self._paused = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Start the clock."""
        self._step = trainer.global_step
        self._restart(trainer)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ARG002 (Lightning's)
        batch: Batch,
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        """Count, and log if it is time to."""
        self._images += len(batch.image) * trainer.world_size
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # assigned by a connector
        if trainer.global_step == self._step or trainer.global_step % every:
            return  # gradients are being accumulated, or nothing is logged
        self._step = trainer.global_step
        elapsed = time.perf_counter() - self._since
        metrics = {
            "speed/images_per_second": self._images / elapsed,
            "speed/data_wait": (_waited(trainer) - self._waited) / elapsed,
            "speed/memory": _memory(pl_module.device),
        }
        pl_module.log_dict(metrics, rank_zero_only=True)
        self._restart(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Stop the clock."""
        self._paused = time.perf_counter()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Let the clock go on."""
        self._since += time.perf_counter() - self._paused

    def _restart(self, trainer: Trainer) -> None:
        self._images, self._since, self._waited = 0, time.perf_counter(), _waited(trainer)


def _waited(trainer: Trainer) -> float:
    """Seconds that training has waited for images; NaN where the loader does not tell."""
    loader = trainer.train_dataloader
    return loader.waited if isinstance(loader, ResumableLoader) else math.nan


def _memory(device: torch.device) -> float:
    """The most memory used so far, in GiB; NaN where that is not known."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    try:
        import resource
    except ImportError:  # not a Unix
        return math.nan
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**30 if sys.platform == "darwin" else peak / 2**20  # bytes there, kilobytes elsewhere
