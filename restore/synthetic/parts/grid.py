"""Where the samples of an image lie on a surface, and what a sample sees of an edge."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from restore.pose import Pose

Plane = Float[ndarray, "h w"]
"""One number for each sample."""

Number = TypeVar("Number", float, ndarray)

Slopes = tuple[Plane, Plane]
"""How fast a height grows along the rows and along the columns of an image."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a window, in pixels; right and bottom are outside."""


@dataclass(frozen=True)
class Grid:
    """A regular grid of points on a surface, in units of half the side of the image at scale 1; y points down.

    Args:
        origin: The point (x, y) of the first sample.
        right: The way from one sample to the next in a row.
        down: The way from one row to the next.
        shape: Rows and columns.
        blur: Standard deviation of what a sample sees of the surface. Whatever is finer has to fade.
    """

    origin: Float[ndarray, "2"]
    right: Float[ndarray, "2"]
    down: Float[ndarray, "2"]
    shape: tuple[int, int]
    blur: float

    @staticmethod
    def of(pose: Pose, size: int, box: Box, samples: int, blur: float) -> "Grid":
        """What the pixels of a window show of a surface in some pose.

        Args:
            pose: The pose of one image.
            size: Side of the image, in pixels.
            box: The window, which may reach beyond the image.
            samples: Samples per pixel and direction.
            blur: Standard deviation of what a sample sees, in pixels.
        """
        left, top, right, bottom = box
        first = (0.5 / samples - 0.5) - (size - 1) / 2
        corner = torch.tensor([left + first, top + first], dtype=torch.float64)
        step = torch.tensor([[0, 0], [1, 0], [0, 1]], dtype=torch.float64) / samples
        unit = 2 / size
        origin, across, along = (unit * pose.source((corner + step)[None])[0]).numpy()
        shape = (samples * (bottom - top), samples * (right - left))
        return Grid(origin, across - origin, along - origin, shape, unit * blur / float(pose.scale[0]))

    @property
    def spacing(self) -> float:
        """Distance from one sample to the next."""
        return float(np.hypot(*self.right))

    @cached_property
    def x(self) -> Plane:
        """First coordinate of every sample."""
        return self._coordinate(0)

    @cached_property
    def y(self) -> Plane:
        """Second coordinate of every sample."""
        return self._coordinate(1)

    def _coordinate(self, axis: int) -> Plane:
        rows, columns = (np.arange(n) for n in self.shape)
        column = self.origin[axis] + self.down[axis] * rows
        row = self.right[axis] * columns
        return np.asarray(np.add.outer(column.astype(np.float32), row.astype(np.float32)))

    def moved(self, x: float, y: float) -> "Grid":
        """The grid with all its points moved."""
        return replace(self, origin=self.origin + np.array([x, y]))

    def turned(self, degrees: float) -> "Grid":
        """The same samples in the coordinates of a surface that lies there turned by an angle."""
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn = np.array([[cos, -sin], [sin, cos]])
        return replace(self, origin=turn @ self.origin, right=turn @ self.right, down=turn @ self.down)

    def cut(self, rows: slice, columns: slice) -> "Grid":
        """Some rows and columns of the grid."""
        origin = self.origin + self.down * rows.start + self.right * columns.start
        return replace(self, origin=origin, shape=(rows.stop - rows.start, columns.stop - columns.start))

    def window(self, x: float, y: float, radius: float) -> tuple[slice, slice]:
        """The rows and columns that hold a disc, none where the disc lies outside the grid."""
        offset = np.array([x, y]) - self.origin
        spans = []
        for step, count in zip((self.down, self.right), self.shape, strict=True):
            centre, reach = offset @ step / (step @ step), radius / self.spacing
            start, stop = (
                np.clip([np.ceil(centre - reach), np.floor(centre + reach) + 1], 0, count).astype(int).tolist()
            )
            spans.append(slice(start, max(start, stop)))
        return spans[0], spans[1]

    def in_image(self, x: Number, y: Number) -> tuple[Number, Number]:
        """Turn a direction on the surface into one in the image: its parts along the rows and the columns."""
        right, down = ((step / self.spacing).tolist() for step in (self.right, self.down))
        return right[0] * x + right[1] * y, down[0] * x + down[1] * y

    def on_surface(self, x: float, y: float) -> tuple[float, float]:
        """Turn a direction in the image into one on the surface."""
        along = (x * self.right + y * self.down) / self.spacing
        return float(along[0]), float(along[1])

    def inside(self, distance: Plane) -> Plane:
        """The share of each sample that lies inside an outline, given its signed distance (negative inside)."""
        return np.asarray((0.5 - distance / (12**0.5 * self.blur)).clip(0, 1))

    def slopes(self, height: Plane) -> Slopes:
        """How fast a height grows, as a mean over two samples; it must not jump."""
        padded = np.pad(height, 1, mode="edge")
        scale = np.float32(0.5 / self.spacing)
        return (padded[1:-1, 2:] - padded[1:-1, :-2]) * scale, (padded[2:, 1:-1] - padded[:-2, 1:-1]) * scale
