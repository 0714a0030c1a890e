"""A data set that is slow to read or to draw, kept in memory after the first time."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset


class InMemory(Dataset[Tensor]):
    """Keeps what another data set gave, at 8 bits a value, so that each image is read or drawn only once.

    Each worker process of a loader keeps its own, so use few of them.

    Args:
        images: Any data set of images (3, h, w) in [0, 1] that gives the same image for the same index.
    """

    def __init__(self, images: Dataset) -> None:
        self.images = images
        self._kept: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, index: int) -> Float[Tensor, "3 h w"]:
        if index not in self._kept:
            self._kept[index] = (self.images[index] * 255).round().to(torch.uint8)
        return self._kept[index].float() / 255

    def __getstate__(self) -> dict[str, Any]:
        """Leave the images behind when the data set is sent to another process."""
        return {**self.__dict__, "_kept": {}}
