"""A look at the attention of one patch, as a picture: for the command and for the page."""

import logging

from jaxtyping import Bool, Float
from numpy import ndarray
from PIL import Image

from restore.errors import UserError
from restore.inference.restorer import Restorer

_logger = logging.getLogger(__name__)


def check_pixel(shape: tuple[int, ...], hole: tuple[int, ...], x: int, y: int, image: str = "", mask: str = "") -> None:
    """Refuse a hole of another size than the image, and a pixel outside.

    Args:
        shape: Height and width of the image.
        hole: Those of the hole.
        x: From the left.
        y: From the top.
        image: What the error calls it.
        mask: What the error calls the file that the hole is from.

    Raises:
        UserError: See above.
    """
    (height, width), (of_image, of_mask) = shape, (f"{name}: " if name else "" for name in (image, mask))
    if hole != shape:
        raise UserError(f"{of_mask}the mask is {hole[1]} x {hole[0]} pixels, the image {width} x {height}")
    if not (0 <= x < width and 0 <= y < height):
        raise UserError(f"{of_image}the pixel {x},{y} lies outside its {width} x {height} pixels")


def attention_at(
    restorer: Restorer,
    pixels: Float[ndarray, "h w 3"],
    hole: Bool[ndarray, "h w"],
    x: int,
    y: int,
    layer: str | None = None,
    seed: int = 0,
    name: str = "the image",
) -> tuple[Image.Image, slice, slice]:
    """Look at an image, or at the tile of a large one in whose middle the patch lies, and draw what is found.

    Args:
        restorer: Looks.
        pixels: RGB in [0, 1].
        hole: What is hidden of it.
        x: Of a pixel of the patch that asks, from the left.
        y: From the top.
        layer: See `layers_to_show`.
        seed: Of the plausible fill whose pieces are shown of a patch in a hole.
        name: What messages call the image.

    Returns:
        The sheet, and the rows and the columns that were looked at.

    Raises:
        UserError: There is no such layer, the patch is not in it, or the network has no transformer.
    """
    tile = restorer.tiling.tile
    rows, columns = _around(y, pixels.shape[0], tile), _around(x, pixels.shape[1], tile)
    pixels, hole = pixels[rows, columns], hole[rows, columns]
    maps = restorer.attention(pixels, hole)
    from restore.drawing.attention import CopiedFill, attention_sheet, layers_to_show

    patch = maps.patch_at(x - columns.start, y - rows.start)
    layers, fill = layers_to_show(maps, patch, layer), None
    if hole[maps.box(patch)].any():
        fill = CopiedFill(*restorer.inpaint(pixels, hole, fill="plausible", seed=seed, return_sources=True))
        if not maps.copied(fill.sources)[patch].any():
            _logger.info("%s: nothing is copied into a hole as narrow as here, so there are no pieces to show", name)
    return attention_sheet(pixels, hole, maps, patch, layers, fill), rows, columns


def _around(place: int, extent: int, most: int) -> slice:
    """A span of an axis, no longer than a tile, with a place in its middle as far as the borders allow."""
    start = max(0, min(place - most // 2, extent - most))
    return slice(start, min(start + most, extent))
