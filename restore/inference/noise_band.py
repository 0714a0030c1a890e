"""Some of the frequencies of an image's flat patches: how much noise they hold, and whether it is noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from restore.inference.flat_patches import Patches

TAIL = (0.02, 0.1, 0.25)
"""Quantiles of the patches' variances: the flattest patches, flat ones, and how far these go on."""

NORMAL = NormalDist()


@dataclass(frozen=True)
class Band:
    """What is known of some coefficients of the patches' transforms.

    Args:
        where: These coefficients.
        tail: Their variance in the patches of each class of brightness: at the quantiles `TAIL`, divided by what chance
            makes of these.
        spectrum: The mean variance of each coefficient in flat patches.
        channels: The covariance of the channels there.
    """

    where: Bool[np.ndarray, "s s"]
    tail: Float[np.ndarray, "bins 3"]
    spectrum: Float32[np.ndarray, "s s"]
    channels: Float32[np.ndarray, "c c"]

    @classmethod
    def of(cls, patches: Patches, classes: Sequence[Int[np.ndarray, "_"]], where: Bool[np.ndarray, "s s"]) -> "Band":
        """Look at patches by classes of brightness, given as indices."""
        values = patches.spectra[..., where]
        power = np.square(values).mean((1, 2))
        tails = [np.quantile(power[one].astype(np.float64), TAIL) for one in classes]
        flat = np.concatenate([one[power[one] <= tail[1] + 1e-12] for one, tail in zip(classes, tails, strict=True)])
        values = values[flat]
        variances = np.square(values).mean((0, 1))
        channels = np.tensordot(values, values, ((0, 2), (0, 2))) / (len(flat) * max(1, values.shape[-1]))
        free = _freedom(np.diag(variances)) * _freedom(channels)
        chance = np.array([[_quantile(free, _share(q, len(one))) for q in TAIL] for one in classes])
        spectrum = np.zeros(where.shape, np.float32)
        spectrum[where] = variances
        return cls(where, np.array(tails) / chance, spectrum, channels)

    @property
    def correlation(self) -> float | None:
        """That between channels; None of gray images."""
        return None if len(self.channels) == 1 else between(self.channels)

    def spread(self, base: Float[np.ndarray, " bins"]) -> float:
        """By how much flat patches differ in what they have beyond a variance, more than chance has it."""
        beyond = np.maximum(self.tail - base[:, None], 0.05 * base[:, None] + 1e-9)
        return float(np.median(np.sqrt(beyond[:, 2] / beyond[:, 0])))

    def beyond(
        self, white: Float[np.ndarray, " bins"], base: Float[np.ndarray, " bins"], trust: float
    ) -> Float[np.ndarray, " bins"]:
        """The variance of noise, a base where this band is not trusted.

        By how much its level varies from patch to patch is seen in the flat half of them, and goes on in the other:
        the mean lies above the flat ones.
        """
        varies = max(0.0, math.log(self.spread(white))) / (NORMAL.inv_cdf(TAIL[2]) - NORMAL.inv_cdf(TAIL[0]))
        mean = math.exp(2 * (varies**2 - NORMAL.inv_cdf(TAIL[1]) * varies))
        own = white + np.maximum(0, self.tail[:, 1] - white) * mean
        level: Float[np.ndarray, " bins"] = base + trust * np.maximum(0, own - base)
        return level


def between(covariance: Float32[np.ndarray, "c c"]) -> float:
    """The mean correlation of two channels."""
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 1e-20))
    correlation = covariance / deviation / deviation[:, None]
    count = len(deviation)
    return float((correlation.sum() - correlation.trace()) / (count * (count - 1)))


def _freedom(covariance: Float32[np.ndarray, "k k"]) -> float:
    """The degrees of freedom in the mean square of numbers with such a covariance."""
    return max(1.0, float(covariance.trace() ** 2 / max(np.square(covariance).sum(), 1e-20)))


def _share(quantile: float, count: int) -> float:
    """Where a quantile of so few numbers lies among all that could have been drawn."""
    return (quantile * (count - 1) + 0.5) / count


def _quantile(free: float, share: float) -> float:
    """Of chi square over its degrees of freedom, after Wilson and Hilferty 1931."""
    return max(0.1, 1 - 2 / (9 * free) + NORMAL.inv_cdf(share) * math.sqrt(2 / (9 * free))) ** 3
