"""Larger holes: what a mask misses around the damage."""

import math

import numpy as np
from jaxtyping import Bool


def grow(hole: Bool[np.ndarray, "h w"], pixels: int) -> Bool[np.ndarray, "h w"]:
    """Add all pixels to a hole that lie no farther from it than a distance, as a disc does in morphology.

    Args:
        hole: True = hole.
        pixels: The distance between the centres of pixels, from 0, which adds none.
    """
    height, width = hole.shape
    if pixels == 0 or not hole.any():
        return hole
    far = height + width + pixels
    columns = np.arange(width, dtype=np.int32)
    left = np.maximum.accumulate(np.where(hole, columns, np.int32(-far)), axis=1)
    right = np.minimum.accumulate(np.where(hole, columns, np.int32(width + far))[:, ::-1], axis=1)[:, ::-1]
    across = np.minimum(columns - left, right - columns)  # to the nearest pixel of the hole in the same row
    grown = np.zeros_like(hole)
    for down in range(min(pixels, height - 1) + 1):
        near = across <= math.isqrt(pixels**2 - down**2)
        grown[down:] |= near[: height - down]
        grown[: height - down] |= near[down:]
    return grown
