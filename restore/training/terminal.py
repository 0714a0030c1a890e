"""What a training tells whoever started it: a bar on a terminal, lines elsewhere."""

import math
import os
import sys
import time
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.utilities import rank_zero_only
from tqdm import tqdm

from restore.plain import duration

REFRESH = 0.5
"""Seconds from one look at the metrics to the next."""

COLUMNS = 140
"""Width of the bar on a terminal that does not say how wide it is."""


@rank_zero_only
def announce(line: str) -> None:
    """Print a line, once for all processes of a training, above a progress bar if there is one."""
    tqdm.write(line, file=sys.stdout)
    sys.stdout.flush()


class Terminal(ProgressBar):
    """One bar for all steps of a training: loss, last validation, images a second, waiting for images, time left.

    Where standard error is no terminal, as in a log or in CI, each validation gives a line instead. What `Speed` finds
    is shown where it is among the callbacks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: tqdm[Any] | None = None
        self._is_enabled = True
        self._first_step = 0
        self._started = self._refreshed = 0.0

    def disable(self) -> None:
        """Show nothing, as in all processes but the first."""
        self._is_enabled = False

    def enable(self) -> None:
        """Show what there is."""
        self._is_enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Begin at the step that a run is resumed at."""
        self._first_step, self._started = trainer.global_step, time.monotonic()
        if self._is_enabled:
            is_sized = _columns() > 0
            self._bar = tqdm(
                total=_steps(trainer),
                initial=trainer.global_step,
                unit="step",
                ncols=None if is_sized else COLUMNS,
                nrows=None if is_sized else 24,
                dynamic_ncols=is_sized,
                disable=None,
            )

    def on_train_batch_end(self, trainer: Trainer, *_: Any, **__: Any) -> None:
        """Move the bar on."""
        if self._bar is None or self._bar.disable or trainer.global_step == self._bar.n:
            return
        now = time.monotonic()
        if now - self._refreshed >= REFRESH or trainer.global_step == self._bar.total:
            self._refreshed = now  # seldom: to read a metric waits for a GPU
            self._bar.set_postfix_str(", ".join(_news(trainer)), refresh=False)
        self._bar.update(trainer.global_step - self._bar.n)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Say why the bar stands still."""
        if self._bar is not None:
            self._bar.set_description("validating")

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Tell what it came to, where there is no bar."""
        if self._bar is None:
            return
        self._bar.set_description("")
        if self._bar.disable:
            steps = _steps(trainer)
            place = f"step {trainer.global_step:,}" + (f" of {steps:,}" if steps else "")
            announce(" · ".join([place, *_news(trainer), *self._time_left(trainer)]))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Leave the bar as it stands."""
        self._close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        """Leave the bar as it stands, above the message."""
        self._close()

    def print(self, *args: Any, sep: str = " ", **kwargs: Any) -> None:
        """Print above the bar."""
        if self._is_enabled:
            tqdm.write(sep.join(map(str, args)), **kwargs)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _time_left(self, trainer: Trainer) -> list[str]:
        done, steps = trainer.global_step - self._first_step, _steps(trainer)
        if not done or not steps or trainer.global_step >= steps:
            return []
        return [f"about {duration((time.monotonic() - self._started) / done * (steps - trainer.global_step))} left"]


def _columns() -> int:
    """Of the terminal; 0 where it does not say, as under `script`, which would leave no room for a bar."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0


def _steps(trainer: Trainer) -> int | None:
    """That a training is to have; `None` where it has no end."""
    steps = trainer.estimated_stepping_batches
    return int(steps) if math.isfinite(steps) else None


def _news(trainer: Trainer) -> list[str]:
    """The latest metrics, in words."""
    known = {name: float(value) for name, value in trainer.callback_metrics.items()}
    words = {
        "train/loss": "loss {:.4f}",
        "val/psnr": "val/psnr {:.2f} dB",
        "val/psnr_hole": "holes {:.2f} dB",
        "speed/images_per_second": "{:.1f} images/s",
        "speed/data_wait": "{:.0%} waiting",
    }
    return [text.format(known[name]) for name, text in words.items() if name in known]
