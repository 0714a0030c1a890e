"""Cut cable ends, seen from above."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from restore.synthetic.parts.geometry import fold
from restore.synthetic.parts.grid import Grid, Plane, Slopes
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Colour, Colours, Surface, mix, rgb
from restore.synthetic.parts.waves import draw_waves

BEVEL = 0.02
"""Width of the edges of the plastic that the cut has rounded."""

BROWN, BLUE, YELLOW, GREEN, BLACK, GRAY = (rgb(c) for c in (0x6B4226, 0x2A5FA5, 0xD9C233, 0x2F7D43, 0x26272A, 0x8F9296))
CORES = {
    2: [(BROWN, BROWN), (BLUE, BLUE)],
    3: [(BROWN, BROWN), (BLUE, BLUE), (YELLOW, GREEN)],
    4: [(BROWN, BROWN), (BLACK, BLACK), (GRAY, GRAY), (YELLOW, GREEN)],
    5: [(BROWN, BROWN), (BLACK, BLACK), (GRAY, GRAY), (BLUE, BLUE), (YELLOW, GREEN)],
}
"""The colours of the wires by their number, after HD 308; two colours stand side by side."""

JACKETS = (0x2B2C2E, 0x8E9194, 0xD8D6CF, 0xC9622B, 0x3B5F8F, 0xB9B5AA)

EVERYWHERE = (slice(None), slice(None))


@dataclass(frozen=True)
class Wire:
    """An insulated wire that has been cut.

    Args:
        x: Its middle, to the right.
        y: Its middle, downwards.
        radius: Of the insulation.
        bore: Inner radius of the insulation.
        colours: Of the two halves of the insulation.
        strands: For each strand x, y, radius, tone, and its slopes along x and y.
        turn: Direction of the border between the halves, in radians.
    """

    x: float
    y: float
    radius: float
    bore: float
    colours: tuple[Colour, Colour]
    strands: Float[ndarray, "n 6"]
    turn: float


class Cable(Part):
    """A round jacket with two to five coloured wires in it, each with its copper strands, and perhaps a shield."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.outer = rng.uniform(0.6, 0.72)
        self.wall = self.outer * rng.uniform(0.1, 0.18)
        self.shield = int(rng.integers(70, 110)) if rng.random() < 0.25 else 0  # strands around the wires
        room = 0.98 * (self.outer - self.wall) * (1 - (2 * np.pi / self.shield if self.shield else 0))
        self.wires = _draw_wires(rng, room)
        self.squeeze = rng.uniform(0, 0.025)  # how far the jacket is from round
        self.jacket = rgb(JACKETS[rng.integers(len(JACKETS))])
        self.filler = rgb((0x1E1E1E, 0x77736A, 0xC9C5BA)[rng.integers(3)])
        self.copper = rgb((0xC98A5E, 0xC27B50, 0xB9B6B0)[rng.integers(3)])
        self.saw_marks = draw_waves(rng, 4.0, 40.0, grain=10.0, count=60)
        self.radius = self.outer * (1 + self.squeeze)
        self.thickness = 0.25

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        oval = (grid.x * grid.x - grid.y * grid.y) / np.maximum(r, 1e-3)
        return np.asarray(r - self.squeeze * oval - self.outer)

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part; each piece brings its own slopes, so that no walls stand between them."""
        depth = distance + self.wall
        hollow = grid.inside(depth)
        marks = grid.slopes(0.0008 * self.saw_marks(grid))
        r = np.maximum(np.hypot(grid.x, grid.y), 1e-3)
        outward = grid.in_image(grid.x / r, grid.y / r)
        fall = _rounding(-depth) - _rounding(distance)
        planes = np.zeros((7, *grid.shape), np.float32)
        planes[6] = 1
        jacket = (marks[0] + fall * outward[0], marks[1] + fall * outward[1])
        _cover(planes, EVERYWHERE, 1 - hollow, jacket, self.jacket, metal=0.0)
        filler = (0.4 * marks[0], 0.4 * marks[1])
        _cover(planes, EVERYWHERE, hollow, filler, self.filler, 0.0, openness=0.65 - 0.45 * np.exp(depth / 0.05))
        if self.shield:
            self._cover_shield(planes, grid, depth)
        for wire in self.wires:
            self._cover_wire(planes, grid, wire, marks)
        return Surface((planes[0], planes[1]), planes[2:5], planes[5], gloss=0.35, openness=planes[6])

    def _cover_shield(self, planes: Float32[ndarray, "7 rows columns"], grid: Grid, depth: Plane) -> None:
        """One ring of fine strands, all alike."""
        inner = self.outer - self.wall
        radius = np.pi / self.shield * inner
        angle = np.arctan2(grid.y, grid.x)
        across, inward = fold(angle, self.shield) * inner / radius, depth / radius + 1
        q = across * across + inward * inward
        cos, sin = np.cos(angle), np.sin(angle)
        slopes = grid.in_image(-2 * q * (inward * cos - across * sin), -2 * q * (inward * sin + across * cos))
        share = grid.inside((np.sqrt(q) - 1) * radius)
        _cover(planes, EVERYWHERE, share, slopes, self.copper, 1.0, 1 - 0.6 * q.clip(0, 1))

    def _cover_wire(self, planes: Float32[ndarray, "7 rows columns"], grid: Grid, wire: Wire, marks: Slopes) -> None:
        window = grid.window(wire.x, wire.y, wire.radius + 4 * grid.blur)
        part = grid.cut(*window)
        x, y = part.x - wire.x, part.y - wire.y
        r = np.hypot(x, y)
        distance = r - wire.radius
        fall = -_rounding(distance) / np.maximum(r, 1e-3)
        outward = part.in_image(fall * x, fall * y)
        slopes = (marks[0][window] + outward[0], marks[1][window] + outward[1])
        side = part.inside(x * np.sin(wire.turn) - y * np.cos(wire.turn))
        _cover(planes, window, part.inside(distance), slopes, mix(*wire.colours, side), metal=0.0)
        bore = part.inside(r - wire.bore)
        _cover(planes, window, bore, (0 * x, 0 * x), 0.25 * self.copper, metal=1.0, openness=0.25)
        for x0, y0, radius, tone, tilt, lean in wire.strands.tolist():
            # The cut has rounded each strand and left it a little askew.
            window = grid.window(x0, y0, radius + 4 * grid.blur)
            part = grid.cut(*window)
            x, y = (part.x - x0) / radius, (part.y - y0) / radius
            q = np.minimum(x * x + y * y, 1.5)
            slopes = part.in_image(tilt - 2 * q * x, lean - 2 * q * y)
            share = part.inside((np.sqrt(q) - 1) * radius)
            _cover(planes, window, share, slopes, tone * self.copper, 1.0, 1 - 0.6 * (q * q).clip(0, 1))


def _draw_wires(rng: np.random.Generator, room: float) -> list[Wire]:
    """Draw two to five wires in a ring that fills a circle of the radius `room`."""
    colours = CORES[int(rng.choice([2, 3, 3, 4, 5]))]
    count = len(colours)
    own = room * np.sin(np.pi / count) / (1 + np.sin(np.pi / count))
    rings = int(rng.choice([1, 2, 2, 3]))
    share, start = rng.uniform(0.56, 0.7), rng.uniform(0, 2 * np.pi)
    wires = []
    for k, pair in enumerate(colours):
        angle = start + 2 * np.pi * k / count + rng.normal(0, 0.02)
        reach = (room - own) * rng.uniform(0.97, 1)
        x, y = float(reach * np.cos(angle)), float(reach * np.sin(angle))
        radius = float(own * rng.uniform(0.94, 0.99))
        strands = _draw_strands(rng, x, y, rings, share * radius)
        wires.append(Wire(x, y, radius, share * radius, pair, strands, rng.uniform(0, 2 * np.pi)))
    return wires


def _draw_strands(rng: np.random.Generator, x: float, y: float, rings: int, bore: float) -> Float[ndarray, "n 6"]:
    """Draw rings of strands around a middle one, in a hexagonal packing, a little disordered."""
    radius = bore / (2 * rings + 1)
    steps = np.arange(-rings, rings + 1)
    a, b = (index.ravel() for index in np.meshgrid(steps, steps))
    a, b = (index[np.abs(a + b) <= rings] for index in (a, b))
    first, second = rng.uniform(0, np.pi) + np.array([0, np.pi / 3])
    axes = [[np.cos(first), np.sin(first)], [np.cos(second), np.sin(second)]]
    middles = 2 * radius * (np.outer(a, axes[0]) + np.outer(b, axes[1]))
    n = len(middles)
    middles += np.array([x, y]) + rng.normal(0, 0.1 * radius, (n, 2))
    look = [radius * rng.uniform(0.98, 1.08, (n, 1)), rng.uniform(0.75, 1.05, (n, 1)), rng.normal(0, 0.12, (n, 2))]
    return np.concatenate([middles, *look], 1)


def _cover(
    planes: Float32[ndarray, "7 rows columns"],
    window: tuple[slice, slice],
    share: Plane,
    slopes: Slopes,
    colour: Colour | Colours,
    metal: float,
    openness: Plane | float = 1.0,
) -> None:
    """Paint a piece over what is in a window: slopes, colour, metal and openness, by the share that it covers."""
    for plane, value in zip(planes, (*slopes, *colour, metal, openness), strict=True):
        seen = plane[window]
        seen += share * (value - seen)


def _rounding(distance: Plane) -> Plane:
    """How steeply a face falls towards its edge, where the signed distance is 0."""
    return (1 + distance / BEVEL).clip(0, 1.5)
