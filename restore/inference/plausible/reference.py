"""Pictures that may be copied from, in any of their eight poses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, Shaped

from restore.errors import UserError
from restore.images.arrays import UserImage
from restore.inference.resampling import nearest_filled

NOWHERE = -1
"""What is told of the source of a pixel that was not copied."""

POSES = tuple((quarters, mirrored) for mirrored in (False, True) for quarters in range(4))
"""Quarter turns, after the columns were reversed or not; the first is the picture as it is."""


@dataclass(frozen=True)
class Reference:
    """A picture that may be copied from.

    Args:
        pixels: RGB in [0, 1].
        allowed: What may be copied.
        origin: Of each pixel the number of the picture (0 is the image with the hole), the row and the column there.
    """

    pixels: Float32[np.ndarray, "3 h w"]
    allowed: Bool[np.ndarray, "h w"]
    origin: Int32[np.ndarray, "3 h w"]

    @classmethod
    def of(cls, pixels: Float32[np.ndarray, "3 h w"], allowed: Bool[np.ndarray, "h w"], number: int) -> "Reference":
        """A picture as it is."""
        return cls(pixels, allowed, places_in(allowed.shape[0], allowed.shape[1], number))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.allowed.shape[0], self.allowed.shape[1]

    def posed(self, quarters: int, mirrored: bool) -> "Reference":
        """The same picture with its columns reversed or not, and then turned by so many quarters to the left."""
        return Reference(*(in_pose(x, quarters, mirrored) for x in (self.pixels, self.allowed, self.origin)))

    def in_gray(self) -> "Reference":
        """The same picture without its colours."""
        return replace(self, pixels=np.broadcast_to(self.pixels.mean(0, keepdims=True), self.pixels.shape))

    def cut(self, rows: slice, columns: slice) -> "Reference":
        """A part of the picture."""
        return Reference(*(x[..., rows, columns] for x in (self.pixels, self.allowed, self.origin)))


def references_of(images: Sequence[Any]) -> list[Reference]:
    """Pictures that a user gives to be copied from: what is transparent is not.

    Args:
        images: Each one of the kinds that `restore.images.arrays.UserImage` tells, and no batch.

    Raises:
        UserError: One is none of these.
    """
    references = []
    for number, image in enumerate(images, 1):
        given = UserImage.of(image)
        if given.shape[0] > 1:
            raise UserError(f"reference {number} is a batch of {given.shape[0]} images: give them one by one")
        pixels = nearest_filled(np.asarray(given.pixels)[0].astype(np.float32), given.unseen[0])
        references.append(Reference.of(pixels, ~given.unseen[0], number))
    return references


def places_in(height: int, width: int, number: int) -> Int32[np.ndarray, "3 h w"]:
    """Of each pixel of a picture its number, the row and the column."""
    places = np.empty((3, height, width), np.int32)
    places[0], places[1], places[2] = number, np.arange(height)[:, None], np.arange(width)
    return places


def in_pose(plane: Shaped[np.ndarray, "*c _ _"], quarters: int, mirrored: bool) -> Shaped[np.ndarray, "*c _ _"]:
    """What lies in the last two axes, with its columns reversed or not, and then turned to the left."""
    return np.rot90(plane[..., ::-1] if mirrored else plane, quarters, (-2, -1))
