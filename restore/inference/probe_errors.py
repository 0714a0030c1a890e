"""How far fills of probes lie from what was there, and how much goes on around them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from restore.images.grow import grow
from restore.images.kinds import WHITE
from restore.inference.probes import Plane, Probes
from restore.inference.restorer import Restorer

SQUARE = 8
"""Side in pixels of the squares whose mean colours are compared."""

LEVEL = 1 / 255
"""Added to errors before they are compared, so that nothing is said of differences that rounding makes."""

RIM = 6
"""Pixels around a hole in which it is looked how much goes on there."""

SHARE = 0.5
"""Power by which that counts: a hole with a rim four times as lively is expected to have twice the error."""


class Errors(NamedTuple):
    """How far a fill lies from the truth, root mean squares over a hole and its channels, in [0, 1] units.

    Args:
        pixels: Of single pixels.
        squares: Of the mean colours of the parts of the hole in squares of 8 x 8 pixels: texture that is as it should
            be, but lies elsewhere, hardly counts.
    """

    pixels: float
    squares: float


def probe_errors(
    restorer: Restorer,
    array: Shaped[np.ndarray, "h w c"],
    hole: Plane,
    unseen: Plane,
    probes: Probes,
    options: dict[str, Any],
) -> list[Errors]:
    """Fill probes as the hole is filled, and compare: their errors as if as much went on around them as around it.

    Args:
        restorer: What fills.
        array: The image.
        hole: Stays hidden.
        unseen: What else is not known of the image.
        probes: What is hidden beside it.
        options: Others of `Restorer.inpaint`.
    """
    errors = []
    unknown = hole | unseen
    around_hole = spread_around(array, unknown, hole, 0, 0) if probes.passes else 0.0
    for some in probes.passes:
        hidden = hole.copy()
        for probe in some:
            hidden[probe.window] |= probe.shape
        filled = restorer.inpaint(array, hidden, **options)
        for probe in some:
            own = errors_of(filled[probe.window], array[probe.window], probe.shape)
            around = spread_around(array, unknown, probe.shape, probe.top, probe.left)
            times = ((around_hole + 2 * LEVEL) / (around + 2 * LEVEL)) ** SHARE
            errors.append(Errors(*(times * (error + LEVEL) - LEVEL for error in own)))
    return errors


def spread_around(array: Shaped[np.ndarray, "h w c"], unknown: Plane, shape: Plane, top: int, left: int) -> float:
    """Standard deviation of the gray levels that are visible around a hole, in [0, 1] units.

    Args:
        array: The image.
        unknown: What is not visible of it.
        shape: Of the hole.
        top: Its first row.
        left: Its first column.
    """
    rows, columns = (np.flatnonzero(shape.any(axis)) for axis in (1, 0))
    inside = np.pad(shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], RIM)
    top, left = top + int(rows[0]) - RIM, left + int(columns[0]) - RIM
    cut = tuple(slice(max(0, -start), None) for start in (top, left))
    place = tuple(slice(max(0, a), a + length) for a, length in zip((top, left), inside.shape, strict=True))
    ring = (grow(inside, RIM) & ~inside)[cut]
    seen = ~unknown[place]
    ring = ring[: seen.shape[0], : seen.shape[1]] & seen
    gray = array[place][ring][:, : colours_of(array)].astype(np.float64).mean(1) / white_of(array)
    return float(gray.std()) if len(gray) else 0.0


def errors_of(
    filled: Shaped[np.ndarray, "h w c"], truth: Shaped[np.ndarray, "h w c"], hole: Bool[np.ndarray, "h w"]
) -> Errors:
    """How far a fill lies from the truth; alpha, and what lies outside the hole, do not count.

    Args:
        filled: Values as users hold them: of an integer type, or in [0, 1].
        truth: The same.
        hole: At least one pixel.
    """
    colours = colours_of(truth)
    difference = np.zeros((*hole.shape, colours))
    before, after = (values[hole, :colours].astype(np.float64) for values in (truth, filled))
    difference[hole] = (after - before) / white_of(truth)
    area = _in_squares(hole[..., None].astype(np.float64))
    means = _in_squares(difference) / np.maximum(area, 1)
    pixels, squares = np.square(difference).sum(), (np.square(means) * area).sum()
    return Errors(*(math.sqrt(float(total) / (hole.sum() * colours)) for total in (pixels, squares)))


def pooled(errors: Sequence[Errors]) -> Errors:
    """The error of several places, at least one: the geometric mean of theirs, to each of which a level is added."""
    pixels, squares = (np.exp(np.log(np.array(errors) + LEVEL).mean(0)) - LEVEL).tolist()
    return Errors(pixels, squares)


def colours_of(array: Shaped[np.ndarray, "*h w c"]) -> int:
    """Channels of an image that are not alpha."""
    return 1 if array.shape[-1] <= 2 else 3


def white_of(array: Shaped[np.ndarray, "*h w c"]) -> int:
    """The value of full intensity."""
    return WHITE.get(array.dtype, 1)


def _in_squares(values: Float64[np.ndarray, "h w c"]) -> Float64[np.ndarray, "rows columns c"]:
    """Sums over squares."""
    padded = np.pad(values, [*((0, -length % SQUARE) for length in values.shape[:2]), (0, 0)])
    rows, columns = (length // SQUARE for length in padded.shape[:2])
    sums: Float64[np.ndarray, "rows columns c"] = padded.reshape(rows, SQUARE, columns, SQUARE, -1).sum((1, 3))
    return sums
