"""What noise an image has, as far as the image itself can tell."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy import ndimage

from restore.inference.flat_patches import is_rendered
from restore.inference.noise_floor import Floor, noise_floor

ENDS = 0.1, 0.9
"""Shares of an image's pixels that are darker than what counts as its shadows, and as its lights."""

SAMPLE = 2**18
"""Pixels, at least, from which these are told."""

AROUND = 5
"""Side in pixels of the square whose mean is the brightness at its centre."""

UNCORRELATED = 0.3
"""The autocorrelation below which pixels at a distance are taken for independent."""

FARTHEST = 3
"""The largest distance in pixels at which the end of the correlation is looked for."""

UNSEEN = 1.5 / 255
"""A network's level, in the median over an image, below which nobody sees noise: the image stays as it is, unless …"""

PLAIN = 4.0 / 255
"""… a tenth of it has this level, as a dark sky has in a photograph that is clean elsewhere."""

LEVELS = 255
"""What a level of 1 is written as, whatever the depth of the image."""


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of an image; levels are standard deviations in [0, 1] units, as `Restorer.denoise` takes them.

    Args:
        sigma: The level at each pixel: what a network tells, or by the brightness around it.
        level: Root mean square of `sigma` over what is seen.
        dark: Brightness of the image's shadows: a tenth of what is seen is darker.
        light: Brightness of its lights: a tenth is lighter.
        shadows: The level in its shadows.
        lights: The level in its lights.
        floor: The noise at every brightness, its share in each channel, and how its neighbours are correlated.
        jpeg_quality: Of the JPEG file that the pixels came from, 1 to 100; None if they are not known to come from one.
    """

    sigma: Float32[np.ndarray, "h w"]
    level: float
    dark: float
    light: float
    shadows: float
    lights: float
    floor: Floor
    jpeg_quality: int | None = None

    @classmethod
    def of(
        cls,
        degraded: Float[np.ndarray, "3 h w"],
        hole: Bool[np.ndarray, "h w"],
        jpeg_quality: int | None = None,
        told: Float32[np.ndarray, "h w"] | None = None,
    ) -> "Noise":
        """Estimate it, as `restore.inference.noise_floor.noise_floor` does.

        Args:
            degraded: Values in [0, 1] units, not clipped.
            hole: Where nothing was observed, so that the values do not matter.
            jpeg_quality: If it is known.
            told: The level that a network tells, which then counts; correlation is estimated all the same.
        """
        floor = noise_floor(degraded, hole)
        brightness = brightness_of(degraded, hole)
        seen = ~hole
        if told is None:
            sigma = np.sqrt(floor.line.variance(brightness))
        else:
            sigma = told
            if not _is_seen(sigma[seen][:: _every(seen)]) or is_rendered(degraded, hole):
                sigma = np.zeros_like(sigma)
        if not seen.any() or not sigma[seen].any():
            return cls(np.zeros_like(sigma), 0.0, 0.0, 0.0, 0.0, 0.0, Floor(), jpeg_quality)
        some, levels = (plane[seen][:: _every(seen)] for plane in (brightness, sigma))
        dark, light = (float(end) for end in np.quantile(some, ENDS))
        if told is None:
            shadows, lights = (float(floor.line.variance(np.array([end]))[0]) ** 0.5 for end in (dark, light))
        else:
            shadows, lights = _rms(levels[some <= dark]), _rms(levels[some >= light])
        return cls(sigma, _rms(sigma[seen]), dark, light, shadows, lights, floor, jpeg_quality)

    @property
    def correlation(self) -> tuple[float, float]:
        """The correlation of a pixel's noise with that of the next, along a row and along a column."""
        return self.floor.across[0], self.floor.down[0]

    @property
    def stride(self) -> int:
        """The distance in pixels, 1 to 3, at which correlation has ended: 1 of white noise."""
        most = [max(pair) for pair in zip(self.floor.across, self.floor.down, strict=True)][: FARTHEST - 1]
        return next((lag for lag, value in enumerate(most, 1) if value < UNCORRELATED), len(most) + 1)

    def __str__(self) -> str:
        """One line; levels from 0 to 255."""
        parts = ["no noise found"]
        if self.level > 0:
            shadows, lights = (f"{LEVELS * level:.1f}" for level in (self.shadows, self.lights))
            parts = [f"noise {shadows}" if shadows == lights else f"noise {shadows} in shadows, {lights} in lights"]
        if self.level > 0 and self.stride > 1:
            parts.append(f"correlated over {self.stride} px")
        if self.jpeg_quality is not None:
            parts.append(f"JPEG quality about {self.jpeg_quality}")
        return ", ".join(parts)


def _is_seen(levels: Float32[np.ndarray, " m"]) -> bool:
    """Whether what a network tells of some pixels is noise that anybody sees."""
    return len(levels) > 0 and bool(np.median(levels) >= UNSEEN or np.quantile(levels, ENDS[1]) >= PLAIN)


def _every(seen: Bool[np.ndarray, "h w"]) -> int:
    """Of how many pixels one is enough."""
    return max(1, int(seen.sum()) // SAMPLE)


def _rms(levels: Float[np.ndarray, " m"]) -> float:
    return float(np.sqrt(np.square(levels, dtype=np.float64).mean()))


def brightness_of(degraded: Float[np.ndarray, "3 h w"], hole: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """The mean of the channels and of what is seen around each pixel; 0 in the midst of holes."""
    gray = np.where(hole, 0, degraded).mean(0, np.float32)
    total, share = (ndimage.uniform_filter(plane, AROUND, np.float32, "constant") for plane in (gray, ~hole))
    brightness: Float32[np.ndarray, "h w"] = total / np.maximum(share, 1e-6)
    return brightness
