"""The blur of these fills; kornia's would bring all of Lightning along, which restoring does without."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

BAND = 256
"""Rows that are blurred at once: a convolution of few channels may need several times the memory of its input."""


def blur(image: Float[Tensor, "c h w"], sigma: float) -> Float[Tensor, "c h w"]:
    """A Gaussian of so many pixels, cut off at three times that; the border of the image is repeated."""
    reach, height = int(3 * sigma), image.shape[1]
    taps = torch.exp(-torch.arange(-reach, reach + 1).square() / (2 * sigma**2))
    taps = (taps / taps.sum()).to(image)
    blurred = torch.empty_like(image)
    for start in range(0, height, BAND):
        stop = min(start + BAND, height)
        rows = torch.arange(start - reach, stop + reach, device=image.device).clamp(0, height - 1)
        band = functional.pad(image[:, None, rows], (reach, reach, 0, 0), mode="replicate")
        band = functional.conv2d(band, taps.view(1, 1, -1, 1))
        blurred[:, start:stop] = functional.conv2d(band, taps.view(1, 1, 1, -1))[:, 0]
    return blurred
