"""A folder of images, whatever their format, as a data set."""

import hashlib
import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from restore.errors import FileError, UserError
from restore.images.codec import read_rgb, read_size
from restore.images.folders import find_images
from restore.images.formats import IMAGE_SUFFIXES
from restore.images.picture import ImageFileError

logger = logging.getLogger(__name__)

FINGERPRINTED = 256
"""Of so many images a fingerprint looks up the sizes."""


class ImageFolder(Dataset[Tensor]):
    """The images of a folder and of all folders in it: RGB in [0, 1], upright, each of its own size.

    A file that cannot be read is named in one warning and from then on stands for the next one that can, so that an
    epoch neither stops nor changes its length. The workers of a loader share what they know of such files.

    Args:
        folder: Where to look.
        names: Which images to take, relative to the folder; all of them without.

    Raises:
        UserError: If the folder is missing, cannot be read or has no images in it.
    """

    def __init__(self, folder: str | Path, names: Sequence[str] | None = None) -> None:
        if folder == "":
            raise UserError("an empty name is no folder")
        self.folder = Path(folder)
        self.names = self._find() if names is None else list(names)
        self._is_broken = torch.zeros(len(self.names), dtype=torch.bool)
        self._is_broken.share_memory_()  # type: ignore[no-untyped-call]

    @property
    def broken(self) -> list[str]:
        """The names of the files that turned out to be unreadable so far, in all workers."""
        return [self.names[position] for position in self._is_broken.nonzero().flatten().tolist()]

    def some(self, limit: int) -> "ImageFolder":
        """The same folder with at most that many of its images, evenly spread.

        Raises:
            UserError: That would be none.
        """
        if limit < 1:
            raise UserError(f"limit is at least 1, not {limit}")
        count = min(limit, len(self))
        return self.only([self.names[i * len(self) // count] for i in range(count)])

    def only(self, names: Sequence[str]) -> "ImageFolder":
        """The same folder with these of its images alone."""
        return ImageFolder(self.folder, names)

    def split(self, val_share: float) -> "tuple[ImageFolder, ImageFolder]":
        """Part the images by name alone into those to train on and those to validate on.

        The names are ordered by their hash and the first ones set aside. So the split is the same on every machine,
        and a new image moves at most one other from one side to the other.

        Args:
            val_share: Share of the images to set aside, in (0, 1).
        """
        groups = {self.group(name) for name in self.names}
        count = validation_count(self.groups, val_share)
        aside = set(sorted(groups, key=lambda group: hashlib.blake2b(os.fsencode(group)).digest())[:count])
        train, val = (
            [name for name in sorted(self.names) if (self.group(name) in aside) is set_aside]
            for set_aside in (False, True)
        )
        return self.only(train), self.only(val)

    @property
    def groups(self) -> int:
        """How many there are of what is set aside as a whole."""
        return len({self.group(name) for name in self.names})

    def group(self, name: str) -> str:
        """What an image belongs to that is set aside as a whole; each is on its own here."""
        return name

    def fingerprint(self) -> dict[str, Any]:
        """What tells this set of images from others, without reading all of them.

        Returns:
            `images`, their number; `bytes`, of all files; `sizes`, the smallest and the largest width x height among
            256 of them, evenly spread; `hash`, of the names and lengths of all files.
        """
        lengths = [_length(self.folder / name) for name in self.names]
        listing = "\n".join(f"{name} {length}" for name, length in zip(self.names, lengths, strict=True))
        sizes = [read_size(self.folder / name) for name in self.some(FINGERPRINTED).names]
        known = sorted((size for size in sizes if size is not None), key=math.prod)
        return {
            "images": len(self),
            "bytes": sum(lengths),
            "sizes": [f"{width} x {height}" for width, height in (known[:1] + known[-1:])],
            "hash": hashlib.blake2b(os.fsencode(listing), digest_size=8).hexdigest(),
        }

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Float[Tensor, "c h w"]:
        # Iteration by index ends with this.
        if not 0 <= index < len(self):
            raise IndexError(f"there is no image {index} among {len(self)}")
        for position in (*range(index, len(self)), *range(index)):
            if self._is_broken[position]:
                continue
            try:
                return self.read(self.names[position])
            except ImageFileError as error:
                self._is_broken[position] = True
                logger.warning("Skipped, as it cannot be read: %s", error)
        raise UserError(f"{self.folder}: none of its {len(self)} images can be read")

    def read(self, name: str) -> Float[Tensor, "c h w"]:
        """Read one image.

        Raises:
            ImageFileError: It cannot be read.
        """
        return torch.from_numpy(read_rgb(self.folder / name)).permute(2, 0, 1)

    def _find(self) -> list[str]:
        if not self.folder.is_dir():
            raise FileError(self.folder, "there is no such folder")
        try:
            return [relative.as_posix() for _, relative in find_images([self.folder])]
        except FileError as error:
            suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
            reason = f"{error.reason} (looked for {suffixes}, in the folders within it too)"
            raise FileError(error.path, reason) from error


def _length(path: Path) -> int:
    """Of a file, in bytes; 0 if it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def validation_count(n: int, val_share: float) -> int:
    """How many of `n` images are set aside for validation: their share, rounded, but some and not all of them.

    Raises:
        UserError: If the share is not in (0, 1) or there is one image only.
    """
    if not 0 < val_share < 1:
        raise UserError(f"val_share has to lie between 0 and 1, not {val_share}")
    if n < 2:
        raise UserError("One image cannot be split: give a val_folder, which may be the folder itself.")
    return min(max(round(n * val_share), 1), n - 1)
