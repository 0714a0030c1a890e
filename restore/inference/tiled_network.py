"""A network at work on images of any size, tile by tile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from restore.errors import COVERED, UserError
from restore.inference.backend import Backend
from restore.inference.deep_holes import DeepHoles
from restore.inference.memory import full_memory_is_a_memory_error
from restore.inference.observed import Observed
from restore.inference.self_ensemble import views
from restore.inference.tiling import Tiling, Window

BATCH = 4
"""Tiles that a GPU works on at once, unless said otherwise."""


@dataclass(frozen=True)
class TiledNetwork:
    """Restores observations; what the network needs at a time does not grow with them.

    Args:
        backend: Runs the network.
        tiling: How images are cut.
        self_ensemble: Whether to average over eight views of each tile.
        batch: Tiles that are worked on at once, at least 1.
        progress: Told the tiles that are done and the tiles in all, from 0 on.
    """

    backend: Backend
    tiling: Tiling
    self_ensemble: bool
    batch: int
    progress: Callable[[int, int], None]

    @staticmethod
    def of(
        backend: Backend,
        tiling: Tiling,
        self_ensemble: bool = False,
        batch: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> "TiledNetwork":
        """One that works, unless said otherwise, on one tile at once on the CPU and on `BATCH` elsewhere.

        Raises:
            UserError: The batch is impossible.
        """
        if batch is not None and batch < 1:
            raise UserError(f"batch is at least 1, not {batch}")
        at_once = batch or (1 if backend.device.startswith("cpu") else BATCH)
        return TiledNetwork(backend, tiling, self_ensemble, at_once, progress or (lambda _, __: None))

    def restore(self, observed: Observed) -> Float[np.ndarray, "n 3 h w"]:
        """Restore a batch, as `restore.inference.restorer.Restorer.restore` says.

        Raises:
            UserError: In one of the images nothing is seen, a sigma is negative or no number, or a pixel outside the
                holes is not finite.
            MemoryError: The device is too small for the tiles.
        """
        if not (observed.sigma >= 0).all():
            raise UserError("sigma lies in [0, inf]: 0 where a pixel is known, infinite where it is missing")
        refuse_the_unseen(observed)
        if not (np.isfinite(observed.degraded) | observed.hole).all():
            raise UserError("pixels outside the holes are finite; where they are NaN or infinite, so should sigma be")
        is_gray = _is_gray(observed)
        height, width = observed.sigma.shape[-2:]
        windows = self.tiling.windows(height, width)
        restored = np.empty_like(observed.degraded)
        total = len(restored) * len(windows)
        self.progress(0, total)
        for first in range(0, len(restored), self.batch):
            images = slice(first, first + self.batch)
            done = first * len(windows)
            with full_memory_is_a_memory_error():
                tiles = self._predictions(observed[images], windows, done, total)
                for rows, pixels in self.tiling.blend(height, width, tiles):
                    if is_gray[images].any():
                        pixels = np.where(is_gray[images], pixels.mean(1, keepdims=True), pixels)
                    known = observed[images, :, rows]
                    restored[images, :, rows] = np.where(known.sigma == 0, known.degraded, pixels.clip(0, 1))
        return restored

    def _predictions(
        self, observed: Observed, windows: list[Window], done: int, total: int
    ) -> Iterator[Float32[np.ndarray, "n 3 t u"]]:
        """What the network makes of each window of some images; nothing (zeros) of those in which all is known."""
        count = len(observed.sigma)
        at_once = max(1, self.batch // count)
        mean = observed.mean_colour
        holes = DeepHoles(observed, self.tiling.tile) if len(windows) > 1 and observed.hole.any() else None
        if holes and holes.deep.any():
            holes.guess = self._predict(holes.from_afar, mean)
        for start in range(0, len(windows), at_once):
            parts = [(observed[..., *window], window) for window in windows[start : start + at_once]]
            tiles = Observed.cat(holes.complete(*part) if holes else part[0] for part in parts)
            means = np.tile(mean, (len(tiles.sigma) // count, 1, 1, 1))
            damaged = (tiles.sigma > 0).any((1, 2, 3))
            predictions = np.zeros(tiles.degraded.shape, np.float32)
            if damaged.any():
                predictions[damaged] = self._predict(tiles[damaged], means[damaged])
            self.progress(done + start * count + len(tiles.sigma), total)
            yield from predictions.reshape(-1, count, *predictions.shape[1:])

    def _predict(self, tiles: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 t u"]:
        """The mean prediction over the views, clamped to [0, 1]."""
        predictions = []
        for view in views(self.backend.multiple)[: None if self.self_ensemble else 1]:
            shown = view.show(tiles)
            height, width = shown.sigma.shape[-2:]
            prediction = self.backend.predict(shown.padded(self.backend.multiple).in_single_precision(), mean)
            predictions.append(view.undo(prediction[..., :height, :width]))
        mean_prediction = np.mean(predictions, axis=0) if len(predictions) > 1 else predictions[0]
        return mean_prediction.clip(0, 1)


def refuse_the_unseen(observed: Observed) -> None:
    """Raise a UserError if nothing is seen in one of the images."""
    if observed.hole.all((1, 2, 3)).any():
        raise UserError(f"{COVERED}: there is nothing to fill it from")


def _is_gray(observed: Observed) -> Bool[np.ndarray, "n 1 1 1"]:
    """Whether red, green and blue are the same wherever an image was observed."""
    is_gray: Bool[np.ndarray, "n 1 1 1"]
    is_gray = ((observed.degraded == observed.degraded[:, :1]) | observed.hole).all((1, 2, 3), keepdims=True)
    return is_gray
