"""The push-pull fill: what networks start from in holes."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

BINOMIAL = (1 / 8, 3 / 8)
"""Outer and inner taps of the 4-tap binomial kernel."""


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
