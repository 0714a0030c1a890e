"""The battery: every damage that the scorecard judges by, the same for all images and methods."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray
from PIL import Image
from torch import Tensor

from restore.degradations import (
    AlternateLines,
    Blobs,
    Boxes,
    BrushStrokes,
    CameraNoise,
    DeadLines,
    Degradation,
    GaussianNoise,
    HalfImage,
    Holes,
    NoiseRamp,
    OutpaintingFrame,
    PoissonGaussianNoise,
    SaltAndPepper,
    ScanNoise,
    Scratches,
    Writing,
)
from restore.errors import check_known
from restore.evaluation.jpeg_file import JpegFile
from restore.evaluation.noise import untold
from restore.images.folders import find_images
from restore.images.masks import read_mask
from restore.observation import Observation
from restore.pose import Pose
from restore.seeding import seeded_generator


@dataclass(frozen=True)
class Damage:
    """A row of the tables: damage drawn for each image by the seed, its index and the words of the row.

    Args:
        name: Unique among the rows.
        family: What it is averaged with.
        degradations: Happen one after the other.
        words: What the draws are for, unlike those of any other row; family and name, unless said otherwise.
        told: Whether sigma is known; if not, all methods have to do without.
    """

    name: str
    family: str
    degradations: Sequence[Degradation] = ()
    words: tuple[str, ...] = ()
    told: bool = True

    def degrade(self, image: Float[Tensor, "1 3 h w"], seed: int, index: int, pose: Pose | None = None) -> Observation:
        """Damage a clean image, by the seed of the scorecard and the image's place in its folder.

        In a pose, into which what the image shows has moved, holes move along; all else is of the camera, and stays.
        """
        generator = seeded_generator("scorecard", *(self.words or (self.family, self.name)), seed, index)
        observation, (height, width) = Observation.of(image), image.shape[-2:]
        for degradation in self.degradations:
            parameters = degradation.draw(1, height, width, generator)
            if isinstance(degradation, Holes):
                parameters = _moved(parameters, pose)
            observation = degradation.degrade(observation, parameters)
        return observation if self.told else untold(observation)


@dataclass(frozen=True)
class Dealt(Damage):
    """Masks dealt out to the images in turn, and scaled to each without interpolation.

    Args:
        masks: At least one, each an eighth of its size, as there may be thousands: rows packed to bits, True = hole,
            and their width in pixels.
    """

    masks: Sequence[tuple[UInt8[ndarray, "h _"], int]] = ()

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


def white_noise(sigma: float) -> Damage:
    """White Gaussian noise, not clipped, of a standard deviation in 0..255 units."""
    return Damage(f"sigma {sigma:g}", "noise", [GaussianNoise(sigma, sigma)], ("noise", f"{sigma:g}"))


def mask_folders(folder: Path, values: Sequence[int] | None = None) -> list[Damage]:
    """A row for each folder of mask files, white = hole.

    Args:
        folder: Holds masks, or folders of masks. All are read now, so that a broken one does not end a long run.
        values: For masks of labels, those that are hole, as for `restore.images.masks.read_mask`.

    Raises:
        ImageFileError: There are none, or one cannot be read.
    """
    groups: dict[str, list[tuple[UInt8[ndarray, "h _"], int]]] = {}
    for path, relative in find_images([folder]):
        name = str(relative.parent) if relative.parent.parts else folder.resolve().name
        mask = read_mask(path, values=values)
        groups.setdefault(f"masks {name}", []).append((np.packbits(mask, axis=1), mask.shape[1]))
    return [Dealt(name, "masks", masks=masks) for name, masks in groups.items()]


def _hole(family: str, holes: Holes, name: str | None = None) -> Damage:
    return Damage(name or family, family, [holes], ("hole", name or family))


_BRUSH = [
    _hole("brush", BrushStrokes(max(low, 1) / 100, (low + 10) / 100), f"brush {low}-{low + 10} %")
    for low in range(0, 60, 10)
]
_TEXT = _hole("text", Writing())
_MIDDLE = np.zeros((4, 4), dtype=bool)
_MIDDLE[1:3, 1:3] = True
_JPEG = [Damage(f"jpeg {quality:g}", "jpeg", [JpegFile(quality, quality)]) for quality in (10.0, 20.0, 40.0)]
_CAMERA = [
    Damage(f"camera, {light} light", "camera", [CameraNoise(shot, shot)], told=False)
    for light, shot in (("fair", 5e-4), ("poor", 5e-3))
]

BATTERY: Sequence[Damage] = [
    *_BRUSH,
    _hole("thin", BrushStrokes(0.03, 0.08, strokes_max=12, width_max=0.015)),
    _hole("box", Boxes(count_max=1, side_min=0.25, side_max=0.5)),
    _hole("wide", BrushStrokes(0.1, 0.25, strokes_max=2)),
    Dealt("centre", "centre", masks=[(np.packbits(_MIDDLE, axis=1), 4)]),
    _hole("blobs", Blobs()),
    _hole("half", HalfImage()),
    _hole("outpainting", OutpaintingFrame(0.1, 0.3)),
    _hole("lines", AlternateLines()),
    _hole("scratches", Scratches()),
    _TEXT,
    Damage("dead-lines", "dead-lines", [DeadLines()]),
    Damage("salt-and-pepper", "salt-and-pepper", [SaltAndPepper(0.05, 0.2)]),
    *(
        Damage(f"{hole.name} + {noise.name}", "mixed", [*hole.degradations, *noise.degradations], told=noise.told)
        for hole, noise in (
            (_BRUSH[2], white_noise(25.0)),
            (_BRUSH[4], white_noise(50.0)),
            (_TEXT, white_noise(15.0)),
            (_TEXT, _JPEG[1]),
            (_TEXT, _CAMERA[1]),
        )
    ),
    *_JPEG,
    *(replace(damage, name=f"{damage.name}, untold", told=False) for damage in _JPEG),
    *_CAMERA,
    Damage("film", "scan", [ScanNoise(10.0, 10.0, paper_share=0.0, told_share=1.0)], told=False),
    Damage("print", "scan", [ScanNoise(6.0, 6.0, paper_share=1.0, told_share=1.0)], told=False),
    Damage("print, dirt untold", "scan", [ScanNoise(6.0, 6.0, paper_share=1.0, told_share=0.0)], told=False),
    *(
        Damage(f"shot {shot:g} + read {read:g}", "poisson-gaussian", [PoissonGaussianNoise(shot, shot, read, read)])
        for shot, read in ((15.0, 3.0), (40.0, 10.0))
    ),
    *(
        Damage(f"sigma {low:g} to {high:g}", "sigma-map", [NoiseRamp(low, high)])
        for low, high in ((0.0, 25.0), (10.0, 50.0))
    ),
]
"""All damage that can be named; white noise and masks come with a level and files of the user's.

Shares of brush strokes as in Liu et al. (2018, arXiv 1804.07723), the other holes after RePaint (Lugmayr et al. 2022,
arXiv 2201.09865).
"""

FAMILIES = list(dict.fromkeys(damage.family for damage in BATTERY))


def damage_families(families: Collection[str]) -> list[Damage]:
    """The rows of some of the `FAMILIES`.

    Raises:
        UserError: There is no such family.
    """
    check_known("damage", families, FAMILIES)
    return [damage for damage in BATTERY if damage.family in families]


def damage_named(name: str) -> Damage:
    """A row of the battery.

    Raises:
        UserError: There is none of that name.
    """
    rows = {damage.name: damage for damage in BATTERY}
    check_known("damage", [name], rows)
    return rows[name]
