"""Where known pixels can be hidden in the shape of a hole, to see how well that is filled."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Inexact, Int

from restore.errors import NO_HOLE
from restore.images.grow import grow

Plane = Bool[np.ndarray, "_ _"]

GAP = 16
"""Pixels, in any direction, that stay visible between a probe and the hole or another probe."""

HIDDEN = 0.25
"""Share of the visible pixels around a hole that probes hide at once, at most, if there are several."""

REACH = 256
"""Pixels around a hole within which probes lie, or as many as the hole is wide: things are alike there, and tiles are
shared."""

GRID = 384
"""Side of that region in cells, at most, in which places are looked for."""

SHALLOW = 0.25
"""Depth, as a share of the hole's, of which a part of a hole still tells something of the whole."""

LEAST_SHARE = 0.5
"""Share of a hole that its parts have to be, at least."""

TOO_LARGE = "nothing of the hole's shape and depth fits beside it into what is visible"
"""What is said where too little of it does."""

MOST_PARTS = 64
"""Into how many parts a hole is cut, at most."""


@dataclass(frozen=True)
class Probe:
    """Known pixels to hide.

    Args:
        top: First row of what it covers.
        left: First column.
        shape: True where it hides a pixel.
    """

    top: int
    left: int
    shape: Plane

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the image that it covers."""
        height, width = self.shape.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


@dataclass(frozen=True)
class Probes:
    """All the probes for a hole.

    Args:
        passes: Those that are hidden at once, apart from each other and from the hole.
        is_cut: Whether they have the shapes of parts of the hole, as it fits nowhere as a whole.
        reason: Why there are none; empty if there are some.
    """

    passes: tuple[tuple[Probe, ...], ...]
    is_cut: bool
    reason: str = ""


def place_probes(hole: Plane, known: Plane, count: int, most_passes: int, rng: np.random.Generator) -> Probes:
    """Find places for probes shaped like a hole: moved, else mirrored or turned, else parts of it.

    Args:
        hole: What is to be filled.
        known: What may be hidden: no pixel of the hole, nor any of which the truth is not known.
        count: Probes wanted.
        most_passes: Sets of probes, at most; more than one only where less than half as many as wanted fit into one.
        rng: Chooses among places.
    """
    if not hole.any():
        return Probes((), False, NO_HOLE)
    region = _region(hole)
    touches = any(bool(side.any()) for side in (hole[0], hole[-1], hole[:, 0], hole[:, -1]))
    search = _Search.of(hole[region], known[region], touches)
    parts = list(search.fitting_parts()) if search.free.any() else []
    area = sum(int(part.sum()) for part in parts)
    if area < LEAST_SHARE * hole.sum():
        return Probes((), True, TOO_LARGE)
    passes: list[tuple[Probe, ...]] = []
    while len(passes) < most_passes and 2 * sum(map(len, passes)) < count:
        wanted = count - sum(map(len, passes))
        passes.append(tuple(search.place(parts, wanted, rng)))
    top, left = (span.start for span in region)
    moved = tuple(tuple(replace(one, top=top + one.top, left=left + one.left) for one in some) for some in passes)
    return Probes(moved, len(parts) > 1 or area < int(hole.sum()))


def _region(hole: Plane) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
    reach = max(REACH, int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
    spans = [slice(max(0, int(a[0]) - reach), int(a[-1]) + 1 + reach) for a in (rows, columns)]
    return spans[0], spans[1]


@dataclass(frozen=True)
class _Search:
    """A region of an image in cells of several pixels.

    Args:
        hole: In pixels, up to whole cells.
        free: In cells: True where a probe may lie.
        visible: Pixels that are known.
        cell: Side of a cell in pixels.
        touches: Whether the hole touches the border of the image.
    """

    hole: Plane
    free: Plane
    visible: int
    cell: int
    touches: bool

    @classmethod
    def of(cls, hole: Plane, known: Plane, touches: bool) -> "_Search":
        cell = -(-max(hole.shape) // GRID)
        size = [(0, -length % cell) for length in hole.shape]
        hole, visible = np.pad(hole, size), int(known.sum())
        known = np.pad(known, size)
        free = ~_cells(~known, cell) & ~grow(_cells(hole, cell), -(-GAP // cell))
        if not touches:  # nor does a probe then: at the border less is visible around it
            free[[0, -1]] = False
            free[:, [0, -1]] = False
        return cls(hole, free, visible, cell, touches)

    def depth(self, shape: Plane) -> float:
        """Mean distance to what is visible in moves to neighbours, in pixels."""
        left = _cells(shape, self.cell)
        area = total = int(left.sum())
        mode: Literal["edge", "constant"] = "edge" if self.touches and shape is self.hole else "constant"
        while left.any():
            around = np.pad(left, 1, mode=mode)
            fewer = left & around[2:, 1:-1] & around[:-2, 1:-1] & around[1:-1, 2:] & around[1:-1, :-2]
            if fewer.sum() == left.sum():
                break
            left = fewer
            total += int(left.sum())
        return self.cell * total / max(area, 1)

    def fitting_parts(self) -> Iterator[Plane]:
        """The hole, or what it is cut into until each part fits somewhere; what is too shallow then is left out."""
        parts, cuts, shallow = [_cropped(self.hole, self.cell)], 0, SHALLOW * self.depth(self.hole)
        places = _Places(self.free)
        while parts:
            part = parts.pop(0)
            if self.depth(part) < shallow:
                continue
            if next(places.of(part, self.cell), None) is not None:
                yield part
            elif cuts < MOST_PARTS and max(part.shape) > self.cell:
                cuts += 1
                parts += _halves(part, self.cell)

    def place(self, parts: list[Plane], count: int, rng: np.random.Generator) -> Iterator[Probe]:
        """Hide parts in turn, the largest first, as many as there is room for."""
        free, hidden, placed = self.free.copy(), 0, 0
        waiting = sorted(parts, key=lambda part: -int(part.sum()))
        while waiting and placed < count:
            part = waiting.pop(0)
            area = int(part.sum())
            if placed and hidden + area > HIDDEN * self.visible:
                continue
            shape, corners = next(_Places(free).of(part, self.cell), (part, None))
            if corners is None:
                continue
            row, column = rng.choice(corners)
            yield Probe(int(row) * self.cell, int(column) * self.cell, shape)
            hidden, placed = hidden + area, placed + 1
            taken, cells = np.zeros_like(free), _cells(shape, self.cell)
            taken[row : row + cells.shape[0], column : column + cells.shape[1]] = cells
            free &= ~grow(taken, -(-GAP // self.cell))
            waiting.append(part)


class _Places:
    """Finds where shapes fit, by a correlation.

    Args:
        free: Where a shape may lie.
    """

    def __init__(self, free: Plane) -> None:
        self.size = free.shape
        self.padded = [length + -length % 32 for length in free.shape]  # of small factors: fast
        self.spectrum: Inexact[np.ndarray, "_ _"] = np.fft.rfft2((~free).astype(np.float32), self.padded)

    def of(self, part: Plane, cell: int) -> Iterator[tuple[Plane, Int[np.ndarray, "_ 2"]]]:
        """The shapes that a part takes (as it is, mirrored, turned), each with the corners of where it fits, if any."""
        for turns in (0, 2, 1, 3):
            for is_mirrored in (False, True):
                shape = np.rot90(part[:, ::-1] if is_mirrored else part, turns)
                corners = self._fits(_cells(shape, cell))
                if len(corners):
                    yield shape, corners

    def _fits(self, cells: Plane) -> Int[np.ndarray, "_ 2"]:
        height, width = (a - b + 1 for a, b in zip(self.size, cells.shape, strict=True))
        if height < 1 or width < 1:
            return np.zeros((0, 2), dtype=np.int64)
        covered = np.fft.irfft2(self.spectrum * np.fft.rfft2(cells.astype(np.float32), self.padded).conj(), self.padded)
        return np.argwhere(covered[:height, :width] < 0.5)


def _cells(plane: Plane, cell: int) -> Plane:
    """Which cells hold any."""
    height, width = plane.shape
    some: Plane = np.asarray(plane.reshape(height // cell, cell, width // cell, cell).any((1, 3)))
    return some


def _cropped(plane: Plane, cell: int) -> Plane:
    """Without empty cells around it."""
    spans = []
    for axis in (1, 0):
        some = np.flatnonzero(plane.any(axis)) // cell
        spans.append(slice(int(some[0]) * cell, (int(some[-1]) + 1) * cell))
    return plane[spans[0], spans[1]]


def _halves(part: Plane, cell: int) -> list[Plane]:
    """Cut across the longer side, where half of the pixels lie on either side."""
    axis = int(part.shape[1] > part.shape[0])
    along = part.sum(1 - axis).cumsum()
    middle = int(np.searchsorted(along, along[-1] / 2)) // cell * cell
    middle = min(max(middle, cell), part.shape[axis] - cell)
    return [_cropped(half, cell) for half in np.split(part, [middle], axis) if half.any()]
