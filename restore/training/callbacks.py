"""What happens beside the steps: the resolved config and the speed for the trackers, and the compiler."""

import math
import sys
import time
from typing import Any

import numpy as np
import torch
import yaml
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback

from restore.data.loader import ResumableLoader
from restore.data.module import Batch
from restore.networks import MaskedAutoencoder
from restore.networks.convolutional import DetailStream
from restore.training.tracking import trackers_of
from restore.versions import versions


class LogConfig(SaveConfigCallback):
    """Gives the resolved config to the run's loggers, and never stumbles over an earlier run's file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "save_to_log_dir": False})

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Log the config, every default included, the versions of the code, and what tells the images from others."""
        if not trainer.loggers:
            return
        config = yaml.safe_load(self.parser.dump(self.config, skip_none=False))
        data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
        config |= {"images": data.fingerprint(), "versions": versions()}
        for logger in trainer.loggers:
            logger.log_hyperparams(config)


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
        figures = {
            "speed/images_per_second": self._images / elapsed,
            "speed/data_wait": (_waited(trainer) - self._waited) / elapsed,
            "speed/memory": _memory(pl_module.device),
        }
        pl_module.log_dict(figures, rank_zero_only=True)
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


class Compile(Callback):
    """Has `torch.compile` translate the network: the first steps take minutes, all others less time than before.

    What is compiled are the blocks of the transformer and the convolutions as a whole; between them the number of
    visible tokens decides, which differs from batch to batch. The names of the weights stay what they are, so
    checkpoints and weights files are those of any other training.

    Args:
        backend: As for `torch.compile`.
    """

    def __init__(self, backend: str = "inductor") -> None:
        self.backend = backend

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Have every part compiled when it is first used.

        Raises:
            ValueError: Something that the backend needs is missing, such as a C++ compiler.
        """
        try:
            torch.compile(torch.neg, backend=self.backend)(torch.ones(1, device=pl_module.device))
        except Exception as error:  # each backend has its own
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(f"torch.compile does not work here (on CPUs it needs g++): {reason}") from error
        for module in pl_module.modules():
            match module:
                case DetailStream():
                    module.compile(backend=self.backend)
                case MaskedAutoencoder():
                    for block in (*module.encoder.blocks, *module.decoder_blocks):
                        block.compile(backend=self.backend)


class Gradients(Callback):
    """Logs how large gradients are, before they are clipped: for a training that goes wrong, as it takes its time.

    `gradients/norm` is the norm of all, `gradients/PART` that of each part of the network, `gradients/log10` a
    histogram of the magnitudes of single values, with all above 100, infinite or no number in the last bin. No config
    has it; `--trainer.callbacks+=restore.training.Gradients`.

    Args:
        every_n_steps: From one look to the next.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = every_n_steps

    def on_before_optimizer_step(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        optimizer: torch.optim.Optimizer,  # noqa: ARG002 (Lightning's)
    ) -> None:
        """Look, if it is time to."""
        if trainer.global_step % self.every_n_steps:
            return
        network: Any = pl_module.network
        parts: dict[str, list[torch.Tensor]] = {}
        for name, parameter in network.named_parameters():
            if parameter.grad is not None:
                parts.setdefault(name.partition(".")[0], []).append(parameter.grad.float())
        if not parts:
            return
        norms = {f"gradients/{name}": _norm(gradients) for name, gradients in parts.items()}
        gradients = [gradient for of_part in parts.values() for gradient in of_part]
        norms["gradients/norm"] = _norm(gradients)
        # What is no number, or infinite, counts in the last bin, as does all above 100.
        magnitudes = (gradient.abs().nan_to_num(99, 99).clamp(1e-12, 99).log10() for gradient in gradients)
        counts = torch.stack([torch.histc(one, 56, -12, 2) for one in magnitudes]).sum(0).cpu().numpy().astype(np.int64)
        for logger in trainer.loggers:
            logger.log_metrics(norms, trainer.global_step)
        for tracker in trackers_of(trainer):
            tracker.log_histogram("gradients/log10", counts, np.linspace(-12, 2, 57), trainer.global_step)


def _norm(gradients: list[torch.Tensor]) -> float:
    return float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(one) for one in gradients])))
