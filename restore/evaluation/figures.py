"""The figures of quality that a scorecard reports."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from statistics import fmean

from jaxtyping import Float
from torch import Tensor

from restore.metrics import psnr, seam, structural_similarity
from restore.observation import Observation


@dataclass(frozen=True)
class Figures:
    """Of one restored image, or means over several; NaN where there is none.

    Args:
        hole_ratio: Share of the image that is hole.
        psnr: Over the whole image, in dB.
        ssim: Over the whole image.
        psnr_hole: Over the hole, in dB.
        ssim_hole: Over the windows whose centres lie in the hole.
        seam: `restore.metrics.seam`: 0 is best.
    """

    hole_ratio: float
    psnr: float
    ssim: float
    psnr_hole: float
    ssim_hole: float
    seam: float

    @staticmethod
    def of(restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], observation: Observation) -> "Figures":
        """Measure what was made of an observation of an image."""
        hole = observation.hole
        over_hole = bool(hole.any())
        return Figures(
            hole_ratio=float(hole.double().mean()),
            psnr=float(psnr(restored, image)),
            ssim=float(structural_similarity(restored, image)),
            psnr_hole=float(psnr(restored, image, hole)) if over_hole else math.nan,
            ssim_hole=float(structural_similarity(restored, image, hole)) if over_hole else math.nan,
            seam=float(seam(restored, image, hole)) if over_hole else math.nan,
        )

    @staticmethod
    def none() -> "Figures":
        """Of a restoration that failed."""
        return Figures(*(math.nan for _ in fields(Figures)))

    @staticmethod
    def mean(several: Iterable["Figures"]) -> "Figures":
        """The mean of each figure over those that have it; none where one restoration failed.

        The mean of the images' PSNRs is not the PSNR of their mean error.
        """
        several = list(several)
        if any(math.isnan(figures.psnr) for figures in several):
            return Figures.none()
        return Figures(
            *(_mean_of_known(getattr(figures, field.name) for figures in several) for field in fields(Figures))
        )


def _mean_of_known(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan
