"""Images of any size, worked on in overlapping tiles that are blended row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from jaxtyping import Bool, Float32

from restore.errors import UserError, check_at_least

TILE = 512
"""Side of a tile in pixels, unless said otherwise."""

LEAST = 32
"""The least side of a tile that is worked with: below it, a network sees hardly more than a patch, and an image of some
megapixels takes hours."""

STEP = 32
"""What the sides of tiles are multiples of where they can, so that few sizes are met."""

MARGIN = 64
"""Pixels around a hole that tiles show: with more, holes are filled no better (`python -m research.margins`)."""

Window = tuple[slice, slice]
"""Rows and columns of an image."""

Weighted = tuple[slice, Float32[np.ndarray, " _"]]
"""A span of an axis, and how much of each of its pixels comes from it."""


@dataclass(frozen=True)
class Band:
    """Tiles beside one another.

    Args:
        rows: Of all of them, with weights.
        columns: Of each, from left to right, with weights.
    """

    rows: Weighted
    columns: list[Weighted]


@dataclass(frozen=True)
class Tiling:
    """How an image is cut into overlapping tiles whose blending weights sum to one wherever something is to be done.

    Args:
        tile: The most that a side of a tile has, in pixels; what is to be done in an image no larger is one tile.
        overlap: Pixels that neighbours share at least, over which one fades into the other; less than half a tile.
        margin: Pixels that are seen around what is to be done, if the image has them.

    Raises:
        UserError: The overlap does not fit the tile.
    """

    tile: int
    overlap: int
    margin: int = MARGIN

    @staticmethod
    def of(tile: int = TILE, overlap: int | None = None) -> "Tiling":
        """Tiles of that size, which share an eighth of their side unless said otherwise.

        Raises:
            UserError: The tiles are smaller than `LEAST`, or the overlap does not fit them.
        """
        check_at_least(LEAST, tile=tile)
        return Tiling(tile, tile // 8 if overlap is None else overlap, min(MARGIN, tile // 4))

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.tile / 2:
            raise UserError(f"an overlap of {self.overlap} does not fit tiles of {self.tile} pixels")

    def halved(self) -> "Tiling":
        """The same with half of all lengths, which needs a quarter of the memory."""
        return Tiling(self.tile // 2, self.overlap // 2, min(self.margin, self.tile // 8))

    def spans(self, asked: Bool[np.ndarray, " size"]) -> list[slice]:
        """The tiles along one axis, in order: the fewest that see what is asked and the margin, no longer than needed.

        Args:
            asked: Where something is to be done.
        """
        stretches: list[tuple[int, int]] = []
        edges = np.flatnonzero(np.diff(asked, prepend=False, append=False)).reshape(-1, 2)
        for first, end in edges.tolist():
            start, stop = max(first - self.margin, 0), min(end + self.margin, len(asked))
            if stretches and start <= stretches[-1][1]:
                start = stretches.pop()[0]
            stretches.append((start, stop))
        return [span for stretch in stretches for span in self._cut(*stretch, len(asked))]

    def _cut(self, start: int, stop: int, size: int) -> list[slice]:
        """A stretch of an axis as spans of one length, evenly spread."""
        count = max(1, -(-(stop - start - self.overlap) // (self.tile - self.overlap)))
        side = -(-(stop - start + (count - 1) * self.overlap) // count)
        side = min(-(-side // STEP) * STEP, self.tile, size)
        start = min(start, size - side)
        room = max(stop - start - side, 0)
        starts = [start + round(i * room / max(count - 1, 1)) for i in range(count)]
        return [slice(one, one + side) for one in starts]

    def cover(self, asked: Bool[np.ndarray, "h w"]) -> list[Band]:
        """The tiles that see all that is asked, from top to bottom."""
        return [
            Band(rows, self._weighted(asked[rows[0]].any(0)))  # type: ignore[arg-type]  # numpy: a scalar, perhaps
            for rows in self._weighted(asked.any(1))  # type: ignore[arg-type]
        ]

    def _weighted(self, asked: Bool[np.ndarray, " size"]) -> list[Weighted]:
        """The spans of an axis with their weights, positive, summing to one at every pixel that any of them has."""
        position = np.arange(len(asked), dtype=np.float32) + 0.5
        total = np.zeros(len(asked), np.float32)
        spans, ramps = self.spans(asked), []
        for span in spans:
            from_edge = np.minimum(position[span] - span.start, span.stop - position[span])
            ramps.append(np.minimum(from_edge / max(self.overlap, 1), 1))
            total[span] += ramps[-1]
        return [(span, ramp / total[span]) for span, ramp in zip(spans, ramps, strict=True)]


def windows(bands: Iterable[Band]) -> list[Window]:
    """All tiles, row by row."""
    return [(band.rows[0], columns) for band in bands for columns, _ in band.columns]


def blend(
    bands: Iterable[Band], width: int, tiles: Iterable[Float32[np.ndarray, "c t u"]]
) -> Iterator[tuple[slice, Float32[np.ndarray, "c r w"]]]:
    """Put tiles together and give the image back in finished rows, from top to bottom; zero where no tile is.

    Never more than one row of tiles is held.

    Args:
        bands: Those that cover the image.
        width: Of the image, in pixels.
        tiles: The pixels of their `windows`, in that order, and whatever follows, which stays.
    """
    tiles = iter(tiles)
    bands = list(bands)
    unfinished: np.ndarray | None = None
    for band, below in zip_longest(bands, bands[1:]):
        pixels: np.ndarray | None = None
        rows, of_rows = band.rows
        for columns, of_columns in band.columns:
            tile = next(tiles)
            if pixels is None:
                pixels = np.zeros((len(tile), tile.shape[1], width), np.float32)
            pixels[..., columns] += tile * (of_rows[:, None] * of_columns)
        assert pixels is not None
        if unfinished is not None:
            pixels[:, : unfinished.shape[1]] += unfinished
        end = rows.stop if below is None else min(rows.stop, below.rows[0].start)
        yield slice(rows.start, end), pixels[:, : end - rows.start]
        unfinished = pixels[:, end - rows.start :].copy()
