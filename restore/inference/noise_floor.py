"""The noise of an image that nobody has measured: what its flattest patches have in common."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from restore.inference.flat_patches import ENOUGH, SHADING, SIDES, dct, is_drawn, patches_of
from restore.inference.noise_band import Band, between
from restore.inference.variance_line import Line

BINS = 8
"""Classes of brightness, of as many patches each, that are looked at apart."""

LEAST = 100
"""Patches in a class of brightness; with fewer there are fewer classes."""

LAGS = 8
"""Distances in pixels up to which the correlation of noise is told."""

TRUSTED = 1.3, 1.6
"""By how much flat patches may differ, more than chance has it, to be noise all the same; and to be texture."""

WHITE_TRUSTED = 1.3, 1.9
"""The same for the finest details, which hold less of the image."""

NOT_WHITE = 0.15, 0.5
"""The share of the variance in the finest details below which noise is correlated, and from which it is white."""

COLOURFUL = 0.95, 0.985
"""Correlation of the channels up to which what is seen may be noise, and from which it is texture, which is gray."""


NONE = Line(0.0, 0.0)
"""No noise at any brightness."""


@dataclass(frozen=True)
class Floor:
    """The noise that an image has at every brightness.

    Args:
        line: Its variance by brightness, the mean of the channels.
        channels: The variance of each channel as a multiple of that.
        across: Autocorrelation along a row, at distances of 1 to `LAGS` pixels.
        down: The same along a column.
        between: Correlation between two channels.
    """

    line: Line = NONE
    channels: tuple[float, float, float] = (1.0, 1.0, 1.0)
    across: tuple[float, ...] = (0.0,) * LAGS
    down: tuple[float, ...] = (0.0,) * LAGS
    between: float = 0.0


def noise_floor(degraded: Float[np.ndarray, "c h w"], hole: Bool[np.ndarray, "h w"]) -> Floor:
    """Estimate noise whose variance depends on brightness and whose neighbours may be correlated.

    For each class of brightness, the low quantiles of the variances of patches are a floor that only noise can be (Liu
    et al. 2006, DOI 10.1109/CVPR.2006.207; Foi et al. 2008, DOI 10.1109/TIP.2008.2001399), apart for fine, middle and
    coarse details, and freed of the bias that the choice of the least has. The fine details hold little but noise. What
    the others have beyond it is either texture or noise whose neighbours are correlated, as demosaicking and JPEG leave
    it. It is taken for noise where flat patches hardly differ, where it is coarse, and where the channels differ.

    Args:
        degraded: Values in [0, 1] units, not clipped.
        hole: Where nothing was observed, so that the values do not matter.

    Returns:
        No noise where an image is too small to tell, too much of it a hole, or most of it exactly flat or clipped.
    """
    too_small = min(hole.shape) < SIDES[-1]
    patches = None if too_small or is_drawn(degraded, hole) else patches_of(degraded, hole)
    if patches is None:
        return Floor()
    rank = patches.brightness.argsort(kind="stable")
    classes = np.array_split(rank, min(BINS, max(1, len(rank) // LEAST)))
    brightness = np.array([float(patches.brightness[one].mean()) for one in classes])
    fine, medium, coarse = bands(patches.spectra.shape[-1])
    high, middle = (Band.of(patches, classes, where) for where in (fine, medium))
    if len(patches.spectra) < ENOUGH or patches.spectra.shape[-1] < SIDES[0]:
        variance, spectrum = high.tail[:, 0], np.ones(patches.spectra.shape[-2:], np.float32)
    else:
        variance, spectrum = _of_bands(high, middle, Band.of(patches, classes, coarse))
    if not variance.max() > 0:
        return Floor()
    across, down = (_autocorrelation(spectrum.mean(axis)) for axis in (0, 1))
    channels, correlation = _colours(high.channels + middle.channels)
    return Floor(Line.below(brightness, variance), channels, across, down, correlation)


def _of_bands(high: Band, middle: Band, low: Band) -> tuple[Float[np.ndarray, " bins"], Float32[np.ndarray, "s s"]]:
    """The variance of each class of brightness, and the mean variance of each coefficient."""
    white = high.tail[:, 0]
    trust = math.sqrt(middle.spread(white) * low.spread(white))
    trust = falling(trust, TRUSTED) * falling(float(np.median(white / (middle.tail[:, 0] + 1e-12))), NOT_WHITE)
    if middle.correlation is not None:
        trust *= falling(middle.correlation, COLOURFUL)
    fine = white * max(trust, falling(high.spread(np.zeros_like(white)), WHITE_TRUSTED))
    medium = middle.beyond(white, fine, trust)
    coarse = low.beyond(white, medium, trust)
    spectrum = np.full(high.where.shape, coarse.mean(), np.float32)
    variance = coarse
    for band, variances in ((low, coarse), (middle, medium), (high, fine)):
        shape = band.spectrum[band.where]
        spectrum[band.where] = float(variances.mean()) * shape / max(shape.mean(), 1e-20)
        variance = variance + float(band.where.mean()) * (variances - coarse)
    return variance, spectrum


def bands(side: int) -> tuple[Bool[np.ndarray, "s s"], Bool[np.ndarray, "s s"], Bool[np.ndarray, "s s"]]:
    """The coefficients that are fine in both directions, those in the middle, and coarse ones without any shading."""
    down, across = np.indices((side, side))
    fine = (down >= side // 2) & (across >= side // 2)
    coarse = (down + across < side // 2) & (down + across > SHADING)
    return fine, (down + across >= side // 2) & ~fine, coarse


def falling(value: float, ends: tuple[float, float]) -> float:
    """From 1 up to the first end smoothly to 0 from the other on."""
    share = min(1.0, max(0.0, (ends[1] - value) / (ends[1] - ends[0])))
    return share * share * (3 - 2 * share)


def _autocorrelation(spectrum: Float32[np.ndarray, " s"]) -> tuple[float, ...]:
    """Of noise whose coefficients have these variances, at distances from 1 to `LAGS`; 0 beyond the patch."""
    cosines = dct(len(spectrum))
    covariance = cosines.T @ np.diag(spectrum) @ cosines
    means = [float(covariance.diagonal(lag).mean()) for lag in range(min(LAGS + 1, len(spectrum)))]
    return tuple(round(mean / means[0], 3) for mean in means[1:]) + (0.0,) * (LAGS + 1 - len(means))


def _colours(covariance: Float32[np.ndarray, "c c"]) -> tuple[tuple[float, float, float], float]:
    """The variances of three channels as multiples of their mean, and the mean correlation of two."""
    if len(covariance) == 1:
        return (1.0, 1.0, 1.0), 1.0
    variances = covariance.diagonal()
    red, green, blue = (variances / max(variances.mean(), 1e-20)).tolist()
    return (red, green, blue), between(covariance)
