"""The grain of photographic film."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.degradations.fields import LEVEL, add_noise, draw_chance, draw_two_scales
from restore.degradations.interval import Interval
from restore.degradations.noise import WHITE
from restore.errors import check_share
from restore.observation import Observation


class Grain(NamedTuple):
    """Correlated noise of variance one, and each image's level, in [0, 1] units."""

    level: Float[Tensor, "n 1 1 1"]
    field: Float[Tensor, "n 3 h w"]


class FilmGrain(Degradation[Grain]):
    """Grain as film leaves it in a scan: correlated, strongest in the mid-tones, none at black and white; not clipped.

    At a point, film is covered by grains or it is not, so that the variance at a coverage x goes with `x * (1 - x)`
    (the Boolean model of Newson et al., "A stochastic film grain model for resolution-independent rendering", 2017,
    doi:10.1111/cgf.13159). The standard deviation is `2 * sigma * sqrt(x * (1 - x))` in each channel. Grains of two
    sizes are mixed; a drawn share of the variance is common to the channels, whose layers of dye lie over one another.
    The sigma handed on is the one that a user could compute from the noisy values: the root mean square of the
    channels', as it is within one of 255 levels of black and white for what lies at the ends of the range or beyond.

    Args:
        sigma_min: Smallest standard deviation at mid-gray in 0..255 units, at least 0.
        sigma_max: Largest standard deviation at mid-gray.
        radius_min: Smallest radius of the finer grains (standard deviation of a Gaussian blur), px, at least 0.
        radius_max: Largest radius of the finer grains, px.
        gray_share: Share of the images whose grain is the same in all channels (black and white film), in [0, 1].

    Raises:
        UserError: If a range is empty or negative, or the share leaves [0, 1].
    """

    COMMON = Interval("common", 0.0, 1.0)
    """Share of the variance that is common to the channels."""

    def __init__(
        self,
        sigma_min: float,
        sigma_max: float,
        radius_min: float = 0.4,
        radius_max: float = 1.2,
        gray_share: float = 0.3,
    ) -> None:
        self.sigma = Interval("sigma", sigma_min, sigma_max).divided_by(WHITE)
        self.radius = Interval("radius", radius_min, radius_max)
        check_share(gray_share=gray_share)
        self.gray_share = gray_share

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Grain:
        """Draw the level, the sizes of the grains, what the channels share, and the grain itself."""
        shape = (n, 1, 1, 1)
        level, radius = self.sigma.draw(shape, generator), self.radius.draw(shape, generator)
        common = self.COMMON.draw(shape, generator)
        common = common.masked_fill(draw_chance(self.gray_share, n, generator), 1)
        field = draw_two_scales(n, 4, height, width, radius, generator)
        field = common.sqrt() * field[:, :1] + (1 - common).sqrt() * field[:, 1:]
        return Grain(level, field)

    def degrade(self, observation: Observation, parameters: Grain) -> Observation:
        """Add grain of each value's own strength to what is visible."""
        level, field = (p.to(observation.degraded) for p in parameters)
        noise = level * film(observation.degraded) * field
        told = film((observation.degraded + noise).clamp(LEVEL, 1 - LEVEL))
        return add_noise(observation, noise, level * root_mean_square(told))


def film(value: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Strength of grain at each value: 1 at mid-gray, 0 at black and white and beyond."""
    return 2 * (value * (1 - value)).clamp_min(0).sqrt()


def root_mean_square(strength: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
    """One number for the channels of each pixel: that of their mean variance."""
    return strength.square().mean(1, keepdim=True).sqrt()
