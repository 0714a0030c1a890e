"""Noise as a camera or a scanner makes it, drawn from what was measured of it."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.degradation import Degradation, with_error
from restore.degradations.grain import root_mean_square
from restore.noise_profile import NoiseProfile
from restore.observation import Observation


class ProfileNoise(Degradation[Tensor]):
    """Noise as a profile says: its variance depends on each value, and neighbours and channels share it; not clipped.

    White noise is filtered so that its autocorrelation becomes that of the profile along rows and along columns (its
    spectrum is the product of both), and a part of it is the same in all channels. The sigma handed on is the one a
    user could compute, who has the profile but not the clean image: from the noisy value, averaged over the channels
    and clamped to [0, 1].

    Args:
        profile: A file that `restore noise IMAGES -o FILE` wrote.

    Raises:
        UserError: If the file is missing, or no such profile.
    """

    def __init__(self, profile: str | Path) -> None:
        self.profile = NoiseProfile.read(profile)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Float[Tensor, "n 3 h w"]:
        """Draw noise of variance one, correlated as measured."""
        device, between = generator.device, self.profile.between
        white = torch.randn((n, 4, height, width), generator=generator, device=device)
        field = between**0.5 * white[:, :1] + (1 - between) ** 0.5 * white[:, 1:]
        down = _response(height, self.profile.down).to(device)
        across = _response(width, self.profile.across).to(device)[: width // 2 + 1]
        noise: Tensor = torch.fft.irfft2(torch.fft.rfft2(field) * down[:, None] * across, s=(height, width))
        return noise

    def degrade(self, observation: Observation, parameters: Float[Tensor, "n 3 h w"]) -> Observation:
        """Add noise of each value's own variance to what is visible."""
        image = observation.degraded
        degraded = image + self._sigma(image) * parameters.to(image)
        gray = degraded.mean(1, keepdim=True).expand_as(degraded)
        return with_error(observation, degraded, root_mean_square(self._sigma(gray)))

    def _sigma(self, image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """The level of each channel at its values."""
        slope, offset = (torch.tensor(x).to(image)[:, None, None] for x in (self.profile.slope, self.profile.offset))
        return (slope * image.clamp(0, 1) + offset).clamp_min(0).sqrt()


def _response(size: int, correlation: tuple[float, ...]) -> Float[Tensor, " size"]:
    """What a filter does to each frequency of a periodic axis, to give white noise an autocorrelation.

    What no noise can have (a negative power) becomes 0, and the variance stays one.
    """
    frequency = 2 * torch.pi * torch.arange(size) / size
    power = torch.ones(size)
    for lag, value in enumerate(correlation, 1):
        power += 2 * value * torch.cos(lag * frequency)
    power = power.clamp_min(0)
    return (power / power.mean()).sqrt()
