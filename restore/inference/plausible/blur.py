"""The blur of these fills; kornia's would bring all of Lightning along, which restoring does without."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def blur(image: Float[Tensor, "c h w"], sigma: float) -> Float[Tensor, "c h w"]:
    """A Gaussian of so many pixels, cut off at three times that; the border of the image is repeated."""
    reach = int(3 * sigma)
    taps = torch.exp(-torch.arange(-reach, reach + 1).square() / (2 * sigma**2))
    taps = (taps / taps.sum()).to(image)
    blurred = functional.pad(image[:, None], (reach,) * 4, mode="replicate")
    blurred = functional.conv2d(blurred, taps.view(1, 1, -1, 1))
    return functional.conv2d(blurred, taps.view(1, 1, 1, -1))[:, 0]
