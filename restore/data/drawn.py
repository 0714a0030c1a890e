"""Generated images, each drawn once and then kept in a file for all processes and all later runs."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset


class Drawn(Dataset[Tensor]):
    """Keeps what a generator of images gives, at 8 bits a value, so that each image is drawn only once.

    The file is named after what it holds: the generator with its arguments, and its first image, so that neither other
    arguments nor another version of the generator ever read it. It grows as images are asked for, serves any number of
    processes at once, and may be deleted at any time.

    Args:
        images: A generator whose `repr` tells all of its arguments; images (3, h, w) of one size, in [0, 1].
        folder: Where the file is kept; made if it is not there.
    """

    def __init__(self, images: Dataset, folder: str = "runs/drawn") -> None:
        self.images = images
        self.folder = Path(folder)

    def __len__(self) -> int:
        return len(self.images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, index: int) -> Float[Tensor, "3 h w"]:
        """Read an image, or draw it.

        Raises:
            IndexError: The generator has no such image.
            ValueError: The file cannot be written or read.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is outside a set of {len(self)} images")
        size = 1 + self._first.numel()  # of a record: a byte that says whether the pixels are there, and the pixels
        with self._opened() as file:
            record = os.pread(file, size, index * size)
        if len(record) < size or not record[0]:
            record = b"\1" + _bytes(self._first if index == 0 else self.images[index])
            with self._opened() as file:
                if os.pwrite(file, record[1:], index * size + 1) == size - 1:  # less, on a full disk
                    os.pwrite(file, record[:1], index * size)
        return torch.frombuffer(bytearray(record[1:]), dtype=torch.uint8).view(self._first.shape).float() / 255

    @cached_property
    def path(self) -> Path:
        """The file that holds the images."""
        content = hashlib.blake2b(repr(self.images).encode() + _bytes(self._first), digest_size=8)
        return self.folder / f"{type(self.images).__name__.lower()}-{content.hexdigest()}"

    @cached_property
    def _first(self) -> Float[Tensor, "3 h w"]:
        first: Tensor = self.images[0]
        return first

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                yield file
            finally:
                os.close(file)
        except OSError as error:
            reason = str(error.strerror).lower()
            raise ValueError(f"{self.path}: the images drawn cannot be kept there: {reason}") from error


def _bytes(image: Float[Tensor, "3 h w"]) -> bytes:
    return (image * 255).round().to(torch.uint8).numpy().tobytes()
