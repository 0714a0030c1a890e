"""The noise level of an image that nobody has measured."""

from jaxtyping import Float
from torch import Tensor

BLOCK = 32
"""Side, in pixels, of the blocks among which the flattest are sought."""

SHARE = 0.1
"""Share of the blocks that are taken for flat."""


def estimate_sigma(degraded: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """Estimate the standard deviation of white noise from the flattest parts of each image.

    The diagonal detail of a Haar wavelet holds all of the noise and little of the image (Donoho and Johnstone 1994,
    DOI 10.1093/biomet/81.3.425). Texture still adds to it, so its spread is taken block by block, over all channels,
    and the low end of the blocks' figures counts.

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
    return values.square().mean(-1).sqrt().quantile(SHARE, dim=1)
