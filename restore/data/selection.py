"""Which images are trained on and which are validated on, and what tells them from others."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, Subset

from restore.data.folder import ImageFolder, validation_count
from restore.data.partners import Partners
from restore.data.recorrupted import WithNoise
from restore.data.tiles import Tiles
from restore.errors import UserError

FEW = 4
"""Of fewer images than these, parts are set aside instead of whole ones."""


@dataclass(frozen=True)
class Noise:
    """Where the images of a folder are noisy: what each of them is learned from.

    Args:
        pairs: Folder of clean images of the same scenes.
        shots: What tells several noisy images of one scene apart.
        has_likeness: Whether each comes with noise like its own.

    Raises:
        UserError: Both are given.
    """

    pairs: str | None = None
    shots: str | None = None
    has_likeness: bool = False

    def __post_init__(self) -> None:
        if (self.pairs is not None) + (self.shots is not None) + self.has_likeness > 1:
            raise UserError("noise is learned from clean images (pairs), from shots, or from itself: one of them")

    @property
    def is_paired(self) -> bool:
        """Whether each image comes with another one of its scene."""
        return self.pairs is not None or self.shots is not None

    def images(self, folder: str, limit: int | None = None) -> ImageFolder:
        """The images of a folder; those in pairs that lie on one another, pixel by pixel.

        Args:
            folder: With images.
            limit: The most images, evenly spread.

        Raises:
            UserError: There are none, or the pairs do not fit together.
        """
        images = self._partners(folder) if self.is_paired else (WithNoise if self.has_likeness else ImageFolder)(folder)
        images = images if limit is None else images.some(limit)
        return images.aligned() if isinstance(images, Partners) else images

    def _partners(self, folder: str) -> Partners:
        if self.shots is not None:
            return Partners.of_shots(folder, self.shots)
        assert self.pairs is not None
        return Partners.with_clean(folder, self.pairs)


def divide(
    folder: str | None,
    limit: int | None,
    synthetic: Dataset[Tensor] | None,
    val_folder: str | None,
    val_share: float,
    noise: Noise,
    is_tiled: bool = False,
) -> tuple[Dataset[Tensor], Dataset[Tensor]]:
    """The images to train on and those to validate on; the arguments are those of `RestorationData`.

    Few images whose noise is learned as it came (`is_tiled`) are cut into tiles, and tiles are set aside.

    Raises:
        UserError: There are none, or too few to set some aside for validation.
    """
    images = synthetic
    if folder is not None:
        images = noise.images(folder, limit)
    assert images is not None
    train: Dataset[Tensor]
    val: Dataset[Tensor]
    if val_folder is not None:
        train, val = images, noise.images(val_folder)
    elif isinstance(images, ImageFolder) and is_tiled and images.groups < FEW:
        train, val = Tiles(images).split(val_share)
    elif isinstance(images, ImageFolder):
        train, val = images.split(val_share)
    else:
        n = len(images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length
        count = validation_count(n, val_share)
        train, val = Subset(images, range(count, n)), Subset(images, range(count))
    if folder is not None and synthetic is not None:
        train = ConcatDataset([train, synthetic])
    return train, val


def fingerprint(images: Dataset[Tensor]) -> dict[str, Any]:
    """What tells images from others, as far as it can be known without reading them all."""
    match images:
        case ImageFolder():
            return images.fingerprint()
        case ConcatDataset():
            return {"images": len(images), "parts": [fingerprint(part) for part in images.datasets]}
        case Subset():
            return {**fingerprint(images.dataset), "images": len(images)}
    return {"kind": type(images).__name__, "images": len(images)}  # type: ignore[arg-type]  # as for `divide`


def name_of(images: Dataset[Tensor], index: int) -> str:
    """What to call an image: by its file, or by its number."""
    name = images.names[index] if isinstance(images, ImageFolder) else f"image {index}"
    return name.encode(errors="replace").decode()  # a file's name may be no text at all
