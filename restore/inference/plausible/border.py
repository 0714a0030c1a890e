"""The border of a copy, mended: no step where it meets what is visible but those that its sources have."""

import numpy as np
from jaxtyping import Bool, Float32, Int32

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.blur import blur
from restore.inference.resampling import grown

ALONG = 2.0
"""Standard deviation, in pixels, of the blur along the border: texture that differs is no step."""

INWARDS = 1.5
"""Standard deviation, in pixels, of the blur by which a shift goes on inwards."""

DEPTH = 12
"""Pixels over which it fades out."""

BESIDE = ((0, 1), (1, 0), (0, -1), (-1, 0))


def mended(
    copied: Float32[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    sources: Int32[np.ndarray, " n"],
    atlas: Atlas,
    corner: tuple[int, int],
) -> Float32[np.ndarray, "3 h w"]:
    """Shift the colours along the border of a hole so that its copies go on from their visible neighbours.

    As in Poisson editing (Perez et al. 2003, DOI 10.1145/882262.882269), steps are copied rather than colours, but only
    near the border: a copy should be its visible neighbour, plus the step between the same two pixels in the source.

    Args:
        copied: The filled image, or all of it that lies around the hole.
        hole: What was copied.
        sources: Where each of these pixels was copied from, row by row, as a place in the flattened canvas.
        atlas: The image with what is visible, and its references.
        corner: Row and column in it of the first pixel.
    """
    total, count = _missing_steps(copied, hole, sources, atlas, corner)
    reached, weight = ~hole, (count > 0).astype(np.float32)
    shift = _mean(total, count, ALONG) * weight
    mended = copied.copy()
    for depth in range(DEPTH):
        ring = grown(reached, 1) & ~reached
        shift = np.where(weight > 0, shift, _mean(shift * weight, weight, INWARDS) * ring)
        weight = np.maximum(weight, ring)
        mended += shift * (ring * np.float32(1 - depth / DEPTH))
        reached |= ring
    return mended


def window_of(hole: Bool[np.ndarray, "h w"], margin: int) -> tuple[slice, slice]:
    """The rows and the columns of the smallest rectangle around a hole, with a margin where the image has one."""
    spans = []
    for axis in (1, 0):
        where = np.flatnonzero(hole.any(axis))
        stop = min(int(where[-1]) + 1 + margin, hole.shape[1 - axis])
        spans.append(slice(max(int(where[0]) - margin, 0), stop))
    return spans[0], spans[1]


def _missing_steps(
    copied: Float32[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    sources: Int32[np.ndarray, " n"],
    atlas: Atlas,
    corner: tuple[int, int],
) -> tuple[Float32[np.ndarray, "3 h w"], Float32[np.ndarray, "h w"]]:
    """What pixels lack that have visible neighbours, summed over these neighbours, and their number."""
    visible = atlas.visible
    total, count = np.zeros_like(copied), np.zeros(hole.shape, np.float32)
    rim = hole & grown(~hole, 1)
    inner = np.argwhere(rim)
    source = np.stack(np.divmod(sources[rim[hole]], visible.shape[1]), axis=1)
    limits = np.array(hole.shape), np.array(visible.shape)
    for step in BESIDE:
        beside, beyond = inner + step, source + step
        able = ((beside >= 0) & (beside < limits[0]) & (beyond >= 0) & (beyond < limits[1])).all(1)
        own, neighbour, origin, further = (x[able].T for x in (inner, beside + corner, source, beyond))
        seen = visible[*neighbour] & visible[*further]
        row, column = own[:, seen]
        step_there = atlas.base[:, *origin[:, seen]] - atlas.base[:, *further[:, seen]]
        total[:, row, column] += atlas.base[:, *neighbour[:, seen]] + step_there - copied[:, row, column]
        count[row, column] += 1
    return total, count


def _mean(
    total: Float32[np.ndarray, "3 h w"], weight: Float32[np.ndarray, "h w"], sigma: float
) -> Float32[np.ndarray, "3 h w"]:
    mean: Float32[np.ndarray, "3 h w"] = blur(total, sigma) / blur(weight, sigma).clip(1e-6)
    return mean
