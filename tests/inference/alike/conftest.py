"""Drawn parts at known places."""

import math

import pytest
import torch

from restore.inference.plausible.reference import Reference

SIZE = (96, 112)

LARGE = (136, 140)
"""Of references: with enough around a part, however it is turned."""


def part(row, column, angle=0.0, scale=1.0, size=SIZE, light=1.0):
    """A disc with stripes, a bar and a bright spot, as none of its turns has them, on a gradient."""
    down, right = (x.float() for x in torch.meshgrid(*(torch.arange(side) for side in size), indexing="ij"))
    background = 0.2 + 0.002 * right - 0.001 * down
    down, right = (down - row) / scale, (right - column) / scale
    along = math.cos(angle) * right + math.sin(angle) * down
    across = math.cos(angle) * down - math.sin(angle) * right
    inside = torch.sigmoid(2 * (26 - (down.square() + right.square()).sqrt()))
    surface = 0.5 + 0.15 * torch.sin(along / 3) + 0.006 * across
    surface += 0.3 * torch.exp(-((along - 12).square() + (across - 8).square()) / 30)
    value = inside * surface + (1 - inside) * background
    return light * torch.stack([value, 0.8 * value + 0.05, 1 - value]).clamp(0, 1)


def reference(pixels, number=1):
    return Reference.of(pixels, torch.ones(pixels.shape[1:], dtype=torch.bool), number)


@pytest.fixture
def hole():
    """Half of a part at (46, 54)."""
    rows, columns = torch.arange(SIZE[0])[:, None], torch.arange(SIZE[1])
    return (rows > 20) & (rows < 74) & (columns > 56) & (columns < 92)
