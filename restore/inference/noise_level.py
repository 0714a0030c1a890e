"""The noise level of an image that nobody has measured."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

BLOCK = 32
"""Side, in pixels, of the blocks among which the flattest are sought."""

SHARE = 0.1
"""Share of the blocks that are taken for flat."""

CLIPPED = 0.05
"""Share of a block's values that may lie at an end of the range, where noise is cut off."""

TOLD = 0.25
"""Share of a block's values that must be left beside a hole, for the block to count."""

SAMPLE = 512
"""Side, in pixels, of the parts of a large image from which its noise level is estimated."""

MOSTLY = 0.5
"""Share of an image's cells that may be exactly flat, or clipped, before it is taken for drawn, and free of noise."""


def sampled_sigma(degraded: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"]) -> Float[Tensor, " n"]:
    """Estimate as `estimate_sigma` does, from parts spread over large images: they tell as much as all of it."""
    tops, lefts = (np.unique(np.linspace(0, max(0, size - SAMPLE), 4).astype(int)) for size in degraded.shape[-2:])
    spans = [(..., slice(top, top + SAMPLE), slice(left, left + SAMPLE)) for top in tops for left in lefts]
    hidden = torch.stack([hole[span].float().mean((1, 2, 3)) for span in spans])
    levels = torch.stack([estimate_sigma(degraded[span].float(), hole[span]) for span in spans])
    enough = hidden <= (1 + hidden.amin(0)) / 2
    return levels.masked_fill(~enough, math.nan).nanmedian(0).values


def estimate_sigma(
    degraded: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"] | None = None
) -> Float[Tensor, " n"]:
    """Estimate the standard deviation of white noise from the flattest parts of each image.

    The diagonal detail of a Haar wavelet holds all of the noise and little of the image (Donoho and Johnstone 1994,
    DOI 10.1093/biomet/81.3.425). Texture still adds to it, so its spread is taken block by block, over all channels,
    and the low end of the blocks' spreads counts. Black margins and overexposed paper say nothing, and are left out,
    as is all that touches a hole. Where most cells of 2 x 2 pixels are exactly flat or clipped (rendered pages,
    screenshots, stars on black), what is left is drawn, and no noise.

    Args:
        degraded: Values in [0, 1] units, not clipped.
        hole: Where nothing was observed, so that the values do not matter; nowhere if not given.

    Returns:
        In [0, 1] units; 0 where an image is too small to tell, too much of it a hole, or most of it flat. A clean
        photograph gives about 1.5 / 255, by its texture.
    """
    height, width = (size // 2 * 2 for size in degraded.shape[-2:])
    if min(height, width) < 4:
        return degraded.new_zeros(len(degraded))
    x = degraded[..., :height, :width]
    is_end = (x == 0) | (x == 1)
    corners = x[..., 0::2, 0::2], x[..., 0::2, 1::2], x[..., 1::2, 0::2], x[..., 1::2, 1::2]
    detail = (corners[0] - corners[1] - corners[2] + corners[3]) / 2
    is_flat = torch.stack([corner == corners[0] for corner in corners[1:]]).all(0).all(1, keepdim=True)
    is_flat |= -functional.max_pool2d(-is_end.all(1, keepdim=True).to(x.dtype), 2) > 0
    is_drawn = is_flat.flatten(1).float().mean(1) > MOSTLY
    if hole is not None:
        touched = functional.max_pool2d(hole[..., :height, :width].to(x.dtype), 2) > 0
        is_drawn = (is_flat & ~touched).flatten(1).sum(1) > MOSTLY * (~touched).flatten(1).sum(1)
        detail = detail.masked_fill(touched, math.nan)
        is_end = is_end & ~hole[..., :height, :width]
    block = min(BLOCK // 2, *detail.shape[-2:])
    blocks = detail.unfold(-2, block, block).unfold(-2, block, block)
    values = blocks.flatten(-2).permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)  # (n, blocks, values)
    clipped = functional.avg_pool2d(is_end.to(x.dtype).mean(1, keepdim=True), 2 * block).flatten(1)
    limit = clipped.quantile(SHARE, dim=1, keepdim=True).clamp_min(CLIPPED)  # where all is clipped, the least of it
    spread = values.square().nanmean(-1).sqrt()
    is_telling = (clipped <= limit) & (values.isfinite().float().mean(-1) >= TOLD)
    return spread.masked_fill(~is_telling, math.nan).nanquantile(SHARE, dim=1).nan_to_num(0).masked_fill(is_drawn, 0)
