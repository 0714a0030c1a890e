"""Patch completion from coarse to fine: which visible pixel each pixel of a hole is copied from."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.field import Field
from restore.inference.plausible.pyramid import RADIUS, grown, scales_of
from restore.inference.plausible.votes import loudest, vote

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
    """What a hole is copied from; all of the canvas of an atlas.

    Args:
        voted: Its values, in the hole the mean of what the patches over each pixel say.
        sources: Where each pixel of the hole is copied from, as a place in the flattened canvas; for others their own.
        error: Root mean square difference between the patch that is copied and its source; 0 outside the hole.
    """

    voted: Float[Tensor, "3 h w"]
    sources: Int[Tensor, "h w"]
    error: Float[Tensor, "h w"]


def complete(
    atlas: Atlas,
    generator: torch.Generator,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Completion | None:
    """Fill a hole so that every patch of it is like some visible patch of the canvas, at every scale.

    Wexler, Shechtman and Irani, "Space-time completion of video" (2007, DOI 10.1109/TPAMI.2007.60): patches look for
    the visible ones most like them, and the pixels become what the patches over them say, in turn. Filled first from
    the border inwards at the coarsest scale, as Newson et al. do (2017, DOI 10.5201/ipol.2017.189).

    Args:
        atlas: The image and its references; several holes apart are one.
        generator: Draws all that is drawn at random, on the CPU.
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
    for level in reversed(range(len(scales))):
        coarser, field = field, Field(scales[level], generator, TEXTURE_WEIGHTS[min(level, 2)])
        sharpness = SHARPNESS[min(level, 2)]
        if coarser is None:
            _fill_inwards(field)
        else:
            _inherit(field, coarser)
            _align(field)
            vote(field, field.scale.hole, sharpness)
        for _ in range(passes[level]):
            field.improve(FINEST_RADIUS if level == 0 < coarsest else None)
            vote(field, field.scale.hole, sharpness)
            done += 1
            progress(done, sum(passes))
    assert field is not None
    field.distances = field.compare(field.active, field.places)
    sources, distances = loudest(field)
    return Completion(field.scale.values[:3], sources, distances.sqrt())


def _fill_inwards(field: Field) -> None:
    """Fill the coarsest scale ring by ring, with a taste drawn at random; what has not been reached counts little."""
    trust, taste, everything, left = field.trust, field.taste, field.active, field.scale.hole
    draws = torch.randn(1, 1, TASTE_CELLS, TASTE_CELLS, generator=field.generator)
    size = (field.height, field.width)
    field.taste = (TASTE * functional.interpolate(draws, size, mode="bilinear")).exp().flatten()
    while left.any():
        field.trust = torch.where(left, GUESS_TRUST, 1.0).flatten()
        ring = left & grown(~left, 1)
        field.active = field.index[field.overlapping(ring)]
        field.improve()
        vote(field, ring, 1.0)
        left = left & ~ring
    field.trust, field.taste, field.active = trust, taste, everything


def _inherit(field: Field, coarser: Field) -> None:
    """Take over the offsets of a coarser scale where they lead to what can be copied."""
    row, column = field.centres // field.width, field.centres % field.width
    above = (row // 2).clamp(RADIUS, coarser.height - 1 - RADIUS)
    beside = (column // 2).clamp(RADIUS, coarser.width - 1 - RADIUS)
    which = coarser.index[above * coarser.width + beside]
    place = coarser.places[which.clamp_min(0)]
    row = row + 2 * (place // coarser.width - above)
    column = column + 2 * (place % coarser.width - beside)
    inside = (which >= 0) & (row >= 0) & (row < field.height) & (column >= 0) & (column < field.width)
    there = row.clamp(0, field.height - 1) * field.width + column.clamp(0, field.width - 1)
    able = inside & field.is_source[there]
    field.places = torch.where(able, there, field.places)
    field.distances = torch.where(able, 0.0, 1.0)  # until they are compared: what was drawn at random has no voice


def _align(field: Field) -> None:
    """Move what is copied from references by up to a pixel, all of one offset together, as it fits what is visible.

    A coarser scale tells places no better. What a patch deep in the hole is compared with moves with it, so that a
    search, which moves each by itself, would leave all but the border of the hole a pixel off.
    """
    elsewhere = ~field.scale.inside.flatten()[field.places] & (field.distances == 0)
    if not elsewhere.any():
        return
    visible = ~field.scale.hole
    offsets, group = torch.unique((field.places - field.centres).where(elsewhere, 0), return_inverse=True)
    border = (elsewhere & grown(visible, RADIUS).flatten()[field.centres]).nonzero()[:, 0]
    trust, field.trust = field.trust, visible.flatten().float()
    best, moves = torch.full((len(offsets),), torch.inf), torch.zeros(len(offsets), dtype=torch.int64)
    for down, right in sorted(product((0, 1, -1), repeat=2), key=lambda move: abs(move[0]) + abs(move[1])):
        move = down * field.width + right
        places = field.places[border] + move
        distances = field.compare(border, places).where(field.is_source[places], torch.inf)
        totals = torch.zeros(len(offsets)).index_add(0, group[border], distances)
        moves, best = moves.where(totals >= best, move), best.minimum(totals)
    field.trust = trust
    there = field.places + moves[group]
    field.places = torch.where(elsewhere & field.is_source[there], there, field.places)
