"""Many of one kind in a synthetic image, whose side is `size` pixels: lattices, heaps, and lines of writing."""

import numpy as np

from restore.synthetic.leaves.shapes import SHAPES, Outline, place, rotation


def draw_lattice(rng: np.random.Generator, size: int) -> list[Outline]:
    """One outline repeated on a lattice that recedes: windows, tiles, fence posts, seats."""
    draw = SHAPES[rng.integers(len(SHAPES))]
    pitch = size * rng.uniform(0.03, 0.15) * np.array([1, rng.uniform(0.7, 2)])
    outline = draw(rng, 1) * pitch[0] * rng.uniform(0.2, 0.45)
    columns, rows = rng.integers(2, 13, 2)
    nodes = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 1, 2)
    corners = (nodes - [columns / 2, rows / 2]) * pitch + outline
    turn = rng.normal(0, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    tilt = rng.uniform(-0.8, 0.8, 2) / size
    corners = corners / np.maximum(1 + corners @ tilt, 0.3)[..., None]
    return list(corners @ rotation(turn) + rng.uniform(0, size, 2))


def draw_cluster(rng: np.random.Generator, size: int) -> list[Outline]:
    """Many alike in a heap or all over the image, at any angles or combed: foliage, gravel, grass, shingles."""
    draw = SHAPES[rng.integers(len(SHAPES))]
    radius = float(np.exp(rng.uniform(np.log(0.01), np.log(0.07))))
    n = int(min(rng.lognormal(-1, 0.7) / (np.pi * radius**2), 600)) + 5
    heap = rng.uniform(0, 1, 2) + rng.normal(0, 1, (n, 2)) * rng.uniform(0.05, 0.3, 2)
    centres = rng.uniform(0, 1, (n, 2)) if rng.random() < 0.4 else heap
    turn = rng.uniform(0, 2 * np.pi) + rng.normal(0, rng.choice([0.15, 3]), n)
    return place(draw(rng, n), size * centres, size * radius * rng.lognormal(0, 0.25, n), turn)


def draw_strokes(rng: np.random.Generator, size: int) -> list[Outline]:
    """Lines of writing: glyphs of three thin strokes each, with gaps between words."""
    height = size * np.exp(rng.uniform(np.log(0.02), np.log(0.12)))
    columns, rows = int(rng.integers(4, 25)), int(rng.integers(1, 6))
    cells = np.stack(np.meshgrid(np.arange(columns) * 0.8, np.arange(rows) * 1.6), -1).reshape(-1, 1, 2)
    cells = cells[rng.random(columns * rows) < 0.85]
    corners = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5], [0, 1], [0.5, 1]])
    starts, ends = corners[rng.integers(6, size=(2, len(cells), 3))] + cells
    along = ends - starts
    normal = along[..., ::-1] * [1, -1] / (np.linalg.norm(along, axis=-1, keepdims=True) + 1e-3)
    half = normal * rng.uniform(0.04, 0.1)
    strokes = np.stack([starts + half, ends + half, ends - half, starts - half], 2).reshape(-1, 4, 2)
    return list(height * strokes @ rotation(rng.normal(0, 0.2)) + rng.uniform(-0.2, 0.8, 2) * size)
