"""What is known about a damaged image: its pixels and, for each of them, how much to trust it."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

PRECISION_HALF = 0.1
"""The sigma, in [0, 1] units, at which the precision is one half: about the field's usual sigma of 25 / 255."""

BINOMIAL = (1 / 8, 3 / 8)
"""Outer and inner taps of the 4-tap binomial kernel."""


@dataclass(frozen=True)
class Observation:
    """A damaged image together with the noise level of every pixel: all that a network is told.

    Inpainting, denoising, dead lines and masked patches differ only in `sigma`: 0 where a pixel is known exactly,
    0.1 where it is noisy, `inf` where nothing was observed (a hole). What `degraded` holds inside a hole has no
    meaning, and nothing in this package depends on it.

    Args:
        degraded: The pixels as observed, RGB, nominally in [0, 1]; noise may leave that range.
        sigma: Standard deviation of the noise of each pixel, in the units of `degraded`, in [0, inf].
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
    def precision(self) -> Float[Tensor, "n 1 h w"]:
        """The trust in each pixel, as the transformer sees it: 1 known exactly, 0.5 at sigma 0.1, 0 in a hole."""
        return 1 / (1 + self.sigma / PRECISION_HALF)

    def to(self, device: torch.device | str) -> "Observation":
        """The same observation on another device."""
        return Observation(self.degraded.to(device), self.sigma.to(device))

    def __getitem__(self, index: slice | Tensor) -> "Observation":
        """The observations of some images of the batch."""
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


def push_pull_fill(
    degraded: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"], sweeps: int = 4
) -> Float[Tensor, "n c h w"]:
    """Fill holes smoothly from their surroundings with a pyramid of normalised convolutions.

    Push: blur and halve until every pixel has seen an observed one, weighting by what was observed. Pull: come back
    up, and at each level fill what is missing from the coarser level. A few sweeps of diffusion per level then remove
    most of the dependence on where the stride-2 grid happens to lie. After Gortler et al., "The Lumigraph"
    (SIGGRAPH 1996), and Knutsson and Westin, "Normalized and differential convolution" (CVPR 1993).

    Args:
        degraded: Any number of channels, any size; values inside the hole are ignored, NaN included.
        hole: True where a value has to be filled in.
        sweeps: Jacobi sweeps of diffusion after each level.

    Returns:
        The input, bit-identical outside the hole; 0.5 in an image that is all hole.
    """
    weight = (~hole).to(degraded.dtype)
    filled = _fill_level(torch.where(hole, 0, degraded), weight, sweeps)
    filled = torch.where(hole.flatten(1).all(1)[:, None, None, None], 0.5, filled)
    return torch.where(hole, filled, degraded)


def _fill_level(
    values: Float[Tensor, "n c h w"], weight: Float[Tensor, "n 1 h w"], sweeps: int
) -> Float[Tensor, "n c h w"]:
    height, width = values.shape[-2:]
    if max(height, width) == 1 or bool((weight >= 1).all()):
        return values
    blurred = _halve(torch.cat([values * weight, weight], dim=1))
    coarse_weight = blurred[:, -1:]
    coarse = blurred[:, :-1] / coarse_weight.clamp_min(1e-8)
    coarse = _fill_level(coarse, (2 * coarse_weight).clamp_max(1), sweeps)
    pulled = functional.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    filled = torch.lerp(pulled, values, weight)
    for _ in range(sweeps):
        filled = torch.lerp(_diffuse(filled), values, weight)
    return filled


def _halve(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c hh ww"]:
    """Blur with a 4-tap binomial kernel and keep every second pixel, centred as bilinear upsampling expects."""
    height, width = x.shape[-2:]
    x = functional.pad(x, (1, 1 + width % 2, 1, 1 + height % 2))
    rows = (height + 1) // 2
    columns = (width + 1) // 2
    # Written out, not as a convolution, which mixed precision would run in half precision.
    outer, inner = BINOMIAL
    x0, x1, x2, x3 = (x[..., k : k + 2 * rows : 2, :] for k in range(4))
    x = outer * (x0 + x3) + inner * (x1 + x2)
    x0, x1, x2, x3 = (x[..., k : k + 2 * columns : 2] for k in range(4))
    return outer * (x0 + x3) + inner * (x1 + x2)


def _diffuse(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The mean of the four neighbours, mirrored at the border."""
    padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
    vertical = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    horizontal = padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
    return (vertical + horizontal) / 4
