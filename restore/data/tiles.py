"""Few large images as many small ones, some of which can be set aside."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset, Subset

from restore.seeding import seeded_generator

SIDE = 256
"""Side of a tile, in pixels, where images are large enough for several."""

LEAST = 32
"""The least side of a tile, in pixels."""


class Tiles(Dataset[Tensor]):
    """All tiles of a few images, which stay in memory once they are read.

    Args:
        images: `(c, h, w)`, of any sizes.
        side: Of a tile, in pixels; smaller where an image is too small for two by two of them.
    """

    def __init__(self, images: Dataset[Tensor], side: int = SIDE) -> None:
        n = len(images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length
        self.images = [images[i] for i in range(n)]
        self.places: list[tuple[int, slice, slice]] = []
        for index, image in enumerate(self.images):
            rows, columns = (_spans(size, side) for size in image.shape[-2:])
            self.places += [(index, row, column) for row in rows for column in columns]

    def split(self, val_share: float, seed: int = 0) -> tuple[Subset[Tensor], Subset[Tensor]]:
        """Part the tiles at random into those to train on and those to validate on; some and not all of them."""
        order = torch.randperm(len(self), generator=seeded_generator("tiles", seed)).tolist()
        count = min(max(round(len(self) * val_share), 1), len(self) - 1)
        return Subset(self, sorted(order[count:])), Subset(self, sorted(order[:count]))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Float[Tensor, "c t u"]:
        image, rows, columns = self.places[index]
        return self.images[image][:, rows, columns]


def _spans(size: int, side: int) -> list[slice]:
    """Parts of an axis that share no pixels, all about as long."""
    count = max(round(size / side), 2) if size >= 2 * LEAST else 1
    ends = [i * size // count for i in range(count + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]
