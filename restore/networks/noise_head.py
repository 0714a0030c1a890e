"""A small network that tells how noisy an image is around each of its pixels, from the image alone."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from restore.errors import UserError
from restore.networks.convolutional import ResidualBlock

STRIDE = 8
"""One level is told for each square of so many pixels."""

FLOOR = 0.3 / 255
"""The level of an image without noise, in [0, 1] units: about the error of rounding to 8 bits."""

TYPICAL = 8 / 255
"""The level that an untrained head tells."""


class NoiseHead(nn.Module):
    """Convolutions at strides 1, 2, 4 and 8, of which the last gives the logarithm of the noise level.

    It sees the pixels as they are, since noise and texture depend on how bright an image is, and learns from damage
    whose level is known; as in CBDNet (Guo et al. 2019, arXiv 1807.04686), whose estimator works without strides.

    Args:
        widths: Channels at strides 2, 4 and 8.

    Raises:
        UserError: These are not three.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        if len(widths) != int(math.log2(STRIDE)):
            raise UserError(f"a noise head has {int(math.log2(STRIDE))} widths, not {len(widths)}")
        layers: list[nn.Module] = [nn.Conv2d(4, widths[0], 3, padding=1)]
        for before, after in zip([widths[0], *widths], widths, strict=False):
            layers += [nn.ReLU(), nn.Conv2d(before, after, 2, stride=2), ResidualBlock(after), ResidualBlock(after)]
        self.body = nn.Sequential(*layers)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # it has one
        self.level = nn.Conv2d(widths[-1], 1, 1)
        nn.init.zeros_(self.level.weight)
        nn.init.constant_(self.level.bias, math.log(TYPICAL))  # type: ignore[arg-type]  # it has one
        self.to(memory_format=torch.channels_last)

    def forward(self, base: Float[Tensor, "n 3 h w"], hole: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 hh ww"]:
        """The logarithm of the level in [0, 1] units, of each square of `STRIDE` x `STRIDE` pixels.

        Args:
            base: The image with its holes filled; height and width are multiples of `STRIDE`.
            hole: 1 where it was filled.
        """
        level: Tensor = self.level(self.body(torch.cat([base - 0.5, hole], 1)))
        return level.float()


def spread(log_sigma: Float[Tensor, "n 1 hh ww"]) -> Float[Tensor, "n 1 h w"]:
    """The level itself, of each pixel; at most 1, whatever a network says of what it has never seen the like of."""
    even = functional.interpolate(log_sigma, scale_factor=STRIDE, mode="bilinear", align_corners=False)
    return even.clamp_max(0).exp()


def level_error(log_sigma: Float[Tensor, "n 1 hh ww"], sigma: Float[Tensor, "n 1 h w"]) -> Float[Tensor, " n"]:
    """By what factor a level is wrong, as the mean of the logarithm's distance over what is seen of each image.

    Args:
        log_sigma: From a `NoiseHead`.
        sigma: The true levels; infinite in holes, which do not count. Less than `FLOOR` is taken for that.
    """
    seen = sigma.isfinite()
    share = functional.avg_pool2d(seen.float(), STRIDE)
    square = functional.avg_pool2d(torch.where(seen, sigma, 0).square(), STRIDE) / share.clamp_min(1 / STRIDE**2)
    target = 0.5 * square.clamp_min(FLOOR**2).log()
    distance = (log_sigma - target).abs() * share
    return distance.sum((1, 2, 3)) / share.sum((1, 2, 3)).clamp_min(1 / STRIDE**2)
