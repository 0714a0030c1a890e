"""A training that is told to end (SIGTERM), as by a scheduler that needs its machine: it saves first."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

LAST = "last.ckpt"
"""The checkpoint that is written, beside the others."""


class SaveWhenTold(Callback):
    """Writes a checkpoint after the step at which a process is told to end, and ends the training.

    Lightning by itself ends it without one, and has processes speak to each other within the handler of the signal,
    wherever each of them is. Here the handler takes a note, and the processes of a training agree on the step: the next
    one alone, and the next of every `Trainer(log_every_n_steps=…)` where there are several, which all look at then.
    While it validates, that is done to the end.
    """

    def __init__(self) -> None:
        self._is_told = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Take Lightning's place, which gives the signal back to whoever had it at the end."""
        self._is_told = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._note)

    def on_train_batch_end(self, trainer: Trainer, *_: Any, **__: Any) -> None:
        """Save, if a process was told to end, and have Lightning end once what was logged in this step is written."""
        if self._is_agreed(trainer) and not _is_validated_now(trainer) and trainer.global_step != trainer.max_steps:
            checkpoints = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)]
            if checkpoints and checkpoints[0].dirpath:
                path = str(Path(checkpoints[0].dirpath) / LAST)
                trainer.save_checkpoint(path, weights_only=False)
                checkpoints[-1].last_model_path = path
            trainer._signal_connector.received_sigterm = True

    def _note(self, _: int, __: FrameType | None) -> None:
        self._is_told = True

    def _is_agreed(self, trainer: Trainer) -> bool:
        if trainer.world_size == 1:
            return self._is_told
        is_looked_at = trainer.global_step % max(trainer.log_every_n_steps, 1) == 0  # type: ignore[attr-defined]
        return is_looked_at and trainer.strategy.reduce_boolean_decision(self._is_told, all=False)


def _is_validated_now(trainer: Trainer) -> bool:
    """Whether a validation follows this step, which a training that goes on from here would leave out."""
    loop = trainer.fit_loop
    assert loop._data_fetcher is not None
    return loop.epoch_loop._should_check_val_fx(loop._data_fetcher)
