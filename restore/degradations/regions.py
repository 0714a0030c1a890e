"""Holes with straight edges: patches, boxes, halves and frames."""

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Holes
from restore.degradations.interval import Interval
from restore.errors import UserError, check_at_least


class RandomPatches(Holes):
    """Patches of a grid, hidden at random: the task on which masked autoencoders are pretrained.

    Each image loses exactly `round(mask_ratio * patches)` of its patches (He et al., "Masked autoencoders are scalable
    vision learners", 2022, arXiv 2111.06377), but never the last one. In sizes that are no multiple of the patch, the
    patches at the lower and right border are cut off.

    Args:
        patch_size: Side of a patch, px, at least 1.
        mask_ratio: Hidden share of the patches, in [0, 1).

    Raises:
        UserError: If the patch has no size or the ratio leaves [0, 1).
    """

    def __init__(self, patch_size: int, mask_ratio: float = 0.75) -> None:
        check_at_least(1, patch_size=patch_size)
        if not 0 <= mask_ratio < 1:
            raise UserError(f"mask_ratio must lie in [0, 1), got {mask_ratio}")
        self.patch_size = patch_size
        self.mask_ratio = mask_ratio

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Hide the patches that come first in a random order."""
        rows, columns = -(-height // self.patch_size), -(-width // self.patch_size)
        patches = rows * columns
        hidden = min(round(self.mask_ratio * patches), patches - 1)
        lots = torch.rand((n, patches), generator=generator, device=generator.device)
        hole = (lots.argsort(dim=1).argsort(dim=1) < hidden).view(n, 1, rows, columns)
        hole = hole.repeat_interleave(self.patch_size, 2).repeat_interleave(self.patch_size, 3)
        return hole[..., :height, :width]


class Boxes(Holes):
    """Upright rectangles of any place, size and shape.

    Args:
        count_max: Largest number of boxes in an image; each image has at least one.
        side_min: Smallest side of a box as a share of the image's, at least 0; a box has at least one pixel.
        side_max: Largest side of a box as a share of the image's; so small that the boxes cannot cover the image.

    Raises:
        UserError: If the range is empty, or the boxes could cover the whole image.
    """

    def __init__(self, count_max: int = 3, side_min: float = 0.1, side_max: float = 0.5) -> None:
        self.side = Interval("side", side_min, side_max, ceiling=1.0)
        if count_max < 1 or count_max * side_max**2 >= 1:
            raise UserError(
                f"at least 1 box, of less than the whole image together: got count_max={count_max} with "
                f"side_max={side_max}"
            )
        self.count_max = count_max

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw the sides of each box, then its place inside the image."""
        count = 1 + torch.randint(self.count_max, (n, 1, 1, 1), generator=generator, device=generator.device)
        spare = torch.arange(self.count_max, device=generator.device).view(1, -1, 1, 1) >= count
        inside_rows = self._draw_spans(n, height, generator).unsqueeze(3)
        inside_columns = self._draw_spans(n, width, generator).unsqueeze(2)
        return (inside_rows & inside_columns & ~spare).any(1, keepdim=True)

    def _draw_spans(self, n: int, length: int, generator: torch.Generator) -> Bool[Tensor, "n boxes length"]:
        side = (self.side.draw((n, self.count_max, 1), generator) * length).floor().clamp_min(1)
        lot = torch.rand((n, self.count_max, 1), generator=generator, device=generator.device)
        start = (lot * (length - side + 1)).floor()
        place = torch.arange(length, device=generator.device)
        return (place >= start) & (place < start + side)


class HalfImage(Holes):
    """One half of the image, drawn: left, right, upper or lower. In odd sizes the middle line stays visible."""

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw one of the four sides for each image."""
        half = torch.zeros((4, height, width), dtype=torch.bool, device=generator.device)
        half[0, : height // 2] = True
        half[1, height - height // 2 :] = True
        half[2, :, : width // 2] = True
        half[3, :, width - width // 2 :] = True
        side = torch.randint(4, (n,), generator=generator, device=generator.device)
        return half[side].unsqueeze(1)


class OutpaintingFrame(Holes):
    """A frame along the border, so that the image has to be continued outwards from its centre.

    Args:
        margin_min: Smallest width of the frame as a share of the image's side, at least 0.
        margin_max: Largest width of the frame as a share of the image's side, less than 0.5.

    Raises:
        UserError: If the range is empty, or would leave no centre.
    """

    def __init__(self, margin_min: float = 0.1, margin_max: float = 0.3) -> None:
        self.margin = Interval("margin", margin_min, margin_max, ceiling=0.49)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw the width of each image's frame."""
        margin = self.margin.draw((n, 1, 1, 1), generator)
        row = torch.arange(height, device=generator.device).view(-1, 1)
        column = torch.arange(width, device=generator.device)
        rows, columns = (margin * height).floor(), (margin * width).floor()
        return (row < rows) | (row >= height - rows) | (column < columns) | (column >= width - columns)
