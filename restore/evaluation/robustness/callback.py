"""Robustness while training: a small sweep every few validations."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from PIL import Image

from restore.data.objects import Family
from restore.evaluation.battery import HOLES, Drawn
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import Move, moves_of
from restore.evaluation.robustness.subjects import parts
from restore.evaluation.robustness.sweep import PoseScore, psnr_drop, score_poses
from restore.inference.restorer import Restorer


class PoseSweep(Callback):
    """Restores a few drawn parts in a few poses, and logs the drop and its curves.

    The drop is `robustness/psnr_drop`: the best pose minus the worst, in dB, so that runs can be sorted by it. Of
    several processes the first does all the work.

    Args:
        families: Which kinds of parts.
        count: Number of parts, of the kinds in turn.
        size: Side of the images, in pixels.
        hole: The damage, a row of `restore evaluate`.
        every_n_validations: Validations from one sweep to the next; the last one has one always.
    """

    def __init__(
        self,
        families: Sequence[Family] = ("cable", "coin"),
        count: int = 2,
        size: int = 96,
        hole: str = "brush 20-30 %",
        every_n_validations: int = 5,
    ) -> None:
        if hole not in HOLES:
            raise ValueError(f"no such hole: {hole!r}; there are {', '.join(HOLES)}")
        self.setting = Drawn("hole", hole, HOLES[hole])
        self.subjects = list(parts(list(families), count, size, seed=0))
        self.size = size
        self.every_n_validations = every_n_validations
        self._validations = 0

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Sweep, if it is time to."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        is_last = trainer.global_step >= trainer.max_steps > 0
        if is_last or self._validations % self.every_n_validations == 0:
            scores = self._sweep(pl_module)
            pl_module.log("robustness/psnr_drop", psnr_drop(scores), rank_zero_only=True)
            picture = np.asarray(Image.open(io.BytesIO(png_of(draw_figure(scores, self.setting.name)))).convert("RGB"))
            for logger in trainer.loggers:
                if isinstance(logger, WandbLogger):
                    logger.log_image("robustness/curves", [picture], step=trainer.global_step)
        self._validations += 1

    def _sweep(self, pl_module: LightningModule) -> list[PoseScore]:
        network: Any = pl_module.network
        patch = network.size_rule.multiple
        moves: dict[str, list[Move]] = {
            "phase": moves_of("phase", self.size, patch)[:: max(1, patch // 4)],
            "shift": moves_of("shift", self.size, patch)[::3],
            "rotation": moves_of("rotation", self.size, patch)[::3],
        }
        restorers = {"network": Restorer(network, pl_module.device)}
        return list(score_poses(restorers, self.subjects, self.setting, moves, follows=True))
