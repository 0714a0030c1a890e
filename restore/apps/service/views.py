"""Pictures that are only looked at: what a browser cannot show, and what attention looks at."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from restore.apps.attention import attention_at, check_pixel
from restore.images.codec import decode_pages
from restore.images.masks import MaskMeans, read_mask
from restore.images.picture import Picture, upright
from restore.inference.restorer import Restorer


def preview(data: bytes, name: Path, side: int, max_pixels: int) -> tuple[bytes, tuple[int, int]]:
    """The first page of an image file as a PNG file of 8 bits, upright, with its alpha and its colour profile.

    Args:
        data: The image file.
        name: What messages call it.
        side: Largest of the PNG, in pixels.
        max_pixels: Of an image.

    Returns:
        The PNG file, and the true width and height.

    Raises:
        UserError: The file cannot be read.
    """
    picture = decode_pages(data, name, max_pixels)[0]
    image = Image.fromarray(_in_8_bits(picture))
    size = image.size
    image.thumbnail((side, side), Image.Resampling.BOX)
    return _png(image, picture.metadata.profile), size


def mask_view(mask: Path, mask_means: MaskMeans, values: list[int] | None, max_pixels: int) -> bytes:
    """What a mask file says, as a PNG file of one bit for each pixel: white where the hole is, as a viewer shows it.

    Args:
        mask: The file.
        mask_means: What white stands for in it.
        values: Labels that count as white, as for `restore.images.masks.read_mask`.
        max_pixels: Of a mask.

    Raises:
        UserError: It cannot be read, or is no mask.
    """
    return _png(Image.fromarray(read_mask(mask, mask_means, values, max_pixels)))


def attention_view(
    restorer: Restorer, data: bytes, name: Path, mask: Path | None, x: int, y: int, max_pixels: int
) -> bytes:
    """The sheet of `restore attention`, as a PNG file.

    Args:
        restorer: Looks.
        data: The image file.
        name: What messages call it.
        mask: Of the hole; None where there is none.
        x: Of a pixel, from the left, as a viewer shows the image.
        y: From the top.
        max_pixels: Of an image.

    Raises:
        UserError: A file cannot be read, the pixel lies outside, or the network has no transformer.
    """
    pixels = decode_pages(data, name, max_pixels)[0].as_rgb()
    shape = pixels.shape[:2]
    hole = np.zeros(shape, dtype=bool) if mask is None else read_mask(mask, max_pixels=max_pixels)
    check_pixel(shape, hole.shape, x, y)
    return _png(attention_at(restorer, pixels, hole, x, y)[0])


def _in_8_bits(picture: Picture) -> np.ndarray:
    array = upright(picture.array, picture.orientation)
    if array.dtype == np.uint16:
        return np.ascontiguousarray((array >> 8).astype(np.uint8))
    if array.dtype != np.uint8:
        return np.ascontiguousarray((np.nan_to_num(array).clip(0, 1) * 255).round().astype(np.uint8))
    return np.ascontiguousarray(array)


def _png(image: Image.Image, profile: bytes | None = None) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1, **({"icc_profile": profile} if profile else {}))
    return file.getvalue()
