"""From the outlines of leaves to the pixels that show them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Integer
from numpy import ndarray
from PIL import Image, ImageDraw

from restore.synthetic.leaves.shapes import Outline

SAMPLES = 3
"""Samples of the outlines in a pixel and direction: what smooths the edges."""


@dataclass(frozen=True)
class Fragments:
    """Which leaf shows in which pixel: one inside a leaf; where outlines cross a pixel, its nearest and farthest.

    A pixel's leaves are looked for at several points, but each is coloured only once, as graphics processors do it
    ("multisample antialiasing"). Of three leaves in one pixel the middle one counts as the farthest.

    Args:
        leaf: Number of the leaf.
        pixel: Number of the pixel, counted row by row.
        weight: Share of the pixel that the leaf takes.
        nearness: Rank of the nearest leaf in each pixel, from 0 (nothing there) to 1.
    """

    leaf: Int[ndarray, " n"]
    pixel: Int[ndarray, " n"]
    weight: Float32[ndarray, " n"]
    nearness: Float32[ndarray, "size size"]

    @property
    def position(self) -> Float32[ndarray, "2 n"]:
        """The middle (x, y) of each fragment's pixel."""
        row, column = np.divmod(self.pixel, self.nearness.shape[1])
        return np.stack([column, row]).astype(np.float32) + np.float32(0.5)

    def blend(self, values: Float[ndarray, "c n"]) -> Float32[ndarray, "c size size"]:
        """Sum the values of each pixel's fragments by their weights; zero where nothing shows."""
        size = self.nearness.shape
        sums = [np.bincount(self.pixel, self.weight * plane, self.nearness.size) for plane in values]
        return np.stack(sums).astype(np.float32).reshape(-1, *size)


def find_fragments(outlines: Sequence[Outline], size: int) -> Fragments:
    """Paint outlines, from the farthest to the nearest, and list what shows in an image of a side of `size` pixels."""
    canvas = paint(outlines, size, SAMPLES)
    points = canvas.reshape(size, SAMPLES, size, SAMPLES).transpose(1, 3, 0, 2).reshape(SAMPLES**2, size**2)
    near, far = points.max(0), points.min(0)
    share = (points == near).mean(0, dtype=np.float32)
    shown, behind = np.flatnonzero(near), np.flatnonzero((far < near) & (far > 0))
    return Fragments(
        leaf=np.concatenate([near[shown], far[behind]]).astype(np.intp) - 1,
        pixel=np.concatenate([shown, behind]),
        weight=np.concatenate([share[shown], 1 - share[behind]]),
        nearness=(near / np.float32(len(outlines))).reshape(size, size),
    )


def paint(outlines: Sequence[Outline], size: int, samples: int = 1) -> Integer[ndarray, "extent extent"]:
    """Paint outlines over one another, the first with the number 1; 0 is where there is none.

    Args:
        outlines: In pixels.
        size: Side of the image, in pixels.
        samples: Points of the canvas in a pixel and direction.
    """
    mode = "I;16" if len(outlines) < 2**16 else "I"
    canvas = Image.new(mode, (samples * size, samples * size))
    pencil = ImageDraw.Draw(canvas)
    corners = (samples * np.concatenate(outlines)).ravel().tolist() if outlines else []
    start = 0
    for number, outline in enumerate(outlines, start=1):
        pencil.polygon(corners[start : start + outline.size], fill=number)
        start += outline.size
    return np.asarray(canvas)
