"""Values between pixels, as a compiled loop."""

import math

import numpy as np
from jaxtyping import Float32, Float64

from restore.inference.compiled import compiled

TENSION = -0.75
"""Of cubic interpolation (Keys 1981, DOI 10.1109/TASSP.1981.1163711)."""


@compiled
def sample(
    start: int,
    stop: int,
    planes: Float32[np.ndarray, "c h w"],
    places: Float64[np.ndarray, "n 2"],
    cubic: bool,
    out: Float32[np.ndarray, "c n"],
) -> None:
    """The values of planes at rows and columns between pixels; beyond the border all is 0."""
    count, height, width = planes.shape
    for i in range(start, stop):
        out[:, i] = 0
        row, column = places[i]
        if not (-2 <= row <= height + 1 and -2 <= column <= width + 1):
            continue
        top, left = math.floor(row), math.floor(column)
        for down in range(-1, 3):
            if not 0 <= top + down < height:
                continue
            for right in range(-1, 3):
                if not 0 <= left + right < width:
                    continue
                weight = _tap(row - top - down, cubic) * _tap(column - left - right, cubic)
                if weight != 0:
                    for plane in range(count):
                        out[plane, i] += np.float32(weight) * planes[plane, top + down, left + right]


@compiled
def _tap(away: float, cubic: bool) -> float:
    """What a pixel counts that lies so far away along one axis."""
    far = abs(away)
    if not cubic:
        return max(1.0 - far, 0.0)
    if far <= 1:
        return ((TENSION + 2) * far - (TENSION + 3)) * far * far + 1
    return TENSION * (((far - 5) * far + 8) * far - 4) if far < 2 else 0.0
