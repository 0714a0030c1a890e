"""The families of parts."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch

from restore.seeding import seeded_generator
from restore.synthetic.parts.cable import draw_cable
from restore.synthetic.parts.coin import draw_coin
from restore.synthetic.parts.gear import draw_gear
from restore.synthetic.parts.label import draw_label
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.screw import draw_screw

Family = Literal["cable", "screw", "gear", "label", "coin"]

FAMILIES: tuple[Family, ...] = get_args(Family)

_DRAW: dict[Family, Callable[[np.random.Generator], Part]] = {
    "cable": draw_cable,
    "screw": draw_screw,
    "gear": draw_gear,
    "label": draw_label,
    "coin": draw_coin,
}


@lru_cache(maxsize=8)
def draw_part(family: Family, seed: int) -> Part:
    """Draw a part, whose every detail follows from the family and the seed.

    Args:
        family: What it is.
        seed: Another seed gives another part of the family.
    """
    return _DRAW[family](seeded_rng("part", family, seed))


def seeded_rng(*key: int | str) -> np.random.Generator:
    """A NumPy generator whose draws follow from the key alone."""
    return np.random.default_rng(torch.randint(2**32, (4,), generator=seeded_generator(*key)).tolist())
