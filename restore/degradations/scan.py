"""Damage of scanned films and prints: grain or paper, dust, scratches and hairs."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.degradations.degradation import Degradation, leave_some_visible, with_error, with_hole
from restore.degradations.dirt import draw_dust, draw_hairs, draw_scratches
from restore.degradations.fields import LEVEL, draw_chance
from restore.degradations.grain import FilmGrain, Grain, film, root_mean_square
from restore.degradations.interval import Interval
from restore.errors import check_at_least, check_share
from restore.images.masks import DAMAGED
from restore.observation import Observation


class Scan(NamedTuple):
    """Grain, whether it is paper's, and the share of each pixel that dust, scratches and hairs cover, with their gray.

    `hole` is where that is told.
    """

    grain: Grain
    paper: Bool[Tensor, "n 1 1 1"]
    cover: Float[Tensor, "n 3 h w"]
    gray: Float[Tensor, "n 3 1 1"]
    hole: Bool[Tensor, "n 1 h w"]


class ScanNoise(Degradation[Scan]):
    """A scan of a film or of a print: grain, and on top of it dust, scratches and hairs, dark or white.

    Film grain is that of `FilmGrain`; the structure of paper is correlated in the same way, but gray, and proportional
    to the light that the print throws back. Neither is clipped. Dust, scratches and hairs replace what they cover by a
    gray near black or near white, one for each kind in an image. In a drawn share of the images they are told as holes,
    like those of a scanner with an infrared channel. In the others nobody knows of them: their pixels are changed, and
    sigma there is that of the grain, computed from the changed value like everywhere else; without grain it is 0, and
    the dirt passes for known.

    Args:
        sigma_min: Smallest standard deviation of the grain, at mid-gray on film and at white on paper, in 0..255 units,
            at least 0.
        sigma_max: Largest standard deviation of the grain.
        radius_min: Smallest radius of the finer grains (standard deviation of a Gaussian blur), px, at least 0.
        radius_max: Largest radius of the finer grains, px.
        paper_share: Share of the images that are prints, in [0, 1].
        dust_max: Largest number of specks of dust in an image, from 0 up.
        scratches_max: Largest number of scratches in an image, from 0 up.
        hairs_max: Largest number of hairs in an image, from 0 up.
        told_share: Share of the images whose dust, scratches and hairs are holes, in [0, 1].

    Raises:
        UserError: If a range is empty or negative, a number negative, or a share leaves [0, 1].
    """

    STRENGTH = Interval("strength", 0.5, 1.0)
    """Opacity of each kind of dirt."""

    def __init__(
        self,
        sigma_min: float,
        sigma_max: float,
        radius_min: float = 0.4,
        radius_max: float = 1.2,
        paper_share: float = 0.5,
        dust_max: int = 12,
        scratches_max: int = 2,
        hairs_max: int = 2,
        told_share: float = 0.5,
    ) -> None:
        self.grain = FilmGrain(sigma_min, sigma_max, radius_min, radius_max)
        check_share(paper_share=paper_share, told_share=told_share)
        self.paper_share = paper_share
        self.told_share = told_share
        check_at_least(0, dust_max=dust_max, scratches_max=scratches_max, hairs_max=hairs_max)
        self.kinds = ((draw_dust, dust_max), (draw_scratches, scratches_max), (draw_hairs, hairs_max))

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Scan:
        """Draw the grain, where dirt lies, how it looks, and whether it is told."""
        grain = self.grain.draw(n, height, width, generator)
        paper = draw_chance(self.paper_share, n, generator)
        field = torch.where(paper, grain.field[:, :1], grain.field)
        cover = torch.cat([kind(n, count, height, width, generator) for kind, count in self.kinds], 1)
        cover = cover * self.STRENGTH.draw((n, 3, 1, 1), generator)
        lot = torch.rand((n, 3, 1, 1), generator=generator, device=generator.device)
        gray = torch.where(lot < 0.5, 0.3 * lot, 0.7 + 0.3 * lot)
        told = draw_chance(self.told_share, n, generator) & (cover > DAMAGED).any(1, keepdim=True)
        return Scan(Grain(grain.level, field), paper, cover, gray, leave_some_visible(told))

    def degrade(self, observation: Observation, parameters: Scan) -> Observation:
        """Add the grain to what is visible, lay dirt over it, and tell what is told of it."""
        level, field, cover, gray = (p.to(observation.degraded) for p in (*parameters.grain, *parameters[2:4]))
        paper = parameters.paper.to(observation.degraded.device)

        def strength(value: Tensor) -> Tensor:
            return torch.where(paper, value.clamp(0, 1), film(value))

        degraded = observation.degraded + level * strength(observation.degraded) * field
        for kind in range(cover.shape[1]):
            degraded = torch.lerp(degraded, gray[:, kind, None], cover[:, kind, None])
        sigma = level * root_mean_square(strength(degraded.clamp(LEVEL, 1 - LEVEL)))
        return with_hole(with_error(observation, degraded, sigma), parameters.hole)
