"""The noise level of an image that nobody has measured."""

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

BLOCK = 32
"""Side, in pixels, of the blocks among which the flattest are sought."""

SHARE = 0.1
"""Share of the blocks that are taken for flat."""

CLIPPED = 0.05
"""Share of a block's values that may lie at an end of the range, where noise is cut off."""


def estimate_sigma(degraded: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """Estimate the standard deviation of white noise from the flattest parts of each image.

    The diagonal detail of a Haar wavelet holds all of the noise and little of the image (Donoho and Johnstone 1994,
    DOI 10.1093/biomet/81.3.425). Texture still adds to it, so its spread is taken block by block, over all channels,
    and the low end of the blocks' figures counts. Black margins and overexposed paper say nothing, and are left out.

    Args:
        degraded: Values in [0, 1] units, not clipped.

    Returns:
        In [0, 1] units; 0 for images too small to tell. A clean photograph gives about 1.5 / 255, by its texture.
    """
    height, width = (size // 2 * 2 for size in degraded.shape[-2:])
    x = degraded[..., :height, :width]
    if min(height, width) < 4:
        return degraded.new_zeros(len(degraded))
    detail = (x[..., 0::2, 0::2] - x[..., 0::2, 1::2] - x[..., 1::2, 0::2] + x[..., 1::2, 1::2]) / 2
    block = min(BLOCK // 2, *detail.shape[-2:])
    blocks = detail.unfold(-2, block, block).unfold(-2, block, block)
    values = blocks.flatten(-2).permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)  # (n, blocks, values)
    clipped = functional.avg_pool2d(((x == 0) | (x == 1)).to(x.dtype).mean(1, keepdim=True), 2 * block).flatten(1)
    limit = clipped.quantile(SHARE, dim=1, keepdim=True).clamp_min(CLIPPED)  # where all is clipped, the least of it
    return values.square().mean(-1).sqrt().masked_fill(clipped > limit, math.nan).nanquantile(SHARE, dim=1)
