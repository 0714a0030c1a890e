"""The quality of JPEG files, as libjpeg counts it, from their quantisation tables."""

import struct
from collections.abc import Sequence

import numpy as np

_STANDARD = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)  # of luminance: ITU-T T.81, table K.1

_QUALITIES = np.arange(1, 101)
_SCALES = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
_SUMS = ((_STANDARD.ravel() * _SCALES[:, None] + 50) // 100).clip(1, 255).sum(1)


def quality_of(table: Sequence[int] | None) -> int | None:
    """The quality at which libjpeg would quantise as coarsely, in sum, as a table of luminance does.

    Args:
        table: 64 numbers in any order; None where there is none.

    Returns:
        1 to 100; None without a table.
    """
    if table is None or len(table) != 64:
        return None
    return int(_QUALITIES[np.abs(_SUMS - sum(table)).argmin()])


def luminance_table(content: bytes) -> list[int] | None:
    """The table of luminance in a DQT segment of a JPEG file (its number is 0); None if it holds others."""
    while len(content) > 64:
        size = 2 if content[0] >> 4 else 1
        if content[0] & 15 == 0 and len(content) > 64 * size:
            return list(struct.unpack_from(f">64{'H' if size == 2 else 'B'}", content, 1))
        content = content[1 + 64 * size :]
    return None
