"""Generated images, each drawn once and then kept in a file for all processes and all later runs."""

import hashlib
import logging
import os
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from restore.errors import UserError

logger = logging.getLogger(__name__)


class OnDisk(Dataset[Tensor]):
    """Keeps what a generator of images gives, at 8 bits a value, so that each image is drawn only once.

    The file is named after what it holds: the generator with its arguments, its first image, and the source code of
    this package's generators, so that neither other arguments nor another version ever read it. It grows as images are
    asked for, serves any number of processes at once, and may be deleted at any time. Where it cannot be written,
    images are drawn each time.

    Args:
        images: A generator whose `repr` tells all of its arguments; images (3, h, w) of one size, in [0, 1].
        folder: Where the file is kept; made if it is not there.

    Raises:
        UserError: The generator has no such `repr`.
    """

    def __init__(self, images: Dataset, folder: str = "runs/drawn") -> None:
        if type(images).__repr__ is object.__repr__:
            raise UserError(f"{type(images).__name__} has no __repr__ that would tell its arguments")
        self.images = images
        self.folder = Path(folder)
        self._warned = False

    def __len__(self) -> int:
        return len(self.images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, index: int) -> Float[Tensor, "3 h w"]:
        """Read an image, or draw it.

        Raises:
            IndexError: The generator has no such image.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is outside a set of {len(self)} images")
        pixels = self._read(index)
        if pixels is None:
            pixels = _bytes(self._first if index == 0 else self.images[index])
            self._keep(index, pixels)
        return torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(self._first.shape).float() / 255

    @cached_property
    def path(self) -> Path:
        """The file that holds the images."""
        digest = hashlib.blake2b(repr(self.images).encode() + _bytes(self._first), digest_size=8)
        for source in sorted(Path(__file__).parent.rglob("*.py")):
            digest.update(source.read_bytes())
        return self.folder / f"{type(self.images).__name__.lower()}-{digest.hexdigest()}"

    @cached_property
    def _first(self) -> Float[Tensor, "3 h w"]:
        first: Tensor = self.images[0]
        return first

    @property
    def _record(self) -> int:
        """Bytes of an image in the file: one that says whether its pixels are there, and they."""
        return 1 + self._first.numel()

    def _read(self, index: int) -> bytes | None:
        try:
            with self.path.open("rb") as file:
                file.seek(index * self._record)
                record = file.read(self._record)
        except OSError:
            return None  # not there yet, or out of reach: `_keep` tells
        return record[1:] if len(record) == self._record and record[0] else None

    def _keep(self, index: int, pixels: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.path.touch()
            with self.path.open("r+b") as file:
                file.seek(index * self._record + 1)
                file.write(pixels)
                file.flush()
                os.fsync(file.fileno())  # only what is there for sure is said to be there
                file.seek(index * self._record)
                file.write(b"\1")
        except OSError as error:
            if not self._warned:
                self._warned = True
                reason = str(error.strerror).lower()
                logger.warning("%s: %s; images are drawn anew each time", self.path, reason)


def _bytes(image: Float[Tensor, "3 h w"]) -> bytes:
    return (image * 255).round().to(torch.uint8).numpy().tobytes()
