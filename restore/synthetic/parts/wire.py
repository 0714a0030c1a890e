"""The insulated wires of a cable and their strands."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from restore.synthetic.parts.surface import Colour


@dataclass(frozen=True)
class Wire:
    """An insulated wire that has been cut.

    Args:
        x: Its middle, to the right.
        y: Its middle, downwards.
        radius: Of the insulation.
        bore: Inner radius of the insulation.
        colours: Of the two halves of the insulation.
        turn: Direction of the border between the halves, in radians.
        strands: For each strand x, y, radius, tone, and its slopes along x and y.
    """

    x: float
    y: float
    radius: float
    bore: float
    colours: tuple[Colour, Colour]
    turn: float
    strands: Float[ndarray, "n 6"]


def draw_strands(rng: np.random.Generator, x: float, y: float, rings: int, bore: float) -> Float[ndarray, "n 6"]:
    """Draw strands in a hexagonal packing, a little disordered.

    Args:
        rng: The source of randomness.
        x: Middle of the wire.
        y: Middle of the wire.
        rings: Rings of strands around the middle one.
        bore: Radius of the circle that holds them.
    """
    radius = bore / (2 * rings + 1)
    steps = np.arange(-rings, rings + 1)
    a, b = (index.ravel() for index in np.meshgrid(steps, steps))
    a, b = (index[np.abs(a + b) <= rings] for index in (a, b))
    turn = rng.uniform(0, np.pi) + np.array([0, np.pi / 3])
    middles = (
        2 * radius * (np.outer(a, [np.cos(turn[0]), np.sin(turn[0])]) + np.outer(b, [np.cos(turn[1]), np.sin(turn[1])]))
    )
    n = len(middles)
    middles += np.array([x, y]) + rng.normal(0, 0.1 * radius, (n, 2))
    look = [radius * rng.uniform(0.98, 1.08, (n, 1)), rng.uniform(0.75, 1.05, (n, 1)), rng.normal(0, 0.12, (n, 2))]
    return np.concatenate([middles, *look], 1)
