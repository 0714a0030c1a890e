"""Holes where there is something to see: over parts rather than over the table that they lie on."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.degradations.degradation import Degradation, Holes, with_hole
from restore.errors import check_at_least
from restore.observation import Observation


class OverDetail(Degradation[Tensor]):
    """Of several holes for each image, the one in which most is hidden: where neighbouring pixels differ most.

    Holes anywhere lie over the background in most images of a part, and teach the background.

    Args:
        holes: Draws the holes to choose from.
        draws: How many, at least 1; of one there is no choice.

    Raises:
        UserError: There are none.
    """

    def __init__(self, holes: Holes, draws: int = 3) -> None:
        check_at_least(1, draws=draws)
        self.holes = holes
        self.draws = draws

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n k h w"]:
        """Draw all the holes to choose from."""
        return torch.cat([self.holes.draw(n, height, width, generator) for _ in range(self.draws)], dim=1)

    def degrade(self, observation: Observation, parameters: Bool[Tensor, "n k h w"]) -> Observation:
        """Hide the pixels in one hole of each image, beside those that were hidden before."""
        choices = parameters.to(observation.degraded.device)
        hidden = (detail(observation)[:, None] * choices).sum((2, 3)) / choices.sum((2, 3)).clamp_min(1)
        best = hidden.argmax(1)[:, None, None, None].expand(-1, 1, *choices.shape[2:])
        return with_hole(observation, choices.gather(1, best))


def detail(observation: Observation) -> Float[Tensor, "n h w"]:
    """How much each pixel differs from the next one to the right and below, where both are seen; 0 elsewhere."""
    hole = observation.hole
    gray = torch.where(hole, 0, observation.degraded).mean(1)
    seen = (~hole[:, 0]).to(gray.dtype)
    across = gray.diff(dim=2).abs() * seen[:, :, 1:] * seen[:, :, :-1]
    down = gray.diff(dim=1).abs() * seen[:, 1:] * seen[:, :-1]
    return functional.pad(across, (0, 1)) + functional.pad(down, (0, 0, 0, 1))
