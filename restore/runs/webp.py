"""Pictures as small files that every browser shows."""

import io

from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

LARGEST = 16383
"""Side that the format has room for, in pixels."""


def as_webp(picture: UInt8[ndarray, "h w 3"] | Image.Image, largest: int = LARGEST, quality: int = 90) -> bytes:
    """The WebP file of a picture, which is made smaller where a side is too long.

    Args:
        picture: RGB.
        largest: Longest side, in pixels.
        quality: 0 to 100.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if max(image.size) > largest:
        image = image.copy()
        image.thumbnail((largest, largest))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
