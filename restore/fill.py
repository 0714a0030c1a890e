"""The push-pull fill: what networks start from in holes."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

BINOMIAL = (1 / 8, 3 / 8)
"""Outer and inner taps of the 4-tap binomial kernel."""

LEVELS = 12
"""Halvings of the pyramid, whatever the size, so that nothing but numbers depends on the image: as many as bring 4096
pixels down to one. In larger images, the mean of the image fills what even the coarsest pixels see nothing of."""


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
    if not torch.compiler.is_compiling() and not bool(hole.any()):
        return degraded.clone()  # the same bits sooner; a graph of the fill has no such branch
    height, width = hole.shape[-2:]
    weights = [(~hole).to(degraded.dtype)]
    pyramid = [torch.where(hole, 0, degraded)]
    for level in range(1, LEVELS + 1):
        # From the size of the image, not of the level above: symbolic sizes stay short.
        step = 2**level  # rounded up without negative numbers, which runtimes of graphs divide in their own ways
        size = ((height + step - 1) // step, (width + step - 1) // step)
        blurred = _halve(torch.cat([pyramid[-1] * weights[-1], weights[-1]], dim=1), *size)
        pyramid.append(blurred[:, :-1] / blurred[:, -1:].clamp_min(1e-8))
        weights.append((2 * blurred[:, -1:]).clamp_max(1))
    filled = torch.lerp(_mean(pyramid[-1], weights[-1]), pyramid[-1], weights[-1])
    for values, weight in zip(pyramid[-2::-1], weights[-2::-1], strict=True):
        filled = functional.interpolate(filled, size=values.shape[-2:], mode="bilinear", align_corners=False)
        filled = torch.lerp(filled, values, weight)
        for _ in range(sweeps):
            filled = torch.lerp(_diffuse(filled), values, weight)
    filled = torch.where(hole.flatten(1).all(1)[:, None, None, None], 0.5, filled)
    return torch.where(hole, filled, degraded)


def _mean(values: Float[Tensor, "n c h w"], weight: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n c 1 1"]:
    return (values * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp_min(1e-8)


def _halve(x: Float[Tensor, "n c h w"], rows: int, columns: int) -> Float[Tensor, "n c hh ww"]:
    """Blur with a 4-tap binomial kernel and keep every second pixel, centred as bilinear upsampling expects."""
    x = functional.pad(x, (1, 1 + 2 * columns - x.shape[-1], 1, 1 + 2 * rows - x.shape[-2]))
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
