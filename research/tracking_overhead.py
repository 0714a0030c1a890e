"""What following a training costs: one training whose trackers are taken away and given back, block by block.

    python research/tracking_overhead.py --images FOLDER [--config restore] [--steps 400] \
        [-- --trainer.precision=bf16-mixed]

A block is as many steps as lie between two lines of a log. Blocks with trackers and without take turns, so that
whatever else the machine does meets both alike; the median of the ratios of neighbours is told. Beside it: the share
of the time of a training, as long as all of it is followed, that training waits for the trackers and for what prepares
pictures for them, added up call by call; and what a thread of its own does for them meanwhile.
"""

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from statistics import median, quantiles
from typing import Any

from lightning import Callback, LightningModule, Trainer

from restore.training import LocalTracker, Panels, WandbTracker
from restore.training.cli import TaskCLI, only_warnings
from restore.training.tracking import new_id, trackers_of

TRACKING: dict[type, tuple[str, ...]] = {
    LocalTracker: ("log_metrics", "log_panels", "log_rows", "log_histogram", "save"),
    WandbTracker: ("log_metrics", "log_panels", "log_rows", "log_histogram", "save"),
    Panels: ("on_validation_batch_end", "on_validation_end"),
}
"""What runs while a training does, only because it is followed."""


class TakeTurns(Callback):
    """Takes the trackers of a training away for every other block of steps, and times all blocks and validations.

    Args:
        block: Steps of a block.
    """

    def __init__(self, block: int) -> None:
        self.block = block
        self.loggers: list[Any] = []
        self.blocks: dict[bool, list[float]] = {True: [], False: []}
        self.validations = 0.0
        self.inside = {"steps": 0.0, "validations": 0.0, "beside": 0.0}
        self._place = "steps"
        self._counting: set[int] = set()
        self._began = self._paused = 0.0

    def count(self) -> None:
        """Have the calls of tracking add up their time; those within others count once."""
        for kind, names in TRACKING.items():
            for name in names:
                setattr(kind, name, self._timed(getattr(kind, name)))

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        """End a block and begin another one, if it is time to."""
        self.loggers = self.loggers or trainer.loggers
        if trainer.global_step % self.block:
            return
        now, is_followed = time.perf_counter(), bool(trainer.loggers)
        if trainer.global_step > self.block:  # the first has the warming up
            self.blocks[is_followed].append(now - self._began)
        trainer.loggers = [] if is_followed else self.loggers
        self._began = now

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Follow each validation."""
        self._paused, self._place = time.perf_counter(), "validations"
        self._loggers, trainer.loggers = trainer.loggers, self.loggers

    def after_validation(self, trainer: Trainer) -> None:
        """What `on_validation_end` would be, once all other callbacks have had theirs."""
        elapsed = time.perf_counter() - self._paused
        trainer.loggers, self._place = self._loggers, "steps"
        self.validations += elapsed
        self._began += elapsed

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def run(*arguments: Any, **options: Any) -> Any:
            thread = threading.get_ident()
            if thread in self._counting:
                return call(*arguments, **options)
            self._counting.add(thread)
            began = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                self._counting.remove(thread)
                place = self._place if thread == threading.main_thread().ident else "beside"
                self.inside[place] += time.perf_counter() - began

        return run


class Last(Callback):
    """Comes after all other callbacks."""

    def __init__(self, turns: TakeTurns) -> None:
        self.turns = turns

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Let the block go on."""
        if not trainer.sanity_checking:
            self.turns.after_validation(trainer)


def main() -> None:
    """Train, and tell the shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", required=True, help="folder to train on")
    parser.add_argument("--config", default="restore")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("options", nargs="*", help="more options of `restore fit`, after --")
    asked = parser.parse_args()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    with only_warnings():
        arguments = [f"--config={asked.config}", f"--data.folder={asked.images}", f"--trainer.max_steps={asked.steps}"]
        quiet = ["--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"]
        cli = TaskCLI([*arguments, *quiet, "--trainer.num_sanity_val_steps=0", *asked.options], run=False)
        trainer: Any = cli.trainer
        turns = TakeTurns(trainer.log_every_n_steps)
        trainer.callbacks = [turns, *trainer.callbacks, Last(turns)]
        run = f"overhead-{new_id()}"
        for tracker in trackers_of(trainer):
            tracker.join(run)
            tracker.log_hyperparams({})  # which starts it, as `restore fit` does: seconds, but once
        turns.count()
        trainer.fit(cli.model, cli.datamodule)
    ratios = [on / off - 1 for off, on in zip(turns.blocks[False], turns.blocks[True], strict=False)]
    low, _, high = quantiles(ratios)
    in_steps = turns.inside["steps"] / sum(turns.blocks[True])
    steps = sum(turns.blocks[True] + turns.blocks[False])
    share = (in_steps * steps + turns.inside["validations"]) / (steps + turns.validations)
    sys.stdout.write(
        f"{len(ratios)} pairs of blocks of {turns.block} steps: with trackers {median(ratios):+.1%} of the time (half "
        f"of the pairs between {low:+.1%} and {high:+.1%})\n"
        f"waiting for tracking: {in_steps:.2%} of the time of steps, {turns.inside['validations']:.2f} s of "
        f"{turns.validations:.1f} s of validations; of {steps + turns.validations:.0f} s of training {share:.2%}, "
        f"while a thread of its own was busy for {turns.inside['beside']:.1f} s\n"
    )


if __name__ == "__main__":
    main()
