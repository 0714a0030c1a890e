"""Where a reference lies over an image, turned, scaled and shifted; and what an image shows around its hole."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.fill import push_pull_fill
from restore.inference.plausible.blur import blur
from restore.inference.plausible.reference import NOWHERE, Reference

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
    def turn(self) -> Float[Tensor, "2 2"]:
        """The matrix that takes rows and columns from the centre of the hole to those of the reference, unscaled."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return torch.tensor([[cos, sin], [-sin, cos]])

    def places(self, away: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n 2"]:
        """Row and column in the reference of what lies so far from the centre of the hole."""
        return self.scale * away @ self.turn.T + torch.tensor([self.row, self.column])

    def over(self, reference: Reference, rows: slice, columns: slice, centre: tuple[float, float]) -> Reference:
        """The reference as the image would show it, resampled; its origin is that of the nearest pixel.

        Args:
            reference: Whose placement this is.
            rows: Of the image, which are looked at.
            columns: Likewise.
            centre: Row and column of the centre of the hole in the image.
        """
        along = [
            torch.arange(span.start, span.stop) - middle for span, middle in zip((rows, columns), centre, strict=True)
        ]
        places = self.places(torch.stack(torch.meshgrid(*along, indexing="ij"), -1))
        planes, factors = scaled(reference, self.scale)
        between = (places + 0.5) / factors - 0.5
        pixels = look(planes, between, "bicubic")[:3].clamp(0, 1)
        nearest = [
            place.round().long().clamp(0, side - 1)
            for place, side in zip(places.unbind(-1), reference.size, strict=True)
        ]
        allowed = (look(planes, between)[3] > WHOLE) & reference.allowed[nearest[0], nearest[1]]
        origin = reference.origin[:, nearest[0], nearest[1]]
        pixels = push_pull_fill(pixels[None], ~allowed[None, None])[0]
        return Reference(pixels, allowed, origin.where(allowed, NOWHERE))


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

    pixels: Float[Tensor, "3 h w"]
    hole: Bool[Tensor, "h w"]
    weight: Float[Tensor, "h w"]
    factor: tuple[float, float]
    centre: tuple[float, float]

    @classmethod
    def of(
        cls, pixels: Float[Tensor, "3 h w"], hole: Bool[Tensor, "h w"], seen: Bool[Tensor, "h w"], factor: float = 1.0
    ) -> "View":
        """An image, reduced by about that factor."""
        size = [max(round(side / factor), 1) for side in hole.shape]
        planes = torch.cat([torch.where(seen, pixels, 0), seen[None].float(), hole[None].float()])
        planes = functional.interpolate(planes[None], size=size, mode="area")[0]
        known, small_hole = planes[3] > 0.99, planes[4] > 0.01
        both = [side / part for side, part in zip(hole.shape, size, strict=True)]
        place = [(float(where) + 0.5) / one - 0.5 for where, one in zip(centre_of(hole), both, strict=True)]
        radius = math.sqrt(float(small_hole.sum()) / math.pi)
        near = blur(small_hole[None].float(), min(max(radius, 1.0), MOST_REACH))[0]
        weight = torch.where(known, near / near.max().clamp_min(1e-6) + FAR, 0)
        return cls(torch.where(known, planes[:3], 0), small_hole, weight, (both[0], both[1]), (place[0], place[1]))


def centre_of(hole: Bool[Tensor, "h w"]) -> tuple[float, float]:
    """Mean row and column."""
    row, column = hole.nonzero().double().mean(0).tolist()
    return row, column


def scaled(reference: Reference, factor: float) -> tuple[Float[Tensor, "4 hh ww"], Float[Tensor, " 2"]]:
    """A reference reduced by about a factor, if that is more than 1, and the exact factors.

    Returns:
        Its pixels, multiplied by how much of each is known, and that.
    """
    known = reference.allowed[None].float()
    planes = torch.cat([reference.pixels * known, known])
    size = [max(round(side / max(factor, 1.0)), 1) for side in reference.size]
    if size != list(reference.size):
        planes = functional.interpolate(planes[None], size=size, mode="bilinear", antialias=True)[0]
    return planes, torch.tensor([full / part for full, part in zip(reference.size, size, strict=True)])


def look(
    planes: Float[Tensor, "*n c h w"], places: Float[Tensor, "*n hh ww 2"], mode: str = "bilinear"
) -> Float[Tensor, "*n c hh ww"]:
    """The values at places between pixels; 0 beyond the border."""
    size = torch.tensor(planes.shape[-2:])
    grid = ((2 * places + 1) / size - 1).flip(-1)
    if planes.ndim == 3:
        return functional.grid_sample(planes[None], grid[None], mode=mode, align_corners=False)[0]
    return functional.grid_sample(planes, grid, mode=mode, align_corners=False)
