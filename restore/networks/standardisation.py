"""Observations as convolutions see them: without their mean colour, and in units of their noise."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from restore.observation import Observation

MISSING = 0.2
"""The sigma, in [0, 1] units, that a hole is taken for: about the spread of an image's pixels around their mean."""

EXACT = 0.02
"""Is added to the noise level, in [0, 1] units, so that images without noise leave something to divide by."""

LEVEL = 0.3
"""What the noise level of an image becomes, where `EXACT` is small beside it."""


class Standardised(NamedTuple):
    """An observation without its mean colour, divided by its noise level.

    Convolutions without biases between ReLUs make twice as much of an image with twice the contrast and twice the
    sigma, so that what they learn at one noise level serves at every other (Mohan et al. 2020, arXiv 1906.05478). That
    needs a sigma that grows with the noise, and no constant beside it. The division keeps it true with what does not
    grow: the mark of holes, context from a transformer, the bias of a last layer. The noise level is that of all
    that a network sees at once, in which a hole counts as `MISSING`; the mean colour that of the whole image, also
    where a network sees it tile by tile.

    Args:
        channels: RGB, sigma, and 1 in holes; the first four divided by `unit`.
        unit: What a correction of one means in [0, 1] units.
    """

    channels: Float[Tensor, "n 5 h w"]
    unit: Float[Tensor, "n 1 1 1"]


CHANNELS = 5
"""Of a standardised observation."""


def mean_colour(observation: Observation) -> Float[Tensor, "n 3 1 1"]:
    """The mean of what was observed; gray where nothing was."""
    hole = observation.hole
    total = torch.where(hole, 0, observation.degraded).sum((2, 3), keepdim=True, dtype=torch.float32)
    count = (~hole).sum((2, 3), keepdim=True)
    return torch.where(count > 0, total / count, 0.5)


def standardise(
    base: Float[Tensor, "n 3 h w"], observation: Observation, mean: Float[Tensor, "n 3 1 1"]
) -> Standardised:
    """Take the mean colour away, of the images or of what they are parts of, and divide by each image's noise level.

    The base is what was observed, with its holes filled.
    """
    hole = observation.hole
    sigma = torch.where(hole, MISSING, observation.sigma.clamp_max(1))
    unit = (sigma.square().mean((1, 2, 3), keepdim=True).sqrt() + EXACT) / LEVEL
    centred = base - mean.to(base)
    return Standardised(torch.cat([centred / unit, sigma / unit, hole.to(base.dtype)], dim=1), unit)
