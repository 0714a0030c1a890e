"""The border of a copy, mended: no step where it meets what is visible but those that its sources have."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.blur import blur
from restore.inference.plausible.pyramid import grown

ALONG = 2.0
"""Standard deviation, in pixels, of the blur along the border: texture that differs is no step."""

INWARDS = 1.5
"""Standard deviation, in pixels, of the blur by which a shift goes on inwards."""

DEPTH = 12
"""Pixels over which it fades out."""

BESIDE = ((0, 1), (1, 0), (0, -1), (-1, 0))


def mended(
    copied: Float[Tensor, "3 h w"],
    hole: Bool[Tensor, "h w"],
    sources: Int[Tensor, "h w"],
    atlas: Atlas,
) -> Float[Tensor, "3 h w"]:
    """Shift the colours along the border of a hole so that its copies go on from their visible neighbours.

    As in Poisson editing (Perez et al. 2003, DOI 10.1145/882262.882269), steps are copied rather than colours, but only
    near the border: a copy should be its visible neighbour, plus the step between the same two pixels in the source.

    Args:
        copied: The filled image.
        hole: What was copied.
        sources: Where each pixel was copied from, as a place in the flattened canvas of the atlas.
        atlas: The image with what is visible, and its references.
    """
    total, count = _missing_steps(copied, hole, sources, atlas)
    rows, columns = window_of(hole, DEPTH)
    part = (..., rows, columns)
    reached = ~hole[rows, columns]
    weight = count[part]
    shift = _mean(total[part], weight, ALONG) * (weight > 0)
    weight = (weight > 0).float()
    mended = copied.clone()
    for depth in range(DEPTH):
        ring = grown(reached, 1) & ~reached
        shift = torch.where(weight > 0, shift, _mean(shift * weight, weight, INWARDS) * ring)
        weight = torch.where(ring, 1.0, weight)
        mended[part] += shift * ring * (1 - depth / DEPTH)
        reached = reached | ring
    return mended


def window_of(hole: Bool[Tensor, "h w"], margin: int) -> tuple[slice, slice]:
    """The rows and the columns of the smallest rectangle around a hole, with a margin."""
    spans = []
    for axis in (1, 0):
        where = hole.any(axis).nonzero()[:, 0]
        spans.append(slice(max(int(where[0]) - margin, 0), int(where[-1]) + 1 + margin))
    return spans[0], spans[1]


def _missing_steps(
    copied: Float[Tensor, "3 h w"], hole: Bool[Tensor, "h w"], sources: Int[Tensor, "h w"], atlas: Atlas
) -> tuple[Float[Tensor, "3 h w"], Float[Tensor, "1 h w"]]:
    """What pixels lack that have visible neighbours, summed over these neighbours, and their number."""
    width = atlas.hole.shape[1]
    visible = atlas.visible
    total, count = torch.zeros_like(copied), torch.zeros_like(copied[:1])
    inner = hole.nonzero()
    for step in BESIDE:
        move = torch.tensor(step)
        source = sources[hole]
        source = torch.stack([source // width, source % width], dim=1)
        beside, beyond = inner + move, source + move
        limits = torch.tensor(hole.shape), torch.tensor(visible.shape)
        able = ((beside >= 0) & (beside < limits[0]) & (beyond >= 0) & (beyond < limits[1])).all(1)
        places = torch.stack([inner, beside, source, beyond], dim=2)[able].unbind(2)
        seen = visible[tuple(places[1].T)] & visible[tuple(places[3].T)]
        (row, column), *others = (x[seen].T for x in places)
        neighbour, own, further = (atlas.base[:, x[0], x[1]] for x in others)
        total[:, row, column] += neighbour + own - further - copied[:, row, column]
        count[:, row, column] += 1
    return total, count


def _mean(total: Float[Tensor, "3 h w"], weight: Float[Tensor, "1 h w"], sigma: float) -> Float[Tensor, "3 h w"]:
    return blur(total, sigma) / blur(weight, sigma).clamp_min(1e-6)
