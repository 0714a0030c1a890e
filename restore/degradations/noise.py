"""Noise of known statistics: white, signal-dependent, and pixels struck at random."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.degradations.degradation import Degradation, leave_some_visible
from restore.degradations.fields import add_noise, draw_white, draw_white_or_gray
from restore.degradations.interval import Interval
from restore.errors import UserError, check_share
from restore.observation import Observation

WHITE = 255.0
"""Sigmas are given in 0..255 units, as the field writes them, and divided by this once, in the constructor."""


class WhiteNoise(NamedTuple):
    """White noise of variance one, and the level to which each image's, or each pixel's, is scaled."""

    level: Float[Tensor, "n 1 #h #w"]
    field: Float[Tensor, "n 3 h w"]


class _White(Degradation[WhiteNoise]):
    def degrade(self, observation: Observation, parameters: WhiteNoise) -> Observation:
        """Add the noise to what is visible."""
        level, field = (p.to(observation.degraded) for p in parameters)
        return add_noise(observation, level * field, level)


class GaussianNoise(_White):
    """Additive white Gaussian noise, not clipped; one level for each image, drawn uniformly.

    Args:
        sigma_min: Smallest standard deviation in 0..255 units (25 is the field's usual "sigma = 25"), at least 0.
        sigma_max: Largest standard deviation in 0..255 units.
        gray_share: Share of the images whose noise is the same in all channels, as it is in gray images, in [0, 1].

    Raises:
        UserError: If the range is empty or negative, or the share leaves [0, 1].
    """

    def __init__(self, sigma_min: float, sigma_max: float, gray_share: float = 0.0) -> None:
        self.sigma = Interval("sigma", sigma_min, sigma_max).divided_by(WHITE)
        check_share(gray_share=gray_share)
        self.gray_share = gray_share

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> WhiteNoise:
        """Draw one level for each image, and the noise itself."""
        level = self.sigma.draw((n, 1, 1, 1), generator)
        return WhiteNoise(level, draw_white_or_gray(n, height, width, self.gray_share, generator))


class NoiseRamp(_White):
    """Additive white Gaussian noise, not clipped, whose level rises evenly across the image, in a drawn direction.

    As where light falls off towards a side and the gain makes up for it: sigma is known, but another at every pixel.

    Args:
        sigma_min: Standard deviation at one end, in 0..255 units, at least 0.
        sigma_max: Standard deviation at the other end, in 0..255 units.

    Raises:
        UserError: If the range is empty or negative.
    """

    def __init__(self, sigma_min: float, sigma_max: float) -> None:
        self.sigma = Interval("sigma", sigma_min, sigma_max).divided_by(WHITE)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> WhiteNoise:
        """Draw the direction in which the level rises, and the noise itself."""
        device = generator.device
        angle = 2 * torch.pi * torch.rand((n, 1, 1, 1), generator=generator, device=device)
        y, x = (torch.linspace(-1, 1, size, device=device) for size in (height, width))
        rise = (angle.sin() * y[:, None] + angle.cos() * x) / (angle.sin().abs() + angle.cos().abs())
        level = self.sigma.low + (self.sigma.high - self.sigma.low) * (1 + rise.clamp(-1, 1)) / 2
        return WhiteNoise(level, draw_white(n, height, width, generator))


class ShotAndRead(NamedTuple):
    """White noise of variance one, and the gain and the read noise that shape it, in [0, 1] units."""

    gain: Float[Tensor, "n 1 1 1"]
    read: Float[Tensor, "n 1 1 1"]
    field: Float[Tensor, "n 3 h w"]


class PoissonGaussianNoise(Degradation[ShotAndRead]):
    """Sensor noise whose variance grows with the signal, in its heteroscedastic Gaussian approximation; not clipped.

    The variance is `gain * value + read**2`, with `gain = shot**2` so that `shot` is the noise of white. After Foi et
    al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data" (2008,
    doi:10.1109/TIP.2008.2001399). The sigma handed on is the one a user could compute, who knows the sensor but not the
    clean image: from the noisy value, averaged over the channels and clamped at black.

    Args:
        shot_min: Smallest standard deviation of the shot noise at white, in 0..255 units, at least 0.
        shot_max: Largest standard deviation of the shot noise at white, in 0..255 units.
        read_min: Smallest standard deviation of the read noise, in 0..255 units. More than 0: without read noise, a
            pixel that the noise pushes to black would pass for one that is known exactly.
        read_max: Largest standard deviation of the read noise, in 0..255 units.

    Raises:
        UserError: If a range is empty or negative, or `read_min` is 0.
    """

    def __init__(self, shot_min: float, shot_max: float, read_min: float, read_max: float) -> None:
        self.shot = Interval("shot", shot_min, shot_max).divided_by(WHITE)
        self.read = Interval("read", read_min, read_max).divided_by(WHITE)
        if read_min == 0:
            raise UserError(f"read_min must be more than 0, got {read_min}")

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> ShotAndRead:
        """Draw a sensor for each image, and the noise itself."""
        gain = self.shot.draw((n, 1, 1, 1), generator).square()
        read = self.read.draw((n, 1, 1, 1), generator)
        return ShotAndRead(gain, read, draw_white(n, height, width, generator))

    def degrade(self, observation: Observation, parameters: ShotAndRead) -> Observation:
        """Add noise of each value's own variance to what is visible."""
        gain, read, field = (p.to(observation.degraded) for p in parameters)
        sigma = (gain * observation.degraded.clamp_min(0) + read.square()).sqrt()
        noise = sigma * field
        gray = (observation.degraded + noise).mean(1, keepdim=True)
        return add_noise(observation, noise, (gain * gray.clamp_min(0) + read.square()).sqrt())


class Strikes(NamedTuple):
    """Which pixels are struck, and which of those become white."""

    struck: Bool[Tensor, "n 1 h w"]
    white: Bool[Tensor, "n 1 h w"]


class SaltAndPepper(Degradation[Strikes]):
    """Single pixels, at known places, that read black or white whatever the scene: dead, hot, or lost on the way.

    A struck pixel is 0 or 1 in all channels. It says nothing of the image, so it is a hole: its sigma is infinite.

    Args:
        share_min: Smallest share of struck pixels, in [0, 0.95].
        share_max: Largest share of struck pixels, in [0, 0.95].

    Raises:
        UserError: If the range is empty or leaves [0, 0.95].
    """

    def __init__(self, share_min: float, share_max: float) -> None:
        self.share = Interval("share", share_min, share_max, ceiling=0.95)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Strikes:
        """Draw the share of each image, then strike each pixel with that probability."""
        share = self.share.draw((n, 1, 1, 1), generator)
        lot, colour = torch.rand((2, n, 1, height, width), generator=generator, device=generator.device)
        return Strikes(leave_some_visible(lot < share), colour < 0.5)

    def degrade(self, observation: Observation, parameters: Strikes) -> Observation:
        """Strike pixels, those in holes included."""
        struck, white = (p.to(observation.degraded.device) for p in parameters)
        kept = torch.where(observation.hole, 0, observation.degraded)
        return Observation(torch.where(struck, white.to(kept), kept), observation.sigma.masked_fill(struck, torch.inf))
