"""Printed labels."""

import numpy as np
from PIL import Image

from restore.synthetic.parts.geometry import box
from restore.synthetic.parts.grid import Grid, Plane
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.printing import print_label
from restore.synthetic.parts.raster import Raster
from restore.synthetic.parts.surface import Surface
from restore.synthetic.parts.waves import draw_waves

FINENESS = 640
"""Pixels of the print per unit: five times those of an image of 256 pixels at scale 1."""

SHEETS = ((250, 250, 247), (250, 250, 247), (247, 214, 60), (205, 207, 208))
"""White, yellow or silver."""


class Label(Part):
    """A paper or plastic label with rounded corners, a little wavy."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.width, self.height = rng.uniform(1.2, 1.5), rng.uniform(0.8, 1.05)
        self.radius, self.thickness = float(np.hypot(self.width, self.height) / 2), 0.02
        columns, rows = (16 * round(FINENESS * side / 16) for side in (self.width, self.height))
        sheet = Image.new("RGB", (columns, rows), SHEETS[rng.integers(len(SHEETS))])
        print_label(rng, sheet)
        light = (np.arange(256, dtype=np.float32) / 255) ** 2
        self.sheet = Raster(light.take(np.asarray(sheet).transpose(2, 0, 1)), self.width, self.height)
        self.corner = float(rng.choice([0.01, 0.05]))
        self.waviness = draw_waves(rng, 0.3, 1.2, tilt=1.0, count=12)
        self.gloss = rng.uniform(0.1, 0.5)

    def distance(self, grid: Grid) -> Plane:
        """As for every part."""
        return box(np.abs(grid.x) - self.width / 2, np.abs(grid.y) - self.height / 2, self.corner)

    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """As for every part."""
        edge = (1 + distance / 0.008).clip(0, 1)
        height = 0.01 * self.waviness(grid) - 0.004 * edge * edge
        return Surface(grid.slopes(height), self.sheet(grid.x, grid.y, grid.blur), gloss=self.gloss)
