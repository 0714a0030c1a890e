"""The convolutional path that both networks for restoration share: a residual U-Net without normalisation."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from restore.errors import UserError

Layer = TypeVar("Layer", bound=nn.Module)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a ReLU, added to the input; starts as the identity.

    No biases: what passes through then scales with the image, which helps a denoiser with noise levels that it has
    not seen (Mohan et al. 2020, arXiv 1906.05478).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Float[Tensor, "n d h w"]) -> Float[Tensor, "n d h w"]:
        """Refine a feature map."""
        change: Tensor = self.second(torch.relu(self.first(x)))
        return x + change


def _blocks(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(depth)))


class DetailStream(nn.Module):
    """Features at strides 1, 2, 4 … and back, with skips; context from elsewhere joins at the coarsest stride.

    Args:
        in_channels: Channels of the input map.
        widths: Channels at each stride, finest first.
        depths: Residual blocks at each stride, on the way down and again on the way up; at the coarsest stride they
            come once before the context joins and once after.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        if len(widths) != len(depths):
            raise UserError(f"widths and depths must be of one length, not {len(widths)} and {len(depths)}")
        self.stride = 2 ** (len(widths) - 1)
        self.stem = nn.Conv2d(in_channels, widths[0], 3, padding=1, bias=False)
        self.down = nn.ModuleList(_blocks(width, depth) for width, depth in zip(widths, depths, strict=True))
        self.up = nn.ModuleList(_blocks(width, depth) for width, depth in zip(widths, depths, strict=True))
        steps = list(pairwise(widths))
        self.shrink = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2, bias=False) for fine, coarse in steps)
        self.grow = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2, bias=False) for fine, coarse in steps)
        self.to(memory_format=torch.channels_last)  # up to twice as fast, on CPUs and GPUs

    def forward(
        self, x: Float[Tensor, "n c h w"], context: Float[Tensor, "n d hh ww"] | None = None
    ) -> Float[Tensor, "n d0 h w"]:
        """Features at full resolution.

        Args:
            x: Height and width are multiples of the coarsest stride.
            context: Added to the features at the coarsest stride.
        """
        x = self.stem(x)
        skips = []
        for down, shrink in zip(self.down, self.shrink, strict=False):
            x = down(x)
            skips.append(x)
            x = shrink(x)
        x = self.down[-1](x)
        if context is not None:
            x = x + context
        x = self.up[-1](x)
        for up, grow, skip in zip(reversed(self.up[:-1]), reversed(self.grow), reversed(skips), strict=True):
            x = up(grow(x) + skip)
        return x


def zero(layer: Layer) -> Layer:
    """Start a layer with weights of zero: what it adds to begins as it would be without it."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
