"""A fill to look at: low frequencies of what fits, the rest copied from visible patches."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.blur import blur
from restore.inference.plausible.border import mended, window_of
from restore.inference.plausible.likeness import MOST, most_alike
from restore.inference.plausible.reference import NOWHERE, Reference
from restore.inference.resampling import grown

if TYPE_CHECKING:
    from restore.inference.plausible.completion import Completion

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
    """What was copied into an image, and where it came from.

    Args:
        where: The pixels that were copied.
        colours: Of these, row by row.
        sources: Of these the number of the picture that each is copied from (0 is the image, 1 the first reference),
            the row and the column there.
    """

    where: Bool[np.ndarray, "h w"]
    colours: Float32[np.ndarray, "3 n"]
    sources: Int32[np.ndarray, "n 3"]


def plausible_fill(
    expected: Float[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    allowed: Bool[np.ndarray, "h w"],
    seed: int,
    progress: Callable[[int, int], None] = lambda _, __: None,
    references: Sequence[Reference] = (),
    laid: Sequence[Reference] = (),
) -> Plausible | None:
    """Copy into the wide parts of a hole what its surroundings call for.

    Args:
        expected: The image with the hole filled as is expected.
        hole: What is to be filled.
        allowed: What may be copied; nothing of the hole is, whatever is said here.
        seed: Of all that is drawn at random.
        progress: Told the passes that are done and the passes in all, from 0 on; not called where nothing is wide.
        references: Pictures that may be copied from as well; those most like the image are.
        laid: Some of them as they lie over the image, the best first; `MOST_LAID` of these are copied from as well,
            unless patches fit far better without any.

    Returns:
        None where nothing is wide, or nothing can be copied: there the expected fill stays.
    """
    wide = wide_part(hole)
    if not wide.any():
        return None
    from restore.inference.plausible.completion import complete  # what it compiles its loops with is slow to import

    image, allowed = expected.astype(np.float32, copy=False), allowed & ~hole
    if (image == image[:1]).all():
        references = [one.in_gray() for one in references]
    found: tuple[Atlas, Completion] | None = None
    least = math.inf
    for those in [laid[:MOST_LAID], ()] if laid else [()]:
        atlas = Atlas.of(image, wide, allowed, [*those, *most_alike(image, hole, references, MOST - len(those))])
        completion = complete(atlas, np.random.default_rng(seed), progress)
        if completion is not None and (error := float(completion.error.mean())) < least / MISFIT:
            found, least = (atlas, completion), error
    if found is None:
        return None
    atlas, completion = found
    colours = _copied(atlas, completion, wide).clip(0, 1)
    return Plausible(wide, colours, atlas.told(completion.sources))


def own_places(hole: Bool[np.ndarray, "*n h w"]) -> Int32[np.ndarray, "*n h w 3"]:
    """0, the row and the column of each pixel, and `NOWHERE` in holes."""
    places = np.empty((*hole.shape, 3), np.int32)
    height, width = hole.shape[-2:]
    places[..., 0], places[..., 1], places[..., 2] = 0, np.arange(height)[:, None], np.arange(width)
    places[hole] = NOWHERE
    return places


def wide_part(hole: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The parts of a hole that are wider than `NARROW`, with what lies around them as far as half of that.

    Args:
        hole: Beyond the border of the image, nothing is known either, but neither is it a hole.
    """
    core = ~grown(~hole, NARROW // 2)
    wide: Bool[np.ndarray, "h w"] = grown(core, NARROW) & hole
    return wide


def _copied(atlas: Atlas, completion: "Completion", wide: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "3 n"]:
    """The low frequencies of what the patches say together, and all others from the source of each pixel.

    The lowest move towards what is expected, which fits to all borders of the hole, and the border is mended.

    Returns:
        The colours of the hole, pixel by pixel.
    """
    part = (..., *window_of(wide, int(3 * LOWEST)))
    hole, base, places = wide[part], atlas.base[part], completion.sources
    copied = base.copy()
    for channel, voted in enumerate(completion.voted):
        low = blur(voted, LOW)
        detail = atlas.base[channel].ravel()[places] - low.ravel()[places]
        copied[channel, hole] = low[part][hole] + detail
    copied += EXPECTED_SHARE * blur(np.where(hole, base - completion.voted[part], np.float32(0)), LOWEST)
    return mended(copied, hole, places, atlas, (part[1].start, part[2].start))[:, hole]
