"""Fine-tuning on a folder of few images: the best weights of a short training, judged by images set aside."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from restore.errors import UserError
from restore.inference.memory import full_memory_is_a_memory_error
from restore.networks.weights import describe, save_weights
from restore.training.cli import TaskCLI, only_warnings, user_errors
from restore.training.divergence import DivergenceError
from restore.training.proof import Proof, prove

CONFIG = "finetune"
"""What is trained with, unless said otherwise."""

PATIENCE = 4
"""Validations without any gain after which a training ends."""


@dataclass(frozen=True)
class Validation:
    """What a network came to on the images set aside.

    Args:
        step: Steps that it was trained for.
        metrics: Means over the images, by their keys: `val/loss`, `val/psnr`, `val/psnr_hole` where there are holes.
    """

    step: int
    metrics: dict[str, float]

    @property
    def loss(self) -> float:
        """By which validations are compared; infinite if there was none that is a number."""
        return self.metrics.get("val/loss", math.inf)

    def __str__(self) -> str:
        holes = f", {self.metrics['val/psnr_hole']:.2f} dB in holes" if "val/psnr_hole" in self.metrics else ""
        return f"{self.metrics.get('val/psnr', math.nan):.2f} dB{holes}"


class KeepBest(Callback):
    """Keeps the weights with the lowest validation loss, and ends the training when it gets no lower.

    A validation before the training counts as well, so that what is kept is never worse than the start.

    Args:
        patience: Validations in a row without a lower loss after which the training ends.
    """

    def __init__(self, patience: int = PATIENCE) -> None:
        self.patience = patience
        self.validations: list[Validation] = []
        self.weights: dict[str, Tensor] = {}
        self.start: dict[str, Tensor] = {}
        self._validated: dict[str, Tensor] = {}

    @property
    def best(self) -> Validation:
        """The validation whose weights are kept."""
        return min(self.validations, key=lambda validation: validation.loss)

    def on_validation_batch_start(
        self,
        trainer: Trainer,  # noqa: ARG002 (Lightning's)
        pl_module: LightningModule,
        batch: Any,  # noqa: ARG002
        batch_idx: int,
        dataloader_idx: int = 0,  # noqa: ARG002
    ) -> None:
        """Take a copy of the weights that are validated.

        Where weights are averaged, the averaged ones are in place between the start and the end of a validation.
        """
        if batch_idx == 0:
            network: Any = pl_module.network
            self._validated = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Keep the copy if it is the best so far."""
        known = {key: float(value) for key, value in trainer.callback_metrics.items() if key.startswith("val/")}
        metrics = {key: value for key, value in known.items() if math.isfinite(value)}
        self.start = self.start or self._validated
        self.validations.append(Validation(trainer.global_step, metrics))
        if self.best is self.validations[-1]:
            self.weights = self._validated
        if len(self.validations) - self.validations.index(self.best) > self.patience:
            trainer.should_stop = True


@dataclass(frozen=True)
class Outcome:
    """What a fine-tuning came to.

    Args:
        before: What it began with.
        best: What was written; `before` if nothing was, since nothing was better.
        steps: That were made.
        failure: Why it ended, where it diverged.
        proof: What the images set aside say of what was written, where no clean image was there to say it.
    """

    before: Validation
    best: Validation
    steps: int
    failure: str = ""
    proof: Proof | None = None

    @property
    def is_written(self) -> bool:
        """Whether there are weights that are better than those before."""
        return self.best is not self.before and (self.proof is None or self.proof.pays)


def finetune(arguments: Sequence[str], output: Path, needs_proof: bool = False) -> Outcome:
    """Train on from weights, and write the best of what comes of it, if it is better than what it began with.

    A training that is interrupted, or diverges, leaves the best until then.

    Args:
        arguments: Settings that replace those of `CONFIG`, as after `restore fit`.
        output: The safetensors file to write; replaced if it exists.
        needs_proof: Whether what the images set aside are compared with is noisy. Then the weights are written only if
            the gain is more than chance explains.

    Raises:
        UserError: The settings, or the images that they name, are unusable.
        MemoryError: The device is too small.
    """
    with user_errors(), only_warnings(), full_memory_is_a_memory_error():
        cli = TaskCLI([f"--config={CONFIG}", *arguments], run=False)
        keep = KeepBest()
        trainer = cli.trainer
        trainer.callbacks.append(keep)  # type: ignore[attr-defined]  # assigned by a connector
        trainer.validate(cli.model, cli.datamodule, verbose=False)
        if not keep.validations or math.isinf(keep.best.loss):
            raise UserError("the images set aside cannot be judged: there is no damage in them, or none is validated")
        failure = ""
        try:
            with suppress(SystemExit):  # what Lightning makes of an interrupt
                trainer.fit(cli.model, cli.datamodule)
        except DivergenceError as error:
            failure = str(error)
    proof = None
    if keep.best.step and needs_proof:
        proof = prove(cli.model, cli.datamodule.supervision.judge, cli.datamodule.val_crops, keep.start, keep.weights)
    outcome = Outcome(keep.validations[0], keep.best, trainer.global_step, failure, proof)
    if outcome.is_written and trainer.is_global_zero:
        save_weights(keep.weights, describe(cli.model.network), output)
    return outcome
