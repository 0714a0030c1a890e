"""Smooth pieces that outlines and heights are put together from."""

import numpy as np

from restore.synthetic.parts.grid import Plane


def step(x: Plane) -> Plane:
    """A smooth step from 0 to 1 while x goes from 0 to 1."""
    x = x.clip(0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def fold(angle: Plane, count: int) -> Plane:
    """The angle from the nearest of `count` evenly spread spokes, the first of them at 0, in radians."""
    turn = np.float32(2 * np.pi / count)
    return angle - turn * np.round(angle / turn)


def box(x: Plane, y: Plane, corner: float) -> Plane:
    """Signed distance to a box with round corners, given the distances beyond its sides."""
    x, y = x + corner, y + corner
    return np.asarray(np.hypot(x.clip(0), y.clip(0)) + np.minimum(np.maximum(x, y), 0) - corner)
