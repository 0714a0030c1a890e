"""One picture of many images, in rows, with a caption under each."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont

HOLE_COLOUR = (1.0, 0.0, 1.0)
"""Magenta, which hardly any image holds: RGB in [0, 1]."""

BLANK: Float[ndarray, "1 1 3"] = np.ones((1, 1, 3), dtype=np.float32)
"""What to give where a row has no image."""

MARGIN = 6
LINE = 16


def contact_sheet(
    images: Sequence[Float[ndarray, "_ _ 3"]], captions: Sequence[str], columns: int, cell: int = 256
) -> Image.Image:
    """Lay images out row by row on white.

    Args:
        images: RGB in [0, 1], of any sizes; clipped for display. Those larger than a cell are shrunk into it.
        captions: One for each image, of one line or several; cut off at the width of a cell.
        columns: Images in a row.
        cell: Largest height and width of an image on the sheet, in pixels.
    """
    thumbnails = [_thumbnail(image, cell) for image in images]
    rows = [range(start, min(start + columns, len(images))) for start in range(0, len(images), columns)]
    lines = 1 + max((caption.count("\n") for caption in captions), default=0)
    heights = [max(thumbnails[i].height for i in row) + LINE * lines + MARGIN for row in rows]
    sheet = Image.new("RGB", (columns * (cell + MARGIN) + MARGIN, sum(heights) + MARGIN), "white")
    font = ImageFont.load_default(size=LINE - 4)
    top = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for column, i in enumerate(row):
            left = MARGIN + column * (cell + MARGIN)
            sheet.paste(thumbnails[i], (left, top))
            label = Image.new("RGB", (cell, LINE * lines), "white")
            ImageDraw.Draw(label).multiline_text((0, 1), captions[i], fill="black", font=font, spacing=2)
            sheet.paste(label, (left, top + thumbnails[i].height))
        top += height
    return sheet


def _thumbnail(image: Float[ndarray, "h w 3"], cell: int) -> Image.Image:
    thumbnail = Image.fromarray((image.clip(0, 1) * 255).round().astype(np.uint8))
    thumbnail.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    return thumbnail
