"""Images of any size to measure on: photographs side by side, with noise, and with a hole in the middle."""

from dataclasses import dataclass
from itertools import cycle, product

import numpy as np
from jaxtyping import Bool, UInt8

from restore.errors import UserError
from restore.images.codec import read_rgb
from restore.images.folders import find_images

TILE = 512
"""The most of a photograph, in pixels each way, that is laid into a mosaic."""

SIGMA = 25 / 255
"""Standard deviation of the noise, of 1."""


@dataclass(frozen=True)
class Mosaic:
    """Photographs side by side, and again from the first when all are laid.

    Args:
        folder: Of the photographs; all are as large as the first, or larger.
        height: In pixels.
        width: In pixels.
        side: Of the hole in its middle, a square, in pixels.

    Raises:
        UserError: A photograph is smaller than the first.
    """

    folder: str
    height: int
    width: int
    side: int

    def clean(self) -> UInt8[np.ndarray, "h w 3"]:
        """The photographs."""
        paths = [path for path, _ in find_images([self.folder])]
        first = (read_rgb(paths[0])[:TILE, :TILE] * 255).round().astype(np.uint8)
        high, wide = first.shape[:2]
        image = np.empty((self.height, self.width, 3), np.uint8)
        places = product(range(0, self.height, high), range(0, self.width, wide))
        for (top, left), path in zip(places, cycle(paths), strict=False):
            part = (read_rgb(path)[:high, :wide] * 255).round().astype(np.uint8)
            if part.shape != first.shape:
                raise UserError(f"{path}: smaller than {paths[0]}, so that both make no mosaic")
            place = image[top : top + high, left : left + wide]
            place[:] = part[: place.shape[0], : place.shape[1]]
        return image

    def noisy(self) -> UInt8[np.ndarray, "h w 3"]:
        """With white noise of `SIGMA`, clipped and rounded as files are."""
        clean = self.clean()
        noise = np.random.default_rng(0).standard_normal(clean.shape, np.float32)
        noisy: UInt8[np.ndarray, "h w 3"] = (clean + 255 * SIGMA * noise).clip(0, 255).round().astype(np.uint8)
        return noisy

    def hole(self) -> Bool[np.ndarray, "h w"]:
        """True in the middle."""
        hole = np.zeros((self.height, self.width), bool)
        top, left = (self.height - self.side) // 2, (self.width - self.side) // 2
        hole[top : top + self.side, left : left + self.side] = True
        return hole
