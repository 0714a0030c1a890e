"""What happens beside the steps: pictures for the tracker, the resolved config, weights for use."""

import json
import pickle
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
from restore.networks.weights import save_weights


class Panels(Callback):
    """Shows the tracker the same validation images through the whole run: degraded | restored | clean | error.

    Args:
        count: Number of images, the first of the validation set.
        every_n_epochs: Epochs between panels; the last epoch always gives some.
        gain: Factor by which the error is brightened.
    """

    def __init__(self, count: int = 8, every_n_epochs: int = 5, gain: float = 4.0) -> None:
        self.count = count
        self.every_n_epochs = every_n_epochs
        self.gain = gain
        self._panels: list[Tensor] = []
        self._captions: list[str] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
        outputs: Any,
        batch: Batch,
        batch_idx: int,  # noqa: ARG002
        dataloader_idx: int = 0,  # noqa: ARG002
    ) -> None:
        """Keep the images that are still wanted."""
        wanted = self.count - len(self._panels)
        if wanted <= 0 or not self._due(trainer):
            return
        observation = batch.observation
        figures = psnr(outputs, batch.image)
        for i in range(min(wanted, len(outputs))):
            panel = torch.cat(
                [
                    observation.degraded[i].clamp(0, 1),
                    outputs[i],
                    batch.image[i],
                    (self.gain * (outputs[i] - batch.image[i]).abs()).clamp(0, 1),
                ],
                dim=-1,
            )
            self._panels.append(panel.float().cpu())
            hole_ratio = observation.hole[i].float().mean()
            self._captions.append(
                f"image {int(batch.index[i])}: {figures[i]:.2f} dB, hole {hole_ratio:.0%} "
                f"(degraded | restored | clean | {self.gain:g}x error)"
            )

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Hand the panels to every logger that takes pictures."""
        if self._panels and trainer.is_global_zero:
            images = [panel.permute(1, 2, 0).numpy() for panel in self._panels]
            for logger in trainer.loggers:
                if isinstance(logger, WandbLogger):
                    logger.log_image("val/panels", images, step=trainer.global_step, caption=list(self._captions))
        self._panels.clear()
        self._captions.clear()

    def _due(self, trainer: Trainer) -> bool:
        if trainer.sanity_checking:
            return False
        steps_are_over = trainer.global_step >= trainer.max_steps > 0
        epochs_are_over = trainer.max_epochs is not None and trainer.current_epoch + 1 == trainer.max_epochs
        return trainer.current_epoch % self.every_n_epochs == 0 or steps_are_over or epochs_are_over


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


def export_checkpoint(checkpoint: Path | str, path: Path | str, half: bool = False) -> None:
    """Turn a training checkpoint into a weights file.

    Args:
        checkpoint: A Lightning checkpoint of one of this package's tasks. Nothing in it is executed.
        path: The safetensors file to write.
        half: Store 16-bit floats, at half the size.

    Raises:
        ValueError: The file is not such a checkpoint.
    """
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
        description = content["network"]
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"{checkpoint}: not a checkpoint of `restore fit`") from error
    state = {
        name.removeprefix("network."): value
        for name, value in content["state_dict"].items()
        if name.startswith("network.")
    }
    save_weights(state, description, path, half, training=json.dumps({"steps": content["global_step"]}))
