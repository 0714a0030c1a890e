"""Where the pixels of the last few plausible fills were copied from, for who looks at them."""

import secrets
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from restore.images.picture import Picture, upright, upright_place

KEPT = 8
"""Results of which it is known."""

BYTES = 2**27
"""That all of them may take together, compressed."""


@dataclass(frozen=True)
class Copied:
    """The sources of one result, as a viewer shows it; each row of the hole is compressed by itself.

    Args:
        top: The first row that holds some of the hole.
        left: The first such column.
        rows: From there on: image, row and column of each pixel, -1 three times where nothing was copied.
    """

    top: int
    left: int
    rows: tuple[bytes, ...]

    @classmethod
    def of(
        cls, sources: Int[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], pictures: Sequence[Picture]
    ) -> "Copied":
        """Keep what `Restorer.inpaint` tells.

        Args:
            sources: As they are told, in the stored layout.
            hole: What was filled.
            pictures: The one that was filled, and those that it could be copied from beside.
        """
        if not hole.any():
            return cls(0, 0, ())
        orientation = pictures[0].orientation
        seen = upright(np.where(hole[..., None], sources, -1), orientation).astype(np.int32)
        for i, one in enumerate(pictures):
            there = seen[..., 0] == i
            place = upright_place(seen[there, 1], seen[there, 2], one.pixels.shape[:2], one.orientation)
            seen[there, 1:] = np.stack(place, -1)
        lies = upright(hole, orientation)
        (top, bottom), (left, right) = (np.flatnonzero(lies.any(axis))[[0, -1]] for axis in (1, 0))
        box = seen[top : bottom + 1, left : right + 1]
        return cls(int(top), int(left), tuple(zlib.compress(row.tobytes(), 1) for row in box))

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.rows))

    def at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Image, row and column that a pixel was copied from; None where it was not.

        Args:
            x: From the left, as a viewer shows the image.
            y: From the top.
        """
        if not 0 <= y - self.top < len(self.rows):
            return None
        row = np.frombuffer(zlib.decompress(self.rows[y - self.top]), np.int32).reshape(-1, 3)
        if not 0 <= x - self.left < len(row) or row[x - self.left, 0] < 0:
            return None
        image, source_row, source_column = row[x - self.left].tolist()
        return image, source_row, source_column


class Results:
    """The last few results by names that nobody guesses."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Copied] = OrderedDict()

    def keep(self, copied: Copied) -> str:
        """Keep the sources of a result, and forget the oldest where there are too many.

        Returns:
            By what to ask for them.
        """
        name = secrets.token_urlsafe(12)
        self._kept[name] = copied
        while len(self._kept) > KEPT or (len(self._kept) > 1 and sum(o.size for o in self._kept.values()) > BYTES):
            self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Copied | None:
        """The sources of a result; None if they are not known any more."""
        return self._kept.get(name)
