"""Holes too large for a tile to see across: a guess for their depths from the whole image, seen from afar."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.inference.tiling import Window
from restore.observation import Observation

GUESS_SIGMA = 0.05
"""How far a guess is trusted, in [0, 1] units: as a noisy observation. Much more noise, of which the guess has none,
draws its border as a faint line into what is filled."""


class DeepHoles:
    """The parts of holes far from anything visible.

    A tile in the middle of a large hole has nothing to start from. The image is reduced until it fits one tile, to be
    restored there; where a hole is deeper than a quarter of a tile, that result stands in for the missing pixels, as
    a noisy observation, and the tiles refine it.

    Args:
        observation: Whole images.
        tile: Side of a tile in pixels.

    Attributes:
        from_afar: The reduced images.
        deep: Which of their pixels are deep in a hole.
        guess: What they are restored to; has to be set if any are.
    """

    def __init__(self, observation: Observation, tile: int) -> None:
        self.factor = math.ceil(max(observation.sigma.shape[-2:]) / tile)
        self.from_afar = _reduce(observation, self.factor)
        # Rounded down, so that in any tile of nothing but hole the middle is deep.
        reach = math.floor(tile / 4 / self.factor)
        near = (~self.from_afar.hole).float()
        for kernel, padding in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
            near = functional.max_pool2d(near, kernel, stride=1, padding=padding)
        self.deep: Bool[Tensor, "n 1 h w"] = near == 0
        self.guess: Float[Tensor, "n 3 h w"] | None = None

    def complete(self, tile: Observation, window: Window) -> Observation:
        """A tile with the guess, if there is one, where it shows the depths of a hole.

        Args:
            tile: The images within a window.
            window: Which.
        """
        if self.guess is None:
            return tile
        rows, columns = (torch.arange(span.start, span.stop) // self.factor for span in window)
        deep = tile.hole & self.deep[..., rows[:, None], columns]
        if not deep.any():
            return tile
        enlarged = _enlarge(self.guess, window, self.factor).to(tile.degraded)
        return Observation(torch.where(deep, enlarged, tile.degraded), torch.where(deep, GUESS_SIGMA, tile.sigma))


def _reduce(observation: Observation, factor: int) -> Observation:
    """The means of the visible pixels in square cells; a cell without any is a hole."""

    def pooled(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values.float(), factor, ceil_mode=True)

    hole = observation.hole
    share = pooled(~hole)
    degraded, variance = (
        pooled(torch.where(hole, 0, values)) / share.clamp_min(1e-8)
        for values in (observation.degraded, observation.sigma.float().square())
    )
    sigma = variance.sqrt() / factor  # averaging the cell's pixels averages their noise
    return Observation(degraded, torch.where(share > 0, sigma, torch.inf))


def _enlarge(guess: Float[Tensor, "n 3 h w"], window: Window, factor: int) -> Float[Tensor, "n 3 t u"]:
    """The pixels of a window from a reduced image, bilinear."""
    # With one cell more around, so that the border of what is enlarged is that of the image or outside the window.
    top, left = (max(span.start // factor - 1, 0) for span in window)
    bottom, right = ((span.stop - 1) // factor + 2 for span in window)
    enlarged = functional.interpolate(guess[..., top:bottom, left:right], scale_factor=factor, mode="bilinear")
    rows, columns = window
    rows = slice(rows.start - top * factor, rows.stop - top * factor)
    return enlarged[..., rows, columns.start - left * factor : columns.stop - left * factor]
