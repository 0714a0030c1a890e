"""What is known about damaged images, as arrays: an observation on its way to whatever runs a network."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float


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

    def __getitem__(self, index: Any) -> "Observed":
        """Some images of the batch, or parts of them: the index of an array, which keeps all four axes."""
        return Observed(self.degraded[index], self.sigma[index])
