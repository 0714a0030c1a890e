"""A placement made exact at one scale."""

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from restore.inference.alike.placement import WHOLE, Placement, View, look, scaled
from restore.inference.plausible.reference import Reference

POINTS = 3000
"""Pixels around a hole that are compared."""

NEAR = 0.05
"""Weight, as a share of the largest, below which a pixel is not compared."""

STEPS = 10
"""Of each refinement."""

GAINS = (0.4, 2.5)
"""The least and the largest contrast of an image, in that of a reference."""

BESIDE = 0.5
"""Share of what surrounds the hole that a reference has to have."""


def refined(placement: Placement, view: View, reference: Reference) -> Placement:
    """The placement near another at which the reference is most like the surroundings of a hole.

    Damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963), brightness and contrast fitted beside.

    Args:
        placement: From a coarser scale.
        view: The image at the scale of the comparison.
        reference: Which is looked at at the same scale.
    """
    planes, factors = scaled(reference, view.factor[0] * placement.scale)
    slopes = [
        torch.gradient(planes[:3], dim=axis)[0] if planes.shape[axis] > 1 else torch.zeros_like(planes[:3])
        for axis in (1, 2)
    ]
    near = (view.weight > NEAR * view.weight.max()).nonzero()
    near = near[torch.linspace(0, len(near) - 1, min(len(near), POINTS)).round().long()]
    points = _Points(
        torch.cat([planes, *slopes]),
        factors,
        (near.float() - torch.tensor(view.centre)) * torch.tensor(view.factor),
        view.pixels[:, near[:, 0], near[:, 1]],
        view.weight[near[:, 0], near[:, 1]],
    )
    best = replace(placement, error=math.inf)
    tried, damping = placement, 1e-2
    hessian, gradient = torch.eye(4), torch.zeros(4)
    for _ in range(STEPS + 1):
        error, *normal = points.compare(tried)
        if error < best.error:
            best, damping = replace(tried, error=error), max(damping / 3, 1e-4)
            hessian, gradient = normal
        elif math.isinf(best.error):
            return best
        else:
            damping *= 5
        diagonal = torch.diag(hessian.diagonal().clamp_min(1e-9))
        turn, grow, down, right = torch.linalg.solve(hessian + damping * diagonal, gradient).tolist()
        scale = best.scale * math.exp(max(min(grow, 1.0), -1.0))
        tried = Placement(best.number, best.angle + turn, scale, best.row + down, best.column + right)
    return best


class _Points:
    """Pixels of an image, and a reference to be compared with them."""

    def __init__(
        self,
        sampled: Float[Tensor, "10 h w"],
        factors: Float[Tensor, " 2"],
        away: Float[Tensor, "n 2"],
        values: Float[Tensor, "3 n"],
        weight: Float[Tensor, " n"],
    ) -> None:
        self.sampled = sampled
        self.factors = factors
        self.away = away
        self.values = values
        self.weight = weight / weight.sum()
        self.spread = (values - (values * self.weight).sum(1, keepdim=True)).square().sum(0) * self.weight

    def compare(self, placement: Placement) -> tuple[float, Float[Tensor, "4 4"], Float[Tensor, " 4"]]:
        """The error at a placement, and the normal equations of a step: angle, logarithm of the scale, row, column."""
        moved = placement.scale * self.away @ placement.turn.T
        places = (moved + torch.tensor([placement.row, placement.column]) + 0.5) / self.factors - 0.5
        seen = look(self.sampled, places[None])[:, 0]
        weight = self.weight * (seen[3] > WHOLE)
        total = weight.sum()
        if total < BESIDE:
            return math.inf, torch.eye(4), torch.zeros(4)
        weight = weight / total

        def centred(values: Tensor) -> Tensor:
            return values - (values * weight).sum(-1, keepdim=True)

        image, theirs = centred(self.values), centred(seen[:3])
        gain = (image * theirs * weight).sum() / (theirs.square() * weight).sum().clamp_min(1e-9)
        gain = gain.clamp(*GAINS)
        left = image - gain * theirs
        missing = (self.spread * (seen[3] <= WHOLE)).sum()  # what the reference does not have is not told by it
        error = float((total * (left.square() * weight).sum() + missing) / self.spread.sum().clamp_min(1e-9))
        down, right = seen[4:7] / self.factors[0], seen[7:10] / self.factors[1]
        across = torch.stack([moved[:, 1], -moved[:, 0]], 1)  # where a small turn moves to
        towards = [across[:, 0] * down + across[:, 1] * right, moved[:, 0] * down + moved[:, 1] * right, down, right]
        slopes = centred(gain * torch.stack(towards))
        hessian = (slopes[:, None] * slopes * weight).sum((2, 3))
        return error, hessian, (slopes * left * weight).sum((1, 2))
