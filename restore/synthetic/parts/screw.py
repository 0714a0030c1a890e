"""Screws, lying on their side."""

import numpy as np

from restore.synthetic.parts.geometry import step
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Surface, rgb
from restore.synthetic.parts.waves import draw_waves

HEADS = {"countersunk": (2.0, 1.1), "pan": (1.9, 1.2), "hexagon": (1.85, 1.3), "socket": (1.55, 2.0)}
"""Radius and length of each kind of head, in radii of the shank."""


class Screw(Part):
    """A wood or machine screw of zinc-plated, brass or blackened steel along x, its head at the left.

    It is a turned body with a helical thread.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.head = list(HEADS)[rng.integers(len(HEADS))]
        is_for_wood = self.head in ("countersunk", "pan") and rng.random() < 0.7
        self.length = rng.uniform(1.3, 1.6)
        shank = self.shank = rng.uniform(0.09, 0.15)  # its radius, to the crests of the thread
        self.head_radius, self.head_length = (ratio * shank for ratio in HEADS[self.head])
        self.pitch = shank * (rng.uniform(0.75, 1.0) if is_for_wood else rng.uniform(0.4, 0.6))
        self.depth = shank * (rng.uniform(0.28, 0.36) if is_for_wood else rng.uniform(0.14, 0.2))
        # Where the thread starts, from the underside of the head.
        self.start = float(rng.choice([0.0, rng.uniform(0.1, 0.45)])) * (self.length - self.head_length)
        # Length of the tapered end and radius at its end: a point for wood, a chamfer for metal.
        self.tip, self.point = (shank * ratio for ratio in ((2.8, 0.06) if is_for_wood else (0.35, 0.8)))
        self.colour = rgb((0xC4C6C8, 0xCDB878, 0xC9A04E, 0x5A5B5E, 0xB4B6BA)[rng.integers(5)])
        self.gloss = rng.uniform(0.4, 0.7)
        self.roughness = draw_waves(rng, 1.0, 25.0, tilt=0.5, count=60)
        self.radius, self.thickness = float(np.hypot(self.length / 2, self.head_radius)), 1.6 * shank

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
