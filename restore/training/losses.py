"""Losses: what errors come to over regions of images; each region has its mean, so that small ones count too."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from kornia.metrics import ssim
from torch import Tensor, nn

from restore.errors import UserError

Images: TypeAlias = Float[Tensor, "n 3 h w"]
Regions: TypeAlias = Sequence[Bool[Tensor, "n 1 h w"]]
"""Of each image, what belongs to a region; the losses of all regions are added up."""


class Loss(nn.Module, ABC):
    """What the errors of images come to over the regions that count."""

    @abstractmethod
    def forward(self, prediction: Images, image: Images, regions: Regions) -> Float[Tensor, " n"]:
        """The error of each region, added up for each image; a region that an image lacks adds nothing."""


class PixelLoss(Loss):
    """An error for each pixel and channel, of which a region has the mean."""

    @abstractmethod
    def errors(self, prediction: Images, image: Images) -> Images:
        """Error of each value, 0 where the prediction is right."""

    def forward(self, prediction: Images, image: Images, regions: Regions) -> Float[Tensor, " n"]:
        """The mean error of each region, added up."""
        return region_means(self.errors(prediction, image), regions).sum(1)


class L1(PixelLoss):
    """Absolute error."""

    def errors(self, prediction: Images, image: Images) -> Images:
        """Error of each value."""
        return (prediction - image).abs()


class MSE(PixelLoss):
    """Squared error: its minimum is the mean of what could be there, which maximises PSNR and blurs."""

    def errors(self, prediction: Images, image: Images) -> Images:
        """Error of each value."""
        return (prediction - image).square()


class RMSE(MSE):
    """The root of the mean squared error of a region: the size of an error counts, as with L1, and the mean is sought.

    Squared errors, averaged over images, are mostly those of the noisiest; here noise counts by its size.

    Args:
        epsilon: Root mean square errors below about this size, in [0, 1] units, count squared.
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        super().__init__()
        self.epsilon = epsilon

    def forward(self, prediction: Images, image: Images, regions: Regions) -> Float[Tensor, " n"]:
        """The root mean square error of each region, added up."""
        means = region_means(self.errors(prediction, image), regions)
        return ((means + self.epsilon**2).sqrt() - self.epsilon).sum(1)


class SSIMLoss(PixelLoss):
    """1 - SSIM in a Gaussian window around each pixel (Wang et al. 2004, DOI 10.1109/TIP.2003.819861).

    Args:
        window_size: Side of the window in pixels, odd.
    """

    def __init__(self, window_size: int = 11) -> None:
        super().__init__()
        self.window_size = window_size

    def errors(self, prediction: Images, image: Images) -> Images:
        """Error around each value, in [0, 2]."""
        similarity: Tensor = ssim(prediction, image, self.window_size, eps=0.0)
        return 1 - similarity


class FFTLoss(Loss):
    """Absolute error of the Fourier coefficients, as in MIMO-UNet (Cho et al. 2021, arXiv 2108.05054).

    An error that a few frequencies share, such as a shade over the whole region, costs less than noise of the same
    size, and missing texture more than with a pixelwise loss. Noise costs about what it costs with `RMSE`.
    """

    def forward(self, prediction: Images, image: Images, regions: Regions) -> Float[Tensor, " n"]:
        """The mean error of the coefficients of each region, as if it were as large as the image, added up."""
        error = (prediction - image).float()
        means = []
        for region in regions:
            spectrum = torch.fft.rfft2(torch.where(region, error, 0), norm="ortho")
            share = region.float().mean((1, 2, 3)).clamp_min(1 / region[0].numel())
            means.append(spectrum.abs().mean((1, 2, 3)) / share.sqrt())
        return torch.stack(means).sum(0)


class WeightedSum(Loss):
    """A sum of losses.

    Args:
        losses: The terms.
        weights: One factor for each term.
    """

    def __init__(self, losses: Sequence[Loss], weights: Sequence[float]) -> None:
        super().__init__()
        if len(losses) != len(weights):
            raise UserError(f"{len(losses)} losses need as many weights, not {len(weights)}")
        self.losses = nn.ModuleList(losses)
        self.weights = list(weights)

    def forward(self, prediction: Images, image: Images, regions: Regions) -> Float[Tensor, " n"]:
        """The weighted sum of what each loss makes of the regions."""
        return torch.stack([weight * loss(prediction, image, regions) for loss, weight in self._terms]).sum(0)

    @property
    def _terms(self) -> Iterator[tuple[Loss, float]]:
        for loss, weight in zip(self.losses, self.weights, strict=True):
            assert isinstance(loss, Loss)
            yield loss, weight


def region_means(error: Images, regions: Regions) -> Float[Tensor, "n regions"]:
    """The mean error of each image in each region; 0 in a region that an image lacks."""
    means = [
        torch.where(region, error, 0).sum((1, 2, 3)) / (error.shape[1] * region.sum((1, 2, 3))).clamp_min(1)
        for region in regions
    ]
    return torch.stack(means, dim=1)
