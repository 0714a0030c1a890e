"""The variance of noise as a line over brightness."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

ABOVE = 1.3
"""A class of brightness whose variance lies above the line by more than this factor is taken for textured."""

TEXTURED = 0.1
"""What it still weighs."""

ROUNDS = 20
"""Fits, each weighted by the one before."""


class Line(NamedTuple):
    """Variance `a * x + b` of noise at brightness x in [0, 1], in squared [0, 1] units; nowhere negative there.

    Args:
        slope: `a`: above 0 as of a sensor, or below, where a tone curve presses the lights together.
        offset: `b`: that of black.
    """

    slope: float
    offset: float

    def variance(self, brightness: Float[np.ndarray, "*size"]) -> Float[np.ndarray, "*size"]:
        """At a brightness, of which what leaves [0, 1] counts as black or white."""
        variance: Float[np.ndarray, "*size"] = np.maximum(self.slope * np.clip(brightness, 0, 1) + self.offset, 0)
        return variance

    @classmethod
    def below(cls, brightness: Float[np.ndarray, " p"], variance: Float[np.ndarray, " p"]) -> "Line":
        """Fit one to variances of which some lie too high, as texture is among them."""
        ends = np.stack([1 - brightness, brightness], 1)
        weight, least = np.ones(len(variance)), 0.1 * variance.mean() + 1e-12
        for _ in range(ROUNDS):
            at = _fitted(ends, variance, weight)
            line = ends @ at
            weight = np.where(variance > ABOVE * line, TEXTURED, 1) / (line + least) ** 2
        return cls(float(at[1] - at[0]), float(at[0]))


def _fitted(
    ends: Float[np.ndarray, "p 2"], variance: Float[np.ndarray, " p"], weight: Float[np.ndarray, " p"]
) -> Float[np.ndarray, " 2"]:
    """The variances at black and white, none below 0, by least squares."""
    root = np.sqrt(weight)
    at: Float[np.ndarray, " 2"] = np.linalg.lstsq(ends * root[:, None], variance * root, rcond=None)[0]
    if (at < 0).any():
        other = 1 - int(at.argmin())
        single = ends[:, other]
        at = np.zeros(2)
        at[other] = max(0.0, (weight * single * variance).sum() / max((weight * single**2).sum(), 1e-20))
    return at
