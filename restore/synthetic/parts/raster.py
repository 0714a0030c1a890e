"""Print and lettering: rasters far finer than the images that show them."""

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch.nn import functional

from restore.synthetic.parts.grid import Plane


class Raster:
    """A picture on a surface, to be looked up at any point and at any fineness.

    Args:
        picture: Its sides are multiples of 16 pixels.
        width: Its width on the surface.
        height: Its height on the surface.
        smooth: Whether to look up bicubically, so that slopes are continuous.
    """

    def __init__(self, picture: Float[ndarray, "c h w"], width: float, height: float, smooth: bool = False) -> None:
        self.levels = [torch.from_numpy(picture)[None]]  # at ever half the size
        for _ in range(4):
            self.levels.append(functional.avg_pool2d(self.levels[-1], 2))
        self.width, self.height = width, height
        self.mode = "bicubic" if smooth else "bilinear"

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
        lower, share = int(level), level % 1
        fine, coarse = (
            functional.grid_sample(picture, points, mode=self.mode, padding_mode="border", align_corners=False)[0]
            for picture in self.levels[lower : lower + 2]
        )
        return np.asarray(torch.lerp(fine, coarse, share).numpy())
