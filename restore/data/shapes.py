"""Outlines of the leaves of a synthetic image, as polygons in pixels of the canvas they are painted on."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

Outline = Float[ndarray, "_ 2"]
"""The corners (x, y) of one closed polygon, any number of them."""


def draw_sizes(rng: np.random.Generator, smallest: float, extent: int, cover: float) -> Float[ndarray, " n"]:
    """Draw radii with a density proportional to r^-3: every octave of sizes covers the same area.

    Args:
        rng: The source of randomness.
        smallest: The smallest radius, in pixels.
        extent: Side of the canvas, in pixels; the largest radius is 0.4 of it.
        cover: Area of the leaves of one octave, as a share of the canvas.
    """
    largest = 0.4 * extent
    octaves = np.log2(largest / smallest)
    mean_area = 2 * np.pi * np.log(largest / smallest) / (smallest**-2 - largest**-2)
    count = max(1, int(cover * octaves * extent**2 / mean_area))
    uniform = rng.random(count)
    return (smallest**-2 - uniform * (smallest**-2 - largest**-2)) ** -0.5


def draw_blobs(rng: np.random.Generator, centres: Float[ndarray, "n 2"], radii: Float[ndarray, " n"]) -> list[Outline]:
    """Ellipses and smooth blobs: a radius with three random Fourier terms over the angle, stretched and turned."""
    n = len(radii)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    order = np.arange(2, 5)[:, None]
    waves = np.cos(order * angles + rng.uniform(0, 2 * np.pi, (n, 3, 1))) / order
    roughness = np.where(rng.random(n) < 0.4, 0, rng.uniform(0.1, 0.7, n))
    radius = 1 + roughness[:, None] * (waves * rng.normal(0, 1, (n, 3, 1))).sum(1)
    points = np.stack([np.cos(angles), np.sin(angles)], -1) * np.maximum(radius, 0.15)[..., None]
    return list(_place(rng, points, centres, radii, stretch=2.0))


def draw_polygons(
    rng: np.random.Generator, centres: Float[ndarray, "n 2"], radii: Float[ndarray, " n"]
) -> list[Outline]:
    """Polygons of three to seven corners at irregular angles and distances."""
    outlines: list[Outline] = []
    corners = rng.integers(3, 8, len(radii))
    for k in range(3, 8):
        chosen = corners == k
        n = int(chosen.sum())
        angles = (np.arange(k) + rng.uniform(-0.35, 0.35, (n, k))) * (2 * np.pi / k)
        points = np.stack([np.cos(angles), np.sin(angles)], -1) * rng.uniform(0.6, 1.2, (n, k, 1))
        outlines += list(_place(rng, points, centres[chosen], radii[chosen], stretch=1.6))
    return outlines


def draw_boxes(rng: np.random.Generator, centres: Float[ndarray, "n 2"], radii: Float[ndarray, " n"]) -> list[Outline]:
    """Rectangles and trapezia, two thirds of them upright as buildings and furniture are."""
    n = len(radii)
    points = np.broadcast_to(np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), (n, 4, 2)).copy()
    points[:, 2:, 0] *= rng.uniform(0.7, 1, (n, 1))
    turn = np.where(rng.random(n) < 2 / 3, rng.normal(0, 0.03, n), rng.uniform(0, np.pi, n))
    return list(_place(rng, points, centres, radii, stretch=2.0, turn=turn))


def draw_bars(rng: np.random.Generator, centres: Float[ndarray, "n 2"], radii: Float[ndarray, " n"]) -> list[Outline]:
    """Thin bars and arcs, two to forty times as long as wide: twigs, wires, blades of grass, edges of things."""
    n = len(radii)
    along = np.linspace(-1, 1, 12)
    half_width = rng.uniform(0.03, 0.2, (n, 1)) * (1 - rng.uniform(0, 0.9, (n, 1)) * (along + 1) / 2)
    bend = np.where(rng.random(n) < 0.5, 0, rng.normal(0, 0.5, n))[:, None]
    spine = bend * along**2 + rng.normal(0, 0.15, (n, 1)) * bend * along**3
    there = np.stack([np.broadcast_to(along, (n, 12)), spine + half_width], -1)
    back = np.stack([np.broadcast_to(along, (n, 12)), spine - half_width], -1)[:, ::-1]
    return list(_place(rng, np.concatenate([there, back], 1), centres, 2.5 * radii, stretch=1.0))


def _place(
    rng: np.random.Generator,
    points: Float[ndarray, "n k 2"],
    centres: Float[ndarray, "n 2"],
    radii: Float[ndarray, " n"],
    stretch: float,
    turn: Float[ndarray, " n"] | None = None,
) -> Float[ndarray, "n k 2"]:
    """Stretch outlines of radius one by up to `stretch` at equal area, turn them, and bring them to size and place."""
    n = len(radii)
    ratio = rng.uniform(1, stretch, n) ** 0.5
    flip = rng.random(n) < 0.5
    ratio = np.where(flip, 1 / ratio, ratio)
    turn = rng.uniform(0, 2 * np.pi, n) if turn is None else turn
    x = points[..., 0] * (radii * ratio)[:, None]
    y = points[..., 1] * (radii / ratio)[:, None]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    placed: Float[ndarray, "n k 2"] = np.stack([cos * x - sin * y, sin * x + cos * y], -1) + centres[:, None]
    return placed
