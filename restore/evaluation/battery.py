"""The battery: every damage that the scorecard judges by, the same for all images and methods."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    DeadLines,
    Degradation,
    GaussianNoise,
    HalfImage,
    Holes,
    JpegCompression,
    NoiseRamp,
    OutpaintingFrame,
    PoissonGaussianNoise,
    SaltAndPepper,
    Scratches,
    Writing,
)
from restore.errors import UserError
from restore.images.folders import find_images
from restore.images.masks import read_mask
from restore.observation import Observation
from restore.pose import Pose
from restore.seeding import seeded_generator


class Damage(ABC):
    """One damage for all images: a row of the tables.

    Attributes:
        name: Unique among the rows.
        family: What it is averaged with.
    """

    name: str
    family: str

    @abstractmethod
    def degrade(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int, pose: Pose | None = None) -> Observation:
        """Damage an image; the same arguments give the same damage.

        Args:
            image: Clean.
            seed: Of the whole scorecard.
            index: The image's place in its folder.
            pose: How what the image shows has moved. Holes move along; all else is of the camera, and stays.
        """


@dataclass(frozen=True)
class Drawn(Damage):
    """Damage drawn for each image by the seed, its index and the words of the row.

    Args:
        name: As for `Damage`.
        family: As for `Damage`.
        degradations: Happen one after the other.
        words: What the draws are for, unlike those of any other row; family and name, unless said otherwise.
    """

    name: str
    family: str
    degradations: Sequence[Degradation]
    words: tuple[str, ...] = ()

    def degrade(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int, pose: Pose | None = None) -> Observation:
        """Damage an image."""
        generator = seeded_generator("scorecard", *(self.words or (self.family, self.name)), seed, index)
        observation, (height, width) = Observation.of(image), image.shape[-2:]
        for degradation in self.degradations:
            parameters = degradation.draw(1, height, width, generator)
            if isinstance(degradation, Holes):
                parameters = _moved(parameters, pose)
            observation = degradation.degrade(observation, parameters)
        return observation


@dataclass(frozen=True)
class Dealt(Damage):
    """Masks dealt out to the images in turn, and scaled to each without interpolation.

    Args:
        name: As for `Damage`.
        masks: At least one, each an eighth of its size, as there may be thousands: rows packed to bits, True = hole,
            and their width in pixels.
        family: As for `Damage`.
    """

    name: str
    masks: Sequence[tuple[UInt8[ndarray, "h _"], int]]
    family: str = "masks"

    def degrade(
        self,
        image: Float[Tensor, "1 3 h w"],
        seed: int,  # noqa: ARG002 (not drawn)
        index: int,
        pose: Pose | None = None,
    ) -> Observation:
        """Hide what the mask of that index hides, be it nothing or everything."""
        height, width = image.shape[-2:]
        bits, columns = self.masks[index % len(self.masks)]
        mask = Image.fromarray(np.unpackbits(bits, axis=1, count=columns))
        hole = np.asarray(mask.resize((width, height), Image.Resampling.NEAREST)) > 0
        return Observation.hide(image, _moved(torch.from_numpy(hole)[None, None], pose))


def _moved(hole: Bool[Tensor, "1 1 h w"], pose: Pose | None) -> Bool[Tensor, "1 1 h w"]:
    """A hole that has moved with the image, each of its pixels taken from the nearest."""
    if pose is None:
        return hole
    return pose.transform(Observation.hide(torch.zeros(1, 3, *hole.shape[-2:]), hole)).hole


def white_noise(sigma: float) -> Drawn:
    """White Gaussian noise, not clipped.

    Args:
        sigma: Its standard deviation in 0..255 units.
    """
    return Drawn(f"sigma {sigma:g}", "noise", [GaussianNoise(sigma, sigma)], ("noise", f"{sigma:g}"))


def mask_folders(folder: Path) -> list[Damage]:
    """A row for each folder of mask files, white = hole.

    Args:
        folder: Holds masks, or folders of masks. All are read now, so that a broken one does not end a long run.

    Raises:
        ImageFileError: There are none, or one cannot be read.
    """
    groups: dict[str, list[tuple[UInt8[ndarray, "h _"], int]]] = {}
    for path, relative in find_images([folder]):
        name = str(relative.parent) if relative.parent.parts else folder.resolve().name
        mask = read_mask(path)
        groups.setdefault(f"masks {name}", []).append((np.packbits(mask, axis=1), mask.shape[1]))
    return [Dealt(name, masks) for name, masks in groups.items()]


def _hole(family: str, holes: Holes, name: str | None = None) -> Drawn:
    return Drawn(name or family, family, [holes], ("hole", name or family))


_BRUSH = [
    _hole("brush", BrushStrokes(max(low, 1) / 100, (low + 10) / 100), f"brush {low}-{low + 10} %")
    for low in range(0, 60, 10)
]
_TEXT = _hole("text", Writing())

BATTERY: Sequence[Drawn] = [
    *_BRUSH,
    _hole("thin", BrushStrokes(0.03, 0.08, strokes_max=12, width_max=0.015)),
    _hole("box", Boxes(count_max=1, side_min=0.25, side_max=0.5)),
    _hole("half", HalfImage()),
    _hole("outpainting", OutpaintingFrame(0.1, 0.3)),
    _hole("lines", AlternateLines()),
    _hole("scratches", Scratches()),
    _TEXT,
    Drawn("dead-lines", "dead-lines", [DeadLines()]),
    Drawn("salt-and-pepper", "salt-and-pepper", [SaltAndPepper(0.05, 0.2)]),
    *(
        Drawn(f"{hole.name} + sigma {sigma:g}", "mixed", [*hole.degradations, GaussianNoise(sigma, sigma)])
        for hole, sigma in ((_BRUSH[2], 25.0), (_BRUSH[4], 50.0), (_TEXT, 15.0))
    ),
    *(Drawn(f"jpeg {quality:g}", "jpeg", [JpegCompression(quality, quality)]) for quality in (10.0, 20.0, 40.0)),
    *(
        Drawn(f"shot {shot:g} + read {read:g}", "poisson-gaussian", [PoissonGaussianNoise(shot, shot, read, read)])
        for shot, read in ((15.0, 3.0), (40.0, 10.0))
    ),
    *(
        Drawn(f"sigma {low:g} to {high:g}", "sigma-map", [NoiseRamp(low, high)])
        for low, high in ((0.0, 25.0), (10.0, 50.0))
    ),
]
"""All damage that can be named; white noise and masks come with a level and files of the user's.

Shares of brush strokes as in Liu et al. (2018, arXiv 1804.07723), the other holes after RePaint (Lugmayr et al. 2022,
arXiv 2201.09865).
"""

FAMILIES = list(dict.fromkeys(damage.family for damage in BATTERY))


def damage_families(families: Iterable[str]) -> list[Damage]:
    """The rows of some families.

    Args:
        families: From `FAMILIES`.

    Raises:
        UserError: There is no such family.
    """
    wanted = set(families)
    unknown = sorted(wanted - set(FAMILIES))
    if unknown:
        raise UserError(f"no such damage: {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    return [damage for damage in BATTERY if damage.family in wanted]


def damage_named(name: str) -> Drawn:
    """A row of the battery.

    Raises:
        UserError: There is none of that name.
    """
    for damage in BATTERY:
        if damage.name == name:
            return damage
    raise UserError(f"no such damage: {name!r}; there are {', '.join(damage.name for damage in BATTERY)}")
