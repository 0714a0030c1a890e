"""Squares cut out of images."""

from jaxtyping import Float
from torch import Tensor

from restore.observation import mirrored


def cut(image: Float[Tensor, "c h w"], top: int, left: int, size: int) -> Float[Tensor, "c {size} {size}"]:
    """Cut a square out of an image, which goes on beyond its borders as its own reflection.

    Args:
        image: Any image of at least one pixel.
        top: First row, in pixels; may be negative.
        left: First column, in pixels; may be negative.
        size: Side of the square, in pixels.
    """
    height, width = image.shape[1:]
    return image[:, mirrored(top, size, height)[:, None], mirrored(left, size, width)]
