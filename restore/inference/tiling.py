"""Images of any size, worked on in overlapping tiles that are blended row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from restore.errors import UserError, check_at_least

TILE = 512
"""Side of a tile in pixels, unless said otherwise."""

LEAST = 32
"""The least side of a tile that is worked with: below it, a network sees hardly more than a patch, and an image of some
megapixels takes hours."""

Window = tuple[slice, slice]
"""Rows and columns of an image."""


@dataclass(frozen=True)
class Tiling:
    """How an image is cut into overlapping square tiles whose blending weights sum to one everywhere.

    Args:
        tile: Side of a tile in pixels; an image no larger is one tile.
        overlap: Pixels that neighbours share, over which one fades into the other; less than half a tile.

    Raises:
        UserError: The overlap does not fit the tile.
    """

    tile: int
    overlap: int

    @staticmethod
    def of(tile: int = TILE, overlap: int | None = None) -> "Tiling":
        """Tiles of that size, which share an eighth of their side unless said otherwise.

        Raises:
            UserError: The tiles are smaller than `LEAST`, or the overlap does not fit them.
        """
        check_at_least(LEAST, tile=tile)
        return Tiling(tile, tile // 8 if overlap is None else overlap)

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.tile / 2:
            raise UserError(f"an overlap of {self.overlap} does not fit tiles of {self.tile} pixels")

    def spans(self, size: int) -> list[slice]:
        """The tiles along one axis, in order; evenly spread, so that none is smaller than the others."""
        if size <= self.tile:
            return [slice(0, size)]
        count = -(-(size - self.overlap) // (self.tile - self.overlap))
        starts = [round(i * (size - self.tile) / (count - 1)) for i in range(count)]
        return [slice(start, start + self.tile) for start in starts]

    def windows(self, height: int, width: int) -> list[Window]:
        """The tiles of an image, row by row; all have the same size."""
        return [(rows, columns) for rows in self.spans(height) for columns in self.spans(width)]

    def weights(self, size: int) -> list[Float32[np.ndarray, " t"]]:
        """The blending weights of each span of an axis, positive, summing to one at every pixel."""
        spans = self.spans(size)
        position = np.arange(size, dtype=np.float32) + 0.5
        total = np.zeros(size, np.float32)
        ramps = []
        for span in spans:
            from_edge = np.minimum(position[span] - span.start, span.stop - position[span])
            ramp = np.minimum(from_edge / max(self.overlap, 1), 1)
            ramps.append(ramp)
            total[span] += ramp
        return [ramp / total[span] for ramp, span in zip(ramps, spans, strict=True)]

    def blend(
        self, height: int, width: int, tiles: Iterable[Float32[np.ndarray, "n c t u"]]
    ) -> Iterator[tuple[slice, Float32[np.ndarray, "n c r w"]]]:
        """Put tiles together and give the image back in finished bands of rows, from top to bottom.

        Never more than one row of tiles is held.

        Args:
            height: Height of the image.
            width: Width of the image.
            tiles: The pixels of its `windows`, in their order.
        """
        tiles = iter(tiles)
        columns = list(zip(self.spans(width), self.weights(width), strict=True))
        rows = list(zip(self.spans(height), self.weights(height), strict=True))
        ends = [*(row.start for row, _ in rows[1:]), height]
        unfinished: np.ndarray | None = None
        for (row, row_weight), end in zip(rows, ends, strict=True):
            band: np.ndarray | None = None
            for (column, column_weight), tile in zip(columns, tiles, strict=False):  # ends with the columns
                if band is None:
                    band = np.zeros((*tile.shape[:2], row.stop - row.start, width), np.float32)
                band[..., column] += tile * (row_weight[:, None] * column_weight)
            assert band is not None
            if unfinished is not None:
                band[..., : unfinished.shape[-2], :] += unfinished
            yield slice(row.start, end), band[..., : end - row.start, :]
            unfinished = band[..., end - row.start :, :].copy()
