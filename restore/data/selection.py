"""Which images are trained on and which are validated on, and what tells them from others."""

from typing import Any

from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, Subset

from restore.data.folder import ImageFolder, validation_count


def divide(
    folder: str | None, limit: int | None, synthetic: Dataset[Tensor] | None, val_folder: str | None, val_share: float
) -> tuple[Dataset[Tensor], Dataset[Tensor]]:
    """The images to train on and those to validate on; the arguments are those of `RestorationData`.

    Raises:
        UserError: There are none, or too few to set some aside for validation.
    """
    images = synthetic
    if folder is not None:
        images = ImageFolder(folder)
        images = images if limit is None else images.some(limit)
    assert images is not None
    train: Dataset[Tensor]
    val: Dataset[Tensor]
    if val_folder is not None:
        train, val = images, ImageFolder(val_folder)
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
