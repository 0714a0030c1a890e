"""The contract of every kind of damage."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
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
