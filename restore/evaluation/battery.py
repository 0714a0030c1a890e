"""The battery: every kind of damage that the scorecard judges by, each a setting that all images and methods meet."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray
from PIL import Image
from torch import Tensor

from restore.degradations import (
    AlternateLines,
    Boxes,
    BrushStrokes,
    Degradation,
    GaussianNoise,
    HalfImage,
    Holes,
    OutpaintingFrame,
    Scratches,
    Writing,
)
from restore.images.folders import find_images
from restore.images.masks import read_mask
from restore.observation import Observation
from restore.seeding import seeded_generator

Task = Literal["hole", "noise"]

HOLES: dict[str, Holes] = {
    **{f"brush {low}-{low + 10} %": BrushStrokes(max(low, 1) / 100, (low + 10) / 100) for low in range(0, 60, 10)},
    "thin": BrushStrokes(0.03, 0.08, strokes_max=12, width_max=0.015),
    "box": Boxes(count_max=1, side_min=0.25, side_max=0.5),
    "half": HalfImage(),
    "outpainting": OutpaintingFrame(0.1, 0.3),
    "lines": AlternateLines(),
    "scratches": Scratches(),
    "text": Writing(),
}
"""The drawn holes; the first word of each name is its kind. Shares of brush strokes as in Liu et al. (2018,
arXiv 1804.07723), the other kinds after RePaint (Lugmayr et al. 2022, arXiv 2201.09865)."""

KINDS = list(dict.fromkeys(name.split()[0] for name in HOLES))


class Setting(ABC):
    """One damage for all images: a row of the tables.

    Attributes:
        task: What has to be done about it.
        name: Unique within the task. Settings whose names begin with the same word are averaged over as well.
    """

    task: Task
    name: str

    @abstractmethod
    def damage(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int) -> Observation:
        """Damage an image; the same arguments give the same damage.

        Args:
            image: Clean.
            seed: Of the whole scorecard.
            index: The image's place in its folder.
        """


@dataclass(frozen=True)
class Drawn(Setting):
    """Damage drawn for each image by the seed, its index and the setting's name.

    Args:
        task: As for `Setting`.
        name: As for `Setting`.
        degradation: Draws and does it.
    """

    task: Task
    name: str
    degradation: Degradation

    def damage(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int) -> Observation:
        """Damage an image."""
        return self.degradation(image, seeded_generator("scorecard", self.task, self.name, seed, index))


@dataclass(frozen=True)
class MaskBits:
    """A mask in an eighth of its memory, for folders of thousands.

    Args:
        bits: True = hole, each row packed by itself.
        width: Pixels of a row.
    """

    bits: UInt8[ndarray, "h _"]
    width: int

    @staticmethod
    def of(mask: Bool[ndarray, "h w"]) -> "MaskBits":
        """Pack a mask."""
        return MaskBits(np.packbits(mask, axis=1), mask.shape[1])

    def scaled(self, height: int, width: int) -> Bool[Tensor, "1 1 height width"]:
        """The mask over an image of another size, without interpolation."""
        mask = Image.fromarray(np.unpackbits(self.bits, axis=1, count=self.width))
        scaled = np.asarray(mask.resize((width, height), Image.Resampling.NEAREST))
        return torch.from_numpy(scaled > 0)[None, None]


@dataclass(frozen=True)
class Dealt(Setting):
    """Masks dealt out to the images in turn, and scaled to each without interpolation.

    Args:
        name: As for `Setting`.
        masks: At least one.
    """

    name: str
    masks: list[MaskBits]
    task: Task = "hole"

    def damage(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int) -> Observation:  # noqa: ARG002 (not drawn)
        """Hide what the mask of that index hides, be it nothing or everything."""
        hole = self.masks[index % len(self.masks)].scaled(*image.shape[-2:])
        return Observation.hide(image, hole)


def drawn_holes(kinds: Iterable[str] = tuple(KINDS)) -> list[Setting]:
    """The settings of some kinds of drawn holes.

    Args:
        kinds: From `KINDS`.

    Raises:
        ValueError: There is no such kind.
    """
    wanted = set(kinds)
    unknown = sorted(wanted - set(KINDS))
    if unknown:
        raise ValueError(f"no such kind of hole: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return [Drawn("hole", name, holes) for name, holes in HOLES.items() if name.split()[0] in wanted]


def mask_folders(folder: Path) -> list[Setting]:
    """A setting for each folder of mask files, white = hole.

    Args:
        folder: Holds masks, or folders of masks. All are read now, so that a broken one does not end a long run.

    Raises:
        ImageFileError: There are none, or one cannot be read.
    """
    groups: dict[str, list[MaskBits]] = {}
    for path, relative in find_images([folder]):
        name = str(relative.parent) if relative.parent.parts else folder.resolve().name
        groups.setdefault(f"masks {name}", []).append(MaskBits.of(read_mask(path)))
    return [Dealt(name, masks) for name, masks in groups.items()]


def white_noise(sigmas: Iterable[float]) -> list[Setting]:
    """A setting for each level of white Gaussian noise, not clipped.

    Args:
        sigmas: Standard deviations in 0..255 units.
    """
    return [Drawn("noise", f"{sigma:g}", GaussianNoise(sigma, sigma)) for sigma in sigmas]
