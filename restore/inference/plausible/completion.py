"""Patch completion from coarse to fine: which visible pixel each pixel of a hole is copied from."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float32, Int32

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.field import Field
from restore.inference.plausible.pyramid import RADIUS, scales_of
from restore.inference.resampling import BILINEAR, grown, resized
from restore.inference.threads import Threads

PASSES = (2, 8, 10)
"""How often a scale is searched and voted on: the finest, those in between, and the coarsest."""

SHARPNESS = (8.0, 4.0, 1.0)
"""How much the better patches are preferred at the finest scale, at the next, and at all others."""

TEXTURE_WEIGHTS = (50.0, 300.0, 3000.0)
"""What a difference of texture counts at these scales: much where it is decided what is copied, and little where."""

FINEST_RADIUS = 8
"""Radius in pixels of the random search at the finest scale, where sources are known but for that."""

TASTE = 0.2
"""Standard deviation of the logarithm of a taste for parts of the image, by which fills of different seeds differ."""

TASTE_CELLS = 5
"""Parts of the image along each axis for which there is a taste of its own."""

GUESS_TRUST = 0.03
"""What a pixel counts that has not been filled yet, and holds what is expected."""


@dataclass(frozen=True)
class Completion:
    """What a hole is copied from, in the canvas of an atlas.

    Args:
        voted: The values of all of the canvas, in the hole the mean of what the patches over each pixel say.
        sources: Where each pixel of the hole is copied from, row by row, as a place in the flattened canvas.
        error: Of each, the root mean square difference between the patch that is copied and its source.
    """

    voted: Float32[np.ndarray, "3 h w"]
    sources: Int32[np.ndarray, " n"]
    error: Float32[np.ndarray, " n"]


def complete(
    atlas: Atlas,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Completion | None:
    """Fill a hole so that every patch of it is like some visible patch of the canvas, at every scale.

    Wexler, Shechtman and Irani, "Space-time completion of video" (2007, DOI 10.1109/TPAMI.2007.60): patches look for
    the visible ones most like them, and the pixels become what the patches over them say, in turn. Filled first from
    the border inwards at the coarsest scale, as Newson et al. do (2017, DOI 10.5201/ipol.2017.189).

    Args:
        atlas: The image and its references; several holes apart are one.
        rng: Draws all that is drawn at random.
        progress: Told the passes that are done and the passes in all, from 0 on.

    Returns:
        None where no patch is visible and allowed as a whole.
    """
    scales = scales_of(atlas)
    if not scales:
        return None
    coarsest = len(scales) - 1
    passes = [PASSES[2] if level == coarsest else PASSES[min(level, 1)] for level in range(len(scales))]
    done = 0
    progress(done, sum(passes))
    field: Field | None = None
    with Threads() as threads:
        for level in reversed(range(len(scales))):
            coarser, field = field, Field(scales.pop(), rng, TEXTURE_WEIGHTS[min(level, 2)], threads)
            sharpness = SHARPNESS[min(level, 2)]
            if coarser is None:
                _fill_inwards(field)
            else:
                _inherit(field, coarser)
                coarser = None  # so that memory has room
                _align(field)
                field.vote(field.scale.hole, sharpness)
            for _ in range(passes[level]):
                field.improve(FINEST_RADIUS if level == 0 < coarsest else None)
                field.vote(field.scale.hole, sharpness)
                done += 1
                progress(done, sum(passes))
        assert field is not None
        field.patches.distances[:] = field.compare(field.active, field.patches.places)
        sources, distances = field.loudest()
    return Completion(np.moveaxis(field.scale.colours, 2, 0), sources, np.sqrt(distances))


def _fill_inwards(field: Field) -> None:
    """Fill the coarsest scale ring by ring, with a taste drawn at random; what has not been reached counts little."""
    patches, everything, left = field.patches, field.active, field.scale.hole
    draws = field.rng.standard_normal((TASTE_CELLS, TASTE_CELLS), np.float32)
    taste = np.exp(TASTE * resized(draws, (field.height, field.width), BILINEAR)).ravel()
    while left.any():
        trust = np.where(left, np.float32(GUESS_TRUST), np.float32(1)).ravel()
        field.patches = patches._replace(trust=trust, taste=taste)
        ring = left & grown(~left, 1)
        field.active = patches.numbers[field.overlapping(ring)].astype(np.int64)
        field.improve()
        field.vote(ring, 1.0)
        left = left & ~ring
    field.patches, field.active = patches, everything


def _inherit(field: Field, coarser: Field) -> None:
    """Take over the offsets of a coarser scale where they lead to what can be copied."""
    patches, above = field.patches, coarser.patches
    row, column = np.divmod(patches.centres, field.width)
    up = (row // 2).clip(RADIUS, coarser.height - 1 - RADIUS)
    beside = (column // 2).clip(RADIUS, coarser.width - 1 - RADIUS)
    which = above.numbers[up * coarser.width + beside]
    there_row, there_column = np.divmod(above.places[which.clip(0)], coarser.width)
    row += 2 * (there_row - up)
    column += 2 * (there_column - beside)
    inside = (which >= 0) & (row >= 0) & (row < field.height) & (column >= 0) & (column < field.width)
    there = row.clip(0, field.height - 1) * field.width + column.clip(0, field.width - 1)
    able = inside & patches.is_source[there]
    np.copyto(patches.places, there, where=able)
    patches.distances[:] = ~able  # until they are compared: what was drawn at random has no voice


def _align(field: Field) -> None:
    """Move what is copied from references by up to a pixel, all of one offset together, as it fits what is visible.

    A coarser scale tells places no better. What a patch deep in the hole is compared with moves with it, so that a
    search, which moves each by itself, would leave all but the border of the hole a pixel off.
    """
    patches = field.patches
    elsewhere = ~field.scale.inside.ravel()[patches.places] & (patches.distances == 0)
    if not elsewhere.any():
        return
    visible = ~field.scale.hole
    offsets, group = np.unique(np.where(elsewhere, patches.places - patches.centres, 0), return_inverse=True)
    border = np.flatnonzero(elsewhere & grown(visible, RADIUS).ravel()[patches.centres])
    trust = visible.ravel().astype(np.float32)
    best, moves = np.full(len(offsets), np.inf), np.zeros(len(offsets), np.int64)
    for down, right in sorted(product((0, 1, -1), repeat=2), key=lambda move: abs(move[0]) + abs(move[1])):
        move = down * field.width + right
        places = patches.places[border] + move
        distances = field.compare(border, places, trust)
        distances[~patches.is_source[places]] = np.inf
        totals = np.bincount(group[border], distances, len(offsets))
        moves[totals < best] = move
        best = np.minimum(best, totals)
    there = patches.places + moves[group]
    np.copyto(patches.places, there, where=elsewhere & patches.is_source[there])
