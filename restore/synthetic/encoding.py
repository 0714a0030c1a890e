"""Generated images as files, drawn in this process or in several."""

import io
import time
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset


class EncodedImages(Dataset[tuple[bytes, float]]):
    """The images of another data set as PNG files of 8 bits, and the processor time that each took to draw, in seconds.

    Args:
        images: A data set of RGB images (3, h, w) in [0, 1].
    """

    def __init__(self, images: Dataset[Tensor]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, index: int) -> tuple[bytes, float]:
        start = time.process_time()
        image = self.images[index]
        seconds = time.process_time() - start
        buffer = io.BytesIO()
        pixels = (image * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
        Image.fromarray(pixels).save(buffer, format="PNG")
        return buffer.getvalue(), seconds


def encode(images: Dataset[Tensor], workers: int) -> Iterator[tuple[bytes, float]]:
    """Draw and encode all images, in order.

    Args:
        images: A data set of RGB images (3, h, w) in [0, 1].
        workers: Processes that draw, of one thread each; 0 draws in this one, with one thread too.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from DataLoader(EncodedImages(images), batch_size=None, num_workers=workers)
    finally:
        torch.set_num_threads(threads)
