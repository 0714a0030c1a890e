"""A network at work on images of any size, tile by tile."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

import numpy as np
from jaxtyping import Bool, Float, Float32

from restore.errors import COVERED, UserError
from restore.inference.backend import Backend
from restore.inference.deep_holes import DeepHoles
from restore.inference.memory import full_memory_is_a_memory_error, with_smaller_tiles
from restore.inference.observed import Observed
from restore.inference.self_ensemble import views
from restore.inference.tiling import Band, Tiling, blend, windows

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
        """Restore a batch, as `restore.inference.restorer.Restorer.restore` says; in smaller tiles if memory is full.

        Raises:
            UserError: In one of the images nothing is seen, a sigma is negative or no number, or a pixel outside the
                holes is not finite.
            MemoryError: The device is too small for the smallest tiles.
        """
        if not (observed.sigma >= 0).all():
            raise UserError("sigma lies in [0, inf]: 0 where a pixel is known, infinite where it is missing")
        refuse_the_unseen(observed)
        if not (np.isfinite(observed.degraded) | observed.hole).all():
            raise UserError("pixels outside the holes are finite; where they are NaN or infinite, so should sigma be")
        restored = observed.degraded.copy()

        def restore(tiling: Tiling) -> None:
            network = self if tiling == self.tiling else replace(self, tiling=tiling, batch=1)
            network._restore_into(restored, observed)

        with_smaller_tiles(restore, self.tiling)
        return restored

    def _restore_into(self, restored: Float[np.ndarray, "n 3 h w"], observed: Observed) -> None:
        covers = [self.tiling.cover(sigma[0] > 0) for sigma in observed.sigma]
        with full_memory_is_a_memory_error():
            tiles = self._predictions(observed, covers)
            for i, (cover, is_gray) in enumerate(zip(covers, _are_gray(observed), strict=True)):
                for rows, pixels in blend(cover, observed.sigma.shape[-1], tiles):
                    if is_gray:
                        pixels = pixels.mean(0, keepdims=True)
                    known = observed[i : i + 1, :, rows]
                    restored[i, :, rows] = np.where(known.sigma == 0, known.degraded, pixels.clip(0, 1))[0]

    def _predictions(
        self, observed: Observed, covers: Sequence[Sequence[Band]]
    ) -> Iterator[Float32[np.ndarray, "3 t u"]]:
        """What the network makes of each window of each image, as many at once as are wanted and have the same size."""
        done, total = 0, sum(len(windows(cover)) for cover in covers)
        self.progress(0, total)
        shown = self._shown(observed, covers)
        for _, alike in groupby(shown, lambda one: one[0].sigma.shape):
            while together := list(islice(alike, self.batch)):
                tiles, means = zip(*together, strict=True)
                predictions = self._predict(Observed.cat(tiles), np.concatenate(means))
                done += len(tiles)
                self.progress(done, total)
                yield from predictions

    def _shown(
        self, observed: Observed, covers: Sequence[Sequence[Band]]
    ) -> Iterator[tuple[Observed, Float32[np.ndarray, "1 3 1 1"]]]:
        """What is seen within each window of each image, and the mean colour of that image."""
        for i, cover in enumerate(covers):
            image, places = observed[i : i + 1], windows(cover)
            mean = image.mean_colour
            holes = DeepHoles(image, self.tiling.tile) if len(places) > 1 and image.hole.any() else None
            if holes and holes.deep.any():
                holes.guess = self._predict(holes.from_afar, mean)
            for window in places:
                tile = image[..., *window]
                yield holes.complete(tile, window) if holes else tile, mean

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


def _are_gray(observed: Observed) -> Bool[np.ndarray, " n"]:
    """Of which images red, green and blue are the same wherever they were observed."""
    are_gray: Bool[np.ndarray, " n"]
    are_gray = ((observed.degraded == observed.degraded[:, :1]) | observed.hole).all((1, 2, 3))
    return are_gray
