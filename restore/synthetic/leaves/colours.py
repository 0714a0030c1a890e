"""Colours of a synthetic image: few, mostly muted, and related to one another, as in photographs."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

OPPONENT = np.array([[0.577, 0.577, 0.577], [0.707, 0.0, -0.707], [-0.408, 0.816, -0.408]]) * 3**0.5
"""Rows: gray, amber against blue, green against magenta: nearly the principal axes of natural colours."""


def draw_palette(rng: np.random.Generator, count: int) -> Float[ndarray, "count 3"]:
    """Draw the colours of one image by a slow walk around a common tint.

    Luminance varies most, amber against blue less, green against magenta least; one image in eight is vivid.
    RGB, mostly within [0, 1].
    """
    vivid = 2.5 if rng.random() < 1 / 8 else 1.0
    spread = np.array([rng.uniform(0.15, 0.33), 0.055 * vivid, 0.016 * vivid]) * rng.lognormal(0, 0.35, 3)
    tint = np.array([0.45, *rng.laplace([0.02, 0], [0.05, 0.012])])
    steps = rng.laplace(0, 1, (count, 3)) / 2**0.5
    walk = steps.copy()
    for k in range(1, count):
        walk[k] = 0.5 * walk[k - 1] + 0.87 * steps[k]
    opponent = tint + walk * spread
    if vivid == 1:
        # Purple is rare outdoors and in: what is bluer than gray does not turn to magenta.
        opponent[:, 2] = np.where(opponent[:, 1] < 0, 0.7 * np.abs(opponent[:, 2]), opponent[:, 2])
    return opponent @ OPPONENT


def draw_colours(
    rng: np.random.Generator,
    palette: Float[ndarray, "colours 3"],
    group: Int[ndarray, " leaves"],
    region: Int[ndarray, " leaves"],
) -> Float[ndarray, "leaves 3"]:
    """Colour leaves: between the colour of the region that they lie in and one that their group chose for itself.

    Leaves of one group differ little; groups and regions are counted from 0.
    """
    groups, regions = int(group.max()) + 1, int(region.max()) + 1
    own = palette[rng.integers(len(palette), size=groups)] + _deviation(rng, np.full(groups, 0.05))
    local = palette[rng.permutation(len(palette))[np.arange(regions) % len(palette)]]
    independence = rng.beta(0.8, rng.uniform(0.5, 3), (groups, 1))
    spread = rng.exponential(0.04, groups)
    mixed = local[region] + independence[group] * (own[group] - local[region])
    colours: Float[ndarray, "leaves 3"] = mixed + _deviation(rng, spread[group])
    return colours


def _deviation(rng: np.random.Generator, scale: Float[ndarray, " n"]) -> Float[ndarray, "n 3"]:
    opponent = rng.normal(0, [1.0, 0.3, 0.12], (len(scale), 3)) * scale[:, None]
    return np.asarray(opponent @ OPPONENT)
