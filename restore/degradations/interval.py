"""A range of plain numbers from which a degradation draws."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import UserError


@dataclass(frozen=True)
class Interval:
    """A closed range of numbers, checked where the user gives it.

    Args:
        name: What the range is of, for the error message: `"sigma"` for `sigma_min` and `sigma_max`.
        low: Smallest value.
        high: Largest value.
        floor: Smallest value that makes sense.
        ceiling: Largest value that makes sense.

    Raises:
        UserError: Unless `floor <= low <= high <= ceiling` and both ends are finite.
    """

    name: str
    low: float
    high: float
    floor: float = 0.0
    ceiling: float = math.inf

    def __post_init__(self) -> None:
        if not (self.floor <= self.low <= self.high <= self.ceiling and math.isfinite(self.high)):
            raise UserError(
                f"{self.name} needs {self.floor:g} <= {self.name}_min <= {self.name}_max <= {self.ceiling:g}, "
                f"got {self.name}_min={self.low} and {self.name}_max={self.high}"
            )

    def divided_by(self, unit: float) -> "Interval":
        """The same range in a larger unit."""
        return Interval(self.name, self.low / unit, self.high / unit, self.floor / unit, self.ceiling / unit)

    def draw(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "..."]:
        """Draw uniformly from the range, on the generator's device."""
        return self.low + (self.high - self.low) * torch.rand(shape, generator=generator, device=generator.device)
