"""The synthetic world `objects`: images of parts in known poses."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from restore.errors import UserError
from restore.pose import Pose
from restore.seeding import numpy_generator, seeded_generator
from restore.synthetic.parts.cable import Cable
from restore.synthetic.parts.coin import Coin
from restore.synthetic.parts.gear import Gear
from restore.synthetic.parts.label import Label
from restore.synthetic.parts.part import Part
from restore.synthetic.parts.scene import Scene, draw_scene
from restore.synthetic.parts.screw import Screw

Family = Literal["cable", "screw", "gear", "label", "coin"]

FAMILIES: tuple[Family, ...] = get_args(Family)

_KINDS: dict[Family, Callable[[np.random.Generator], Part]] = {
    "cable": Cable,
    "screw": Screw,
    "gear": Gear,
    "label": Label,
    "coin": Coin,
}

SHIFT = 0.25
"""Largest shift either way, as a share of the side of the image."""

SCALE = (0.5, 2.0)
"""Smallest and largest magnification."""


@lru_cache(maxsize=8)
def draw_part(family: Family, seed: int) -> Part:
    """Draw a part, whose every detail follows from the family and the seed.

    Args:
        family: What it is.
        seed: Another seed gives another part of the family.
    """
    return _KINDS[family](_rng("part", family, seed))


class Parts(Dataset[Tensor]):
    """Images of cut cables, screws, gears, labels and coins at any position, rotation and scale, drawn when asked for.

    The synthetic twin of a custom set from industry: few parts, each lying anywhere. As their poses are known, and
    `part(index)` can be drawn anew in any other, nothing about them is an interpolation. Each image is fixed by the
    seed and its index alone.

    Args:
        count: Number of images.
        size: Height and width of an image, in pixels.
        seed: Another seed gives other images of other parts.
        families: Which kinds of parts there are, in turn.
        parts: Number of different parts, each on its own table under its own lamp; without it, every image shows
            another one.
        aligned: Whether every part lies in the middle of its image, upright and at its own size.

    Raises:
        UserError: There is no family, or no part.
    """

    def __init__(
        self,
        count: int,
        size: int = 256,
        seed: int = 0,
        families: Sequence[Family] = FAMILIES,
        parts: int | None = None,
        aligned: bool = False,
    ) -> None:
        if not families:
            raise UserError("families is empty: name at least one")
        if parts is not None and parts < 1:
            raise UserError(f"parts has to be at least 1, not {parts}")
        self.count = count
        self.size = size
        self.seed = seed
        self.families = tuple(families)
        self.parts = parts
        self.aligned = aligned

    def __repr__(self) -> str:
        return f"Parts({self.count}, {self.size}, {self.seed}, {self.families}, {self.parts}, {self.aligned})"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Float[Tensor, "3 size size"]:
        return self.part(index).draw(self.pose(index), self.size, self.scene(index))[0]

    def part(self, index: int) -> Part:
        """The part that an image shows."""
        number = self._number(index)
        seed = torch.randint(2**62, (), generator=seeded_generator("objects part", self.seed, number)).item()
        return draw_part(self.families[number % len(self.families)], int(seed))

    def pose(self, index: int) -> Pose:
        """Where the part lies in an image."""
        self._number(index)
        if self.aligned:
            return Pose.identity(1)
        angle, x, y, zoom = torch.rand(4, generator=seeded_generator("objects pose", self.seed, index)).tolist()
        return Pose(
            angle=torch.tensor([360 * angle]),
            shift=SHIFT * self.size * torch.tensor([[2 * x - 1, 2 * y - 1]]),
            scale=torch.tensor([SCALE[0] * (SCALE[1] / SCALE[0]) ** zoom]),
            flip=torch.tensor([False]),
        )

    def scene(self, index: int) -> Scene:
        """The table, lamp and camera of an image."""
        scene = draw_scene(_rng("objects scene", self.seed, self._number(index)))
        return scene.later(_rng("objects moment", self.seed, index))

    def _number(self, index: int) -> int:
        """Which part an image shows, counted from 0."""
        if not 0 <= index < self.count:
            raise IndexError(f"index {index} is outside a set of {self.count} images")
        return index if self.parts is None else index % self.parts


def _rng(*key: int | str) -> np.random.Generator:
    return numpy_generator(seeded_generator(*key))
