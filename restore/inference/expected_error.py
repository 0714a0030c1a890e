"""How far a fill is expected to lie from what was there: known pixels are hidden, filled, and compared."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from restore.errors import check_at_least
from restore.images.arrays import UserImage
from restore.images.planes import hole_plane
from restore.inference.plausible import Fill
from restore.inference.probe_errors import LEVEL, Errors, pooled, probe_errors
from restore.inference.probes import place_probes
from restore.inference.restorer import Restorer

PROBES = 8
"""Probes wanted for a hole."""

PASSES = 2
"""Fills that they take at most; one, where half of them fit into the image at once."""

COVERAGE = 0.9
"""Share of the holes whose error lies within the interval."""


class Estimate(NamedTuple):
    """An error that is not known, in [0, 1] units.

    Args:
        expected: As often too large as too small.
        low: One hole in twenty has less.
        high: One hole in twenty has more.
    """

    expected: float
    low: float
    high: float

    @property
    def psnr(self) -> float:
        """What is expected as a peak signal-to-noise ratio, in dB."""
        return -20 * math.log10(self.expected) if self.expected else math.inf

    def __str__(self) -> str:
        expected, low, high = (f"{255 * value:.1f}" for value in self)
        return f"{expected} of 255 (90 %: {low} to {high})"


@dataclass(frozen=True)
class ExpectedError:
    """How far the fill of a hole is expected to lie from what was there, and what that is based on.

    Args:
        pixels: Of single pixels; None if it cannot be told.
        squares: Of mean colours in squares, as `Errors` says; None if it cannot be told.
        probes: Places where known pixels were hidden, and filled as the hole.
        passes: Fills that these took.
        is_cut: Whether only parts of the hole fitted there.
        reason: Why it cannot be told; else empty.
    """

    pixels: Estimate | None = None
    squares: Estimate | None = None
    probes: int = 0
    passes: int = 0
    is_cut: bool = False
    reason: str = ""

    def as_json(self) -> str:
        """The same for programs, with errors of 255: one line of ASCII."""
        if self.pixels is None or self.squares is None:
            return json.dumps({"reason": self.reason})
        errors = {
            name: dict(zip(one._fields, (round(255 * value, 2) for value in one), strict=True))
            for name, one in (("pixels", self.pixels), ("squares", self.squares))
        }
        return json.dumps({**errors, "probes": self.probes, "passes": self.passes, "is_cut": self.is_cut})

    def __str__(self) -> str:
        if self.pixels is None or self.squares is None:
            return f"the error of the fill cannot be told: {self.reason}"
        told = f"expected error {self.pixels}, {self.pixels.psnr:.1f} dB; of mean colours {self.squares}"
        shape = "parts of the hole" if self.is_cut else "the hole"
        return f"{told}; from {counted(self.probes, 'place')} like {shape}, in {counted(self.passes, 'more fill')}"


class Factors(NamedTuple):
    """What the error of a hole is to that of its probes: quantiles of calibration, see docs/expected_error.md.

    Args:
        low: The 0.05 quantile.
        middle: The median.
        high: The 0.95 quantile.
    """

    low: float
    middle: float
    high: float

    def estimate(self, error: float) -> Estimate:
        """What the error of probes says of that of the hole."""
        low, middle, high = (max(0.0, factor * (error + LEVEL) - LEVEL) for factor in self)
        return Estimate(middle, low, high)


class ErrorFactors(NamedTuple):
    """The factors of each of the two errors."""

    pixels: Factors
    squares: Factors


FACTORS: dict[tuple[Fill, bool], ErrorFactors] = {
    ("expected", False): ErrorFactors(Factors(0.50, 0.97, 2.56), Factors(0.53, 1.02, 2.53)),
    ("expected", True): ErrorFactors(Factors(0.71, 1.07, 2.16), Factors(0.65, 1.12, 2.31)),
    ("plausible", False): ErrorFactors(Factors(0.40, 0.98, 2.56), Factors(0.24, 0.99, 2.53)),
    ("plausible", True): ErrorFactors(Factors(0.71, 1.03, 2.66), Factors(0.65, 1.04, 3.67)),
}
"""By the kind of fill, and whether the hole had to be cut: what `python -m research.expected_error -o out` prints.
Of plausible fills, for which fewer holes were calibrated with, the ends are the farther ones of both fills."""


def expected_error(
    restorer: Restorer,
    image: Any,
    hole: Any,
    fill: Fill = "expected",
    seed: int = 0,
    not_from: Any = None,
    like: Sequence[Any] = (),
    probes: int = PROBES,
) -> Any:
    """Say how far the fill of a hole is expected to lie from what was there, without knowing what was.

    Known parts of the image in the shape of the hole are hidden, beside the hole, filled in the same way, and compared
    with what they were; where the hole fits nowhere, mirrored or turned, else cut into parts that do. What the error of
    holes is to that of such probes was measured on other images, so that nine holes of ten like those lie within the
    interval (split conformal prediction: Lei et al., "Distribution-free predictive inference for regression", 2018,
    arXiv 1604.04173). Places that one can look at differ from those that one wants filled: it is an estimate.

    Args:
        restorer: What fills.
        image: As for `Restorer.inpaint`.
        hole: As there.
        fill: As there. An expected fill has the least error; a plausible one shows texture, which pixel by pixel is
            farther from the truth: look at the mean colours.
        seed: As there.
        not_from: As there.
        like: As there.
        probes: How many are wanted, at least 1: all are hidden at once if half as many fit, else in two fills.

    Returns:
        An `ExpectedError`; of a batch, a list of one for each image.

    Raises:
        UserError: As `Restorer.inpaint` does.
    """
    check_at_least(1, probes=probes)
    given = UserImage.of(image, hole)
    barred = [None] * len(given.array) if not_from is None else list(hole_plane(not_from, given.shape))
    told = []
    for array, own, unseen, bar in zip(given.array, given.hole, given.unseen, barred, strict=True):
        options = {"fill": fill, "seed": seed, "not_from": bar, "like": like}
        placed = place_probes(own, ~(own | unseen), probes, PASSES, np.random.default_rng(seed))
        errors = probe_errors(restorer, array, own, unseen, placed, options)
        if not errors:
            told.append(ExpectedError(reason=placed.reason))
            continue
        pixels, squares = estimates(pooled(errors), fill, placed.is_cut)
        told.append(ExpectedError(pixels, squares, len(errors), len(placed.passes), placed.is_cut))
    return told if given.is_batch else told[0]


def estimates(errors: Errors, fill: Fill, is_cut: bool) -> tuple[Estimate, Estimate]:
    """What the errors of probes say of those of the hole.

    Args:
        errors: Of all probes together.
        fill: How they were filled.
        is_cut: Whether they are like parts of the hole.
    """
    pixels, squares = (one.estimate(error) for one, error in zip(FACTORS[fill, is_cut], errors, strict=True))
    return pixels, squares


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"
