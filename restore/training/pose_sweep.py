"""Robustness while training: a small sweep every few validations."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_warn
from PIL import Image

from restore.evaluation.battery import damage_named
from restore.evaluation.methods import NotFiniteError
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import Move, moves_of
from restore.evaluation.robustness.subjects import parts
from restore.evaluation.robustness.sweep import psnr_drop, score_poses
from restore.inference.restorer import Restorer
from restore.synthetic.parts import Family
from restore.training.tracking import Panel, trackers_of


class PoseSweep(Callback):
    """Restores a few drawn parts in some thirty poses, and logs the drop and its curves.

    The drop is `robustness/psnr_drop`: the best pose minus the worst, in dB, so that runs can be sorted by it. Of
    several processes the first does all the work.

    Args:
        families: Which kinds of parts.
        count: Number of parts, of the kinds in turn.
        size: Side of the images, in pixels.
        damage: A row of `restore evaluate`.
        every_n_validations: Validations from one sweep to the next; that at the last of `max_steps` has one always.

    Raises:
        UserError: There is no such damage.
    """

    def __init__(
        self,
        families: Sequence[Family] = ("cable", "coin"),
        count: int = 2,
        size: int = 96,
        damage: str = "brush 20-30 %",
        every_n_validations: int = 5,
    ) -> None:
        self.families: list[str] = list(families)
        self.count = count
        self.size = size
        self.damage = damage_named(damage)
        self.every_n_validations = every_n_validations
        self._validations = 0
        self._scores: pd.DataFrame | None = None

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,  # noqa: ARG002 (Lightning's)
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Sweep with the weights that are validated, if it is time to.

        Where weights are averaged, the averaged ones are in place between the start and the end of a validation.
        """
        if trainer.sanity_checking or not trainer.is_global_zero or batch_idx or dataloader_idx:
            return
        is_last = trainer.global_step >= trainer.max_steps > 0
        if is_last or self._validations % self.every_n_validations == 0:
            try:
                self._scores = self._sweep(pl_module)
            except NotFiniteError as error:
                rank_zero_warn(f"robustness is not measured at step {trainer.global_step}: {error}")
        self._validations += 1

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log what was found."""
        if self._scores is None:
            return
        drop = psnr_drop(self._scores)
        pl_module.log("robustness/psnr_drop", drop, rank_zero_only=True)
        trackers = trackers_of(trainer)
        if trackers:
            png = io.BytesIO(png_of(draw_figure(self._scores, self.damage.name)))
            picture = np.asarray(Image.open(png).convert("RGB"))
            caption = f"{self.damage.name} of {', '.join(self.families)}, drop {drop:.2f} dB"
            for tracker in trackers:
                tracker.log_panels("robustness/poses", [Panel("poses", caption, picture)], trainer.global_step)
        self._scores = None

    def state_dict(self) -> dict[str, int]:
        """How many validations there were."""
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Continue the count."""
        self._validations = state_dict["validations"]

    def _sweep(self, pl_module: LightningModule) -> pd.DataFrame:
        network: Any = pl_module.network
        patch = network.size_rule.multiple
        shifts = [move for move in moves_of("map", self.size, patch) if not move.rotation]
        moves: dict[str, list[Move]] = {
            "phase": moves_of("phase", self.size, patch)[:: max(1, patch // 4)],
            "shift": moves_of("shift", self.size, patch)[::3],
            "rotation": moves_of("rotation", self.size, patch)[::3],
            "map": [replace(move, rotation=angle) for move in shifts[::2] for angle in (0.0, 90.0, 180.0, 270.0)],
        }
        subjects = parts(self.families, self.count, self.size, seed=0)
        return score_poses({"network": Restorer(network, pl_module.device).restore}, subjects, self.damage, moves)
