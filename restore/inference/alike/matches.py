"""The references that have what surrounds a hole, and where."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32

from restore.inference.alike.placement import Placement, View
from restore.inference.alike.refinement import refined
from restore.inference.alike.search import search
from restore.inference.plausible.border import window_of
from restore.inference.plausible.reference import Reference

SMALL = 40
"""The longer side, in pixels, of what is searched."""

LARGER = (96, 192, 384, 768)
"""The longer side of what is compared to refine a placement, in pixels, one after the other."""

CANDIDATES = 24
"""Placements that are refined."""

MOST = 6
"""Placements that are told, each of another reference."""

AROUND = 3.0
"""How far from a hole an image is looked at, in radii of the hole."""

LEAST_AROUND = 64
"""Pixels around a hole that are looked at in any case."""

CHANCE = 0.7
"""The error from which on a likeness is one by chance: references that show something else come to 0.8 and more."""


def matches_of(
    pixels: Float32[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    seen: Bool[np.ndarray, "h w"],
    references: Sequence[Reference],
) -> list[Placement]:
    """The best placement of each reference that has what surrounds a hole, the best first.

    Args:
        pixels: The image; what is not seen does not matter.
        hole: What is to be filled; of it the wide parts.
        seen: Where something is known of the image.
        references: To look through; their numbers are their places here.
    """
    radius = math.sqrt(float(hole.sum()) / math.pi)
    window = window_of(hole, max(int(AROUND * radius), LEAST_AROUND))
    part = pixels[:, *window], hole[window], seen[window]
    side = max(part[1].shape)
    view = View.of(*part, max(side / SMALL, 1.0))
    found = search(view, references, CANDIDATES)
    for level, larger in enumerate(LARGER):
        view = View.of(*part, max(side / larger, 1.0))
        found = sorted((refined(one, view, references[one.number]) for one in found), key=lambda one: one.error)
        if not level:
            first = {one.number: one for one in reversed(found)}
            found = [one for one in found if first[one.number] is one and math.isfinite(one.error)][: MOST + 2]
        if side <= larger:
            break
    return [one for one in found if one.error < CHANCE][:MOST]
