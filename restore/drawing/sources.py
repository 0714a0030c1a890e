"""Where filled pixels were copied from, as a picture: every place has a colour, and a copy has that of its source."""

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

TINT = 0.6
"""How much of a visible pixel's colour is that of its place; the rest is its own brightness."""

ELSEWHERE = 0.5
"""How bright a copy from another image is."""


def source_map(pixels: Float[ndarray, "h w 3"], sources: Int[ndarray, "h w 3"]) -> UInt8[ndarray, "h w 3"]:
    """Draw an image in the colours of its places: red grows to the right, green downwards, blue to the left.

    What was copied stands out in the bright colour of the place that it comes from; of a place in another image, in
    half of its brightness; what was filled without a copy is black; all else is the image in gray, tinted by its own
    place, so that the eye finds the source of a colour.

    Args:
        pixels: The filled image, RGB in [0, 1].
        sources: For each pixel the number of the image that it is copied from (0 for this one), the row and the column
            there, its own where it is visible, -1 where nothing was copied: as `Restorer.inpaint` tells them.
    """
    height, width = sources.shape[:2]
    down = (sources[..., 1] / max(height - 1, 1)).clip(0, 1)
    right = (sources[..., 2] / max(width - 1, 1)).clip(0, 1)
    colours = np.stack([right, down, 1 - right], axis=2) * np.where(sources[..., :1] > 0, ELSEWHERE, 1)
    own = np.moveaxis(np.indices((1, height, width))[:, 0], 0, -1)
    is_own = np.all(sources == own, axis=2, keepdims=True)
    gray = np.broadcast_to(pixels.mean(2, keepdims=True).clip(0, 1), pixels.shape)
    shown = np.where(is_own, TINT * colours * gray + (1 - TINT) * gray, colours)
    shown = np.where(np.any(sources < 0, axis=2, keepdims=True), 0, shown)
    return (shown * 255).round().astype(np.uint8)
