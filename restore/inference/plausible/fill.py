"""A fill to look at: low frequencies of what fits, the rest copied from visible patches."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.inference.plausible.blur import blur
from restore.inference.plausible.border import mended, window_of
from restore.inference.plausible.completion import Completion, complete
from restore.inference.plausible.pyramid import grown

NARROW = 8
"""Width in pixels up to which a hole gets what is expected: in strokes, that is sharp enough."""

LOW = 3.0
"""Standard deviation, in pixels, of the blur that parts low frequencies from what is copied."""

LOWEST = 16.0
"""Standard deviation, in pixels, of the blur below which the expected fill has its say."""

EXPECTED_SHARE = 0.5
"""How much of it: more would be a haze where the expected fill is wrong, as it cannot but be."""

NOWHERE = -1
"""The source of a pixel that was not copied."""


@dataclass(frozen=True)
class Plausible:
    """A fill, and where it came from.

    Args:
        filled: The image, with all holes filled.
        sources: For each pixel the row and the column that it is copied from: its own where it is visible, `NOWHERE`
            where it is filled, but not copied.
    """

    filled: Float[Tensor, "3 h w"]
    sources: Int[Tensor, "h w 2"]


def plausible_fill(
    expected: Float[Tensor, "3 h w"],
    hole: Bool[Tensor, "h w"],
    allowed: Bool[Tensor, "h w"],
    generator: torch.Generator,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Plausible:
    """Copy into the wide parts of a hole what its surroundings call for.

    Args:
        expected: The image with the hole filled as is expected.
        hole: What is to be filled.
        allowed: What may be copied; nothing of the hole is, whatever is said here.
        generator: Draws all that is drawn at random, on the CPU.
        progress: Told the passes that are done and the passes in all, from 0 on; not called where nothing is wide.
    """
    wide = wide_part(hole)
    base = expected.float()
    completion = complete(base, wide, allowed & ~hole, generator, progress) if wide.any() else None
    if completion is None:
        return Plausible(expected, own_places(hole))
    filled = torch.where(wide, _copied(base, completion, wide).clamp(0, 1).to(expected), expected)
    places = completion.sources
    sources = torch.stack([places // hole.shape[1], places % hole.shape[1]], dim=-1)
    return Plausible(filled, sources.masked_fill((hole & ~wide)[..., None], NOWHERE).int())


def own_places(hole: Bool[Tensor, "*n h w"]) -> Int[Tensor, "*n h w 2"]:
    """The row and the column of each pixel, and `NOWHERE` in holes."""
    places = (torch.arange(side, dtype=torch.int32) for side in hole.shape[-2:])
    return torch.stack(torch.meshgrid(*places, indexing="ij"), dim=-1).where(~hole[..., None], NOWHERE)


def wide_part(hole: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """The parts of a hole that are wider than `NARROW`, with what lies around them as far as half of that.

    Args:
        hole: Beyond the border of the image, nothing is known either, but neither is it a hole.
    """
    core = ~grown(~hole, NARROW // 2)
    return grown(core, NARROW) & hole


def _copied(base: Float[Tensor, "3 h w"], completion: Completion, wide: Bool[Tensor, "h w"]) -> Float[Tensor, "3 h w"]:
    """The low frequencies of what the patches say together, and all others from the source of each pixel.

    The lowest move towards what is expected, which fits to all borders of the hole, and the border is mended.
    """
    low = blur(torch.where(wide, completion.voted, base), LOW)
    copied = low + (base - low).flatten(1)[:, completion.sources.flatten()].view_as(base)
    rows, columns = window_of(wide, int(3 * LOWEST))
    away = torch.where(wide, base - completion.voted, 0)[:, rows, columns]
    copied[:, rows, columns] += EXPECTED_SHARE * blur(away, LOWEST)
    return mended(copied, base, wide, completion.sources)
