"""How far off an image is around each of its pixels."""

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

RADIUS = 8
"""Pixels on each side of one that tell its noise level: enough to tell it by, near enough to be its own."""


def local_level(
    error: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"], radius: int = RADIUS
) -> Float[Tensor, "n 1 h w"]:
    """The root mean square error in a square around each pixel, over all channels; holes do not count.

    Args:
        error: What was added to the clean image; its values in holes do not matter.
        hole: Where nothing was observed.
        radius: The square has sides of `2 * radius + 1` pixels, less at the borders.

    Returns:
        In the units of the error; 0 where all of the square is hole.
    """
    square = error.masked_fill(hole, 0).square().mean(1, keepdim=True)
    seen = (~hole).to(square.dtype)
    side = 2 * radius + 1
    mean, share = (
        functional.avg_pool2d(plane, side, stride=1, padding=radius, count_include_pad=False)
        for plane in (square, seen)
    )
    return (mean / share.clamp_min(1 / side**2)).clamp_min(0).sqrt()
