"""What validations look like: the same images through the run, the worst ones, and the metrics of each."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from lightning import Callback, LightningModule, Trainer
from numpy import ndarray
from torch import Tensor, distributed
from torch.nn import functional

from restore.data.module import Batch, RestorationData
from restore.training.modules import Measured
from restore.training.tracking import ExperimentTracker, ImageRow, Panel, trackers_of

THUMBNAIL = 64
"""Longer side of the pictures in the table of images, in pixels."""

BINS = 64
"""Of the histogram of errors, up to half of the range; larger errors count in the last."""


@dataclass
class _Seen:
    """What is kept of a validation."""

    first: dict[int, Panel] = field(default_factory=dict)
    """By their places in the validation set."""
    worst: dict[int, tuple[float, Panel]] = field(default_factory=dict)
    """With their quality."""
    rows: dict[int, ImageRow] = field(default_factory=dict)
    errors: Int[ndarray, " bins"] = field(default_factory=lambda: np.zeros(BINS, np.int64))


class Panels(Callback):
    """Shows the trackers how validation images come out: degraded | restored | clean | error, side by side.

    `val/panels` are the same images through the whole run, `val/worst` those that came out worst this time,
    `val/images` a table of the metrics of each image, `val/error` a histogram of the errors of damaged pixels, in
    0..255 units. Of several processes, the first tells what all have seen.

    Args:
        count: Number of images that are always shown, the first of the validation set.
        worst: Number of the worst images that are shown.
        rows: The most images in the table, the first of the validation set.
        every_n_validations: Validations from one time to the next; the last one is always shown.
        gain: Factor by which the error is brightened.
    """

    def __init__(
        self, count: int = 8, worst: int = 10, rows: int = 200, every_n_validations: int = 1, gain: float = 4.0
    ) -> None:
        self.count = count
        self.worst = worst
        self.rows = rows
        self.every_n_validations = every_n_validations
        self.gain = gain
        self._validations = 0
        self._seen: _Seen | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._told: Future[None] | None = None

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Forget the validation before; what an untrained network makes of a few images is no result."""
        self._seen = _Seen() if trackers_of(trainer) and not trainer.sanity_checking else None

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
        outputs: Any,
        batch: Batch,
        batch_idx: int,  # noqa: ARG002
        dataloader_idx: int = 0,  # noqa: ARG002
    ) -> None:
        """Keep what may be shown."""
        if self._seen is None:
            return
        measured: Measured = outputs
        seen, restored = self._seen, measured["restored"]
        data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
        degraded, sigma, hole = batch.observation.degraded, batch.observation.sigma, batch.observation.hole
        is_noisy = (sigma > 0) & ~hole
        holes = hole.float().mean((1, 2, 3)).tolist()
        noise = torch.where(is_noisy, sigma, 0).sum((1, 2, 3)) / is_noisy.sum((1, 2, 3)).clamp(min=1)
        sigmas = (255 * noise).tolist()
        error = (restored - batch.image).abs()
        pictures = _bytes(torch.cat([degraded, restored, batch.image, self.gain * error], dim=-1))
        thumbnails = _bytes(_thumbnails(restored))
        metrics = {name: values.tolist() for name, values in measured["metrics"].items()}
        for i, place in enumerate(batch.index.tolist()):
            name = data.val_name(place) if isinstance(data, RestorationData) else f"image {place}"
            of_image = {metric: values[i] for metric, values in metrics.items()}
            row = ImageRow(name, holes[i], sigmas[i], of_image, thumbnails[i])
            parts = ("degraded", "restored", "clean", f"{self.gain:g}x error")
            panel = Panel(name, _caption(row), pictures[i].copy(), parts)
            seen.rows[place], seen.first[place] = row, panel
            if row.is_damaged:
                seen.worst[place] = row.quality, panel
        errors = 255 * error[(hole | is_noisy).expand_as(error)].float().cpu()
        seen.errors += torch.histc(errors.clamp(max=127), BINS, 0, 128).numpy().astype(np.int64)
        self._seen = self._most_telling([seen])

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Tell the trackers if it is time to."""
        if trainer.sanity_checking:
            return
        if self._validations % self.every_n_validations == 0:
            self._log(trainer)
        self._validations += 1

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Tell what the last validation left."""
        self._log(trainer)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Wait until all is told, before the trackers end."""
        self._finish()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        """Wait until all is told, before the trackers end."""
        self._finish()

    def state_dict(self) -> dict[str, int]:
        """How many validations there were."""
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Continue the count."""
        self._validations = state_dict["validations"]

    def _most_telling(self, parts: Iterable[_Seen]) -> _Seen:
        """What is to be shown of several parts of a validation; an image that two of them have seen counts once."""
        together = _Seen()
        for part in parts:
            together.first |= part.first
            together.worst |= part.worst
            together.rows |= part.rows
            together.errors += part.errors
        worst = sorted(together.worst.items(), key=lambda entry: (entry[1][0], entry[0]))
        return _Seen(
            dict(sorted(together.first.items())[: self.count]),
            dict(worst[: self.worst]),
            dict(sorted(together.rows.items())[: self.rows]),
            together.errors,
        )

    def _log(self, trainer: Trainer) -> None:
        if self._seen is None:
            return
        parts: list[Any] = [self._seen]
        if distributed.is_initialized():
            parts = [None] * distributed.get_world_size()
            distributed.all_gather_object(parts, self._seen)
        seen, self._seen = self._most_telling(parts), None
        if not trainer.is_global_zero:
            return
        # Training goes on meanwhile: to write the pictures takes longer than a step.
        if self._told is not None:
            self._told.result()  # at most one validation waits
        self._worker = self._worker or ThreadPoolExecutor(1)
        self._told = self._worker.submit(_tell, trackers_of(trainer), trainer.global_step, seen)

    def _finish(self) -> None:
        if self._worker is not None:
            self._worker.shutdown()
        told, self._worker, self._told = self._told, None, None
        if told is not None:
            told.result()


def _tell(trackers: Iterable[ExperimentTracker], step: int, seen: _Seen) -> None:
    sets = {"val/panels": list(seen.first.values()), "val/worst": [panel for _, panel in seen.worst.values()]}
    for tracker in trackers:
        for key, panels in sets.items():
            if panels:
                tracker.log_panels(key, panels, step)
        if seen.rows:
            tracker.log_rows("val/images", list(seen.rows.values()), step)
        tracker.log_histogram("val/error", seen.errors, np.linspace(0, 128, BINS + 1), step)


def _caption(row: ImageRow) -> str:
    words = [f"{row.metrics['psnr']:.2f} dB"]
    if row.hole:
        words.append(f"hole {row.hole:.0%}, {row.metrics['psnr_hole']:.2f} dB in it")
    if row.sigma:
        words.append(f"sigma {row.sigma:.0f}")
    return ", ".join(words)


def _thumbnails(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 hh ww"]:
    factor = min(1.0, THUMBNAIL / max(images.shape[-2:]))
    size = [max(1, round(factor * side)) for side in images.shape[-2:]]
    return functional.interpolate(images.float(), size, mode="area")


def _bytes(images: Float[Tensor, "n 3 h w"]) -> UInt8[ndarray, "n h w 3"]:
    scaled = images.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    result: UInt8[ndarray, "n h w 3"] = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return result
