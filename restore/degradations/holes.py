"""The contract of degradations that hide pixels."""

from abc import abstractmethod

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.observation import Observation


class Holes(Degradation[Tensor]):
    """Hides pixels and leaves the others bit-identical. A kind of hole is told by its `draw` alone."""

    @abstractmethod
    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw a hole (True = hidden) for each of `n` images, on the generator's device.

        No hole covers a whole image of 8 x 8 pixels or more.
        """

    def degrade(self, observation: Observation, parameters: Bool[Tensor, "n 1 h w"]) -> Observation:
        """Hide the pixels in the hole, beside those that were hidden before."""
        hole = parameters.to(observation.degraded.device) | observation.hole
        return Observation(observation.degraded.masked_fill(hole, 0), observation.sigma.masked_fill(hole, torch.inf))


def leave_some_visible(hole: Bool[Tensor, "n 1 h w"]) -> Bool[Tensor, "n 1 h w"]:
    """Uncover the upper half of images that would be all hole: with nothing to see there is nothing to restore.

    For kinds of hole where that is rare, but cannot be excluded by their construction.
    """
    uncovered = torch.arange(hole.shape[2], device=hole.device)[:, None] < hole.shape[2] // 2
    return hole & ~(hole.all(dim=(2, 3), keepdim=True) & uncovered)
