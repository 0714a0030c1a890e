"""Trainings that diverge, or have nothing to learn: noticed without waiting for the device, and told in one line."""

import logging
import math
from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Bool, Float
from lightning import Trainer
from lightning.pytorch.utilities import rank_zero_only
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from restore.errors import UserError
from restore.training.checkpoints import last_checkpoint

logger = logging.getLogger(__name__)

NEVER = torch.iinfo(torch.int64).max


class DivergenceError(UserError):
    """A loss, or weights, that are no numbers any more."""


class LossWatch:
    """Remembers, on the device, the first step whose loss was no number, and whether any image was damaged."""

    def __init__(self) -> None:
        self._first: Tensor | None = None
        self._is_damaged: Tensor | None = None
        self._has_judged = False

    def note(self, loss: Float[Tensor, ""], is_damaged: Bool[Tensor, ""], step: int) -> None:
        """Look at a batch without reading from the device.

        Args:
            loss: Of the batch.
            is_damaged: Whether anything in it is scored.
            step: That it belongs to, counted from 1.
        """
        self._is_damaged = is_damaged if self._is_damaged is None else self._is_damaged | is_damaged
        lost = torch.where(loss.detach().isfinite(), NEVER, step)
        self._first = lost if self._first is None else torch.minimum(self._first, lost)

    def check(self, trainer: Trainer) -> None:
        """Read what was noted, on all devices: each has other images, and all have to end together.

        Raises:
            DivergenceError: A loss was no number.
        """
        if self._first is None:
            return
        first: Any = trainer.strategy.reduce(self._first, reduce_op="min")
        self._first = None
        if int(first) < NEVER:
            raise diverged(trainer, f"the loss of step {int(first)} is no number", int(first))

    def warn_of_no_damage(self) -> None:
        """Say so, at the first call, if no image so far was damaged."""
        if self._is_damaged is not None and not self._has_judged and not self._is_damaged:
            warn("none of the images trained on so far has any damage: nothing is learned from them")
        self._has_judged = self._has_judged or self._is_damaged is not None


@rank_zero_only
def warn(line: str) -> None:
    """Say something once for all processes."""
    logger.warning("%s", line)


def require_numbers(trainer: Trainer, weights: Iterable[Tensor]) -> None:
    """Make sure that weights are numbers before they are kept.

    Raises:
        DivergenceError: They are not.
    """
    if not all(bool(value.isfinite().all()) for value in weights):
        raise diverged(trainer, f"the weights after step {trainer.global_step} are no numbers")


def diverged(trainer: Trainer, what: str, step: int | None = None) -> DivergenceError:
    """What to say where a training has diverged.

    Args:
        trainer: Of the training.
        what: What is no number, and when.
        step: Whose learning rate to name; of the last one made without.
    """
    rate = _learning_rate(trainer, trainer.global_step if step is None else step)
    at = "" if math.isnan(rate) else f", at a learning rate of {rate:.4g}; a lower one (model.optimizer.lr) may help"
    checkpoint = last_checkpoint(trainer)
    left = "there is no checkpoint yet" if checkpoint is None else f"the last good checkpoint is {checkpoint}"
    return DivergenceError(f"the training diverged: {what}{at}; {left}" if at else f"{what}; the network has diverged")


def _learning_rate(trainer: Trainer, step: int) -> float:
    """Of a step, counted from 1; NaN where nothing is trained."""
    for config in trainer.lr_scheduler_configs:
        if isinstance(config.scheduler, LambdaLR):
            return float(config.scheduler.base_lrs[0] * config.scheduler.lr_lambdas[0](max(step - 1, 0)))
    return math.nan
