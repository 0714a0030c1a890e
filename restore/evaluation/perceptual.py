"""How different two images look, by a network that learned it from people: shift-tolerant LPIPS, where installed."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

PACKAGE = "stlpips_pytorch"
"""The package whose wheel holds the weights (BSD licence). It is never imported: that would need IPython."""

INSTALL = "pip install --no-deps stlpips-pytorch==0.0.2 (its weights are read, nothing in it is run)"

FILE = "weights/vST0.0/alex_shift_tolerant.pth"

LEAST = 48
"""The smallest side, in pixels, of an image that the network can look at."""


class ShiftTolerantLPIPS(nn.Module):
    """Distance of deep features, weighted as people judged pairs of images; a shift by a pixel hardly counts.

    Ghildyal and Liu, "Shift-tolerant perceptual similarity metric" (ECCV 2022, arXiv 2207.13686): AlexNet whose strides
    are blurred, with the linear layers of LPIPS (Zhang et al. 2018, arXiv 1801.03924) trained anew.
    """

    convolutions = {  # noqa: RUF012 (of nn.Module's metaclass there is none)
        "slice1.0": (3, 64, 11, 2),
        "slice2.5": (64, 192, 5, 2),
        "slice3.9": (192, 384, 3, 1),
        "slice4.11": (384, 256, 3, 1),
        "slice5.13": (256, 256, 3, 1),
    }

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        shapes = self.convolutions.values()
        self.features = nn.ModuleList(nn.Conv2d(into, out, side, padding=pad) for into, out, side, pad in shapes)
        self.weights = nn.ParameterList(torch.zeros(1, out, 1, 1) for _, out, _, _ in shapes)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1))

    def forward(self, restored: Float[Tensor, "n 3 h w"], image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
        """The distance at every pixel, 0 for equal surroundings.

        Args:
            restored: In [0, 1], at least `LEAST` pixels each way.
            image: Of the same size.
        """
        total = torch.zeros_like(image[:, :1])
        pairs = zip(self._levels(restored), self._levels(image), self.weights, strict=True)
        for ours, true, weight in pairs:
            distance = ((_unit(ours) - _unit(true)).square() * weight).sum(1, keepdim=True)
            total += functional.interpolate(distance, size=image.shape[-2:], mode="bilinear", align_corners=False)
        return total

    def _levels(self, image: Float[Tensor, "n 3 h w"]) -> list[Float[Tensor, "n _ _ _"]]:
        x = (2 * image - 1 - self.shift) / self.scale
        levels = []
        for index, convolution in enumerate(self.features):
            if index in (1, 2):
                x = _halve(functional.max_pool2d(x, 3, 1))
            x = convolution(x)
            x = (_halve(x) if index == 0 else x).relu()
            levels.append(x)
        return levels


def weights_file() -> Path | None:
    """Where the published weights lie, if their package is installed."""
    package = find_spec(PACKAGE)
    file = Path(package.origin).parent / FILE if package and package.origin else None
    return file if file and file.is_file() else None


def unavailable() -> str | None:
    """Why there is no perceptual distance here and what to install, in one line; None if there is."""
    return (
        None if weights_file() else f"the perceptual distance needs {PACKAGE}, which is not installed here: {INSTALL}"
    )


@cache
def published() -> ShiftTolerantLPIPS:
    """The network with the published weights, which are installed, on the CPU."""
    file = weights_file()
    assert file is not None, f"the weights are in the package {PACKAGE}"
    network = ShiftTolerantLPIPS().eval()
    state = torch.load(file, map_location="cpu", weights_only=True)
    own = {"shift": state["scaling_layer.shift"], "scale": state["scaling_layer.scale"]}
    for index, name in enumerate(network.convolutions):
        own[f"features.{index}.weight"] = state[f"net.{name}.weight"]
        own[f"features.{index}.bias"] = state[f"net.{name}.bias"]
        own[f"weights.{index}"] = state[f"lin{index}.model.1.weight"]
    network.load_state_dict(own)
    return network.requires_grad_(False)


def perceptual_distance(
    restored: Float[Tensor, "n 3 h w"], image: Float[Tensor, "n 3 h w"], region: Bool[Tensor, "n 1 h w"]
) -> Float[Tensor, " n"]:
    """Mean perceptual distance over a region of each image, where the weights are installed.

    Args:
        restored: Clamped to [0, 1]; at least `LEAST` pixels each way.
        image: The truth.
        region: Where to look.
    """
    rows, columns = (_around(region.any(axis).flatten(0, 1).any(0)) for axis in (3, 2))
    with torch.inference_mode():
        distance = published()(restored[..., rows, columns].float().clamp(0, 1), image[..., rows, columns].float())
    return torch.where(region[..., rows, columns], distance, 0).sum((1, 2, 3)) / region.sum((1, 2, 3))


def _around(some: Bool[Tensor, " l"]) -> slice:
    """Where there are some along an axis, with `LEAST` pixels on either side: what lies farther changes little."""
    where = some.nonzero()[:, 0]
    return slice(max(int(where[0]) - LEAST, 0), int(where[-1]) + 1 + LEAST)


def _halve(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c _ _"]:
    """Blur with (1, 2, 1) / 4 each way and keep every second pixel; two more are mirrored at each border."""
    x = functional.pad(x, (2, 2, 2, 2), mode="reflect")
    x = (x[..., :-2:2] + 2 * x[..., 1:-1:2] + x[..., 2::2]) / 4
    return (x[..., :-2:2, :] + 2 * x[..., 1:-1:2, :] + x[..., 2::2, :]) / 4


def _unit(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    return x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)
