"""Holes as an object leaves them that is taken out of a picture."""

import math

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Holes
from restore.degradations.interval import Interval
from restore.errors import UserError

WAVES = 5
"""Waves around an outline: the more, the finer its bays."""

BAYS = 0.35
"""Standard deviation of the logarithm of the radius that the first of the waves makes; of the k-th, one k-th of it."""


class Blobs(Holes):
    """Roundish holes with bays, each within the image, such as a person or a sign leaves that is taken out.

    The radius of an outline is the exponential of a few random waves of the direction.

    Args:
        count_max: Largest number of blobs in an image; each image has at least one.
        side_min: Smallest diameter, twice the greatest radius, as a share of the image's shorter side, at least 0; a
            blob has at least one pixel.
        side_max: Largest diameter, so small that the blobs cannot cover the image.

    Raises:
        UserError: If the range is empty, or the blobs could cover the whole image.
    """

    def __init__(self, count_max: int = 2, side_min: float = 0.1, side_max: float = 0.4) -> None:
        self.side = Interval("side", side_min, side_max, ceiling=1.0)
        if count_max < 1 or count_max * math.pi / 4 * side_max**2 >= 1:
            raise UserError(
                f"at least 1 blob, of less than the whole image together: got count_max={count_max} with "
                f"side_max={side_max}"
            )
        self.count_max = count_max

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw the size, the place and the outline of each blob."""
        device = generator.device
        shape = (n, self.count_max, 1, 1)

        def rand(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=device)

        count = 1 + torch.randint(self.count_max, (n, 1, 1, 1), generator=generator, device=device)
        spare = torch.arange(self.count_max, device=device).view(1, -1, 1, 1) >= count
        # Half a pixel more, so that the nearest pixel's centre is never missed.
        radius = self.side.draw(shape, generator) * min(height, width) / 2 + 0.5
        down, across = (
            torch.arange(length, device=device).view(view) + 0.5 - radius - rand(*shape) * (length - 2 * radius)
            for length, view in ((height, (-1, 1)), (width, (1, -1)))
        )
        waves = torch.arange(1, WAVES + 1, device=device)
        sizes = BAYS / waves * torch.randn((*shape, WAVES), generator=generator, device=device)
        phases = 2 * math.pi * rand(*shape, WAVES)
        turn = torch.linspace(0, 2 * math.pi, 64, device=device)
        largest = (sizes * torch.cos(waves * turn[:, None] + phases)).sum(-1).amax((2, 3), keepdim=True)
        direction = torch.atan2(down, across)
        outline = torch.zeros_like(direction) - largest
        for wave in range(WAVES):
            outline += sizes[..., wave] * torch.cos((wave + 1) * direction + phases[..., wave])
        inside = down.square() + across.square() < (radius * outline.exp()).square()
        inside |= (down.abs() <= 0.5) & (across.abs() <= 0.5)
        return (inside & ~spare).any(1, keepdim=True)
