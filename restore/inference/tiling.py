"""Images of any size through a network of bounded appetite: overlapping tiles, blended row by row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

TILE = 512
"""Side of a tile in pixels, unless said otherwise."""

Window = tuple[slice, slice]
"""Rows and columns of an image."""


@dataclass(frozen=True)
class Tiling:
    """How an image is cut into overlapping square tiles whose blending weights sum to one everywhere.

    Args:
        tile: Side of a tile in pixels; an image no larger is one tile.
        overlap: Pixels that neighbours share, over which one fades into the other; less than half a tile.

    Raises:
        ValueError: The tile has no pixel, or the overlap does not fit it.
    """

    tile: int
    overlap: int

    @staticmethod
    def of(tile: int = TILE, overlap: int | None = None) -> "Tiling":
        """Tiles of that size, which share an eighth of their side unless said otherwise."""
        return Tiling(tile, tile // 8 if overlap is None else overlap)

    def __post_init__(self) -> None:
        if self.tile < 1:
            raise ValueError(f"a tile has a side of at least 1 pixel, not {self.tile}")
        if not 0 <= self.overlap < self.tile / 2:
            raise ValueError(f"an overlap of {self.overlap} does not fit tiles of {self.tile} pixels")

    def spans(self, size: int) -> list[slice]:
        """The tiles along one axis, in order; evenly spread, so that none is smaller than the others."""
        if size <= self.tile:
            return [slice(0, size)]
        count = -(-(size - self.overlap) // (self.tile - self.overlap))
        starts = [round(i * (size - self.tile) / (count - 1)) for i in range(count)]
        return [slice(start, start + self.tile) for start in starts]

    def cells(self, height: int, width: int) -> Iterator[Window]:
        """Windows no larger than a tile that together are the image, without overlap."""
        for top in range(0, height, self.tile):
            for left in range(0, width, self.tile):
                yield slice(top, min(top + self.tile, height)), slice(left, min(left + self.tile, width))

    def weights(self, size: int) -> list[Float[Tensor, " t"]]:
        """The blending weights of each span of an axis, positive, summing to one at every pixel."""
        spans = self.spans(size)
        position = torch.arange(size) + 0.5
        total = torch.zeros(size)
        ramps = []
        for span in spans:
            from_edge = torch.minimum(position[span] - span.start, span.stop - position[span])
            ramp = (from_edge / max(self.overlap, 1)).clamp_max(1)
            ramps.append(ramp)
            total[span] += ramp
        return [ramp / total[span] for ramp, span in zip(ramps, spans, strict=True)]

    def blend(
        self, height: int, width: int, restore: Callable[[Window], Float[Tensor, "1 c t u"]]
    ) -> Iterator[tuple[slice, Float[Tensor, "1 c r w"]]]:
        """Restore an image tile by tile and give it back in finished bands of rows, from top to bottom.

        Never more than one row of tiles is held.

        Args:
            height: Height of the image.
            width: Width of the image.
            restore: Gives the pixels of a window.
        """
        columns = list(zip(self.spans(width), self.weights(width), strict=True))
        rows = list(zip(self.spans(height), self.weights(height), strict=True))
        pending: Tensor | None = None
        for i, (row, row_weight) in enumerate(rows):
            band: Tensor | None = None
            for column, column_weight in columns:
                pixels = restore((row, column))
                if len(rows) == len(columns) == 1:
                    yield row, pixels
                    return
                if band is None:
                    band = pixels.new_zeros(1, pixels.shape[1], row.stop - row.start, width)
                weight = row_weight[:, None] * column_weight
                band[..., column] += pixels * weight.to(pixels.device)
            assert band is not None
            if pending is not None:
                band[..., : pending.shape[-2], :] += pending
            finished = rows[i + 1][0].start if i + 1 < len(rows) else height
            yield slice(row.start, finished), band[..., : finished - row.start, :]
            pending = band[..., finished - row.start :, :].clone()
