"""Spur gears."""

import numpy as np

from restore.synthetic.parts.geometry import box, fold, step
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Surface, rgb
from restore.synthetic.parts.waves import draw_waves

PRESSURE_ANGLE = np.radians(20)


class Gear(Part):
    """A gear with involute teeth, a rim, a hub with bore and keyway, and a web with or without holes between them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.teeth = int(rng.integers(14, 37))
        self.radius, self.thickness = rng.uniform(0.62, 0.74), 0.16
        # Pitch diameter per tooth: teeth rise one module above the pitch circle and reach 1.25 below it.
        self.module = 2 * self.radius / (self.teeth + 2)
        self.bore = rng.uniform(0.07, 0.11)
        self.hub = self.bore + rng.uniform(0.07, 0.1)
        self.rim = self.radius - 4.2 * self.module
        web = self.radius * (1 - 8.4 / (self.teeth + 2)) - self.hub
        has_holes, has_arms = (rng.random() < chance and web > 0.15 for chance in (2 / 3, 1 / 2))
        self.is_metal = rng.random() < 0.65
        self.key = float(rng.choice([0, 0.28])) * self.bore  # half the width of the keyway
        self.holes = int(rng.integers(4, 7)) if has_holes else 0
        self.hole = (0.42 if has_arms else 0.32) * web  # half the width of the holes in the web, outwards
        self.arms = rng.uniform(0.03, 0.05) if has_arms else 0.0  # half the width of what is between open sectors
        self.recess = rng.uniform(0.01, 0.04)  # how far the web lies below rim and hub
        metals, plastics = (0xB8B8B6, 0x9C9EA2, 0xC9A24F), (0xE6E2D6, 0x2B2D30, 0x3E6FA8, 0xC7502F, 0xD8C33A)
        colours = metals if self.is_metal else plastics
        self.colour = rgb(colours[rng.integers(len(colours))])
        self.roughness = draw_waves(rng, 1.0, 25.0, tilt=0.5, count=60)

        # Half the angle that a tooth takes at each radius: involutes of the base circle.
        base = self.module * self.teeth / 2 * np.cos(PRESSURE_ANGLE)
        self.flank_radii = np.linspace(base, 1.02 * self.radius, 64)
        pressure = np.arccos(base / self.flank_radii)
        half = np.pi / (2 * self.teeth) + np.tan(PRESSURE_ANGLE) - PRESSURE_ANGLE - (np.tan(pressure) - pressure)
        self.flank_angles = 0.97 * half

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        angle = np.arctan2(grid.y, grid.x)
        half = np.interp(r, self.flank_radii, self.flank_angles).astype(np.float32)
        flank = (np.abs(fold(angle, self.teeth)) - half) * r
        tooth = np.maximum(flank * np.float32(np.cos(PRESSURE_ANGLE)), r - self.radius)
        root = r - (self.radius - 2.25 * self.module)
        fillet = 0.3 * self.module
        overlap = (fillet - np.abs(root - tooth)).clip(0)
        body = np.minimum(root, tooth) - overlap * overlap / (4 * fillet)
        open_ = r - self.bore
        if self.key:
            keyway = np.maximum(np.abs(grid.y) - self.key, np.abs(grid.x - self.bore) - 1.6 * self.key)
            open_ = np.minimum(open_, keyway)
        if self.holes:
            open_ = np.minimum(open_, self._to_hole(r, fold(angle, self.holes)))
        return np.asarray(np.maximum(body, -open_))

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        ramp, bevel = 0.5 * self.module, 0.25 * self.module
        sunk = step((self.rim - r) / ramp) * step((r - self.hub) / ramp)
        height = -self.recess * sunk - bevel * step(1 + distance / bevel) ** 2 + 0.0006 * self.roughness(grid)
        corner = np.minimum(np.abs(self.rim - r), np.abs(r - self.hub))
        openness = 1 - 0.35 * sunk * np.exp(-corner / self.recess)
        colour = np.broadcast_to(self.colour[:, None, None], (3, *grid.shape))
        if not self.is_metal:
            return Surface(grid.slopes(height), colour, gloss=0.35, openness=openness)
        # Metal is turned on a lathe.
        r = np.maximum(r, 1e-3)
        return Surface(grid.slopes(height), colour, 1.0, 0.4, openness, grid.in_image(-grid.y / r, grid.x / r))

    def _to_hole(self, r: Plane, angle: Plane) -> Plane:
        """Signed distance to the nearest hole in the web, round or a sector between arms."""
        middle = (self.rim + self.hub) / 2
        if not self.arms:
            return np.asarray(np.hypot(r * np.cos(angle) - middle, r * np.sin(angle)) - self.hole)
        to_arm = r * np.sin(np.pi / self.holes - np.abs(angle))
        return box(np.abs(r - middle) - self.hole, self.arms - to_arm, corner=0.25 * self.hole)
