"""The patches of an image from which its noise can be told, as spectra."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Shaped
from numpy.lib.stride_tricks import sliding_window_view

SIDES = (16, 8, 4)
"""Sides of patches, in pixels: the first of which there are enough."""

ENOUGH = 32
"""Patches without a hole that there have to be, or smaller ones are taken."""

MOST = 6000
"""Patches that are looked at: of a large image they lie further apart, as they tell as much as all of it."""

CLIPPED = 0.05
"""Share of a patch's values that may lie at an end of the range, where noise is cut off."""

HALF = 0.7
"""The same where few patches are clipped as little as that."""

SHARE = 0.1
"""Those few, of the patches that are clipped no more than `HALF`."""

SHADING = 2
"""Degree of the polynomials that are taken away from a patch before it is looked at."""

MOSTLY = 0.5
"""Share of an image's cells that may be exactly flat, or clipped, before it is taken for drawn, and free of noise."""

JPEG_BLOCK = 8
"""Side, in pixels, of the blocks of JPEG files."""


class Patches(NamedTuple):
    """Patches that lie side by side in an image, overlapping, without their shading.

    Args:
        brightness: Their mean values, in [0, 1] units.
        spectra: Their discrete cosine transforms (orthonormal, so that white noise has its variance in every
            coefficient), with one channel if the image is gray.
    """

    brightness: Float32[np.ndarray, " p"]
    spectra: Float32[np.ndarray, "p c s s"]


def patches_of(degraded: Float[np.ndarray, "c h w"], hole: Bool[np.ndarray, "h w"]) -> Patches | None:
    """Transform the patches of an image that hold neither a hole nor much that is clipped.

    Args:
        degraded: Values in [0, 1] units, not clipped.
        hole: Where nothing was observed, so that the values do not matter.

    Returns:
        None where an image is too small to have any, or too much of it a hole.
    """
    x = degraded[:1] if ((degraded == degraded[:1]) | hole).all() else degraded
    for side in SIDES:
        step = max(side // 2, math.ceil(math.sqrt(hole.size / MOST)))
        whole = ~_windows(hole, side, step).any((-2, -1)) if min(hole.shape) >= side else None
        if whole is not None and whole.sum() >= (ENOUGH if side > SIDES[-1] else 1):
            break
    else:
        return None
    windows = np.moveaxis(_windows(x, side, step), 0, 2)[whole].astype(np.float32)
    clipped = ((windows <= 0) | (windows >= 1)).mean((1, 2, 3))
    usable = clipped <= CLIPPED
    if usable.sum() < SHARE * (clipped <= HALF).sum():  # as of overexposed paper, whose noise has lost its upper half
        usable = clipped <= HALF
    windows = windows[usable]
    if not len(windows):
        return None
    brightness = windows.mean((1, 2, 3))
    shading = _shading(side)
    windows -= (windows.reshape(-1, side**2) @ shading @ shading.T).reshape(windows.shape)
    cosines = dct(side)
    return Patches(brightness, cosines @ windows @ cosines.T)


def is_drawn(degraded: Float[np.ndarray, "c h w"], hole: Bool[np.ndarray, "h w"]) -> bool:
    """Whether most cells of 2 x 2 pixels are exactly flat or clipped, as of rendered pages or stars on black."""
    return _flatness(degraded, hole) > MOSTLY


def is_rendered(degraded: Float[np.ndarray, "c h w"], hole: Bool[np.ndarray, "h w"]) -> bool:
    """Whether an image is drawn, and not a photograph in a JPEG file of low quality, most of which is flat as well.

    There, flat cells end where blocks of 8 x 8 pixels do: pixels on both sides of their borders are equal less often.
    Of 109 photographs at qualities of 5 to 40, up to a half mostly flat, none was taken for drawn.
    """
    flatness = _flatness(degraded, hole)
    if flatness <= MOSTLY:
        return False
    equal = total = 0
    for dim in (1, 2):
        places = np.arange(JPEG_BLOCK, degraded.shape[dim], JPEG_BLOCK)
        before, after = (degraded.take(index, dim) for index in (places - 1, places))
        seen = ~(hole.take(places - 1, dim - 1) | hole.take(places, dim - 1))
        are_ends = _is_end(before) & _is_end(after)
        equal += int((((before == after).all(0) | are_ends) & seen).sum())
        total += int(seen.sum())
    return equal >= flatness * total


def _flatness(degraded: Float[np.ndarray, "c h w"], hole: Bool[np.ndarray, "h w"]) -> float:
    """Share of the cells of 2 x 2 pixels, of those without a hole, that are exactly flat or clipped; 0 of none."""
    height, width = (size // 2 * 2 for size in hole.shape)
    if not height or not width:
        return 0.0
    x = degraded[:, :height, :width]
    corners = x[:, 0::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 0::2], x[:, 1::2, 1::2]
    is_flat = np.logical_and.reduce([(corner == corners[0]).all(0) for corner in corners[1:]])
    is_flat |= np.logical_and.reduce([_is_end(corner) for corner in corners])
    seen = ~_windows(hole[:height, :width], 2, 2).any((-2, -1))
    return float((is_flat & seen).sum()) / max(1, int(seen.sum()))


def _windows(x: Shaped[np.ndarray, "*c h w"], side: int, step: int) -> Shaped[np.ndarray, "*c rows columns s s"]:
    """The squares of a side that begin at every so many pixels, without a copy."""
    every = sliding_window_view(x, (side, side), (-2, -1))
    return every[..., ::step, ::step, :, :]


def _is_end(x: Float[np.ndarray, "c h w"]) -> Bool[np.ndarray, "h w"]:
    """Black, white, or at an end in each channel."""
    is_end: Bool[np.ndarray, "h w"] = ((x == 0) | (x == 1)).all(0)
    return is_end


def _shading(side: int) -> Float32[np.ndarray, "pixels 6"]:
    """An orthonormal basis of the polynomials of degree `SHADING` over a patch."""
    down, across = np.meshgrid(*[np.linspace(-1, 1, side)] * 2, indexing="ij")
    powers = [down**i * across**j for i in range(SHADING + 1) for j in range(SHADING + 1 - i)]
    basis: Float32[np.ndarray, "pixels 6"]
    basis = np.linalg.qr(np.stack(powers, -1).reshape(side**2, -1)).Q.astype(np.float32)
    return basis


def dct(side: int) -> Float32[np.ndarray, "s s"]:
    """The orthonormal discrete cosine transform, frequencies in rows."""
    frequency, place = np.indices((side, side))
    cosines = np.cos(math.pi * (place + 0.5) * frequency / side) * math.sqrt(2 / side)
    cosines[0] /= math.sqrt(2)
    return cosines.astype(np.float32)
