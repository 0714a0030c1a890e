"""Holes of whole rows and columns, as failing or interlaced sensors leave them."""

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Holes, leave_some_visible
from restore.errors import check_at_least


class DeadLines(Holes):
    """Whole rows or columns without a signal, or both.

    Args:
        count_max: Largest number of dead lines in an image; each image has at least one.
        width_max: Largest width of a line, px; each has its own, from 1 upwards.

    Raises:
        UserError: If there would be no line or no width.
    """

    def __init__(self, count_max: int = 6, width_max: int = 3) -> None:
        check_at_least(1, count_max=count_max, width_max=width_max)
        self.count_max = count_max
        self.width_max = width_max

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw lines for each image: only rows, only columns, or a mixture."""
        device = generator.device
        shape = (n, self.count_max, 1)
        count = 1 + torch.randint(self.count_max, (n, 1, 1), generator=generator, device=device)
        present = torch.arange(self.count_max, device=device).view(1, -1, 1) < count
        share_of_rows = torch.randint(3, (n, 1, 1), generator=generator, device=device) / 2
        is_row = torch.rand(shape, generator=generator, device=device) < share_of_rows
        lot = torch.rand(shape, generator=generator, device=device)
        thickness = 1 + torch.randint(self.width_max, shape, generator=generator, device=device)

        def dead(length: int, chosen: Tensor) -> Tensor:
            place = torch.arange(length, device=device)
            start = (lot * length).floor()
            return ((place >= start) & (place < start + thickness) & chosen).any(1)

        rows, columns = dead(height, present & is_row), dead(width, present & ~is_row)
        return leave_some_visible((rows[:, :, None] | columns[:, None, :]).unsqueeze(1))


class AlternateLines(Holes):
    """Every second row or column, as in one field of an interlaced video; orientation and phase are drawn."""

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw whether rows or columns, and where they start."""
        phase = torch.randint(2, (n, 1, 1, 1), generator=generator, device=generator.device)
        is_row = torch.randint(2, (n, 1, 1, 1), generator=generator, device=generator.device) == 0
        row = torch.arange(height, device=generator.device).view(-1, 1)
        column = torch.arange(width, device=generator.device).view(1, -1)
        return torch.where(is_row, row, column) % 2 == phase
