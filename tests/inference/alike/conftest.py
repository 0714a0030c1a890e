"""Drawn parts at known places."""

import math

import numpy as np
import pytest

from restore.inference.plausible.reference import Reference

SIZE = (96, 112)

LARGE = (136, 140)
"""Of references: with enough around a part, however it is turned."""


def part(row, column, angle=0.0, scale=1.0, size=SIZE, light=1.0):
    """A disc with stripes, a bar and a bright spot, as none of its turns has them, on a gradient."""
    down, right = np.indices(size, np.float32)
    background = 0.2 + 0.002 * right - 0.001 * down
    down, right = (down - row) / scale, (right - column) / scale
    along = math.cos(angle) * right + math.sin(angle) * down
    across = math.cos(angle) * down - math.sin(angle) * right
    inside = 1 / (1 + np.exp(-2 * (26 - np.hypot(down, right)).clip(-30, 30)))
    surface = 0.5 + 0.15 * np.sin(along / 3) + 0.006 * across
    surface += 0.3 * np.exp(-((along - 12) ** 2 + (across - 8) ** 2) / 30)
    value = inside * surface + (1 - inside) * background
    return (light * np.stack([value, 0.8 * value + 0.05, 1 - value]).clip(0, 1)).astype(np.float32)


def reference(pixels, number=1):
    return Reference.of(pixels, np.ones(pixels.shape[1:], bool), number)


@pytest.fixture
def hole():
    """Half of a part at (46, 54)."""
    rows, columns = np.indices(SIZE)
    return (rows > 20) & (rows < 74) & (columns > 56) & (columns < 92)
