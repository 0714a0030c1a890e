"""Images at other sizes, and regions grown, as arrays whose last two axes are rows and columns."""

import numpy as np
from jaxtyping import Bool, Float32, Shaped
from PIL import Image
from scipy import ndimage

AREA = Image.Resampling.BOX
"""Each new pixel is the mean of what it covers."""

BILINEAR = Image.Resampling.BILINEAR
"""Between neighbours if the image grows; if it shrinks, the mean under a triangle over all that is covered."""


def resized(
    planes: Float32[np.ndarray, "*c h w"], size: tuple[int, int], resampling: Image.Resampling
) -> Float32[np.ndarray, "*c hh ww"]:
    """Planes at another height and width, which cover the same area; at the borders nothing is made up.

    Args:
        planes: Any number.
        size: Height and width.
        resampling: `AREA` or `BILINEAR`.
    """
    out = np.empty((*planes.shape[:-2], *size), np.float32)
    for index in np.ndindex(planes.shape[:-2]):
        out[index] = Image.fromarray(planes[index]).resize(size[::-1], resampling)
    return out


def spread(log_sigma: Float32[np.ndarray, "n 1 hh ww"], size: tuple[int, ...]) -> Float32[np.ndarray, "n 1 h w"]:
    """The level of noise at each pixel, as `restore.networks.noise_head.spread` has it.

    Args:
        log_sigma: Its logarithms for squares of pixels, as a noise head tells them; more than 0 counts as 0.
        size: Height and width.
    """
    level: Float32[np.ndarray, "n 1 h w"] = np.exp(np.minimum(resized(log_sigma, (size[0], size[1]), BILINEAR), 0))
    return level


def area_means(planes: Float32[np.ndarray, "*c h w"], size: tuple[int, int]) -> Float32[np.ndarray, "*c hh ww"]:
    """Planes at another height and width: the means of all pixels that a new one touches.

    Beside `AREA`, which gives each pixel to one of the new ones, it moves what lies in an image less.
    """
    for axis, count in zip((-2, -1), size, strict=True):
        length = planes.shape[axis]
        starts = np.arange(count) * length // count
        stops = -(-np.arange(1, count + 1) * length // count)
        bounds = np.stack([starts, stops], axis=1).ravel()[:-1]  # the last goes to the end
        if count > length:  # others end there as well
            planes = np.concatenate([planes, np.zeros_like(planes.take([0], axis))], axis)
        sums = np.add.reduceat(planes, bounds, axis)
        widths = (stops - starts).astype(np.float32)
        planes = (sums[..., ::2, :] / widths[:, None]) if axis == -2 else sums[..., ::2] / widths
    return planes


def cell_means(planes: Float32[np.ndarray, "*c h w"], side: int) -> Float32[np.ndarray, "*c hh ww"]:
    """The means of square cells, which at the right and at the lower border may be smaller."""
    sums, count = _reduced(np.add, planes, side), _reduced(np.add, np.ones(planes.shape[-2:], np.float32), side)
    means: Float32[np.ndarray, "*c hh ww"] = sums / count
    return means


def cells_with(region: Bool[np.ndarray, "*c h w"], side: int) -> Bool[np.ndarray, "*c hh ww"]:
    """Which of such cells have a pixel of a region."""
    has_one: Bool[np.ndarray, "*c hh ww"] = _reduced(np.logical_or, region, side)
    return has_one


def grown(region: Bool[np.ndarray, "*c h w"], radius: int) -> Bool[np.ndarray, "*c h w"]:
    """All pixels that lie no more than so many rows and columns away from a region."""
    reached = region.astype(np.uint8)
    for axis in (-2, -1):
        reached = ndimage.maximum_filter1d(reached, 2 * radius + 1, axis, mode="constant")
    is_reached: Bool[np.ndarray, "*c h w"] = reached > 0
    return is_reached


def nearest_filled(
    planes: Float32[np.ndarray, "*c h w"], unknown: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "*c h w"]:
    """Planes with what is unknown of them made what its nearest neighbour is, and 0.5 where all is unknown."""
    if not unknown.any():
        return planes
    if unknown.all():
        return np.full_like(planes, 0.5)
    filled = planes.copy()
    nearest = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
    filled[..., unknown] = planes[..., *nearest[:, unknown]]
    return filled


def _reduced(how: np.ufunc, planes: Shaped[np.ndarray, "*c h w"], side: int) -> Shaped[np.ndarray, "*c hh ww"]:
    for axis in (-2, -1):
        planes = how.reduceat(planes, np.arange(0, planes.shape[axis], side), axis)
    return planes
