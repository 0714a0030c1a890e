"""The blur of these fills."""

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from restore.inference.resampling import BILINEAR, cell_means, resized

WIDEST = 64.0
"""Standard deviation, in pixels, from twice of which on a blur is that of means over cells."""


def blur(planes: Float32[np.ndarray, "*c h w"], sigma: float) -> Float32[np.ndarray, "*c h w"]:
    """A Gaussian of so many pixels, cut off at three times that; the border of the image is repeated."""
    if sigma >= 2 * WIDEST:
        side = int(sigma / WIDEST)
        return resized(blur(cell_means(planes, side), sigma / side), planes.shape[-2:], BILINEAR)
    blurred = np.empty_like(planes)
    for index in np.ndindex(planes.shape[:-2]):
        ndimage.gaussian_filter(planes[index], sigma, mode="nearest", radius=int(3 * sigma), output=blurred[index])
    return blurred
