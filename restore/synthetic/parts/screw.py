"""Screws, lying on their side."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from restore.synthetic.parts.geometry import step
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Colour, Surface, rgb
from restore.synthetic.parts.waves import Waves, draw_waves

Head = Literal["countersunk", "pan", "hexagon", "socket"]


@dataclass(frozen=True)
class Screw(Part):
    """A screw along x, its head at the left: a turned body with a helical thread.

    Args:
        head: Shape of the head.
        length: From end to end.
        shank: Radius of the shank, to the crests of the thread.
        head_radius: Of the head.
        head_length: Along the axis.
        pitch: Of the thread.
        depth: Of the thread.
        start: Where the thread starts, from the underside of the head.
        tip: Length of the tapered end: a point for wood, a chamfer for metal.
        point: Radius at the end of the tip.
        colour: Of the metal.
        gloss: Of the metal.
        roughness: Unevenness of the surface.
    """

    head: Head
    length: float
    shank: float
    head_radius: float
    head_length: float
    pitch: float
    depth: float
    start: float
    tip: float
    point: float
    colour: Colour
    gloss: float
    roughness: Waves

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        beside = np.abs(grid.y) - self._radius(grid, self._profile(grid))
        return np.asarray(np.maximum(beside, np.abs(grid.x) - self.length / 2))

    def surface(self, grid: Grid, distance: Plane) -> Surface:  # noqa: ARG002  a turned body has no flat edge
        """As for every part."""
        profile = self._profile(grid)
        radius = self._radius(grid, profile)
        across = (grid.y / radius).clip(-0.995, 0.995)
        round_up = np.sqrt(1 - across * across)
        height = radius * round_up
        if self.head == "hexagon":
            # Three of the six sides face up: one level, and its neighbours falling off by 60 degrees.
            apothem = 0.75**0.5 * self.head_radius
            sides = np.minimum(apothem, 2 * apothem - 3**0.5 * np.abs(grid.y))
            in_head = grid.x + self.length / 2 < self.head_length
            height = np.where(in_head, np.minimum(sides, 1.02 * height), height)
        openness = (1 - 0.45 * (profile - radius) / self.depth) * (0.45 + 0.55 * round_up)
        colour = np.broadcast_to(self.colour[:, None, None], (3, *grid.shape))
        return Surface(grid.slopes(height + 0.0004 * self.roughness(grid)), colour, 1.0, self.gloss, openness)

    def _radius(self, grid: Grid, profile: Plane) -> Plane:
        """The radius of the body with its thread, at the points that the camera sees."""
        along = grid.x + (self.length / 2 - self.head_length - self.start)
        end = self.length - self.head_length - self.start
        # From one side of the outline to the other the helix climbs by half a pitch.
        turns = along / self.pitch - np.arcsin((grid.y / profile).clip(-1, 1)) / np.float32(2 * np.pi)
        groove = step(1.125 - 2.5 * np.abs(turns - np.round(turns)))
        runs = step(along / (0.7 * self.pitch)) * step((end - along) / (0.4 * self.pitch) + 0.3)
        return np.asarray(profile - np.minimum(self.depth, 0.45 * profile) * groove * runs)

    def _profile(self, grid: Grid) -> Plane:
        """The radius of the body without its thread."""
        along = grid.x + self.length / 2
        taper = ((self.length - along) / self.tip).clip(0, 1) ** np.float32(0.8)
        shank = self.point + (self.shank - self.point) * taper
        share = (along / self.head_length).clip(0, 1)
        if self.head == "countersunk":
            head = self.head_radius - (self.head_radius - self.shank) * ((share - 0.18) / 0.82).clip(0)
        elif self.head == "pan":
            head = self.head_radius * np.sqrt(1 - 0.75 * (1 - share) ** np.float32(2.5))
        else:
            chamfer = 0.08 * self.head_radius
            head = self.head_radius - (chamfer - along).clip(0) - (chamfer - (self.head_length - along)).clip(0)
        return np.asarray(head + (shank - head) * step((along - self.head_length) / 0.006 + 0.5))


def draw_screw(rng: np.random.Generator) -> Screw:
    """Draw a wood or machine screw of zinc-plated, brass or blackened steel."""
    head: Head = ("countersunk", "pan", "hexagon", "socket")[rng.integers(4)]
    width, tall = {"countersunk": (2.0, 1.1), "pan": (1.9, 1.2), "hexagon": (1.85, 1.3), "socket": (1.55, 2.0)}[head]
    wood = head in ("countersunk", "pan") and rng.random() < 0.7
    length = float(rng.uniform(1.3, 1.6))
    shank = float(rng.uniform(0.09, 0.15))
    return Screw(
        radius=float(np.hypot(length / 2, width * shank)),
        thickness=1.6 * shank,
        head=head,
        length=length,
        shank=shank,
        head_radius=width * shank,
        head_length=tall * shank,
        pitch=shank * float(rng.uniform(0.75, 1.0) if wood else rng.uniform(0.4, 0.6)),
        depth=shank * float(rng.uniform(0.28, 0.36) if wood else rng.uniform(0.14, 0.2)),
        start=float(rng.choice([0.0, rng.uniform(0.1, 0.45)])) * (length - tall * shank),
        tip=shank * (2.8 if wood else 0.35),
        point=shank * (0.06 if wood else 0.8),
        colour=rgb((0xC4C6C8, 0xCDB878, 0xC9A04E, 0x5A5B5E, 0xB4B6BA)[rng.integers(5)]),
        gloss=float(rng.uniform(0.4, 0.7)),
        roughness=draw_waves(rng, 1.0, 25.0, tilt=0.5, count=60),
    )
