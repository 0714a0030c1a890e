"""Print and lettering: rasters far finer than the images that show them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.nn import functional

from restore.synthetic.parts.grid import Plane


@dataclass(frozen=True)
class Raster:
    """A picture on a surface, to be looked up at any point and at any fineness.

    Args:
        levels: The picture at ever half the size, the finest first.
        width: Its width on the surface.
        height: Its height on the surface.
        smooth: Whether to look up bicubically, so that slopes are continuous.
    """

    levels: tuple[Float[Tensor, "1 c _ _"], ...]
    width: float
    height: float
    smooth: bool = False

    @staticmethod
    def of(picture: Float[ndarray, "c h w"], width: float, height: float, smooth: bool = False) -> "Raster":
        """Prepare a picture; its sides have to be multiples of 16 pixels."""
        levels = [torch.from_numpy(picture)[None]]
        for _ in range(4):
            levels.append(functional.avg_pool2d(levels[-1], 2))
        return Raster(tuple(levels), width, height, smooth)

    def __call__(self, x: Plane, y: Plane, blur: float) -> Float[ndarray, "c h w"]:
        """Look up points, counted from the middle of the picture; beyond its borders it is continued.

        Args:
            x: To the right.
            y: Down.
            blur: Standard deviation of what a sample sees: it selects the level, between two of which is blended.
        """
        texel = self.width / self.levels[0].shape[-1]
        # Pixels as wide as this blur are fine enough that what happens between them does not show: 48 dB and more
        # from sampling the finest level 36 times as densely.
        level = min(max(float(np.log2(blur / texel)), 0.0), len(self.levels) - 1.001)
        points = torch.from_numpy(np.stack([x * (2 / self.width), y * (2 / self.height)], -1))[None]
        mode = "bicubic" if self.smooth else "bilinear"
        lower, share = int(level), level % 1
        fine, coarse = (
            functional.grid_sample(picture, points, mode=mode, padding_mode="border", align_corners=False)[0]
            for picture in self.levels[lower : lower + 2]
        )
        return np.asarray(torch.lerp(fine, coarse, share).numpy())
