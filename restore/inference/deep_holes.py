"""Holes too large for a tile to see across: a guess for their depths from the whole image, seen from afar."""

import math

import numpy as np
from jaxtyping import Bool, Float32

from restore.inference.observed import Observed
from restore.inference.resampling import BILINEAR, cell_means, grown, resized
from restore.inference.tiling import Window

GUESS_SIGMA = 0.05
"""How far a guess is trusted, in [0, 1] units: as a noisy observation. Much more noise, of which the guess has none,
draws its border as a faint line into what is filled."""


class DeepHoles:
    """The parts of holes far from anything visible.

    A tile in the middle of a large hole has nothing to start from. The image is reduced until it fits one tile, to be
    restored there; where a hole is deeper than a quarter of a tile, that result stands in for the missing pixels, as
    a noisy observation, and the tiles refine it.

    Args:
        observed: Whole images.
        tile: Side of a tile in pixels.

    Attributes:
        from_afar: The reduced images.
        deep: Which of their pixels are deep in a hole.
        guess: What they are restored to; has to be set if any are.
    """

    def __init__(self, observed: Observed, tile: int) -> None:
        self.factor = math.ceil(max(observed.sigma.shape[-2:]) / tile)
        self.from_afar = _reduce(observed, self.factor)
        # Rounded down, so that in any tile of nothing but hole the middle is deep.
        reach = math.floor(tile / 4 / self.factor)
        self.deep: Bool[np.ndarray, "n 1 h w"] = ~grown(~self.from_afar.hole, reach)
        self.guess: Float32[np.ndarray, "n 3 h w"] | None = None

    def complete(self, tile: Observed, window: Window) -> Observed:
        """A tile with the guess, if there is one, where it shows the depths of a hole.

        Args:
            tile: The images within a window.
            window: Which.
        """
        if self.guess is None:
            return tile
        rows, columns = (np.arange(span.start, span.stop) // self.factor for span in window)
        deep = tile.hole & self.deep[..., rows[:, None], columns]
        if not deep.any():
            return tile
        enlarged = _enlarge(self.guess, window, self.factor).astype(tile.degraded.dtype)
        return Observed(np.where(deep, enlarged, tile.degraded), np.where(deep, GUESS_SIGMA, tile.sigma))


def _reduce(observed: Observed, factor: int) -> Observed:
    """The means of the visible pixels in square cells; a cell without any is a hole."""
    hole = observed.hole
    share = cell_means((~hole).astype(np.float32), factor)
    seen = np.maximum(share, 1e-8)
    degraded = cell_means(np.where(hole, 0, observed.degraded).astype(np.float32), factor) / seen
    variance = cell_means(np.where(hole, 0, observed.sigma).astype(np.float32) ** 2, factor) / seen
    sigma = np.sqrt(variance) / factor  # averaging the cell's pixels averages their noise
    return Observed(degraded, np.where(share > 0, sigma, np.float32(np.inf)))


def _enlarge(guess: Float32[np.ndarray, "n 3 h w"], window: Window, factor: int) -> Float32[np.ndarray, "n 3 t u"]:
    """The pixels of a window from a reduced image, bilinear."""
    # With one cell more around, so that the border of what is enlarged is that of the image or outside the window.
    top, left = (max(span.start // factor - 1, 0) for span in window)
    bottom, right = ((span.stop - 1) // factor + 2 for span in window)
    part = guess[..., top:bottom, left:right]
    enlarged = resized(part, (factor * part.shape[-2], factor * part.shape[-1]), BILINEAR)
    rows, columns = window
    rows = slice(rows.start - top * factor, rows.stop - top * factor)
    return enlarged[..., rows, columns.start - left * factor : columns.stop - left * factor]
