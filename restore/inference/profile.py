"""One noise profile of many images."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from restore.inference.noise import Noise
from restore.inference.variance_line import Line
from restore.noise_profile import NoiseProfile


def profile_of(noises: Sequence[Noise]) -> NoiseProfile:
    """What images of one device have in common.

    Each image tells of the brightness of its own shadows and lights; a line is fitted to what all of them tell, in
    which images that lie high count little, as texture is taken for noise in some. The correlation is the median of
    the images that have noise. Without any there is none.

    Args:
        noises: Of at least one image.
    """
    qualities = [noise.jpeg_quality for noise in noises if noise.jpeg_quality is not None]
    quality = round(median(qualities)) if qualities else None
    found = [noise for noise in noises if noise.level > 0]
    if 2 * len(found) < len(noises):
        return NoiseProfile((0.0,) * 3, (0.0,) * 3, images=len(noises), jpeg_quality=quality)
    brightness = np.array([end for noise in found for end in (noise.dark, noise.light)])
    variance = np.array([end**2 for noise in found for end in (noise.shadows, noise.lights)])
    line = Line.below(brightness, variance)
    floors = [noise.floor for noise in found]
    red, green, blue = (median(floor.channels[i] for floor in floors) for i in range(3))
    across, down = (
        tuple(median(values) for values in zip(*lags, strict=True))
        for lags in ([floor.across for floor in floors], [floor.down for floor in floors])
    )
    return NoiseProfile(
        (red * line.slope, green * line.slope, blue * line.slope),
        (red * line.offset, green * line.offset, blue * line.offset),
        across,
        down,
        min(1.0, max(0.0, median(floor.between for floor in floors))),
        len(noises),
        quality,
    )
