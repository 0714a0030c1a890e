"""The contract of every kind of damage, and of the kinds that hide pixels."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.observation import Observation

Parameters = TypeVar("Parameters")


class Degradation(ABC, Generic[Parameters]):
    """An operator that damages observations, and beside it the draw of its parameters.

    All randomness lies in `draw`: the same parameters damage any observation of that size in the same way.
    Damage that cannot be seen past (a hole) sets `sigma` to infinity and `degraded` to zero; noise adds to `sigma` in
    quadrature and leaves holes alone, so that degradations can follow one another in any order. What `degraded` held
    inside a hole, NaN included, has no influence on the result.
    """

    @abstractmethod
    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Parameters:
        """Draw the parameters of `n` images of one size, on the generator's device."""

    @abstractmethod
    def degrade(self, observation: Observation, parameters: Parameters) -> Observation:
        """Damage each image of the batch with its own parameters, on the observation's device."""

    def __call__(self, image: Float[Tensor, "n 3 h w"], generator: torch.Generator) -> Observation:
        """Draw parameters and damage clean images with them."""
        n, _, height, width = image.shape
        return self.degrade(Observation.of(image), self.draw(n, height, width, generator))


class Holes(Degradation[Tensor]):
    """Hides pixels and leaves the others bit-identical. A kind of hole is told by its `draw` alone."""

    @abstractmethod
    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw a hole (True = hidden) for each of `n` images, on the generator's device.

        No hole covers a whole image of 8 x 8 pixels or more.
        """

    def degrade(self, observation: Observation, parameters: Bool[Tensor, "n 1 h w"]) -> Observation:
        """Hide the pixels in the hole, beside those that were hidden before."""
        return with_hole(observation, parameters)


def with_error(
    observation: Observation, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 #h #w"]
) -> Observation:
    """An observation whose visible pixels have other values, and the level of their error joined in quadrature."""
    hole = observation.hole
    return Observation(
        torch.where(hole, 0, degraded), torch.where(hole, torch.inf, torch.hypot(observation.sigma, sigma))
    )


def with_hole(observation: Observation, hole: Bool[Tensor, "n 1 h w"]) -> Observation:
    """Hide the pixels in a hole, which may lie on another device, beside those that were hidden before."""
    hole = hole.to(observation.degraded.device) | observation.hole
    return Observation(observation.degraded.masked_fill(hole, 0), observation.sigma.masked_fill(hole, torch.inf))


def leave_some_visible(hole: Bool[Tensor, "n 1 h w"]) -> Bool[Tensor, "n 1 h w"]:
    """Uncover the upper half of images that would be all hole: with nothing to see there is nothing to restore.

    For kinds of hole where that is rare, but cannot be excluded by their construction.
    """
    uncovered = torch.arange(hole.shape[2], device=hole.device)[:, None] < hole.shape[2] // 2
    return hole & ~(hole.all(dim=(2, 3), keepdim=True) & uncovered)
