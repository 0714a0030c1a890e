"""Where the leaves of a synthetic image lie: their arrangement, and the map of which leaf each pixel shows."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from PIL import Image, ImageDraw
from torch.nn import functional

from restore.data.shapes import Outline, draw_bars, draw_blobs, draw_boxes, draw_polygons, draw_sizes

SHAPES = (draw_blobs, draw_polygons, draw_boxes, draw_bars)


@dataclass(frozen=True)
class Arrangement:
    """Outlines from the farthest to the nearest, and for each the group whose colour and surface it shares."""

    outlines: list[Outline]
    group: Int[ndarray, " leaves"]

    def bounds(self) -> tuple[Float[ndarray, "leaves 2"], Float[ndarray, "leaves 2"]]:
        """The smallest and the largest x and y of each outline."""
        starts = np.cumsum([0] + [len(outline) for outline in self.outlines[:-1]])
        corners = np.concatenate(self.outlines)
        return np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)


def draw_ground(rng: np.random.Generator, field: Float[ndarray, "extent extent"]) -> Int[ndarray, "extent extent"]:
    """Divide the canvas into one to five regions: by level lines of smooth noise, or by straight lines (horizons).

    Args:
        rng: The source of randomness.
        field: Noise of unit variance that roughens some of the borders.

    Returns:
        The number of each pixel's region, counted from 0.
    """
    extent = len(field)
    if rng.random() < 0.5:
        coarse = torch.from_numpy(rng.standard_normal((1, 1, 6, 6), dtype=np.float32))
        height = functional.interpolate(coarse, size=(extent, extent), mode="bicubic")[0, 0].numpy()
        if rng.random() < 0.5:
            height = height + rng.uniform(0.02, 0.2) * field
        levels = np.sort(rng.normal(0, 0.6, rng.integers(0, 4)))
        regions: Int[ndarray, "extent extent"] = np.digitize(height, levels).astype(np.int32)
        return regions
    y, x = np.mgrid[:extent, :extent].astype(np.float32) / extent - 0.5
    regions = np.zeros((extent, extent), np.int32)
    for k in range(rng.integers(0, 4)):
        turn = rng.normal(0, 0.1) + rng.choice([0, 0, np.pi / 2, rng.uniform(0, np.pi)])
        regions[np.float32(np.cos(turn)) * y + np.float32(np.sin(turn)) * x > rng.normal(0, 0.25)] = k + 1
    return regions


def draw_arrangement(rng: np.random.Generator, extent: int, cover: float) -> Arrangement:
    """Scatter leaves over a canvas and put a few lattices, clusters and lines of strokes among them.

    Args:
        rng: The source of randomness.
        extent: Side of the canvas, in pixels.
        cover: Area of the leaves of one octave of sizes, as a share of the canvas.
    """
    smallest = float(np.exp(rng.uniform(np.log(min(3, 0.04 * extent)), np.log(0.08 * extent))))
    outlines = scatter(rng, draw_sizes(rng, smallest, extent, cover), extent)
    group = np.arange(len(outlines))
    for number, draw in enumerate((draw_lattice, draw_cluster, draw_strokes), start=len(outlines)):
        if rng.random() < 0.35:
            alike = draw(rng, extent)
            place = int(len(outlines) * rng.beta(2, 1))
            outlines[place:place] = alike
            group = np.insert(group, place, np.full(len(alike), number))
    return Arrangement(outlines, group)


def scatter(rng: np.random.Generator, radii: Float[ndarray, " n"], extent: int) -> list[Outline]:
    """Draw an outline for each radius, some anywhere and some in heaps, the large ones mostly behind the small."""
    radii = radii[np.argsort(-np.log(radii) + rng.normal(0, 0.8, len(radii)))]
    heaps = rng.uniform(0, extent, (6, 2))
    centres = heaps[rng.integers(6, size=len(radii))] + rng.normal(0, 0.15 * extent, (len(radii), 2))
    anywhere = rng.random(len(radii)) < rng.random()
    centres[anywhere] = rng.uniform(0, extent, (int(anywhere.sum()), 2))
    kind = rng.choice(len(SHAPES), size=len(radii), p=rng.dirichlet([2, 1, 1, 1]))
    outlines: list[Outline] = [np.empty((0, 2))] * len(radii)
    for k, draw in enumerate(SHAPES):
        chosen = np.flatnonzero(kind == k)
        for index, outline in zip(chosen, draw(rng, centres[chosen], radii[chosen]), strict=True):
            outlines[index] = outline
    return outlines


def draw_lattice(rng: np.random.Generator, extent: int) -> list[Outline]:
    """One outline repeated on a lattice, in perspective: windows, tiles, fence posts, seats."""
    draw = SHAPES[rng.integers(len(SHAPES))]
    pitch = extent * rng.uniform(0.03, 0.15) * np.array([1, rng.uniform(0.7, 2)])
    outline = draw(rng, np.zeros((1, 2)), np.array([pitch[0] * rng.uniform(0.2, 0.45)]))[0]
    columns, rows = rng.integers(2, 13, 2)
    nodes = (
        np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 1, 2) - [columns / 2, rows / 2]
    ) * pitch
    points = nodes + outline
    turn = rng.normal(0, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    tilt = rng.uniform(-0.8, 0.8, 2) / extent
    points = points / np.maximum(1 + points @ tilt, 0.3)[..., None]
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return list(points @ rotation + rng.uniform(0, extent, 2))


def draw_cluster(rng: np.random.Generator, extent: int) -> list[Outline]:
    """Many alike in a heap: foliage, gravel, petals."""
    draw = SHAPES[rng.integers(len(SHAPES))]
    n = int(rng.integers(30, 300))
    size = extent * np.exp(rng.uniform(np.log(0.008), np.log(0.05)))
    centres = rng.uniform(0, extent, 2) + rng.normal(0, 1, (n, 2)) * extent * rng.uniform(0.05, 0.3, 2)
    return draw(rng, centres, size * rng.lognormal(0, 0.25, n))


def draw_strokes(rng: np.random.Generator, extent: int) -> list[Outline]:
    """Lines of writing: glyphs of two or three thin strokes each, with gaps between words."""
    height = extent * np.exp(rng.uniform(np.log(0.02), np.log(0.12)))
    columns, rows = int(rng.integers(4, 25)), int(rng.integers(1, 6))
    x, y = np.meshgrid(np.arange(columns) * 0.8, np.arange(rows) * 1.6)
    cells = np.stack([x, y], -1).reshape(-1, 1, 2)[rng.random(columns * rows) < 0.85]
    corners = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5], [0, 1], [0.5, 1]])
    starts, ends = corners[rng.integers(6, size=(2, len(cells), 3))] + cells
    along = ends - starts
    normal = along[..., ::-1] * [1, -1] / (np.linalg.norm(along, axis=-1, keepdims=True) + 1e-3)
    half = normal * rng.uniform(0.04, 0.1)
    strokes = np.stack([starts + half, ends + half, ends - half, starts - half], 2).reshape(-1, 4, 2)
    turn = rng.normal(0, 0.2)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return list(strokes * height @ rotation + rng.uniform(-0.2, 0.8, 2) * extent)


def paint(arrangement: Arrangement, ground: Int[ndarray, "extent extent"], first: int) -> Int[ndarray, "extent extent"]:
    """Paint outlines over the ground, the k-th with the number `first + k`."""
    canvas = Image.fromarray(ground)
    pencil = ImageDraw.Draw(canvas)
    for number, outline in enumerate(arrangement.outlines, start=first):
        pencil.polygon(outline.ravel().tolist(), fill=number)
    return np.asarray(canvas)
