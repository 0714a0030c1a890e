"""Where a reference lies over an image, turned, scaled and shifted; and what an image shows around its hole."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from restore.inference.plausible.blur import blur
from restore.inference.plausible.reference import NOWHERE, Reference
from restore.inference.resampling import BILINEAR, area_means, nearest_filled, resized
from restore.inference.threads import Threads

FAR = 0.02
"""What a pixel counts however far it lies from the hole; beside it, 1."""

WHOLE = 0.98
"""Of what a place between pixels is made of, the share that has to be known."""

MOST_REACH = 48.0
"""Standard deviation, in the pixels of a view, of the blur by which weights fall with the distance, at the most."""


@dataclass(frozen=True)
class Placement:
    """The place in a reference of what an image shows.

    A pixel that lies so many rows and columns from the centre of the hole lies in the reference `scale` times as far,
    turned, from a row and a column.

    Args:
        number: Of the reference, from 0.
        angle: By which what lies in the image is turned to lie in the reference: to the left as seen, in radians.
        scale: Pixels of the reference to one of the image.
        row: In the reference, of what would be at the centre of the hole; perhaps between two pixels.
        column: Likewise.
        error: Of what varies around the hole, the share that the reference does not have; infinite if unknown.
    """

    number: int
    angle: float
    scale: float
    row: float
    column: float
    error: float = math.inf

    @property
    def turn(self) -> Float64[np.ndarray, "2 2"]:
        """The matrix that takes rows and columns from the centre of the hole to those of the reference, unscaled."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, sin], [-sin, cos]])

    def places(self, away: Float64[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Row and column in the reference of what lies so far from the centre of the hole."""
        places: Float64[np.ndarray, "*n 2"] = self.scale * away @ self.turn.T + (self.row, self.column)
        return places

    def over(self, reference: Reference, rows: slice, columns: slice, centre: tuple[float, float]) -> Reference:
        """The reference as the image would show it, resampled; its origin is that of the nearest pixel.

        Args:
            reference: Whose placement this is.
            rows: Of the image, which are looked at.
            columns: Likewise.
            centre: Row and column of the centre of the hole in the image.
        """
        along = [
            np.arange(span.start, span.stop) - middle for span, middle in zip((rows, columns), centre, strict=True)
        ]
        places = self.places(np.stack(np.meshgrid(*along, indexing="ij"), -1))
        planes, factors = scaled(reference, self.scale)
        between = (places + 0.5) / factors - 0.5
        pixels = look(planes[:3], between, cubic=True).clip(0, 1)
        nearest = np.moveaxis(places.round().astype(int).clip(0, np.array(reference.size) - 1), -1, 0)
        allowed = (look(planes[3:], between)[0] > WHOLE) & reference.allowed[*nearest]
        origin = np.where(allowed, reference.origin[:, *nearest], np.int32(NOWHERE))
        return Reference(nearest_filled(pixels, ~allowed), allowed, origin)


@dataclass(frozen=True)
class View:
    """An image with a hole, perhaps reduced.

    Args:
        pixels: RGB; 0 where nothing is seen.
        hole: What is to be filled.
        weight: What each pixel counts in a comparison: 0 where nothing is seen.
        factor: Pixels of the image to one of these, down and across.
        centre: Row and column of the centre of the hole, in these pixels.
    """

    pixels: Float32[np.ndarray, "3 h w"]
    hole: Bool[np.ndarray, "h w"]
    weight: Float32[np.ndarray, "h w"]
    factor: tuple[float, float]
    centre: tuple[float, float]

    @classmethod
    def of(
        cls,
        pixels: Float32[np.ndarray, "3 h w"],
        hole: Bool[np.ndarray, "h w"],
        seen: Bool[np.ndarray, "h w"],
        factor: float = 1.0,
    ) -> "View":
        """An image, reduced by about that factor."""
        height, width = (max(round(side / factor), 1) for side in hole.shape)
        planes = np.stack([*np.where(seen, pixels, np.float32(0)), seen, hole])
        planes = area_means(planes, (height, width))
        known, small_hole = planes[3] > 0.99, planes[4] > 0.01
        both = [side / part for side, part in zip(hole.shape, (height, width), strict=True)]
        place = [(float(where) + 0.5) / one - 0.5 for where, one in zip(centre_of(hole), both, strict=True)]
        radius = math.sqrt(float(small_hole.sum()) / math.pi)
        near = blur(small_hole.astype(np.float32), min(max(radius, 1.0), MOST_REACH))
        weight = np.where(known, near / max(near.max(), 1e-6) + FAR, np.float32(0))
        return cls(
            np.where(known, planes[:3], np.float32(0)), small_hole, weight, (both[0], both[1]), (place[0], place[1])
        )


def centre_of(hole: Bool[np.ndarray, "h w"]) -> tuple[float, float]:
    """Mean row and column."""
    row, column = np.argwhere(hole).mean(0).tolist()
    return row, column


def scaled(reference: Reference, factor: float) -> tuple[Float32[np.ndarray, "4 hh ww"], Float64[np.ndarray, " 2"]]:
    """A reference reduced by about a factor, if that is more than 1, and the exact factors.

    Returns:
        Its pixels, multiplied by how much of each is known, and that.
    """
    height, width = (max(round(side / max(factor, 1.0)), 1) for side in reference.size)
    planes = np.stack([*(reference.pixels * reference.allowed), reference.allowed])
    if (height, width) != reference.size:
        planes = resized(planes, (height, width), BILINEAR)
    return planes, np.array(reference.size) / (height, width)


def look(
    planes: Float32[np.ndarray, "c h w"], places: Float64[np.ndarray, "*n 2"], cubic: bool = False
) -> Float32[np.ndarray, "c *n"]:
    """The values at places between pixels, interpolated linearly unless said otherwise; 0 beyond the border."""
    from restore.inference.alike.kernels import sample  # what it is compiled with is slow to import

    flat = np.ascontiguousarray(places.reshape(-1, 2))
    values = np.empty((len(planes), len(flat)), np.float32)
    with Threads() as threads:
        threads.run(sample, len(flat), np.ascontiguousarray(planes), flat, cubic, values)
    return values.reshape(len(planes), *places.shape[:-1])
