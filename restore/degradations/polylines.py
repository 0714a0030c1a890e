"""Drawing of curved, tapering lines for a whole batch at once."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def draw_walks(
    start: Float[Tensor, "n lines 2"],
    heading: Float[Tensor, "n lines"],
    turns: Float[Tensor, "n lines vertices"],
    steps: Float[Tensor, "n lines vertices"],
) -> Float[Tensor, "n lines vertices_and_start 2"]:
    """Walk from a start, turning by an angle before each step.

    Args:
        start: Row and column of the first vertex, px.
        heading: First direction, radians.
        turns: Change of direction before each step, radians.
        steps: Length of each step, px.

    Returns:
        Row and column of every vertex, px.
    """
    angle = heading[..., None] + turns.cumsum(-1)
    moves = steps[..., None] * torch.stack([angle.sin(), angle.cos()], dim=-1)
    return torch.cat([start[..., None, :], start[..., None, :] + moves.cumsum(-2)], dim=-2)


def fold_into(position: Float[Tensor, "... 2"], height: int, width: int) -> Float[Tensor, "... 2"]:
    """Reflect positions at the borders of the image until they lie inside."""
    size = torch.tensor([height, width], dtype=position.dtype, device=position.device)
    return size - (position.remainder(2 * size) - size).abs()


def retrace_first(
    spare: Bool[Tensor, "n lines"],
    vertices: Float[Tensor, "n lines vertices 2"],
    radius: Float[Tensor, "n lines vertices"],
) -> tuple[Float[Tensor, "n lines vertices 2"], Float[Tensor, "n lines vertices"]]:
    """Let spare lines repeat the first, so that images with fewer lines need no shape of their own."""
    return (
        torch.where(spare[:, :, None, None], vertices[:, :1], vertices),
        torch.where(spare[:, :, None], radius[:, :1], radius),
    )


def squared_distance(
    vertices: Float[Tensor, "n lines vertices 2"], radius: Float[Tensor, "n lines vertices"], height: int, width: int
) -> Float[Tensor, "n h w"]:
    """Square of each pixel's distance to the nearest line, in units of the line's radius there.

    At most 1 inside the drawn lines, whose radius changes linearly from vertex to vertex and whose ends are round.

    Args:
        vertices: Row and column of the vertices of each line, px; pixel centres lie at 0.5, 1.5, ...
        radius: Half the line's width at each vertex, px, more than 0.
        height: Rows of the image.
        width: Columns of the image.
    """
    row = torch.arange(height, device=vertices.device).view(1, -1, 1) + 0.5
    column = torch.arange(width, device=vertices.device).view(1, 1, -1) + 0.5
    nearest = torch.full((len(vertices), height, width), math.inf, device=vertices.device)
    tail, head = vertices[:, :, :-1].flatten(1, 2), vertices[:, :, 1:].flatten(1, 2)
    first, last = radius[:, :, :-1].flatten(1), radius[:, :, 1:].flatten(1)
    # One segment of every image at a time: the planes stay in the processor's cache.
    for s in range(tail.shape[1]):
        origin, direction = tail[:, s], head[:, s] - tail[:, s]
        along = direction / direction.square().sum(-1, keepdim=True).clamp_min(1e-6)
        down, right = row - origin[:, 0, None, None], column - origin[:, 1, None, None]
        share = (down * along[:, 0, None, None] + right * along[:, 1, None, None]).clamp_(0, 1)
        distance = (down - share * direction[:, 0, None, None]).square_()
        distance += (right - share * direction[:, 1, None, None]).square_()
        taper = share.mul_((last - first)[:, s, None, None]).add_(first[:, s, None, None])
        torch.minimum(nearest, distance.div_(taper.square_()), out=nearest)
    return nearest
