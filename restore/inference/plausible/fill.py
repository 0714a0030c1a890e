"""A fill to look at: low frequencies of what fits, the rest copied from visible patches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.blur import blur
from restore.inference.plausible.border import mended, window_of
from restore.inference.plausible.completion import Completion, complete
from restore.inference.plausible.likeness import MOST, most_alike
from restore.inference.plausible.pyramid import grown
from restore.inference.plausible.reference import NOWHERE, Reference, places_in

NARROW = 8
"""Width in pixels up to which a hole gets what is expected: in strokes, that is sharp enough."""

LOW = 3.0
"""Standard deviation, in pixels, of the blur that parts low frequencies from what is copied."""

LOWEST = 16.0
"""Standard deviation, in pixels, of the blur below which the expected fill has its say."""

EXPECTED_SHARE = 0.5
"""How much of it: more would be a haze where the expected fill is wrong, as it cannot but be."""

MOST_LAID = 3
"""References that are copied from as they lie over an image."""

MISFIT = 1.6
"""How much better patches have to fit without these for the fill to do without them. In 18 holes over screws, coins and
gears they fitted at most 1.3 times better; where a frame stays and what is in it moves, two to seven times."""


@dataclass(frozen=True)
class Plausible:
    """A fill, and where it came from.

    Args:
        filled: The image, with all holes filled.
        sources: For each pixel the number of the picture that it is copied from (0 is the image, 1 the first
            reference), the row and the column there: its own where it is visible, `NOWHERE` where it is filled, but not
            copied.
    """

    filled: Float[Tensor, "3 h w"]
    sources: Int[Tensor, "h w 3"]


def plausible_fill(
    expected: Float[Tensor, "3 h w"],
    hole: Bool[Tensor, "h w"],
    allowed: Bool[Tensor, "h w"],
    generator: torch.Generator,
    progress: Callable[[int, int], None] = lambda _, __: None,
    references: Sequence[Reference] = (),
    laid: Sequence[Reference] = (),
) -> Plausible:
    """Copy into the wide parts of a hole what its surroundings call for.

    Args:
        expected: The image with the hole filled as is expected.
        hole: What is to be filled.
        allowed: What may be copied; nothing of the hole is, whatever is said here.
        generator: Draws all that is drawn at random, on the CPU.
        progress: Told the passes that are done and the passes in all, from 0 on; not called where nothing is wide.
        references: Pictures that may be copied from as well; those most like the image are.
        laid: Some of them as they lie over the image, the best first; `MOST_LAID` of these are copied from as well,
            unless patches fit far better without any.
    """
    image = Reference.of(expected.float(), allowed & ~hole, 0)
    wide = wide_part(hole)
    if not wide.any():
        return Plausible(expected, own_places(hole))
    if (image.pixels == image.pixels[:1]).all():
        references = [one.in_gray() for one in references]
    found: tuple[Atlas, Completion] | None = None
    least, start = torch.inf, generator.get_state()
    for those in [laid[:MOST_LAID], ()] if laid else [()]:
        generator.set_state(start)
        atlas = Atlas.of(image, wide, [*those, *most_alike(image, hole, references, MOST - len(those))])
        completion = complete(atlas, generator, progress)
        if completion is not None and (error := float(completion.error[atlas.hole].mean())) < least / MISFIT:
            found, least = (atlas, completion), error
    if found is None:
        return Plausible(expected, own_places(hole))
    atlas, completion = found
    filled = torch.where(wide, _copied(atlas, completion, wide).clamp(0, 1).to(expected), expected)
    sources = atlas.origin.flatten(1)[:, _of_image(completion.sources, wide)].movedim(0, -1)
    return Plausible(filled, sources.masked_fill((hole & ~wide)[..., None], NOWHERE))


def own_places(hole: Bool[Tensor, "*n h w"]) -> Int[Tensor, "*n h w 3"]:
    """0, the row and the column of each pixel, and `NOWHERE` in holes."""
    return places_in(hole.shape[-2], hole.shape[-1], 0).movedim(0, -1).where(~hole[..., None], NOWHERE)


def wide_part(hole: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """The parts of a hole that are wider than `NARROW`, with what lies around them as far as half of that.

    Args:
        hole: Beyond the border of the image, nothing is known either, but neither is it a hole.
    """
    core = ~grown(~hole, NARROW // 2)
    return grown(core, NARROW) & hole


def _copied(atlas: Atlas, completion: Completion, wide: Bool[Tensor, "h w"]) -> Float[Tensor, "3 h w"]:
    """The low frequencies of what the patches say together, and all others from the source of each pixel.

    The lowest move towards what is expected, which fits to all borders of the hole, and the border is mended.
    """
    base, voted = _of_image(atlas.base, wide), _of_image(completion.voted, wide)
    sources = _of_image(completion.sources, wide)
    low = blur(torch.where(wide, voted, base), LOW)
    detail = base - low
    if atlas.base.shape != base.shape:
        details = atlas.base - blur(atlas.base, LOW)
        details[:, : wide.shape[0], : wide.shape[1]] = detail
        detail = details
    copied = base.clone()
    copied[:, wide] = low[:, wide] + detail.flatten(1)[:, sources[wide]]
    rows, columns = window_of(wide, int(3 * LOWEST))
    away = torch.where(wide, base - voted, 0)[:, rows, columns]
    copied[:, rows, columns] += EXPECTED_SHARE * blur(away, LOWEST)
    return mended(copied, wide, sources, atlas)


def _of_image(canvas: Shaped[Tensor, "*c hh ww"], wide: Bool[Tensor, "h w"]) -> Shaped[Tensor, "*c h w"]:
    """What a canvas has where its image lies."""
    return canvas[..., : wide.shape[0], : wide.shape[1]]
