"""Masks whose pixels are labels (classes, indices of a palette), not levels from black to white."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from PIL import Image

from restore.images.picture import ImageFileError, Picture

BRIGHT = 0.5
"""Labels number few things: a level above this part of white is no label."""

_WITH_PALETTE = ("PNG", "GIF", "TIFF", "BMP")
_LISTED = 6


def stored_values(path: Path, picture: Picture) -> Shaped[np.ndarray, "h w"]:
    """The value that is stored for each pixel: its index in a palette, 0 or 1 of one bit, else its gray.

    Args:
        path: The file.
        picture: What was read from it.

    Raises:
        ImageFileError: It holds colours.
    """
    try:
        with Image.open(path, formats=_WITH_PALETTE) as image:
            if image.mode in ("P", "1"):
                return np.asarray(image).astype(np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        pass  # Pillow knows no palette in what it cannot read
    gray = _gray(picture)
    if gray is None:
        raise ImageFileError(path, "holds colours, and no values that could be listed as labels")
    return gray


def refuse_labels(path: Path, picture: Picture, brightest: float, dark: float) -> None:
    """Refuse a mask of which nothing, or not the right part, would be hole, as its values are no levels.

    Args:
        path: The file.
        picture: What was read from it.
        brightest: The largest level in it, 0 to 1.
        dark: The level up to which a pixel is black.

    Raises:
        ImageFileError: All of it is dark, but not black, or its values are 0, 1, 2 and so on up to less than `BRIGHT`.
    """
    gray = _gray(picture)
    if not 0 < brightest < BRIGHT or (brightest > dark and (gray is None or not _count(gray))):
        return
    try:
        values = [f"{value:g}" for value in np.unique(stored_values(path, picture))]
    except ImageFileError:
        raise ImageFileError(path, "its colours are all nearly black: a mask is painted in white") from None
    shown = ", ".join(values if len(values) <= _LISTED else [*values[: _LISTED - 2], "…", values[-1]])
    reason = f"its only values are {shown}, labels or too dark for a mask from 0 to {picture.white}"
    raise ImageFileError(path, f"{reason}: list those that are hole, as in --mask-values {values[-1]}")


def _gray(picture: Picture) -> Shaped[np.ndarray, "h w"] | None:
    pixels = picture.pixels
    if pixels.ndim == 2:
        return pixels
    return pixels[..., 0] if (pixels == pixels[..., :1]).all() else None


def _count(gray: Shaped[np.ndarray, "h w"]) -> bool:
    """Whether the values are consecutive whole numbers from 0 or 1 on."""
    values = np.unique(gray)
    return bool(gray.dtype.kind == "u" and values[0] <= 1 and values[-1] - values[0] == len(values) - 1)
