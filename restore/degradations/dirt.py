"""What lies on a scanned original: dust, scratches and hairs, as the share of each pixel that they cover."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.polylines import draw_walks, retrace_first, squared_distance


def draw_dust(n: int, count_max: int, height: int, width: int, generator: torch.Generator) -> Float[Tensor, "n 1 h w"]:
    """Small blobs, few of them large, a little longer than wide; up to `count_max` in each image, or none."""
    rand = _Draws(n, count_max, generator)
    radius = (0.6 + 2.4 * rand(1).square()) * (0.6 + 0.8 * rand(3))
    turns, steps = 1.5 * (2 * rand(2) - 1), 0.8 * radius[..., :1] * (0.5 + rand(2))
    return rand.cover(draw_walks(rand.place(height, width), rand.heading(), turns, steps), radius, 0.5, height, width)


def draw_scratches(
    n: int, count_max: int, height: int, width: int, generator: torch.Generator
) -> Float[Tensor, "n 1 h w"]:
    """Thin, uneven lines along the transport of the film, nearly vertical; up to `count_max` in each image, or none."""
    rand = _Draws(n, count_max, generator)
    steps = ((0.3 + 1.2 * rand(1)) * height / 7).expand(-1, -1, 7)
    heading = math.pi / 2 + math.radians(3.0) * (2 * rand() - 1)
    walk = draw_walks(rand.place(0, 0), heading, 0.015 * (2 * rand(7) - 1), steps)
    vertices = walk - walk.mean(2, keepdim=True) + rand.place(height, width)[:, :, None]
    return rand.cover(vertices, (0.4 + 0.6 * rand(1)) * (0.3 + rand(8)), 1.0, height, width)


def draw_hairs(n: int, count_max: int, height: int, width: int, generator: torch.Generator) -> Float[Tensor, "n 1 h w"]:
    """Thin lines that curl; up to `count_max` in each image, or none."""
    rand = _Draws(n, count_max, generator)
    steps = ((0.15 + 0.45 * rand(1)) * min(height, width) / 8).expand(-1, -1, 8)
    turns = 0.4 * (2 * rand(1) - 1) + 0.3 * (2 * rand(8) - 1)
    vertices = draw_walks(rand.place(height, width), rand.heading(), turns, steps)
    return rand.cover(vertices, (0.5 + 0.4 * rand(1)).expand(-1, -1, 9), 1.0, height, width)


class _Draws:
    """What the lines of a batch have in common: how many there are in each image, and where they lie."""

    def __init__(self, n: int, count_max: int, generator: torch.Generator) -> None:
        self.generator = generator
        self.lines = (n, max(count_max, 1))
        self.count = torch.randint(count_max + 1, (n, 1), generator=generator, device=generator.device)

    def __call__(self, *shape: int) -> Float[Tensor, "n lines ..."]:
        """Draw numbers between 0 and 1 for each line."""
        return torch.rand((*self.lines, *shape), generator=self.generator, device=self.generator.device)

    def place(self, height: int, width: int) -> Float[Tensor, "n lines 2"]:
        """Draw a row and a column in the image, px."""
        return self(2) * torch.tensor([height, width], device=self.generator.device)

    def heading(self) -> Float[Tensor, "n lines"]:
        """Draw any direction, radians."""
        return 2 * math.pi * self()

    def cover(
        self,
        vertices: Float[Tensor, "n lines vertices 2"],
        radius: Float[Tensor, "n lines vertices"],
        softness: float,
        height: int,
        width: int,
    ) -> Float[Tensor, "n 1 h w"]:
        """Share of each pixel that the lines cover; it falls from 1 to 0 within `softness` radii around their edge."""
        spare = torch.arange(self.lines[1], device=vertices.device) >= self.count
        distance = squared_distance(*retrace_first(spare, vertices, radius), height, width).sqrt()
        cover = ((1 - distance) / softness + 0.5).clamp(0, 1)
        return (cover * (self.count > 0)[:, :, None]).unsqueeze(1)
