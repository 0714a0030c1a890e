"""What is known about damaged images, as arrays: an observation on its way to whatever runs a network."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32


@dataclass(frozen=True)
class Observed:
    """Damaged images together with the noise level of every pixel, as NumPy arrays.

    It is `restore.observation.Observation` without PyTorch, which only the training of networks and one of the backends
    need.

    Args:
        degraded: The pixels as observed, RGB, nominally in [0, 1]. What they hold inside a hole has no meaning.
        sigma: Standard deviation of the noise of each pixel in the same units: 0 where it is known exactly, infinite
            in holes.
    """

    degraded: Float[np.ndarray, "n 3 h w"]
    sigma: Float[np.ndarray, "n 1 h w"]

    @staticmethod
    def hide(image: Float[np.ndarray, "n 3 h w"], hole: Bool[np.ndarray, "n 1 h w"]) -> "Observed":
        """Observe exactly what lies outside a hole; in it, `degraded` is zero."""
        nothing, infinity = image.dtype.type(0), image.dtype.type(np.inf)
        return Observed(np.where(hole, nothing, image), np.where(hole, infinity, nothing))

    @staticmethod
    def cat(observations: Iterable["Observed"]) -> "Observed":
        """Join the batches of several observations of one size."""
        observations = list(observations)
        return Observed(
            np.concatenate([one.degraded for one in observations]), np.concatenate([one.sigma for one in observations])
        )

    @property
    def hole(self) -> Bool[np.ndarray, "n 1 h w"]:
        """True where nothing was observed and a value has to be invented."""
        return np.isposinf(self.sigma)

    @property
    def mean_colour(self) -> Float32[np.ndarray, "n 3 1 1"]:
        """The mean of what was observed; gray where nothing was."""
        hole = self.hole
        total = np.where(hole, 0, self.degraded).sum((2, 3), np.float64, keepdims=True)
        count = (~hole).sum((2, 3), keepdims=True)
        return np.where(count > 0, total / np.maximum(count, 1), 0.5).astype(np.float32)

    def in_single_precision(self) -> "Observed":
        """The same, as backends take it."""
        return Observed(*(np.ascontiguousarray(one, np.float32) for one in (self.degraded, self.sigma)))

    def padded(self, multiple: int) -> "Observed":
        """The same, mirrored at the lower and the right border up to multiples of so many pixels."""
        rows, columns = ((0, -side % multiple) for side in self.sigma.shape[-2:])
        return Observed(mirrored(self.degraded, rows, columns), mirrored(self.sigma, rows, columns))

    def __getitem__(self, index: Any) -> "Observed":
        """Some images of the batch, or parts of them: the index of an array, which keeps all four axes."""
        return Observed(self.degraded[index], self.sigma[index])


def mirrored(
    x: Float[np.ndarray, "n c h w"], rows: tuple[int, int], columns: tuple[int, int]
) -> Float[np.ndarray, "n c hh ww"]:
    """Images that go on beyond their borders as their own reflection, as in 2, 1, 0, 1, 2.

    Args:
        x: Of any size.
        rows: How many more there are above and below.
        columns: How many more there are on the left and on the right.
    """
    return np.pad(x, ((0, 0), (0, 0), rows, columns), mode="reflect") if any((*rows, *columns)) else x
