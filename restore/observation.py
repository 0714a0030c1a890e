"""What is known about a damaged image: its pixels and, for each of them, how much to trust it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

CONFIDENCE_HALF = 0.1
"""The sigma, in [0, 1] units, at which the confidence is one half: about the field's usual sigma of 25 / 255."""


@dataclass(frozen=True)
class Observation:
    """A damaged image together with the noise level of every pixel: all that a network is told.

    Inpainting, denoising, dead lines and masked patches differ only in `sigma`: 0 where a pixel is known exactly,
    0.1 where it is noisy, `inf` where nothing was observed (a hole). What `degraded` holds inside a hole has no
    meaning, and nothing in this package depends on it.

    Args:
        degraded: The pixels as observed, RGB, nominally in [0, 1]; noise may leave that range.
        sigma: Standard deviation of the noise of each pixel, in the units of `degraded`, in [0, inf]. NaN, in
            evaluation and training: there is noise, and nobody knows how strong. No network is ever told so.
    """

    degraded: Float[Tensor, "n 3 h w"]
    sigma: Float[Tensor, "n 1 h w"]

    @staticmethod
    def of(image: Float[Tensor, "n 3 h w"]) -> "Observation":
        """Observe every pixel of an image exactly."""
        return Observation(image, torch.zeros_like(image[:, :1]))

    @staticmethod
    def hide(image: Float[Tensor, "n 3 h w"], hole: Bool[Tensor, "n 1 h w"]) -> "Observation":
        """Observe exactly what lies outside a hole; in it, `degraded` is zero."""
        sigma = torch.zeros_like(image[:, :1])
        return Observation(image.masked_fill(hole, 0), sigma.masked_fill(hole, torch.inf))

    @staticmethod
    def cat(observations: Iterable["Observation"]) -> "Observation":
        """Join the batches of several observations of one size."""
        observations = list(observations)
        return Observation(torch.cat([o.degraded for o in observations]), torch.cat([o.sigma for o in observations]))

    @property
    def hole(self) -> Bool[Tensor, "n 1 h w"]:
        """True where nothing was observed and a value has to be invented."""
        return torch.isposinf(self.sigma)

    @property
    def confidence(self) -> Float[Tensor, "n 1 h w"]:
        """The trust in each pixel, as the transformer sees it: 1 known exactly, 0.5 at sigma 0.1, 0 in a hole."""
        return 1 / (1 + self.sigma / CONFIDENCE_HALF)

    def to(self, device: torch.device | str) -> "Observation":
        """The same observation on another device."""
        return Observation(self.degraded.to(device), self.sigma.to(device))

    def __getitem__(self, index: Any) -> "Observation":
        """Some images of the batch, or parts of them: the index of a tensor, which keeps all four axes."""
        return Observation(self.degraded[index], self.sigma[index])


def composite(prediction: Float[Tensor, "n 3 h w"], observation: Observation) -> Float[Tensor, "n 3 h w"]:
    """Keep what is known and take the prediction, clamped to [0, 1], for the rest.

    Pixels with `sigma == 0` come back bit-identical, whatever their range.
    """
    known = observation.sigma == 0
    return torch.where(known, observation.degraded, prediction.clamp(0, 1))


def mirrored(start: int, length: int, extent: int) -> Int[Tensor, " length"]:
    """Positions on an axis that goes on beyond its borders as its own reflection, as in 2, 1, 0, 1, 2.

    Args:
        start: The first position, in pixels; may lie outside.
        length: Number of positions.
        extent: Pixels on the axis, which is mirrored at the first and the last of them, again and again.
    """
    period = max(2 * (extent - 1), 1)
    position = torch.arange(start, start + length) % period
    return torch.minimum(position, period - position)
