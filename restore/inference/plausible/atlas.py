"""An image and its references side by side on one canvas, so that one search looks through all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from jaxtyping import Bool, Float32, Int32

from restore.inference.plausible.reference import NOWHERE, Reference

FRAME = 12
"""Pixels, at least, by which the border of a picture is repeated: a blur within it knows nothing of the next one."""

COARSE_HOLE = 20
"""Width in pixels to which the canvas may be halved for a hole."""

COARSE_AREA = 40_000
"""Pixels of all pictures to which the canvas may be halved in any case."""


@dataclass(frozen=True)
class Atlas:
    """A canvas with an image in its upper left corner and its references beside and below it.

    What lies between them is neither copied nor filled. Pictures begin at multiples of as many pixels as become one at
    the coarsest scale, and no such pixel has parts of two of them.

    Args:
        base: The canvas; in the hole what is expected there.
        hole: What is to be filled.
        allowed: What may be copied; never of the hole, whatever is said here.
        inside: Where the image is.
        origin: Of each pixel the number of its picture (0 is the image), the row and the column there; `NOWHERE`
            between the pictures. None where there is but the image.
    """

    base: Float32[np.ndarray, "3 h w"]
    hole: Bool[np.ndarray, "h w"]
    allowed: Bool[np.ndarray, "h w"]
    inside: Bool[np.ndarray, "h w"]
    origin: Int32[np.ndarray, "3 h w"] | None

    @classmethod
    def of(
        cls,
        image: Float32[np.ndarray, "3 h w"],
        hole: Bool[np.ndarray, "h w"],
        allowed: Bool[np.ndarray, "h w"],
        references: Sequence[Reference] = (),
    ) -> "Atlas":
        """Lay an image and its references out; without references, the canvas is the image.

        Args:
            image: With what is expected in the hole.
            hole: What is to be filled of it.
            allowed: What of it may be copied.
            references: In the order in which they are laid.
        """
        if not references:
            return cls(image, hole, allowed, np.ones_like(hole), None)
        pictures = [Reference.of(image, allowed, 0), *references]
        cell = _cell(hole, sum(one.allowed.size for one in pictures))
        leads = [0, *[_whole(FRAME, cell)] * len(references)]
        blocks = [
            (_whole(lead + one.size[0] + FRAME, cell), _whole(lead + one.size[1] + FRAME, cell))
            for one, lead in zip(pictures, leads, strict=True)
        ]
        places, (height, width) = _laid_out(blocks)
        base, origin = np.zeros((3, height, width), np.float32), np.full((3, height, width), NOWHERE, np.int32)
        masks = np.zeros((3, height, width), np.bool_)
        for one, lead, block, (top, left) in zip(pictures, leads, blocks, places, strict=True):
            rows, columns = ((np.arange(block[i]) - lead).clip(0, one.size[i] - 1) for i in (0, 1))
            base[:, top : top + block[0], left : left + block[1]] = one.pixels[:, rows][:, :, columns]
            area = slice(top + lead, top + lead + one.size[0]), slice(left + lead, left + lead + one.size[1])
            origin[:, *area] = one.origin
            masks[1, *area] = one.allowed
        own = slice(hole.shape[0]), slice(hole.shape[1])
        masks[0, *own], masks[2, *own] = hole, True
        return cls(base, masks[0], masks[1], masks[2], origin)

    def told(self, places: Int32[np.ndarray, " n"]) -> Int32[np.ndarray, "n 3"]:
        """The picture, the row and the column of places in the flattened canvas."""
        if self.origin is not None:
            return self.origin.reshape(3, -1)[:, places].T
        return np.stack([np.zeros_like(places), *np.divmod(places, np.int32(self.hole.shape[1]))], axis=1)

    @property
    def visible(self) -> Bool[np.ndarray, "h w"]:
        """Where something is known: all of the image but its hole, and what may be copied of the references."""
        visible: Bool[np.ndarray, "h w"] = (self.inside | self.allowed) & ~self.hole
        return visible


def _cell(hole: Bool[np.ndarray, "h w"], area: int) -> int:
    """The side, in pixels of the finest scale, of what becomes a pixel of the coarsest, or more."""
    spans = [int(hole.any(axis).sum()) for axis in (0, 1)]
    reduction = max(min(spans) / COARSE_HOLE, math.sqrt(area / COARSE_AREA), 1)
    return int(2 ** math.ceil(math.log2(reduction)))


def _whole(length: int, cell: int) -> int:
    return -(-length // cell) * cell


def _laid_out(blocks: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Where blocks of some height and width lie, in rows of nearly the same length, and the size of the whole."""
    limit = max(math.sqrt(sum(height * width for height, width in blocks)), *(width for _, width in blocks))
    rows: list[list[int]] = [[]]
    for index, (_, width) in enumerate(blocks):
        if rows[-1] and sum(blocks[other][1] for other in rows[-1]) + width > 1.2 * limit:
            rows.append([])
        rows[-1].append(index)
    places: list[tuple[int, int]] = []
    top = longest = 0
    for row in rows:
        ends = list(accumulate(blocks[index][1] for index in row))
        places += [(top, end - blocks[index][1]) for index, end in zip(row, ends, strict=True)]
        top += max(blocks[index][0] for index in row)
        longest = max(longest, ends[-1])
    return places, (top, longest)
