"""Fields of random numbers of variance one, and how noise made of them joins an observation."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.degradations.degradation import with_error
from restore.degradations.interval import Interval
from restore.observation import Observation

LEVEL = 1 / 255
"""One step of eight bits: noise that vanishes at black or white is told as it is there, so that a pixel which the noise
pushed to the end of the range does not pass for one that is known exactly."""

NARROWEST = 0.05
"""Width below which a Gaussian kernel is a single pixel, px."""

COARSER = Interval("coarser", 1.5, 3.5)
"""Radius of the coarser of two scales in units of the finer."""

COARSE = Interval("coarse", 0.0, 0.35)
"""Share of the variance that is of the coarser scale."""


def draw_white(n: int, height: int, width: int, generator: torch.Generator, channels: int = 3) -> Float[Tensor, "..."]:
    """Draw white Gaussian noise (n, channels, height, width), on the generator's device."""
    return torch.randn((n, channels, height, width), generator=generator, device=generator.device)


def draw_chance(share: float, n: int, generator: torch.Generator) -> Bool[Tensor, "n 1 1 1"]:
    """True for about this share of the images, on the generator's device."""
    return torch.rand((n, 1, 1, 1), generator=generator, device=generator.device) < share


def draw_white_or_gray(
    n: int, height: int, width: int, gray_share: float, generator: torch.Generator
) -> Float[Tensor, "n 3 h w"]:
    """Draw white Gaussian noise that is the same in all channels in about this share of the images."""
    field = draw_white(n, height, width, generator)
    return torch.where(draw_chance(gray_share, n, generator), field[:, :1], field)


def correlate(white: Float[Tensor, "n c h w"], radius: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """Blur white noise and bring it back to variance one, which it has at the borders as well.

    Pixels at a distance d are then correlated by `exp(-d**2 / (4 * radius**2))`.

    Args:
        white: White noise of variance one.
        radius: Standard deviation of the Gaussian kernel of each image, px; at 0 the noise stays white.
    """
    return _kernel(white.shape[2], radius) @ white @ _kernel(white.shape[3], radius).mT


def draw_two_scales(
    n: int, channels: int, height: int, width: int, radius: Float[Tensor, "n 1 1 1"], generator: torch.Generator
) -> Float[Tensor, "n channels h w"]:
    """Draw correlated noise of variance one, some of it coarser than the rest.

    One Gaussian alone ends too soon: what is left of a camera's noise reaches, weakly, several times as far.

    Args:
        n: Images.
        channels: Fields for each image, independent of one another.
        height: Rows.
        width: Columns.
        radius: Standard deviation of the finer kernel of each image, px; at 0 all of the noise is white.
        generator: Draws on its device.
    """
    coarser, coarse = (share.draw((n, 1, 1, 1), generator) for share in (COARSER, COARSE))
    fine, large = (
        correlate(draw_white(n, height, width, generator, channels), scale) for scale in (radius, coarser * radius)
    )
    return (1 - coarse).sqrt() * fine + coarse.sqrt() * large


def add_noise(
    observation: Observation, noise: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 #h #w"]
) -> Observation:
    """Add noise to the visible pixels, and its level to theirs in quadrature."""
    return with_error(observation, observation.degraded + noise, sigma)


def _kernel(length: int, radius: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 1 length length"]:
    """One row for each place on an axis: what it takes of which place, of squares that sum to one."""
    place = torch.arange(length, device=radius.device)
    weight = (-((place[:, None] - place) / radius.clamp_min(NARROWEST)).square() / 2).exp()
    return weight / weight.square().sum(-1, keepdim=True).sqrt()
