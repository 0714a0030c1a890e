"""Noise with a pattern to it: bands of rows and columns, and what is multiplied instead of added."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.degradations.fields import LEVEL, add_noise, correlate, draw_chance, draw_white, draw_white_or_gray
from restore.degradations.grain import root_mean_square
from restore.degradations.interval import Interval
from restore.degradations.noise import WHITE, WhiteNoise
from restore.errors import check_share
from restore.observation import Observation


class Bands(NamedTuple):
    """Offsets of the rows and of the columns of each channel, in [0, 1] units, and the level of both together."""

    level: Float[Tensor, "n 1 1 1"]
    rows: Float[Tensor, "n 3 h 1"]
    columns: Float[Tensor, "n 3 1 w"]


class Banding(Degradation[Bands]):
    """Offsets of whole rows, of whole columns or of both, as amplifiers of a sensor leave them; not clipped.

    Each line's offset is drawn from a normal distribution and may be correlated with those of its neighbours, which
    makes bands out of lines. An image has rows, columns or both, equally often. The sigma handed on is the standard
    deviation over all lines: uniform, and nothing of it says that the error of a whole line is the same.

    Args:
        sigma_min: Smallest standard deviation of the offsets in 0..255 units, at least 0.
        sigma_max: Largest standard deviation of the offsets.
        radius_max: Largest radius of the blur that correlates neighbouring lines (a Gaussian's standard deviation), px;
            from 0 up.
        gray_share: Share of the images whose bands are the same in all channels, in [0, 1].

    Raises:
        UserError: If a range is empty or negative, or the share leaves [0, 1].
    """

    def __init__(self, sigma_min: float, sigma_max: float, radius_max: float = 3.0, gray_share: float = 0.5) -> None:
        self.sigma = Interval("sigma", sigma_min, sigma_max).divided_by(WHITE)
        self.radius = Interval("radius", 0.0, radius_max)
        check_share(gray_share=gray_share)
        self.gray_share = gray_share

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bands:
        """Draw the level, which lines there are, their correlation, and their offsets."""
        level = self.sigma.draw((n, 1, 1, 1), generator)
        # 0 is columns alone, 1 rows alone; half of the variance each where there are both.
        of_rows = torch.randint(3, (n, 1, 1, 1), generator=generator, device=generator.device) / 2
        gray = draw_chance(self.gray_share, n, generator)
        radius = self.radius.draw((n, 1, 1, 1), generator)
        rows, columns = (
            torch.where(gray, lines[:, :1], lines)
            for lines in (
                correlate(draw_white(n, height, 1, generator), radius),
                correlate(draw_white(n, 1, width, generator), radius),
            )
        )
        return Bands(level, level * of_rows.sqrt() * rows, level * (1 - of_rows).sqrt() * columns)

    def degrade(self, observation: Observation, parameters: Bands) -> Observation:
        """Add the offsets to what is visible."""
        level, rows, columns = (p.to(observation.degraded) for p in parameters)
        return add_noise(observation, rows + columns, level)


class Speckle(Degradation[WhiteNoise]):
    """Multiplicative white noise, as in radar, ultrasound and laser light: `value * (1 + noise)`; not clipped.

    The model of Lee, "Digital image enhancement and noise filtering by use of local statistics" (1980,
    doi:10.1109/TPAMI.1980.4766994). The sigma handed on is the one that a user could compute from the noisy values:
    proportional to their root mean square over the channels, each taken for 1 / 255 at the least.

    Args:
        sigma_min: Smallest standard deviation at white in 0..255 units, at least 0.
        sigma_max: Largest standard deviation at white.
        gray_share: Share of the images whose channels are all multiplied by the same, in [0, 1].

    Raises:
        UserError: If the range is empty or negative, or the share leaves [0, 1].
    """

    def __init__(self, sigma_min: float, sigma_max: float, gray_share: float = 0.5) -> None:
        self.sigma = Interval("sigma", sigma_min, sigma_max).divided_by(WHITE)
        check_share(gray_share=gray_share)
        self.gray_share = gray_share

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> WhiteNoise:
        """Draw one level for each image, and the noise itself."""
        level = self.sigma.draw((n, 1, 1, 1), generator)
        return WhiteNoise(level, draw_white_or_gray(n, height, width, self.gray_share, generator))

    def degrade(self, observation: Observation, parameters: WhiteNoise) -> Observation:
        """Multiply what is visible."""
        level, field = (p.to(observation.degraded) for p in parameters)
        noise = level * observation.degraded * field
        noisy = (observation.degraded + noise).abs().clamp_min(LEVEL)
        return add_noise(observation, noise, level * root_mean_square(noisy))
