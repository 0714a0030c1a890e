"""Noise of finished pictures: coarse colour beside finer gray, both as strong as the signal makes them."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.degradations.fields import add_noise, draw_chance, draw_two_scales
from restore.degradations.interval import Interval
from restore.degradations.noise import WHITE
from restore.errors import UserError, check_share
from restore.observation import Observation


class LumaAndChroma(NamedTuple):
    """Variances at black and at white, of luma and of chroma, in [0, 1] units, and fields of variance one."""

    black: Float[Tensor, "n 2 1 1"]
    white: Float[Tensor, "n 2 1 1"]
    luma: Float[Tensor, "n 1 h w"]
    chroma: Float[Tensor, "n 3 h w"]


class SignalNoise(Degradation[LumaAndChroma]):
    """What cameras leave of their noise in a finished picture: luma and chroma apart, signal-dependent; not clipped.

    In each channel, the variance of either is linear in the channel's own value x: `a * x + b`, as in Foi et al.,
    "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data" (2008,
    doi:10.1109/TIP.2008.2001399); after the tone curve a may be negative. Luma noise is the same in all channels, the
    three of chroma sum to zero. Demosaicking and the camera's own denoising correlate both between neighbours, chroma
    over a longer distance; the defaults span what was measured on photographs by five cameras. The sigma handed on is
    the one that a user could compute from the noisy values: the root mean square of the channels'.

    Args:
        black_min: Smallest standard deviation of luma at black, in 0..255 units, more than 0.
        black_max: Largest standard deviation of luma at black.
        white_min: Smallest standard deviation of luma at white, in 0..255 units, more than 0.
        white_max: Largest standard deviation of luma at white.
        chroma_min: Smallest strength of chroma: its levels are drawn apart, from the ranges of luma, times this.
        chroma_max: Largest strength of chroma.
        radius_max: Largest radius of the blur that correlates luma (standard deviation of the finer of two Gaussians),
            px; from 0 up.
        chroma_radius_max: Largest radius of the blur that correlates chroma, px; from 0 up.
        gray_share: Share of the images without chroma noise, in [0, 1].

    Raises:
        UserError: If a range is empty or negative, `black_min` or `white_min` is 0, or the share leaves [0, 1].
    """

    def __init__(
        self,
        black_min: float,
        black_max: float,
        white_min: float,
        white_max: float,
        chroma_min: float = 0.3,
        chroma_max: float = 1.0,
        radius_max: float = 1.0,
        chroma_radius_max: float = 4.0,
        gray_share: float = 0.0,
    ) -> None:
        self.black = Interval("black", black_min, black_max).divided_by(WHITE)
        self.white = Interval("white", white_min, white_max).divided_by(WHITE)
        if not min(black_min, white_min) > 0:
            raise UserError(f"black_min and white_min must be more than 0, got {black_min} and {white_min}")
        self.chroma = Interval("chroma", chroma_min, chroma_max)
        self.radius = Interval("radius", 0.0, radius_max)
        self.chroma_radius = Interval("chroma_radius", 0.0, chroma_radius_max)
        check_share(gray_share=gray_share)
        self.gray_share = gray_share

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> LumaAndChroma:
        """Draw the levels of luma and of chroma, their correlation, and the noise itself."""
        black, white = (level.draw((n, 2, 1, 1), generator) for level in (self.black, self.white))
        chroma = self.chroma.draw((n, 1, 1, 1), generator)
        chroma = chroma.masked_fill(draw_chance(self.gray_share, n, generator), 0)
        strength = torch.cat([torch.ones_like(chroma), chroma], 1)
        luma = draw_two_scales(n, 1, height, width, self.radius.draw((n, 1, 1, 1), generator), generator)
        colour = draw_two_scales(n, 3, height, width, self.chroma_radius.draw((n, 1, 1, 1), generator), generator)
        # Without its mean over the channels, each has two thirds of its variance left.
        colour = (colour - colour.mean(1, keepdim=True)) * 1.5**0.5
        return LumaAndChroma((strength * black).square(), (strength * white).square(), luma, colour)

    def degrade(self, observation: Observation, parameters: LumaAndChroma) -> Observation:
        """Add noise of each value's own variance to what is visible."""
        black, white, luma, chroma = (p.to(observation.degraded) for p in parameters)

        def variance(value: Tensor, kind: int) -> Tensor:
            return torch.lerp(black[:, kind, None], white[:, kind, None], value.clamp(0, 1))

        value = observation.degraded
        noise = variance(value, 0).sqrt() * luma + variance(value, 1).sqrt() * chroma
        told = variance(value + noise, 0) + variance(value + noise, 1)
        return add_noise(observation, noise, told.mean(1, keepdim=True).sqrt())
