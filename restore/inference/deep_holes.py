"""Holes too large for a tile to see across: a guess for their depths from the whole image, seen from afar."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.inference.tiling import Window
from restore.observation import Observation

GUESS_SIGMA = 0.05
"""How far a guess is trusted, in [0, 1] units: as a noisy observation. Much more noise, of which the guess has none,
draws its border as a faint line into what is filled."""


class DeepHoles:
    """The parts of holes far from anything visible, filled in at low resolution.

    A tile in the middle of a large hole has nothing to start from. The image is reduced until it fits one tile and
    restored there; where a hole is deeper than a quarter of a tile, that result stands in for the missing pixels, as
    a noisy observation, and the tiles refine it.

    Args:
        height: Height of the image.
        width: Width of the image.
        tile: Side of a tile in pixels.
        read: Gives the observation of a window.
        restore: Restores an observation no larger than a tile.
    """

    def __init__(
        self,
        height: int,
        width: int,
        tile: int,
        read: Callable[[Window], Observation],
        restore: Callable[[Observation], Float[Tensor, "1 3 h w"]],
    ) -> None:
        self.factor = math.ceil(max(height, width) / tile)
        strips = [
            _reduce(read((slice(top, min(top + self.factor, height)), slice(0, width))), self.factor)
            for top in range(0, height, self.factor)
        ]
        coarse = Observation(
            torch.cat([s.degraded for s in strips], dim=2), torch.cat([s.sigma for s in strips], dim=2)
        )
        # Rounded down, so that in any tile of nothing but hole the middle is deep.
        reach = math.floor(tile / 4 / self.factor)
        near = functional.max_pool2d((~coarse.hole).float(), 2 * reach + 1, stride=1, padding=reach) > 0
        self.deep: Bool[Tensor, "1 1 h w"] = ~near
        self.guess = restore(coarse).cpu() if bool(self.deep.any()) else None

    def complete(self, window: Window, observation: Observation) -> Observation:
        """Put the guess where the window shows the depths of a hole."""
        if self.guess is None:
            return observation
        rows, columns = (torch.arange(span.start, span.stop).div(self.factor, rounding_mode="floor") for span in window)
        deep = observation.hole & self.deep[..., rows[:, None], columns]
        if not bool(deep.any()):
            return observation
        guess = _enlarge(self.guess, window, self.factor)
        return Observation(
            torch.where(deep, guess, observation.degraded), torch.where(deep, GUESS_SIGMA, observation.sigma)
        )


def _reduce(strip: Observation, factor: int) -> Observation:
    """The means of the visible pixels in cells of a strip one cell high; a cell without any is a hole."""
    visible = (~strip.hole).float()
    values = torch.cat(
        [torch.where(strip.hole, 0, strip.degraded), torch.where(strip.hole, 0, strip.sigma.square())], 1
    )
    height = strip.sigma.shape[-2]
    pooled = functional.avg_pool2d(torch.cat([values, visible], 1), (height, factor), ceil_mode=True)
    share = pooled[:, -1:]
    mean = pooled[:, :-1] / share.clamp_min(1e-8)
    sigma = mean[:, -1:].sqrt() / factor  # averaging the cell's pixels averages their noise
    return Observation(mean[:, :3], torch.where(share > 0, sigma, torch.inf))


def _enlarge(coarse: Float[Tensor, "1 3 h w"], window: Window, factor: int) -> Float[Tensor, "1 3 t u"]:
    """The pixels of a window from a reduced image, bilinear."""
    axes = [
        ((torch.arange(span.start, span.stop) + 0.5) / factor) * 2 / cells - 1
        for span, cells in zip(window, coarse.shape[-2:], strict=True)
    ]
    grid = torch.stack([axes[1].expand(len(axes[0]), -1), axes[0][:, None].expand(-1, len(axes[1]))], dim=-1)
    return functional.grid_sample(coarse, grid[None], mode="bilinear", padding_mode="border", align_corners=False)
