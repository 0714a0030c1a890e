"""Noise without a raster: a sum of plane waves, exact at every point and every resolution."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from restore.synthetic.parts.grid import Grid, Plane


@dataclass(frozen=True)
class Waves:
    """A sum of cosines.

    Args:
        frequency: Waves per unit along x and y.
        amplitude: The height of each wave.
        phase: Where each wave starts, as a share of a wave.
    """

    frequency: Float[ndarray, "k 2"]
    amplitude: Float[ndarray, " k"]
    phase: Float[ndarray, " k"]

    def __call__(self, grid: Grid) -> Plane:
        """The sum at the points of a grid; what a sample cannot resolve is faded by the Gaussian that it sees.

        As the phase grows evenly along rows and columns, cos(a + b) = cos a cos b - sin a sin b turns the sum into
        one matrix product.
        """
        rows, columns = (np.arange(n)[:, None] for n in grid.shape)
        along = _radians(columns * (grid.right @ self.frequency.T))
        down = _radians(rows * (grid.down @ self.frequency.T) + grid.origin @ self.frequency.T + self.phase)
        seen = self.amplitude * np.exp(-2 * (np.pi * grid.blur) ** 2 * (self.frequency**2).sum(1))
        left = np.concatenate([np.cos(down), -np.sin(down)], 1) * np.tile(seen, 2).astype(np.float32)
        right = np.concatenate([np.cos(along), np.sin(along)], 1)
        # Not by NumPy, whose threads would wait for one another in each of a loader's processes.
        return np.asarray(torch.from_numpy(left) @ torch.from_numpy(right).T)


def draw_waves(
    rng: np.random.Generator, low: float, high: float, tilt: float = 0.0, grain: float = 1.0, count: int = 160
) -> Waves:
    """Draw noise of unit variance.

    Args:
        rng: The source of randomness.
        low: Fewest waves per unit.
        high: Most waves per unit.
        tilt: 0 for the same variance in every octave, above it for less in the higher ones.
        grain: How many times coarser the noise is along x than along y.
        count: Number of waves.
    """
    radius = np.exp(rng.uniform(np.log(low), np.log(high), count))
    angle = rng.uniform(0, 2 * np.pi, count)
    frequency = radius[:, None] * np.stack([np.cos(angle) / grain, np.sin(angle)], -1)
    amplitude = radius**-tilt * rng.rayleigh(1, count)
    amplitude *= (2 / (amplitude**2).sum()) ** 0.5
    return Waves(frequency, amplitude, rng.uniform(0, 1, count))


def _radians(turns: Float[ndarray, "n k"]) -> Float[ndarray, "n k"]:
    """Whole turns are dropped first, so that single precision is enough."""
    return np.asarray((turns - np.rint(turns)) * (2 * np.pi), np.float32)
