"""Cut cable ends, seen from above."""

from dataclasses import dataclass

import numpy as np

from restore.synthetic.parts.geometry import fold
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.painting import Painting
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Colour, Surface, mix, rgb
from restore.synthetic.parts.waves import Waves, draw_waves
from restore.synthetic.parts.wire import Wire, draw_strands

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


@dataclass(frozen=True)
class Cable(Part):
    """A round jacket with coloured wires in it, each with its copper strands.

    Args:
        outer: Radius of the jacket.
        wall: Thickness of the jacket.
        squeeze: How far the jacket is from round.
        jacket: Colour of the jacket.
        filler: Colour of what lies between the wires.
        copper: Colour of the strands.
        shield: Number of strands of the shield around the wires, or 0.
        wires: The wires.
        scratches: Marks of the saw.
    """

    outer: float
    wall: float
    squeeze: float
    jacket: Colour
    filler: Colour
    copper: Colour
    shield: int
    wires: tuple[Wire, ...]
    scratches: Waves

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        oval = (grid.x * grid.x - grid.y * grid.y) / np.maximum(r, 1e-3)
        return np.asarray(r - self.squeeze * oval - self.outer)

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part."""
        everywhere = (slice(None), slice(None))
        depth = distance + self.wall
        hollow = grid.inside(depth)
        marks = grid.slopes(0.0008 * self.scratches(grid))
        r = np.maximum(np.hypot(grid.x, grid.y), 1e-3)
        outward = grid.in_image(grid.x / r, grid.y / r)
        fall = _rounding(-depth) - _rounding(distance)
        painting = Painting.on(grid)
        jacket = (marks[0] + fall * outward[0], marks[1] + fall * outward[1])
        painting.cover(everywhere, 1 - hollow, jacket, self.jacket, metal=0.0)
        filler = (0.4 * marks[0], 0.4 * marks[1])
        painting.cover(everywhere, hollow, filler, self.filler, metal=0.0, openness=0.65 - 0.45 * np.exp(depth / 0.05))
        if self.shield:
            self._paint_shield(painting, grid, depth)
        for wire in self.wires:
            self._paint_wire(painting, grid, wire, marks)
        return painting.surface(gloss=0.35)

    def _paint_shield(self, painting: Painting, grid: Grid, depth: Plane) -> None:
        """One ring of fine strands, all alike."""
        inner = self.outer - self.wall
        radius = np.pi / self.shield * inner
        angle = np.arctan2(grid.y, grid.x)
        across, inward = fold(angle, self.shield) * inner / radius, depth / radius + 1
        q = across * across + inward * inward
        cos, sin = np.cos(angle), np.sin(angle)
        slopes = grid.in_image(-2 * q * (inward * cos - across * sin), -2 * q * (inward * sin + across * cos))
        share = grid.inside((np.sqrt(q) - 1) * radius)
        painting.cover((slice(None), slice(None)), share, slopes, self.copper, 1.0, 1 - 0.6 * q.clip(0, 1))

    def _paint_wire(self, painting: Painting, grid: Grid, wire: Wire, marks: tuple[Plane, Plane]) -> None:
        window = grid.window(wire.x, wire.y, wire.radius + 4 * grid.blur)
        part = grid.cut(*window)
        x, y = part.x - wire.x, part.y - wire.y
        r = np.hypot(x, y)
        distance = r - wire.radius
        fall = -_rounding(distance) / np.maximum(r, 1e-3)
        outward = part.in_image(fall * x, fall * y)
        slopes = (marks[0][window] + outward[0], marks[1][window] + outward[1])
        side = part.inside(x * np.sin(wire.turn) - y * np.cos(wire.turn))
        painting.cover(window, part.inside(distance), slopes, mix(*wire.colours, side), metal=0.0)
        bore = part.inside(r - wire.bore)
        painting.cover(window, bore, (0 * x, 0 * x), 0.25 * self.copper, metal=1.0, openness=0.25)
        for strand in wire.strands.tolist():
            self._paint_strand(painting, grid, *strand)

    def _paint_strand(
        self, painting: Painting, grid: Grid, x0: float, y0: float, radius: float, tone: float, tilt: float, lean: float
    ) -> None:
        """A strand that the cut has rounded and left a little askew."""
        window = grid.window(x0, y0, radius + 4 * grid.blur)
        part = grid.cut(*window)
        x, y = (part.x - x0) / radius, (part.y - y0) / radius
        q = np.minimum(x * x + y * y, 1.5)
        slopes = part.in_image(tilt - 2 * q * x, lean - 2 * q * y)
        share = part.inside((np.sqrt(q) - 1) * radius)
        painting.cover(window, share, slopes, tone * self.copper, 1.0, 1 - 0.6 * (q * q).clip(0, 1))


def draw_cable(rng: np.random.Generator) -> Cable:
    """Draw a cable of two to five wires."""
    outer = float(rng.uniform(0.6, 0.72))
    wall = outer * float(rng.uniform(0.1, 0.18))
    shield = int(rng.integers(70, 110)) if rng.random() < 0.25 else 0
    room = 0.98 * (outer - wall) * (1 - (2 * np.pi / shield if shield else 0))
    colours = CORES[int(rng.choice([2, 3, 3, 4, 5]))]
    count = len(colours)
    own = room * np.sin(np.pi / count) / (1 + np.sin(np.pi / count))
    jackets = (0x2B2C2E, 0x8E9194, 0xD8D6CF, 0xC9622B, 0x3B5F8F, 0xB9B5AA)
    rings = int(rng.choice([1, 2, 2, 3]))
    share, start = rng.uniform(0.56, 0.7), rng.uniform(0, 2 * np.pi)
    wires = []
    for k, pair in enumerate(colours):
        angle = start + 2 * np.pi * k / count + rng.normal(0, 0.02)
        reach = (room - own) * rng.uniform(0.97, 1)
        x, y = float(reach * np.cos(angle)), float(reach * np.sin(angle))
        radius = float(own * rng.uniform(0.94, 0.99))
        strands = draw_strands(rng, x, y, rings, share * radius)
        wires.append(Wire(x, y, radius, share * radius, pair, float(rng.uniform(0, 2 * np.pi)), strands))
    squeeze = float(rng.uniform(0, 0.025))
    return Cable(
        radius=outer * (1 + squeeze),
        thickness=0.25,
        outer=outer,
        wall=wall,
        squeeze=squeeze,
        jacket=rgb(jackets[rng.integers(len(jackets))]),
        filler=rgb((0x1E1E1E, 0x77736A, 0xC9C5BA)[rng.integers(3)]),
        copper=rgb((0xC98A5E, 0xC27B50, 0xB9B6B0)[rng.integers(3)]),
        shield=shield,
        wires=tuple(wires),
        scratches=draw_waves(rng, 4.0, 40.0, grain=10.0, count=60),
    )


def _rounding(distance: Plane) -> Plane:
    """How steeply a face falls towards its edge, where the signed distance is 0."""
    return (1 + distance / BEVEL).clip(0, 1.5)
