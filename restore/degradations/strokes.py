"""Holes drawn by a moving tip: brush strokes and scratches."""

import math

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Holes, leave_some_visible
from restore.degradations.interval import Interval
from restore.degradations.polylines import draw_walks, fold_into, retrace_first, squared_distance
from restore.errors import UserError, check_at_least

THINNEST = 2.5
"""Mean width below which a brush stroke is left out, px."""


class BrushStrokes(Holes):
    """Irregular strokes of a brush: winding, of varying width, from thin to thick, covering an exact share.

    The path, the number and the relative widths of the strokes are drawn first, as in free-form inpainting (Yu et al.,
    "Free-form image inpainting with gated convolution", 2019, arXiv 1806.03589). The brush is then pressed as hard as
    it takes to cover the share drawn for the image.

    Args:
        hole_ratio_min: Smallest hidden share of the image, in [0, 0.95].
        hole_ratio_max: Largest hidden share of the image, in [0, 0.95].
        strokes_max: Largest number of strokes, at least 1.
        width_max: Mean width of the strokes above which one more is drawn, as long as there are no more than
            `strokes_max`; as a share of the image's shorter side, more than 0.

    Raises:
        UserError: If a range is empty or leaves its limits.
    """

    VERTICES = 7

    def __init__(
        self,
        hole_ratio_min: float = 0.05,
        hole_ratio_max: float = 0.5,
        strokes_max: int = 8,
        width_max: float = 0.15,
    ) -> None:
        if not width_max > 0:
            raise UserError(f"width_max must be more than 0, got {width_max}")
        self.width_max = width_max
        self.hole_ratio = Interval("hole_ratio", hole_ratio_min, hole_ratio_max, ceiling=0.95)
        check_at_least(1, strokes_max=strokes_max)
        self.strokes_max = strokes_max

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw winding paths and widen them until each image's share is covered."""
        hidden = (self.hole_ratio.draw((n,), generator) * height * width).round().long()
        count = 1 + torch.randint(self.strokes_max, (n, 1), generator=generator, device=generator.device)

        def rand(*shape: int) -> Tensor:
            return torch.rand((n, self.strokes_max, *shape), generator=generator, device=generator.device)

        # Some strokes run nearly straight, others curl; the jitter alone would make all of them zigzags.
        curl, jitter = 0.9 * (2 * rand(1) - 1), 1.2 * rand(1)
        turns = curl + jitter * (2 * rand(self.VERTICES - 1) - 1)
        steps = (0.05 + 0.2 * rand(1)) * min(height, width) * (0.5 + rand(self.VERTICES - 1))
        start = rand(2) * torch.tensor([height, width], device=generator.device)
        vertices = fold_into(draw_walks(start, 2 * math.pi * rand(), turns, steps), height, width)
        radius = (0.3 + rand(1)) * (0.6 + 0.8 * rand(self.VERTICES))

        # Enough strokes not to swell into a blob, and few enough not to break up into dots.
        length = steps.sum(-1)
        together = length.cumsum(-1)
        too_thin = together * THINNEST > hidden[:, None]
        too_thick = (together - length) * self.width_max * min(height, width) < hidden[:, None]
        spare = torch.arange(self.strokes_max, device=generator.device) >= count
        spare = (spare & ~too_thick) | too_thin
        vertices, radius = retrace_first(spare, vertices, radius)
        distance = squared_distance(vertices, radius, height, width).flatten(1)
        limit = distance.sort(dim=1).values.gather(1, hidden[:, None])
        return (distance < limit).view(n, 1, height, width)


class Scratches(Holes):
    """Thin, long, slightly bent lines across the image: scratches, hairs, creases.

    Args:
        count_max: Largest number of scratches in an image; each image has at least one.
        width_min: Smallest width, px, at least 1.
        width_max: Largest width, px.

    Raises:
        UserError: If a range is empty or leaves its limits.
    """

    VERTICES = 6

    def __init__(self, count_max: int = 6, width_min: float = 1.0, width_max: float = 3.0) -> None:
        check_at_least(1, count_max=count_max)
        self.count_max = count_max
        self.width = Interval("width", width_min, width_max, floor=1.0)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw each scratch from its middle, which lies in the image, in both directions."""
        count = 1 + torch.randint(self.count_max, (n, 1), generator=generator, device=generator.device)

        def rand(*shape: int) -> Tensor:
            return torch.rand((n, self.count_max, *shape), generator=generator, device=generator.device)

        length = (0.4 + 1.0 * rand(1)) * min(height, width)
        bend = 0.25 * (2 * rand(1) - 1) + 0.12 * (2 * rand(self.VERTICES - 1) - 1)
        steps = (length / (self.VERTICES - 1)).expand_as(bend)
        middle = rand(2) * torch.tensor([height, width], device=generator.device)
        walk = draw_walks(torch.zeros_like(middle), 2 * math.pi * rand(), bend, steps)
        vertices = walk - walk.mean(2, keepdim=True) + middle[:, :, None]
        radius = self.width.draw((n, self.count_max, 1), generator).expand(-1, -1, self.VERTICES) / 2

        spare = torch.arange(self.count_max, device=generator.device) >= count
        vertices, radius = retrace_first(spare, vertices, radius)
        return leave_some_visible((squared_distance(vertices, radius, height, width) <= 1).unsqueeze(1))
