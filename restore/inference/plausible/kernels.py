"""The loops that compare and search patches for plausible fills, compiled by Numba when they first run.

Each works on a range of what it is given, and what comes out for one does not depend on the others: threads may share
the work however they like. Import this only where a fill begins: Numba takes half a second.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64

from restore.inference.compiled import compiled
from restore.inference.plausible.pyramid import RADIUS

SIDE = 2 * RADIUS + 1
STRIDE = 8 * -(-3 * SIDE // 8)
"""Values of a row of a patch in memory, where what is too much weighs nothing: a multiple of what processors add at
once."""

GOLDEN, FIRST, SECOND = (np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
HALF, SHIFTS = np.uint64(32), (np.uint64(30), np.uint64(27), np.uint64(31))


class Patches(NamedTuple):
    """What patches are made of, and what they are copied from; images are flattened.

    Args:
        colours: Red, green and blue of one pixel after the other, and of one more than there are.
        texture: Two features of each pixel.
        trust: What each pixel counts.
        taste: What distances are multiplied by, for each place that may be copied; or one number for all.
        is_source: Which pixels are centres of patches that may be copied.
        numbers: Of each pixel the number of the patch of which it is the centre; -1 where there is none.
        centres: Of the patches, as places in the image.
        places: The centres of the patches that they are copied from.
        distances: Between the two, squared, per pixel.
        width: Of the image in pixels.
        texture_weight: What the squared difference of a feature of texture counts, beside that of a pixel's colour.
    """

    colours: Float32[np.ndarray, " k"]
    texture: Float32[np.ndarray, "l 2"]
    trust: Float32[np.ndarray, " l"]
    taste: Float32[np.ndarray, " t"]
    is_source: Bool[np.ndarray, " l"]
    numbers: Int32[np.ndarray, " l"]
    centres: Int64[np.ndarray, " n"]
    places: Int64[np.ndarray, " n"]
    distances: Float32[np.ndarray, " n"]
    width: int
    texture_weight: float


@compiled
def compare(
    start: int,
    stop: int,
    patches: Patches,
    which: Int64[np.ndarray, " m"],
    places: Int64[np.ndarray, " m"],
    out: Float32[np.ndarray, " m"],
) -> None:
    """The distances of patches, by number, from places."""
    query, weights = _nothing()
    colours, texture, taste, width = patches.colours, patches.texture, patches.taste, patches.width
    trust, centres = patches.trust, patches.centres
    for i in range(start, stop):
        centre = centres[which[i]]
        own = _look(colours, texture, trust, centre, width, patches.texture_weight, query, weights)
        out[i] = _distance(colours, texture, taste, places[i], width, own, query, weights, np.float32(np.inf))


@compiled
def propagate(
    start: int,
    stop: int,
    patches: Patches,
    active: Int64[np.ndarray, " m"],
    step: int,
    tolerance: float,
    new_places: Int64[np.ndarray, " m"],
    new_distances: Float32[np.ndarray, " m"],
) -> None:
    """Try for patches what continues the source of the patch a step farther on; they take what is nearly as good.

    What they take is written beside the patches, which others look at.
    """
    query, weights = _nothing()
    colours, texture, taste, width = patches.colours, patches.texture, patches.taste, patches.width
    trust, centres, places, distances = patches.trust, patches.centres, patches.places, patches.distances
    numbers, is_source = patches.numbers, patches.is_source
    size = len(numbers)
    for i in range(start, stop):
        this = active[i]
        new_places[i], new_distances[i] = places[this], distances[this]
        beside = centres[this] + step
        if not 0 <= beside < size or numbers[beside] < 0:
            continue
        place = places[numbers[beside]] - step
        if place == places[this] or not 0 <= place < size or not is_source[place]:
            continue
        own = _look(colours, texture, trust, centres[this], width, patches.texture_weight, query, weights)
        most = np.float32(tolerance) * distances[this]
        distance = _distance(colours, texture, taste, place, width, own, query, weights, most)
        if distance < most:
            new_places[i], new_distances[i] = place, distance


@compiled
def search_around(
    start: int, stop: int, patches: Patches, active: Int64[np.ndarray, " m"], reach: int, key: np.uint64
) -> None:
    """Try places at random about the source of each patch, in windows of half the size each time."""
    query, weights = _nothing()
    colours, texture, taste, width = patches.colours, patches.texture, patches.taste, patches.width
    trust, centres, places, distances = patches.trust, patches.centres, patches.places, patches.distances
    is_source, height = patches.is_source, len(patches.numbers) // patches.width
    for i in range(start, stop):
        this = active[i]
        own = _look(colours, texture, trust, centres[this], width, patches.texture_weight, query, weights)
        count, radius = np.uint64(64 * this), reach
        while radius >= 1:
            here = places[this]
            down, right = _moves(key, count, radius)
            row = min(max(here // width + down, 0), height - 1)
            column = min(max(here % width + right, 0), width - 1)
            place = row * width + column
            if place != here and is_source[place]:
                distance = _distance(colours, texture, taste, place, width, own, query, weights, distances[this])
                if distance < distances[this]:
                    places[this], distances[this] = place, distance
            count += np.uint64(1)
            radius //= 2


@compiled
def search_all(
    start: int, stop: int, patches: Patches, active: Int64[np.ndarray, " m"], sources: Int64[np.ndarray, " s"]
) -> None:
    """Copy each patch from that of all places which is most like it."""
    query, weights = _nothing()
    colours, texture, taste, width = patches.colours, patches.texture, patches.taste, patches.width
    trust, centres, places, distances = patches.trust, patches.centres, patches.places, patches.distances
    for i in range(start, stop):
        this = active[i]
        own = _look(colours, texture, trust, centres[this], width, patches.texture_weight, query, weights)
        best = places[this]
        least = _distance(colours, texture, taste, best, width, own, query, weights, np.float32(np.inf))
        for place in sources:
            distance = _distance(colours, texture, taste, place, width, own, query, weights, least)
            if distance < least:
                best, least = place, distance
        places[this], distances[this] = best, least


@compiled
def _nothing() -> tuple[Float32[np.ndarray, " q"], Float32[np.ndarray, " q"]]:
    return np.zeros(SIDE * STRIDE, np.float32), np.zeros(SIDE * STRIDE, np.float32)


@compiled
def _look(
    colours: Float32[np.ndarray, " k"],
    texture: Float32[np.ndarray, "l 2"],
    trust: Float32[np.ndarray, " l"],
    centre: int,
    width: int,
    texture_weight: float,
    query: Float32[np.ndarray, " q"],
    weights: Float32[np.ndarray, " q"],
) -> tuple[np.float32, np.float32, np.float32]:
    """Take the colours of a patch and what they weigh out of the image.

    Returns:
        Both features of its centre, and what their squares weigh.
    """
    total = np.float32(0.0)
    for row in range(SIDE):
        first = centre + (row - RADIUS) * width - RADIUS
        for column in range(SIDE):
            total += trust[first + column]
    for row in range(SIDE):
        first = centre + (row - RADIUS) * width - RADIUS
        for column in range(SIDE):
            weight = trust[first + column] / (np.float32(3.0) * total)
            for channel in range(3):
                query[row * STRIDE + 3 * column + channel] = colours[3 * (first + column) + channel]
                weights[row * STRIDE + 3 * column + channel] = weight
    return texture[centre, 0], texture[centre, 1], np.float32(0.5 * texture_weight) * trust[centre] / total


@compiled
def _distance(
    colours: Float32[np.ndarray, " k"],
    texture: Float32[np.ndarray, "l 2"],
    taste: Float32[np.ndarray, " t"],
    place: int,
    width: int,
    own: tuple[np.float32, np.float32, np.float32],
    query: Float32[np.ndarray, " q"],
    weights: Float32[np.ndarray, " q"],
    most: np.float32,
) -> np.float32:
    """The distance of a patch from a place; if it is not less than `most`, anything that is not."""
    first, second = own[0] - texture[place, 0], own[1] - texture[place, 1]
    factor = taste[place if len(taste) > 1 else 0]
    distance: np.float32 = factor * own[2] * (first * first + second * second)
    for row in range(SIDE):
        if distance >= most:
            return distance
        begin = 3 * (place + (row - RADIUS) * width - RADIUS)
        theirs = colours[begin : begin + STRIDE]
        part = np.float32(0.0)
        for k in range(STRIDE):
            difference = query[row * STRIDE + k] - theirs[k]
            part += weights[row * STRIDE + k] * difference * difference
        distance += factor * part
    return distance


@compiled
def _moves(key: np.uint64, count: np.uint64, radius: int) -> tuple[np.int64, np.int64]:
    """Two whole numbers from -radius to radius, of a stream of such (Steele et al. 2014, DOI 10.1145/2660193.2660195).

    Which of the stream they are is told, so that it does not matter who draws first.
    """
    bits = key + (count + np.uint64(1)) * GOLDEN
    bits = (bits ^ (bits >> SHIFTS[0])) * FIRST
    bits = (bits ^ (bits >> SHIFTS[1])) * SECOND
    bits = bits ^ (bits >> SHIFTS[2])
    span = np.uint64(2 * radius + 1)
    low = bits & np.uint64(0xFFFFFFFF)
    return np.int64((bits >> HALF) * span >> HALF) - radius, np.int64(low * span >> HALF) - radius
