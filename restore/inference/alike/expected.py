"""The mean of what could lie in a hole, given other images of the set: what the network gets wrong in these as well."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32

from restore.inference.alike.matches import CHANCE, matches_of
from restore.inference.alike.placement import centre_of
from restore.inference.alike.refinement import GAINS
from restore.inference.observed import Observed
from restore.inference.plausible.blur import blur
from restore.inference.plausible.border import window_of
from restore.inference.plausible.fill import wide_part
from restore.inference.plausible.reference import Reference

Restore = Callable[[Observed], Float32[np.ndarray, "n 3 h w"]]

MARGIN = 48
"""Pixels around a hole that a network sees of a reference."""

SHARPNESS = (0.03, 0.3)
"""By how much an error has to be larger for a weight e times as small: this, and this share of the least error."""

CERTAIN = 0.15
"""Of the best reference, the error below which it counts the more by itself, whether others agree or not."""

NEAR = 6.0
"""Standard deviation, in pixels, of the blur over which references are asked whether they agree."""

PRIOR = 0.3
"""What the agreement over all of the hole counts beside that."""


@dataclass(frozen=True)
class Alike:
    """An expected fill, and what told it.

    Args:
        filled: The image, with all holes filled.
        laid: The references that are alike, the best first, as they lie over the surroundings of the hole, in the
            brightness and the contrast of the image.
    """

    filled: Float[np.ndarray, "3 h w"]
    laid: Sequence[Reference] = ()


def fill_alike(
    restore: Restore,
    expected: Float[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    hidden: Bool[np.ndarray, "h w"],
    references: Sequence[Reference],
) -> Alike:
    """Add to an expected fill what it lacks in references in which the same place is hidden.

    References that show the surroundings of the hole are laid over the image, get the same hole, and are filled as it
    was. What these fills lack of the truth, which is known there, is averaged; how much of it is added depends on how
    well one reference is told by the others, from place to place, and on how like the image the best of them is.

    Args:
        restore: What filled the image.
        expected: The image with the hole filled.
        hole: What was to be filled. Its narrow parts stay as they are.
        hidden: Of what nothing is known: the hole, and what is transparent.
        references: Of which those that have the surroundings of the hole are used.

    Returns:
        The image; equal outside the wide parts of the hole, and everywhere where no reference is alike.
    """
    wide = wide_part(hole)
    if not wide.any() or not references:
        return Alike(expected)
    pixels = expected.astype(np.float32, copy=False)
    if (pixels == pixels[:1]).all():
        references = [one.in_gray() for one in references]
    found = matches_of(pixels, wide, ~hidden, references)
    rows, columns = window_of(wide, MARGIN)
    part = (..., rows, columns)
    laid = [one.over(references[one.number], rows, columns, centre_of(wide)) for one in found]
    # A network has to see something of what it is to fill.
    able = [index for index, one in enumerate(laid) if (one.allowed & ~hidden[part]).mean() > 0.1]
    if not able:
        return Alike(expected)
    found, laid = [found[index] for index in able], [laid[index] for index in able]
    radius = math.sqrt(float(wide.sum()) / math.pi)
    around = blur(wide[part].astype(np.float32), max(radius, 1.0)) * ~hidden[part]
    laid = [_lit(one, pixels[part], around) for one in laid]
    truth = np.stack([one.pixels for one in laid])
    known = np.stack([one.allowed for one in laid])[:, None]
    filled = restore(Observed.hide(truth, hidden[part] | ~known))
    lacking = np.where(wide[part] & known, truth - filled, np.float32(0))
    added = _mean(lacking, known, np.array([one.error for one in found], np.float32), wide[part])
    result = expected.copy()
    result[part] = np.where(wide[part], (pixels[part] + added).clip(0, 1), expected[part])
    return Alike(result, laid)


def _lit(one: Reference, image: Float32[np.ndarray, "3 h w"], around: Float32[np.ndarray, "h w"]) -> Reference:
    """A reference with the colour and the contrast that an image has around its hole."""
    weight = around * one.allowed
    weight = weight / max(weight.sum(), 1e-9)
    means = [(pixels * weight).sum((1, 2), keepdims=True) for pixels in (image, one.pixels)]
    ours, theirs = image - means[0], one.pixels - means[1]
    gain = (ours * theirs * weight).sum() / max((np.square(theirs) * weight).sum(), 1e-9)
    return replace(one, pixels=np.clip(gain, *GAINS) * theirs + means[0])


def _mean(
    lacking: Float32[np.ndarray, "k 3 h w"],
    known: Bool[np.ndarray, "k 1 h w"],
    errors: Float32[np.ndarray, " k"],
    hole: Bool[np.ndarray, "h w"],
) -> Float32[np.ndarray, "3 h w"]:
    """The mean over references, the better ones weighing more, shrunk as far as they disagree and are unlike the image.

    How much of the mean of the others each reference calls for is a regression, pooled over all of them.
    """
    least = errors.min()
    weights = np.exp(-(errors - least) / (SHARPNESS[0] + SHARPNESS[1] * least))[:, None, None, None] * known
    sums, total = (weights * lacking).sum(0), weights.sum(0)
    product, square = np.zeros(hole.shape, np.float32), np.zeros(hole.shape, np.float32)
    for weight, own in zip(weights, lacking, strict=True):
        others = (sums - weight * own) / (total - weight).clip(1e-3)
        counts = (weight * (total - weight > 1e-3))[0]
        product += counts * (others * own).sum(0)
        square += counts * np.square(others).sum(0)
    overall = np.clip(product.sum() / max(square.sum(), 1e-9), 0, 1)
    prior = PRIOR * square[hole].mean()
    agreement = (blur(product, NEAR) + prior * overall) / (blur(square, NEAR) + prior).clip(1e-9)
    agreement = agreement.clip(0, 1)
    sure = 1 - (1 - agreement) * min(float(least) / CERTAIN, 1.0)
    fades = min(2 * max(1 - float(least) / CHANCE, 0.0), 1.0)
    mean: Float32[np.ndarray, "3 h w"] = sums / total.clip(1e-6) * (sure * fades)
    return mean
