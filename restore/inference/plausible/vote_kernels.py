"""The loops in which patches vote on the pixels of plausible fills, compiled as those of `kernels`."""

import math

import numpy as np
from jaxtyping import Float32, Int32, Int64

from restore.inference.compiled import compiled
from restore.inference.plausible.kernels import SIDE, Patches
from restore.inference.plausible.pyramid import RADIUS


@compiled
def vote(start: int, stop: int, patches: Patches, pixels: Int64[np.ndarray, " p"], sharpness: float) -> None:
    """Make pixels the mean of what the patches over them are copied from, which lies elsewhere.

    The weight is the trust in the patch's centre and falls with its distance, in units of the mean over the pixel
    (after Newson et al. 2017). A patch that reaches out of the hole is trusted more than one within, which agrees with
    what it was copied from itself.
    """
    colours, texture, trust, width = patches.colours, patches.texture, patches.trust, patches.width
    numbers, places, distances = patches.numbers, patches.places, patches.distances
    over, total = np.empty(SIDE * SIDE, np.int64), np.empty(5, np.float32)
    for i in range(start, stop):
        pixel = pixels[i]
        steepness = np.float32(sharpness) / _patches_over(numbers, distances, pixel, width, over)
        total[:] = 0
        weights = np.float32(0.0)
        for k in range(SIDE * SIDE):
            which = over[k]
            if which < 0:
                continue
            step = (k // SIDE - RADIUS) * width + k % SIDE - RADIUS
            weight = np.float32(math.exp(-steepness * distances[which])) * trust[pixel - step]
            there = places[which] + step
            for channel in range(3):
                total[channel] += weight * colours[3 * there + channel]
            for feature in range(2):
                total[3 + feature] += weight * texture[there, feature]
            weights += weight
        for channel in range(3):
            colours[3 * pixel + channel] = total[channel] / weights
        for feature in range(2):
            texture[pixel, feature] = total[3 + feature] / weights


@compiled
def loudest(
    start: int,
    stop: int,
    patches: Patches,
    pixels: Int64[np.ndarray, " p"],
    sources: Int32[np.ndarray, " p"],
    told: Float32[np.ndarray, " p"],
) -> None:
    """Tell of pixels the source of the patch over them with the most weight, and the distance of that patch."""
    trust, width = patches.trust, patches.width
    numbers, places, distances = patches.numbers, patches.places, patches.distances
    over = np.empty(SIDE * SIDE, np.int64)
    for i in range(start, stop):
        pixel = pixels[i]
        steepness = np.float32(1) / _patches_over(numbers, distances, pixel, width, over)
        most = np.float32(-1.0)
        for k in range(SIDE * SIDE):
            which = over[k]
            if which < 0:
                continue
            step = (k // SIDE - RADIUS) * width + k % SIDE - RADIUS
            weight = np.float32(math.exp(-steepness * distances[which])) * trust[pixel - step]
            if weight > most:
                most = weight
                sources[i], told[i] = places[which] + step, distances[which]


@compiled
def _patches_over(
    numbers: Int32[np.ndarray, " l"],
    distances: Float32[np.ndarray, " n"],
    pixel: int,
    width: int,
    over: Int64[np.ndarray, " q"],
) -> np.float32:
    """The numbers of the patches over a pixel, for each place in a patch, -1 where there is none; `over` takes them.

    Returns:
        Twice their mean distance.
    """
    total, count = np.float32(0.0), 0
    for row in range(SIDE):
        for column in range(SIDE):
            centre = pixel - (row - RADIUS) * width - column + RADIUS
            which = np.int64(numbers[centre]) if 0 <= centre < len(numbers) else -1
            over[row * SIDE + column] = which
            if which >= 0:
                total += distances[which]
                count += 1
    spread: np.float32 = np.float32(2.0) * total / np.float32(count) + np.float32(1e-6)
    return spread
