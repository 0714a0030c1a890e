"""Surfaces of many pieces, painted one over the other."""

from dataclasses import dataclass

import numpy as np

from restore.synthetic.parts.grid import Grid, Plane, Slopes
from restore.synthetic.parts.surface import Colour, Colours, Surface

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Painting:
    """The planes of a surface in the making. Each piece brings its own slopes, so that no walls stand between them.

    Args:
        slopes: As for a surface.
        colour: As for a surface.
        metal: As for a surface.
        openness: As for a surface.
    """

    slopes: Slopes
    colour: Colours
    metal: Plane
    openness: Plane

    @staticmethod
    def on(grid: Grid) -> "Painting":
        """Nothing yet: black and level."""
        planes = np.zeros((6, *grid.shape), np.float32)
        return Painting((planes[0], planes[1]), planes[2:5], planes[5], np.ones(grid.shape, np.float32))

    def cover(
        self,
        window: Window,
        share: Plane,
        slopes: Slopes,
        colour: Colour | Colours,
        metal: float,
        openness: Plane | float = 1.0,
    ) -> None:
        """Paint a piece.

        Args:
            window: Rows and columns that hold the piece.
            share: How much of each sample it covers.
            slopes: Of the piece in the window.
            colour: Of the piece, one for all of it or one for each sample.
            metal: 1 for metal.
            openness: Of the piece.
        """
        planes = (*self.slopes, *self.colour, self.metal, self.openness)
        for plane, value in zip(planes, (*slopes, *colour, metal, openness), strict=True):
            seen = plane[window]
            seen += share * (value - seen)

    def surface(self, gloss: float) -> Surface:
        """What has been painted."""
        return Surface(self.slopes, self.colour, self.metal, gloss, self.openness)
