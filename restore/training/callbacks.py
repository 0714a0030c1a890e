"""What happens beside the steps: pictures for the tracker, the resolved config, weights for use."""

from pathlib import Path
from typing import Any

import torch
import yaml
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import SaveConfigCallback
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from restore.data.module import Batch
from restore.metrics import psnr
from restore.networks import MaskedAutoencoder
from restore.networks.convolutional import DetailStream
from restore.networks.weights import export_checkpoint


class Panels(Callback):
    """Shows the tracker the same validation images through the whole run: degraded | restored | clean | error.

    Args:
        count: Number of images, the first of the validation set.
        every_n_validations: Validations from one set of panels to the next; the last one always gives some.
        gain: Factor by which the error is brightened.
    """

    def __init__(self, count: int = 8, every_n_validations: int = 5, gain: float = 4.0) -> None:
        self.count = count
        self.every_n_validations = every_n_validations
        self.gain = gain
        self._validations = 0
        self._panels: list[Tensor] = []
        self._captions: list[str] = []

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Forget the panels of the validation before."""
        self._panels.clear()
        self._captions.clear()

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
        outputs: Any,
        batch: Batch,
        batch_idx: int,  # noqa: ARG002
        dataloader_idx: int = 0,  # noqa: ARG002
    ) -> None:
        """Draw the panels that are still wanted."""
        wanted = self.count - len(self._panels)
        if wanted <= 0 or not trainer.is_global_zero:
            return
        observation = batch.observation
        degraded = observation.degraded.clamp(0, 1)
        error = (self.gain * (outputs - batch.image).abs()).clamp(0, 1)
        panels = torch.cat([degraded, outputs, batch.image, error], dim=-1).float().cpu()
        figures = psnr(outputs, batch.image)
        for i in range(min(wanted, len(panels))):
            self._panels.append(panels[i])
            self._captions.append(
                f"image {int(batch.index[i])}: {figures[i]:.2f} dB, hole {observation.hole[i].float().mean():.0%} "
                f"(degraded | restored | clean | {self.gain:g}x error)"
            )

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Hand the panels over if it is their turn."""
        if trainer.sanity_checking:
            self._panels.clear()  # what an untrained network makes of them is no result
            return
        if self._validations % self.every_n_validations == 0:
            self._log(trainer)
        self._validations += 1

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Hand over what the last validation left."""
        self._log(trainer)

    def _log(self, trainer: Trainer) -> None:
        images = [panel.permute(1, 2, 0).numpy() for panel in self._panels]
        for logger in trainer.loggers:
            if images and isinstance(logger, WandbLogger):
                logger.log_image("val/panels", images, step=trainer.global_step, caption=list(self._captions))
        self._panels.clear()
        self._captions.clear()


class LogConfig(SaveConfigCallback):
    """Gives the resolved config to the run's loggers, and never stumbles over an earlier run's file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "save_to_log_dir": False})

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Log the config, every default included."""
        config = yaml.safe_load(self.parser.dump(self.config, skip_none=False))
        for logger in trainer.loggers:
            logger.log_hyperparams(config)


class ExportWeights(Callback):
    """Leaves the best checkpoint's weights (the averaged ones, where they are averaged) as a file for `Restorer`."""

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Write `weights.safetensors` beside the checkpoints, or over that of an earlier, resumed part of the run."""
        checkpoints = trainer.checkpoint_callback
        if not trainer.is_global_zero or not isinstance(checkpoints, ModelCheckpoint):
            return
        best = checkpoints.best_model_path or checkpoints.last_model_path
        if best:
            path = Path(best).with_name("weights.safetensors")
            export_checkpoint(best, path)
            rank_zero_info(f"weights of {Path(best).name}: {path} (restore inpaint … --weights {path})")


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
