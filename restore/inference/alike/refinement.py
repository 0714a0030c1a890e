"""A placement made exact at one scale."""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32, Float64

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
        np.gradient(planes[:3], axis=axis) if planes.shape[axis] > 1 else np.zeros_like(planes[:3]) for axis in (1, 2)
    ]
    near = np.argwhere(view.weight > NEAR * view.weight.max())
    near = near[np.linspace(0, len(near) - 1, min(len(near), POINTS)).round().astype(int)]
    points = _Points(
        np.concatenate([planes, *slopes]),
        factors,
        (near - view.centre) * view.factor,
        view.pixels[:, near[:, 0], near[:, 1]],
        view.weight[near[:, 0], near[:, 1]],
    )
    best = replace(placement, error=math.inf)
    tried, damping = placement, 1e-2
    hessian, gradient = np.eye(4), np.zeros(4)
    for _ in range(STEPS + 1):
        error, *normal = points.compare(tried)
        if error < best.error:
            best, damping = replace(tried, error=error), max(damping / 3, 1e-4)
            hessian, gradient = normal
        elif math.isinf(best.error):
            return best
        else:
            damping *= 5
        diagonal = np.diag(hessian.diagonal().clip(1e-9))
        turn, grow, down, right = np.linalg.solve(hessian + damping * diagonal, gradient).tolist()
        scale = best.scale * math.exp(max(min(grow, 1.0), -1.0))
        tried = Placement(best.number, best.angle + turn, scale, best.row + down, best.column + right)
    return best


class _Points:
    """Pixels of an image, and a reference to be compared with them."""

    def __init__(
        self,
        sampled: Float32[np.ndarray, "10 h w"],
        factors: Float64[np.ndarray, " 2"],
        away: Float64[np.ndarray, "n 2"],
        values: Float32[np.ndarray, "3 n"],
        weight: Float32[np.ndarray, " n"],
    ) -> None:
        self.sampled = sampled
        self.factors = factors
        self.away = away
        self.values = values
        self.weight = weight / weight.sum()
        self.spread = np.square(values - (values * self.weight).sum(1, keepdims=True)).sum(0) * self.weight

    def compare(self, placement: Placement) -> tuple[float, Float[np.ndarray, "4 4"], Float[np.ndarray, " 4"]]:
        """The error at a placement, and the normal equations of a step: angle, logarithm of the scale, row, column."""
        moved = placement.scale * self.away @ placement.turn.T
        places = (moved + (placement.row, placement.column) + 0.5) / self.factors - 0.5
        seen = look(self.sampled, places)
        weight = self.weight * (seen[3] > WHOLE)
        total = weight.sum()
        if total < BESIDE:
            return math.inf, np.eye(4), np.zeros(4)
        weight = weight / total

        def centred(values: Float[np.ndarray, "*k n"]) -> Float[np.ndarray, "*k n"]:
            apart: Float[np.ndarray, "*k n"] = values - (values * weight).sum(-1, keepdims=True)
            return apart

        image, theirs = centred(self.values), centred(seen[:3])
        gain = (image * theirs * weight).sum() / max((np.square(theirs) * weight).sum(), 1e-9)
        gain = np.clip(gain, *GAINS)
        left = image - gain * theirs
        missing = (self.spread * (seen[3] <= WHOLE)).sum()  # what the reference does not have is not told by it
        error = float((total * (np.square(left) * weight).sum() + missing) / max(self.spread.sum(), 1e-9))
        down, right = seen[4:7] / self.factors[0], seen[7:10] / self.factors[1]
        across = np.stack([moved[:, 1], -moved[:, 0]], 1)  # where a small turn moves to
        towards = [across[:, 0] * down + across[:, 1] * right, moved[:, 0] * down + moved[:, 1] * right, down, right]
        slopes = centred(gain * np.stack(towards)).reshape(4, -1)
        weighted = slopes * np.tile(weight, 3)
        return error, weighted @ slopes.T, weighted @ left.ravel()
