"""Spur gears."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from restore.synthetic.parts.geometry import box, fold, step, union
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.surface import Colour, Surface, rgb
from restore.synthetic.parts.waves import Waves, draw_waves

PRESSURE_ANGLE = np.radians(20)


@dataclass(frozen=True)
class Gear(Part):
    """A gear with involute teeth, a rim, a hub with bore and keyway, and a web between them.

    Args:
        teeth: Their number.
        hub: Radius of the hub.
        bore: Radius of the bore.
        key: Half the width of the keyway, or 0.
        windows: Number of holes in the web.
        window: Half the width of the holes, outwards.
        arms: Half the width of the arms between open sectors; 0 where the holes are round.
        recess: How far the web lies below rim and hub.
        colour: Of the material.
        metal: Whether it is metal, turned on a lathe, or else plastic.
        roughness: Unevenness of the surface.
    """

    teeth: int
    hub: float
    bore: float
    key: float
    windows: int
    window: float
    arms: float
    recess: float
    colour: Colour
    metal: bool
    roughness: Waves

    @property
    def module(self) -> float:
        """Pitch diameter per tooth: teeth rise one above the pitch circle and reach 1.25 below it."""
        return 2 * self.radius / (self.teeth + 2)

    @property
    def rim(self) -> float:
        """Inner radius of the rim."""
        return self.radius - 4.2 * self.module

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        angle = np.arctan2(grid.y, grid.x)
        radii, half = self._flank
        flank = (np.abs(fold(angle, self.teeth)) - np.interp(r, radii, half).astype(np.float32)) * r
        tooth = np.maximum(flank * np.float32(np.cos(PRESSURE_ANGLE)), r - self.radius)
        body = union(r - (self.radius - 2.25 * self.module), tooth, 0.3 * self.module)
        hole = r - self.bore
        if self.key:
            hole = np.minimum(hole, np.maximum(np.abs(grid.y) - self.key, np.abs(grid.x - self.bore) - 1.6 * self.key))
        if self.windows:
            hole = np.minimum(hole, self._window(r, fold(angle, self.windows)))
        return np.asarray(np.maximum(body, -hole))

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part."""
        r = np.hypot(grid.x, grid.y)
        ramp, bevel = 0.5 * self.module, 0.25 * self.module
        sunk = step((self.rim - r) / ramp) * step((r - self.hub) / ramp)
        height = -self.recess * sunk - bevel * step(1 + distance / bevel) ** 2 + 0.0006 * self.roughness(grid)
        corner = np.minimum(np.abs(self.rim - r), np.abs(r - self.hub))
        openness = 1 - 0.35 * sunk * np.exp(-corner / self.recess)
        colour = np.broadcast_to(self.colour[:, None, None], (3, *grid.shape))
        if not self.metal:
            return Surface(grid.slopes(height), colour, gloss=0.35, openness=openness)
        r = np.maximum(r, 1e-3)
        return Surface(grid.slopes(height), colour, 1.0, 0.4, openness, grid.in_image(-grid.y / r, grid.x / r))

    @cached_property
    def _flank(self) -> tuple[Float[ndarray, " n"], Float[ndarray, " n"]]:
        """Radii, and half the angle that a tooth takes there: involutes of the base circle."""
        pitch = self.module * self.teeth / 2
        base = pitch * np.cos(PRESSURE_ANGLE)
        radii = np.linspace(base, 1.02 * self.radius, 64)
        pressure = np.arccos(base / radii)
        half = np.pi / (2 * self.teeth) + np.tan(PRESSURE_ANGLE) - PRESSURE_ANGLE - (np.tan(pressure) - pressure)
        return radii, 0.97 * half

    def _window(self, r: Plane, angle: Plane) -> Plane:
        """Signed distance to the nearest hole in the web."""
        middle = (self.rim + self.hub) / 2
        if not self.arms:
            return np.asarray(np.hypot(r * np.cos(angle) - middle, r * np.sin(angle)) - self.window)
        to_arm = r * np.sin(np.pi / self.windows - np.abs(angle))
        return box(np.abs(r - middle) - self.window, self.arms - to_arm, corner=0.25 * self.window)


def draw_gear(rng: np.random.Generator) -> Gear:
    """Draw a gear of steel, brass or plastic, with a full web, round holes or arms."""
    teeth, radius = int(rng.integers(14, 37)), float(rng.uniform(0.62, 0.74))
    bore = float(rng.uniform(0.07, 0.11))
    hub = bore + float(rng.uniform(0.07, 0.1))
    web = radius * (1 - 8.4 / (teeth + 2)) - hub
    holes, arms = (rng.random() < chance and web > 0.15 for chance in (2 / 3, 1 / 2))
    metal = bool(rng.random() < 0.65)
    colours = (0xB8B8B6, 0x9C9EA2, 0xC9A24F) if metal else (0xE6E2D6, 0x2B2D30, 0x3E6FA8, 0xC7502F, 0xD8C33A)
    return Gear(
        radius,
        thickness=0.16,
        teeth=teeth,
        hub=hub,
        bore=bore,
        key=float(rng.choice([0, 0.28])) * bore,
        windows=int(rng.integers(4, 7)) if holes else 0,
        window=(0.42 if arms else 0.32) * web,
        arms=float(rng.uniform(0.03, 0.05)) if arms else 0.0,
        recess=float(rng.uniform(0.01, 0.04)),
        colour=rgb(colours[rng.integers(len(colours))]),
        metal=metal,
        roughness=draw_waves(rng, 1.0, 25.0, tilt=0.5, count=60),
    )
