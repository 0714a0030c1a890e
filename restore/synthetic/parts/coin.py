"""Coins and medals in relief."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from restore.synthetic.parts.geometry import fold, step
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.portrait import WIDTH, draw_portrait
from restore.synthetic.parts.raster import Raster
from restore.synthetic.parts.surface import Surface, mix, rgb
from restore.synthetic.parts.waves import draw_waves

FINENESS = 640
"""Pixels of the lettering per unit."""

LEGENDS = ("LIBERTAS", "CONCORDIA", "FORTITVDO", "AVRORA", "VERITAS", "PAX ET LABOR", "INDVSTRIA", "SAPIENTIA")


class Coin(Part):
    """A struck coin of gold, silver, copper or two metals: rim, beads, letters around a head."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.radius, self.thickness = rng.uniform(0.62, 0.72), 0.08
        self.rim = rng.uniform(0.03, 0.055)  # its width
        letter = rng.uniform(0.075, 0.095)
        self.beads = int(rng.integers(70, 110)) if rng.random() < 0.5 else 0
        self.ring = (
            self.radius - self.rim - 0.65 * letter - (0.04 if self.beads else 0.015)
        )  # the middle of the letters
        text = f"{LEGENDS[rng.integers(len(LEGENDS))]} * {rng.integers(1780, 2030)} * "
        self.legend = _write_around(text if len(text) > 22 else 2 * text, self.ring, letter)
        metals = [rgb(c) for c in (0xD6B25E, 0xC3C3C1, 0xBE7B52, 0xCBB27C, 0x9B9A96)]
        core, border = rng.permutation(len(metals))[:2] if rng.random() < 0.25 else [rng.integers(len(metals))] * 2
        self.core, self.border = metals[core], metals[border]
        self.inlay = self.ring - 0.75 * letter  # where the metals meet
        side = WIDTH * 1.76 * (self.ring - 0.7 * letter)
        self.portrait = Raster(draw_portrait(rng)[None], side, side, smooth=True)
        self.wear = draw_waves(rng, 1.0, 40.0, tilt=0.4, count=80)
        self.gloss = rng.uniform(0.35, 0.6)

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        return np.asarray(np.hypot(grid.x, grid.y) - self.radius)

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part."""
        r = distance + self.radius
        angle = np.arctan2(grid.y, grid.x)
        inner = self.radius - self.rim
        # The letters stand upright at the top; the strip begins and ends at the bottom.
        letters = self.legend(fold(angle + np.pi / 2, 1) * self.ring, self.ring - r, grid.blur)[0]
        raised = step((r - inner) / 0.02 + 0.5)
        if self.beads:
            bead = 0.6 * np.pi / self.beads * inner
            across, inward = fold(angle, self.beads) * inner, r - inner + 1.6 * bead
            raised = np.maximum(raised, 0.8 * np.sqrt((1 - (across**2 + inward**2) / bead**2).clip(0)))
        head = self.portrait(grid.x, grid.y, grid.blur)[0]
        relief = 0.018 * np.maximum(raised, 0.75 * letters) + 0.075 * head
        height = relief - 0.02 * step(1 + distance / 0.02) + 0.02 * (r / self.radius) ** 2 + 0.0006 * self.wear(grid)
        colour = mix(self.core, self.border, grid.inside(self.inlay - r))
        openness = 0.62 + 0.38 * np.maximum(np.maximum(raised, letters), np.sqrt(head.clip(0, 1)))
        return Surface(grid.slopes(height), colour, 1.0, self.gloss, openness)


def _write_around(text: str, ring: float, letter: float) -> Raster:
    """Letters spread over a strip as long as a circle, with soft flanks."""
    columns, rows = (16 * math.ceil(length * FINENESS / 16) for length in (2 * math.pi * ring, 1.3 * letter))
    strip = Image.new("L", (columns, rows))
    font = ImageFont.load_default(0.95 * rows)
    for k, sign in enumerate(text):
        place = ((k + 0.5) * columns / len(text), rows / 2)
        ImageDraw.Draw(strip).text(place, sign, 255, font, anchor="mm", stroke_width=0.02 * rows)
    relief = np.asarray(strip.filter(ImageFilter.GaussianBlur(1.5)), np.float32) / 255
    return Raster(relief[None], 2 * math.pi * ring, rows / FINENESS)
