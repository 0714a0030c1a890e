"""Outlines of the leaves of a synthetic image: many at a time, around the origin, with a radius of about one."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy import ndarray

Outline = Float[ndarray, "_ 2"]
"""The corners (x, y) of one closed polygon, any number of them."""

Shape = Callable[[np.random.Generator, int], Float[ndarray, "n k 2"]]
"""Draws that many outlines around the origin."""

CORNERS = 48
"""Corners of a round outline."""


def draw_sizes(rng: np.random.Generator, smallest: float, largest: float, cover: float) -> Float[ndarray, " n"]:
    """Draw radii with a density proportional to r^-3: every octave of sizes covers the same area.

    Args:
        rng: The source of randomness.
        smallest: The smallest radius, as a share of the image's side.
        largest: The largest radius, as a share of the image's side.
        cover: Area of the leaves of one octave, as a share of the image.
    """
    area = cover * np.log2(largest / smallest)
    mean_area = 2 * np.pi * np.log(largest / smallest) / (smallest**-2 - largest**-2)
    uniform = rng.random(max(1, int(area / mean_area)))
    return np.asarray((smallest**-2 - uniform * (smallest**-2 - largest**-2)) ** -0.5)


def draw_blobs(rng: np.random.Generator, n: int) -> Float[ndarray, "n k 2"]:
    """Discs, ellipses and blobs, these with borders between smooth and torn."""
    steepness = rng.uniform(1, 3.5)
    roughness = np.where(rng.random(n) < 0.4, 0, rng.uniform(0.03, 0.08 * steepness, n))
    radius = 1 + roughness[:, None] * draw_waves(rng, n, CORNERS, steepness)
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    disc = np.stack([np.cos(angle), np.sin(angle)], -1)
    return _stretch(rng, disc * np.maximum(radius, 0.15)[..., None], most=2.0)


def draw_polygons(rng: np.random.Generator, n: int) -> Float[ndarray, "n k 2"]:
    """Polygons of three to seven corners at irregular angles and distances."""
    corners = rng.integers(3, 8, (n, 1))
    # All have seven corners; of a polygon with fewer the last one repeats.
    corner = np.minimum(np.arange(7), corners - 1)
    angle = (corner + np.take_along_axis(rng.uniform(-0.35, 0.35, (n, 7)), corner, 1)) * (2 * np.pi / corners)
    distance = np.take_along_axis(rng.uniform(0.6, 1.2, (n, 7)), corner, 1)
    return _stretch(rng, np.stack([distance * np.cos(angle), distance * np.sin(angle)], -1), most=1.6)


def draw_boxes(rng: np.random.Generator, n: int) -> Float[ndarray, "n k 2"]:
    """Rectangles and trapezia."""
    corners = np.broadcast_to(np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), (n, 4, 2)).copy()
    corners[:, 2:, 0] *= np.where(rng.random(n) < 0.5, 1, rng.uniform(0.6, 1, n))[:, None]
    return _stretch(rng, corners, most=2.0)


def draw_bars(rng: np.random.Generator, n: int) -> Float[ndarray, "n k 2"]:
    """Thin straight bars, some tapered to a point: twigs, blades of grass, edges of things."""
    width = rng.uniform(0.05, 0.4, (n, 1)) * (1 - rng.uniform(0, 0.9, (n, 1)) * [0, 1])
    return _band(np.broadcast_to(np.array([[-2.5, 0], [2.5, 0]]), (n, 2, 2)), np.zeros((n, 2)), width)


def draw_curves(rng: np.random.Generator, n: int) -> Float[ndarray, "n k 2"]:
    """Thin bands that bend evenly or wander: wires, stems, hair, paths."""
    steps = CORNERS // 2
    bend = rng.normal(0, 1.2, (n, 1)) * np.linspace(-1, 1, steps)
    heading = bend + rng.exponential(0.5, (n, 1)) * draw_waves(rng, n, 2 * steps, steepness=2.0)[:, :steps]
    path = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], -1), 1) * (5 / steps)
    width = rng.uniform(0.05, 0.3, (n, 1)) * (1 - rng.uniform(0, 0.9, (n, 1)) * np.linspace(0, 1, steps))
    return _band(path - path.mean(1, keepdims=True), heading, width)


SHAPES: tuple[Shape, ...] = (draw_blobs, draw_polygons, draw_boxes, draw_bars, draw_curves)


def draw_waves(rng: np.random.Generator, n: int, k: int, steepness: float) -> Float[ndarray, "n k"]:
    """Periodic noise on a line, of unit variance.

    Args:
        rng: The source of randomness.
        n: How many.
        k: Samples of a period.
        steepness: The amplitude falls off as the frequency to this power, from the second harmonic on.
    """
    amplitude = np.zeros(k // 2 + 1)
    amplitude[2:] = np.arange(2, len(amplitude)) ** -steepness
    amplitude *= k / 2 / np.linalg.norm(amplitude)
    return np.fft.irfft(amplitude * rng.standard_normal((n, len(amplitude), 2)).view(complex)[..., 0], k)


def place(
    outlines: Float[ndarray, "n k 2"],
    centres: Float[ndarray, "n 2"],
    radii: Float[ndarray, " n"],
    turn: Float[ndarray, " n"],
) -> list[Outline]:
    """Turn outlines by angles in radians, scale them to radii and move them to centres."""
    return list(outlines @ rotation(turn, radii) + centres[:, None])


def rotation(turn: float | Float[ndarray, " n"], scale: float | Float[ndarray, " n"] = 1.0) -> Float[ndarray, "*n 2 2"]:
    """The matrix, or one for each angle in radians, that turns and scales corners (x, y) to the left of it."""
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    return np.stack([cos, sin, -sin, cos], -1).reshape(*np.shape(turn), 2, 2)


def _stretch(rng: np.random.Generator, outlines: Float[ndarray, "n k 2"], most: float) -> Float[ndarray, "n k 2"]:
    """Make outlines up to `most` times as long as wide, at equal area; every third one stays as it is."""
    n = len(outlines)
    ratio = np.where(rng.random(n) < 1 / 3, 1, rng.uniform(1, most, n))[:, None, None] ** [0.5, -0.5]
    return np.asarray(outlines * ratio)


def _band(
    path: Float[ndarray, "n k 2"], heading: Float[ndarray, "n k"], width: Float[ndarray, "n k"]
) -> Float[ndarray, "n k2 2"]:
    """The outline of a stroke along a path: one side there, the other one back."""
    side = np.stack([-np.sin(heading), np.cos(heading)], -1) * (width / 2)[..., None]
    return np.concatenate([path + side, (path - side)[:, ::-1]], 1)
