"""Pictures that may be copied from, in any of their eight poses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.errors import UserError
from restore.fill import push_pull_fill
from restore.images.arrays import UserImage

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

    pixels: Float[Tensor, "3 h w"]
    allowed: Bool[Tensor, "h w"]
    origin: Int[Tensor, "3 h w"]

    @classmethod
    def of(cls, pixels: Float[Tensor, "3 h w"], allowed: Bool[Tensor, "h w"], number: int) -> "Reference":
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
        return replace(self, pixels=self.pixels.mean(0, keepdim=True).expand(3, -1, -1))

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
        unseen = torch.from_numpy(given.unseen.copy())
        pixels = push_pull_fill(given.pixels.float(), unseen[:, None])[0]
        references.append(Reference.of(pixels, ~unseen[0], number))
    return references


def places_in(height: int, width: int, number: int) -> Int[Tensor, "3 h w"]:
    """Of each pixel of a picture its number, the row and the column."""
    rows, columns = (torch.arange(side, dtype=torch.int32) for side in (height, width))
    planes = (torch.tensor(number, dtype=torch.int32), rows[:, None], columns)
    return torch.stack([plane.expand(height, width) for plane in planes])


def in_pose(plane: Tensor, quarters: int, mirrored: bool) -> Tensor:
    """What lies in the last two axes, with its columns reversed or not, and then turned to the left."""
    return torch.rot90(plane.flip(-1) if mirrored else plane, quarters, (-2, -1))
