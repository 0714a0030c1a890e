"""An image at several scales, with what of it may be copied."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.inference.plausible.atlas import Atlas

RADIUS = 3
"""Half the side of a patch: 7 x 7 pixels."""

TEXTURE_WINDOW = 17
"""Side in pixels, at full scale, of the windows in which the texture around a pixel is told."""

COARSEST_HOLE = 24
"""The widest hole in pixels at the coarsest scale: no more than a few patches, so that each knows something."""

COARSEST_SOURCES = 40_000
"""The most patches that can be copied at the coarsest scale, so that all of them can be looked at."""

FEWEST_SOURCES = 64
"""The fewest patches that can be copied at any but the finest scale."""


@dataclass
class Scale:
    """An image at one scale.

    Args:
        values: Red, green and blue in [0, 1], and two features of texture: the mean absolute differences along the
            rows and along the columns around each pixel. In the hole the present guess.
        hole: What is to be filled.
        source: What may be the centre of a patch that is copied: all of the patch is visible, and allowed.
        inside: Where the image is, and what else lies on the canvas is not.
    """

    values: Float[Tensor, "5 h w"]
    hole: Bool[Tensor, "h w"]
    source: Bool[Tensor, "h w"]
    inside: Bool[Tensor, "h w"]


def scales_of(atlas: Atlas) -> list[Scale]:
    """An image and its references at full scale and at halves, as long as holes are wide and there is enough to copy.

    Returns:
        From fine to coarse; empty where no patch is visible and allowed as a whole.
    """
    hole, inside = atlas.hole, atlas.inside
    values = torch.cat([atlas.base, texture_in(atlas.base, ~atlas.visible)])
    barred = ~atlas.allowed | hole
    scales: list[Scale] = []
    while min(int(inside.any(axis).sum()) for axis in (0, 1)) > 2 * RADIUS:
        source = whole_patches(~barred)
        count = int(source.sum())
        if count < (FEWEST_SOURCES if scales else 1):
            break
        scales.append(Scale(values, hole, source, inside))
        if count <= COARSEST_SOURCES and not _is_wider(hole, COARSEST_HOLE):
            break
        values = functional.avg_pool2d(values[None], 2, ceil_mode=True)[0]
        hole, barred, inside = (
            functional.max_pool2d(x[None, None].float(), 2, ceil_mode=True)[0, 0] > 0 for x in (hole, barred, inside)
        )
    return scales


def _is_wider(hole: Bool[Tensor, "h w"], side: int) -> bool:
    """Whether a square of one pixel more than a side fits into the hole."""
    if min(hole.shape) <= side:
        return False
    rows = functional.max_pool2d((~hole)[None, None].float(), (side + 1, 1), 1)
    return bool((functional.max_pool2d(rows, (1, side + 1), 1) == 0).any())


def texture_in(image: Float[Tensor, "3 h w"], hidden: Bool[Tensor, "h w"]) -> Float[Tensor, "2 h w"]:
    """Mean absolute differences along both axes over windows, of what is visible; 0 where nothing is."""
    gray, visible = image.mean(0), (~hidden).float()
    features = []
    for axis in (1, 0):
        last = gray.shape[axis] - 1
        size = gray.diff(dim=axis, append=gray.narrow(axis, last, 1)).abs()
        weight = visible * torch.cat([visible.narrow(axis, 1, last), visible.narrow(axis, last, 1)], dim=axis)
        both = torch.stack([size * weight, weight])[None]
        both = functional.avg_pool2d(both, (TEXTURE_WINDOW, 1), 1, (TEXTURE_WINDOW // 2, 0))
        size, weight = functional.avg_pool2d(both, (1, TEXTURE_WINDOW), 1, (0, TEXTURE_WINDOW // 2))[0]
        features.append(size / weight.clamp_min(1e-6))
    return torch.stack(features)


def whole_patches(usable: Bool[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """The centres of patches that lie within the canvas and are usable as a whole."""
    inner = torch.zeros_like(usable)
    inner[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    return inner & ~grown(~usable, RADIUS)


def grown(region: Bool[Tensor, "h w"], radius: int) -> Bool[Tensor, "h w"]:
    """All pixels that lie no more than so many rows and columns away from a region."""
    side = 2 * radius + 1
    rows = functional.max_pool2d(region[None, None].float(), (side, 1), 1, (radius, 0))
    return functional.max_pool2d(rows, (1, side), 1, (0, radius))[0, 0] > 0
