"""A network at work on images of any size, tile by tile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.errors import COVERED, UserError
from restore.inference.backend import Backend
from restore.inference.deep_holes import DeepHoles
from restore.inference.devices import full_memory_is_a_memory_error
from restore.inference.self_ensemble import views
from restore.inference.tiling import Tiling, Window
from restore.networks.patches import SizeRule
from restore.networks.standardisation import mean_colour
from restore.observation import Observation, composite

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
        at_once = batch or (1 if backend.device.type == "cpu" else BATCH)
        return TiledNetwork(backend, tiling, self_ensemble, at_once, progress or (lambda _, __: None))

    @torch.no_grad()
    def restore(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Restore a batch, as `restore.inference.restorer.Restorer.restore` says.

        Raises:
            UserError: In one of the images nothing is seen, a sigma is negative or no number, or a pixel outside the
                holes is not finite.
            MemoryError: The device is too small for the tiles.
        """
        if not bool((observation.sigma >= 0).all()):
            raise UserError("sigma lies in [0, inf]: 0 where a pixel is known, infinite where it is missing")
        refuse_the_unseen(observation)
        if not bool((observation.degraded.isfinite() | observation.hole).all()):
            raise UserError("pixels outside the holes are finite; where they are NaN or infinite, so should sigma be")
        is_gray = _is_gray(observation)
        height, width = observation.sigma.shape[-2:]
        windows = self.tiling.windows(height, width)
        restored = torch.empty_like(observation.degraded)
        total = len(restored) * len(windows)
        self.progress(0, total)
        for first in range(0, len(restored), self.batch):
            images = slice(first, first + self.batch)
            done = first * len(windows)
            with full_memory_is_a_memory_error():
                tiles = self._predictions(observation[images], windows, done, total)
                for rows, pixels in self.tiling.blend(height, width, tiles):
                    pixels = torch.where(is_gray[images].to(pixels.device), pixels.mean(1, keepdim=True), pixels)
                    restored[images, :, rows] = composite(pixels.to(restored), observation[images, :, rows])
        return restored

    def _predictions(
        self, observation: Observation, windows: list[Window], done: int, total: int
    ) -> Iterator[Float[Tensor, "n 3 t u"]]:
        """What the network makes of each window of some images; nothing (zeros) of those in which all is known."""
        count = len(observation.sigma)
        at_once = max(1, self.batch // count)
        mean = mean_colour(observation)
        holes = DeepHoles(observation, self.tiling.tile) if len(windows) > 1 else None
        if holes and holes.deep.any():
            holes.guess = self._predict(holes.from_afar, mean)
        for start in range(0, len(windows), at_once):
            parts = [(observation[..., *window], window) for window in windows[start : start + at_once]]
            tiles = Observation.cat(holes.complete(*part) if holes else part[0] for part in parts)
            means = mean.repeat(len(tiles.sigma) // count, 1, 1, 1)
            damaged = (tiles.sigma > 0).flatten(1).any(1)
            predictions = torch.zeros(tiles.degraded.shape, device=self.backend.device)
            if damaged.any():
                predictions[damaged.to(self.backend.device)] = self._predict(tiles[damaged], means[damaged])
            self.progress(done + start * count + len(tiles.sigma), total)
            yield from predictions.view(-1, count, *predictions.shape[1:])

    def _predict(self, tiles: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 t u"]:
        """The mean prediction over the views, clamped to [0, 1]."""
        degraded, sigma, mean = (x.to(self.backend.device, torch.float32) for x in (tiles.degraded, tiles.sigma, mean))
        rule = SizeRule(self.backend.multiple)
        predictions = []
        for view in views(self.backend.multiple)[: None if self.self_ensemble else 1]:
            shown = view.show(Observation(degraded, sigma))
            prediction = self.backend.predict(rule.pad(shown), mean)
            predictions.append(view.undo(rule.crop(prediction, *shown.sigma.shape[-2:])))
        return torch.stack(predictions).mean(0).clamp(0, 1)


def refuse_the_unseen(observation: Observation) -> None:
    """Raise a UserError if nothing is seen in one of the images."""
    if observation.hole.flatten(1).all(1).any():
        raise UserError(f"{COVERED}: there is nothing to fill it from")


def _is_gray(observation: Observation) -> Bool[Tensor, "n 1 1 1"]:
    """Whether red, green and blue are the same wherever an image was observed."""
    degraded = observation.degraded
    return ((degraded == degraded[:, :1]) | observation.hole).flatten(1).all(1).view(-1, 1, 1, 1)
