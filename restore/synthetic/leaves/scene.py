"""Where the leaves of a synthetic image lie, from the ground up to the nearest."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from restore.synthetic.leaves.fragments import paint
from restore.synthetic.leaves.repetition import draw_cluster, draw_lattice, draw_strokes
from restore.synthetic.leaves.shapes import SHAPES, Outline, draw_sizes, draw_waves, place, rotation

FREQUENCY = (1.0, 0.6, 0.6, 0.4, 0.3)
"""How common each shape is, over many images; in one image a few of them prevail."""

CALM = 0.4
"""Share of the regions of the ground that are nearly bare, as skies and walls are."""


@dataclass(frozen=True)
class Arrangement:
    """The regions of the ground, if there is one, then leaves, from the farthest to the nearest.

    Args:
        outlines: In pixels.
        group: Numbers from 0 on, the same for leaves that look alike.
        centres: Middle (x, y) of the part of each leaf within the image, in pixels.
        radii: Half the extent of that part, in pixels.
        region: The region of the ground at that middle, from 0 on; 0 if there is no ground.
    """

    outlines: list[Outline]
    group: Int[ndarray, " leaves"]
    centres: Float[ndarray, "leaves 2"]
    radii: Float[ndarray, " leaves"]
    region: Int[ndarray, " leaves"]

    def only(self, kept: Int[ndarray, " kept"]) -> "Arrangement":
        """Some of the leaves."""
        outlines = [self.outlines[k] for k in kept]
        return Arrangement(outlines, self.group[kept], self.centres[kept], self.radii[kept], self.region[kept])


def draw_arrangement(rng: np.random.Generator, size: int, cover: float, has_ground: bool) -> Arrangement:
    """Scatter leaves over an image and put a few lattices, clusters and lines of strokes among them.

    Args:
        rng: The source of randomness.
        size: Side of the image, in pixels.
        cover: Area of the leaves of one octave of sizes, as a share of the image.
        has_ground: Whether regions of a ground lie behind the leaves and leave nothing open.
    """
    ground_rng, size_rng, leaf_rng, calm_rng, *others = rng.spawn(9)
    ground = draw_ground(ground_rng, size) if has_ground else []
    smallest = float(np.exp(size_rng.uniform(np.log(min(1.5 / size, 0.04)), np.log(0.08))))
    leaves = scatter(leaf_rng, size * draw_sizes(size_rng, smallest, 0.4, cover), size)
    group = np.arange(len(ground) + len(leaves))
    repeated = (draw_lattice, draw_cluster, draw_cluster, draw_cluster, draw_strokes)
    for number, (draw, other) in enumerate(zip(repeated, others, strict=True), start=len(group)):
        if other.random() < 0.35:
            alike = draw(other, size)
            position = int(len(leaves) * other.beta(2, 1))
            leaves[position:position] = alike
            group = np.insert(group, len(ground) + position, np.full(len(alike), number))
    scene = _locate(ground, leaves, group, size)
    if not ground:
        return scene
    regions = len(ground)
    density = np.where(calm_rng.random(regions) < CALM, calm_rng.uniform(0, 0.1, regions), 1)
    stays = calm_rng.random(len(scene.group)) < density[scene.region]
    return scene.only(np.flatnonzero((scene.group < regions) | stays))


def draw_ground(rng: np.random.Generator, size: int) -> list[Outline]:
    """Divide an image into one to four regions by horizons, walls and shores, straight, wavy or ragged."""
    everything = np.array([[-1.0, -1], [2, -1], [2, 2], [-1, 2]])
    regions = [everything]
    for _ in range(rng.integers(0, 4)):
        steepness = rng.uniform(1, 2.5)
        waves = rng.choice([0, rng.uniform(0, 0.1)]) * steepness * draw_waves(rng, 1, 256, steepness)[0]
        turned = rotation(rng.normal(0, 0.1) + rng.choice([0, 0, np.pi / 2, rng.uniform(0, 2 * np.pi)]))
        if rng.random() < 0.5:
            height = rng.normal(0, 0.25) + 0.4 * waves
            border = np.stack([np.linspace(-1.5, 1.5, 256), height], -1)
            region = np.concatenate([border, [[1.5, 2], [-1.5, 2]]]) @ turned + 0.5
        else:
            angle = np.linspace(0, 2 * np.pi, 256, endpoint=False)
            distance = rng.uniform(0.2, 0.6) * np.maximum(1 + waves, 0.1)[:, None]
            oval = np.stack([np.cos(angle), np.sin(angle)], -1) * [1, rng.uniform(0.5, 1)] @ turned
            region = distance * oval + rng.uniform(0, 1, 2)
        regions.append(region)
    return [size * region for region in regions]


def scatter(rng: np.random.Generator, radii: Float[ndarray, " n"], size: int) -> list[Outline]:
    """Draw an outline for each radius, some anywhere and some in heaps, the large ones mostly behind the small."""
    n = len(radii)
    shape_rng = rng.spawn(1)[0]
    radii = radii[np.argsort(-np.log(radii) + rng.normal(0, 0.8, n))]
    heaps = rng.uniform(0, size, (6, 2))
    centres = heaps[rng.integers(6, size=n)] + rng.normal(0, 0.15 * size, (n, 2))
    centres = np.where(rng.random((n, 1)) < rng.random(), rng.uniform(0, size, (n, 2)), centres)
    upright = rng.normal(0, 0.05, n) + np.pi / 2 * rng.integers(4, size=n)
    turn = np.where(rng.random(n) < rng.random(), upright, rng.uniform(0, 2 * np.pi, n))
    kind = shape_rng.choice(len(SHAPES), size=n, p=shape_rng.dirichlet(FREQUENCY))
    outlines: list[Outline] = [np.empty((0, 2))] * n
    for k, draw in enumerate(SHAPES):
        chosen = np.flatnonzero(kind == k)
        unit = draw(shape_rng, len(chosen))
        for index, outline in zip(chosen, place(unit, centres[chosen], radii[chosen], turn[chosen]), strict=True):
            outlines[index] = outline
    return outlines


def _locate(ground: list[Outline], leaves: list[Outline], group: Int[ndarray, " leaves"], size: int) -> Arrangement:
    """Find out where outlines lie, and leave out those beside the image."""
    outlines = ground + leaves
    starts = np.cumsum([0] + [len(outline) for outline in outlines[:-1]])
    corners = np.concatenate(outlines).clip(0, size)
    low, high = np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)
    centres = (low + high) / 2
    column, row = centres.clip(0, size - 1).astype(np.intp).T
    region = np.maximum(paint(ground, size)[row, column].astype(np.intp) - 1, 0)
    region[: len(ground)] = np.arange(len(ground))
    # The first one stays wherever it is, so that there is one.
    shown = np.union1d(0, np.flatnonzero((high > low).all(1)))
    return Arrangement(outlines, group, centres, (high - low).max(1) / 2 + 1, region).only(shown)
