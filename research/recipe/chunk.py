"""One sitting of a training that is continued later."""

import math
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from restore.images.writes import whole_file

SAVE_EVERY = 120.0
"""Seconds of training that a run loses at most when it is killed."""


class Chunk(Checkpoint):
    """Saves all that a run needs to go on, every two minutes and at a deadline, where it ends the run.

    Lightning's own `Timer` restores the time that has passed from the checkpoint, and its checkpoints at the end of a
    run are of another place in the loop than the end of a batch, from which training continues bit for bit.

    Args:
        path: The checkpoint, which is replaced each time; there is a whole one at any moment.
        deadline: On the clock of `time.monotonic`; the validation that follows the last step is over by then, if there
            was time for at least one step.
    """

    def __init__(self, path: Path, deadline: float = math.inf) -> None:
        self.path = path
        self.deadline = deadline
        self.stopped = False
        """Whether it was the deadline that ended the run."""
        self.figures: dict[str, float] = {}
        """Of the last validation."""
        self.steps = 0
        """Of this chunk."""
        self.elapsed = 0.0
        """Seconds that this chunk has trained."""
        self._earlier = 0.0
        self._validating = 0.0
        self._fastest = math.inf
        self._first_step = self._last_step = 0
        self._started = self._saved = self._stepped = self._validation_started = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long all chunks so far have trained."""
        return self._earlier + self.elapsed

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Start the clocks."""
        self._first_step = self._last_step = trainer.global_step
        self._started = self._saved = self._stepped = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002 (Lightning's)
        outputs: Any,  # noqa: ARG002
        batch: Any,  # noqa: ARG002
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        """Save, and end the run, if it is time to."""
        if trainer.global_step == self._last_step:
            return  # gradients are being accumulated, and would be lost
        self._last_step = trainer.global_step
        self._tick(trainer)
        now = time.monotonic()
        if self.steps > 1:
            self._fastest = min(self._fastest, now - self._stepped)
        self._stepped = now
        ends = now + self._validation(trainer) >= self.deadline
        is_due = ends or now - self._saved >= SAVE_EVERY
        ends, is_due = trainer.strategy.broadcast((ends, is_due))  # the clocks of several processes differ
        if is_due:
            self._save(trainer)
        if ends:
            self.stopped = trainer.should_stop = True

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Start the clock of a validation."""
        self._validation_started = time.monotonic()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Keep the figures."""
        if not trainer.sanity_checking:
            self._validating = time.monotonic() - self._validation_started
            self.figures = {
                name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val/")
            }

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Save what the run ends with; after a stop at the deadline that is done."""
        self._tick(trainer)
        if not self.stopped:
            self._save(trainer)

    def state_dict(self) -> dict[str, Any]:
        """What the next chunk tells of the earlier ones."""
        return {"seconds": self.seconds, "validating": self._validating, "figures": self.figures}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the counts."""
        self._earlier, self._validating = state_dict["seconds"], state_dict["validating"]
        self.figures = state_dict["figures"]

    def _tick(self, trainer: Trainer) -> None:
        self.steps = trainer.global_step - self._first_step
        self.elapsed = time.monotonic() - self._started

    def _validation(self, trainer: Trainer) -> float:
        """How long a validation takes, in seconds; before the first, as if each of its batches were the fastest step.

        Of the first step nothing follows: it may take a minute, where the network is compiled.
        """
        if not self._validating and math.isinf(self._fastest):
            return 0.0
        return self._validating or self._fastest * sum(trainer.num_val_batches)

    def _save(self, trainer: Trainer) -> None:
        # All processes take part in saving, and the first one writes.
        place = whole_file(self.path, overwrite=True) if trainer.is_global_zero else nullcontext(self.path)
        with place as path:
            trainer.save_checkpoint(path, weights_only=False)  # all of it, not the weights alone
        self._saved = time.monotonic()
