"""What validations look like: the same images through the run, the worst ones, and the figures of each."""

import heapq
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_warn
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

    panels: list[tuple[int, Panel]] = field(default_factory=list)
    """Of the first images, with their places in the validation set."""
    worst: list[tuple[float, int, Panel]] = field(default_factory=list)
    """A heap: quality, negative; place; panel."""
    rows: list[tuple[int, ImageRow]] = field(default_factory=list)
    images: int = 0
    errors: Int[ndarray, " bins"] = field(default_factory=lambda: np.zeros(BINS, np.int64))


class Panels(Callback):
    """Shows the trackers how validation images come out: degraded | restored | clean | error, side by side.

    `val/panels` are the same images through the whole run, `val/worst` those that came out worst this time,
    `val/images` a table of the figures of each image, `val/error` a histogram of the errors of damaged pixels, in
    0..255 units. Of several processes, the first tells what all have seen.

    Args:
        count: Number of images that are always shown, the first of the validation set.
        worst: Number of the worst images that are shown.
        rows: The most images in the table, the first of the validation set.
        every_n_validations: Validations from one time to the next; the last one is always shown.
        gain: Factor by which the error is brightened.
    """

    def __init__(
        self, count: int = 8, worst: int = 10, rows: int = 200, every_n_validations: int = 5, gain: float = 4.0
    ) -> None:
        self.count = count
        self.worst = worst
        self.rows = rows
        self.every_n_validations = every_n_validations
        self.gain = gain
        self._validations = 0
        self._seen = _Seen()
        self._worker: ThreadPoolExecutor | None = None
        self._told: Future[None] | None = None

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Forget the validation before."""
        self._seen = _Seen()

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
        if trainer.sanity_checking or not trackers_of(trainer):
            return  # what an untrained network makes of them is no result
        measured: Measured = outputs
        figures = {name: values.tolist() for name, values in measured["figures"].items()}
        hole = batch.observation.hole
        is_noisy = (batch.observation.sigma > 0) & ~hole
        holes = hole.float().mean((1, 2, 3)).tolist()
        noise = torch.where(is_noisy, batch.observation.sigma, 0).sum((1, 2, 3)) / is_noisy.sum((1, 2, 3)).clamp(min=1)
        sigmas = (255 * noise).tolist()
        thumbnails = _bytes(_thumbnails(measured["restored"]))
        data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
        for i, place in enumerate(batch.index.tolist()):
            of_image = {name: values[i] for name, values in figures.items()}
            name = data.val_name(place) if isinstance(data, RestorationData) else f"image {place}"
            row = ImageRow(name, holes[i], sigmas[i], of_image, thumbnails[i])
            if len(self._seen.rows) < self.rows:
                self._seen.rows.append((place, row))
            entry = (-row.quality, place)
            is_shown = len(self._seen.panels) < self.count
            is_worst = row.is_damaged and (
                len(self._seen.worst) < self.worst or (self.worst > 0 and entry > self._seen.worst[0][:2])
            )
            if is_shown or is_worst:
                panel = self._panel(row, measured["restored"][i], batch, i)
            if is_shown:
                self._seen.panels.append((place, panel))
            if is_worst:
                heapq.heappush(self._seen.worst, (*entry, panel))
                if len(self._seen.worst) > self.worst:
                    heapq.heappop(self._seen.worst)
        self._seen.images += len(batch.image)
        error = 255 * (measured["restored"] - batch.image).abs()[(hole | is_noisy).expand_as(batch.image)]
        self._seen.errors += torch.histc(error.float().cpu().clamp(max=127), BINS, 0, 128).numpy().astype(np.int64)

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

    def _finish(self) -> None:
        if self._worker is not None:
            self._worker.shutdown()
        told, self._worker, self._told = self._told, None, None
        if told is not None:
            told.result()

    def state_dict(self) -> dict[str, int]:
        """How many validations there were."""
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Continue the count."""
        self._validations = state_dict["validations"]

    def _log(self, trainer: Trainer) -> None:
        if not trackers_of(trainer):
            return
        seen, self._seen = _of_all_processes(self._seen), _Seen()
        if not seen.images or not trainer.is_global_zero:
            return
        step = trainer.global_step
        panels = [panel for _, panel in sorted(dict(seen.panels).items())[: self.count]]
        worst = {place: (badness, panel) for badness, place, panel in seen.worst}
        order = sorted(worst, key=lambda place: (-worst[place][0], place))
        rows = [row for _, row in sorted(dict(seen.rows).items())[: self.rows]]
        sets = {"val/panels": panels, "val/worst": [worst[place][1] for place in order[: self.worst]]}
        # Training goes on meanwhile: to write the pictures takes longer than a step.
        if self._told is not None:
            self._told.result()  # at most one validation waits
        self._worker = self._worker or ThreadPoolExecutor(1)
        self._told = self._worker.submit(_tell, trackers_of(trainer), step, sets, rows, seen.errors)

    def _panel(self, row: ImageRow, restored: Float[Tensor, "3 h w"], batch: Batch, i: int) -> Panel:
        clean = batch.image[i]
        error = self.gain * (restored - clean).abs()
        picture = torch.cat([batch.observation.degraded[i], restored, clean, error], dim=-1)
        figures = [f"{row.figures['psnr']:.2f} dB"]
        if row.hole:
            figures.append(f"hole {row.hole:.0%}, {row.figures['psnr_hole']:.2f} dB in it")
        if row.sigma:
            figures.append(f"sigma {row.sigma:.0f}")
        parts = ("degraded", "restored", "clean", f"{self.gain:g}x error")
        return Panel(row.name, ", ".join(figures), _bytes(picture[None])[0], parts)


def _tell(
    trackers: Sequence[ExperimentTracker],
    step: int,
    panels: Mapping[str, Sequence[Panel]],
    rows: Sequence[ImageRow],
    errors: Int[ndarray, " bins"],
) -> None:
    for tracker in trackers:
        try:
            for key, of_key in panels.items():
                if of_key:
                    tracker.log_panels(key, of_key, step)
            if rows:
                tracker.log_rows("val/images", rows, step)
            tracker.log_histogram("val/error", errors, np.linspace(0, 128, BINS + 1), step)
        except Exception as error:  # others than ours may not guard themselves
            rank_zero_warn(f"{type(tracker).__name__} does not take pictures, training goes on: {error}")


def _of_all_processes(seen: _Seen) -> _Seen:
    """What this process and all others have seen, for all of them to call; some images perhaps twice."""
    if not distributed.is_initialized():
        return seen
    parts: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(parts, seen)
    return _Seen(
        [one for part in parts for one in part.panels],
        [one for part in parts for one in part.worst],
        [one for part in parts for one in part.rows],
        sum(part.images for part in parts),
        np.sum([part.errors for part in parts], axis=0),
    )


def _thumbnails(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 hh ww"]:
    factor = min(1.0, THUMBNAIL / max(images.shape[-2:]))
    size = [max(1, round(factor * side)) for side in images.shape[-2:]]
    return functional.interpolate(images.float(), size, mode="area")


def _bytes(images: Float[Tensor, "n 3 h w"]) -> UInt8[ndarray, "n h w 3"]:
    scaled = images.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    result: UInt8[ndarray, "n h w 3"] = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return result
