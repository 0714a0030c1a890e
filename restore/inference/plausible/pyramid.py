"""An image at several scales, with what of it may be copied."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from restore.inference.plausible.atlas import Atlas
from restore.inference.resampling import cell_means, cells_with

RADIUS = 3
"""Half the side of a patch: 7 x 7 pixels."""

TEXTURE_WINDOW = 17
"""Side in pixels, at full scale, of the windows in which the texture around a pixel is told."""

COARSEST_HOLE = 24
"""The widest hole in pixels at the coarsest scale: no more than a few patches, so that each knows something."""

COARSEST_SOURCES = 40_000
"""The most patches that can be copied at the coarsest scale, so that all of them can be looked at."""

LEAST_SEEN = 1e-3
"""Share of a window that is seen below which nothing is: a mean of what is not is no number."""

FEWEST_SOURCES = 64
"""The fewest patches that can be copied at any but the finest scale."""


@dataclass
class Scale:
    """An image at one scale; flattened, as far as it is looked at patch by patch.

    Args:
        flat: Red, green and blue of each pixel in [0, 1], one after the other, and three values more, which mean
            nothing. In the hole the present guess.
        texture: Two features of each pixel: the mean absolute differences along the rows and along the columns around
            it.
        hole: What is to be filled.
        source: What may be the centre of a patch that is copied: all of the patch is visible, and allowed.
        inside: Where the image is, and what else lies on the canvas is not.
    """

    flat: Float32[np.ndarray, " k"]
    texture: Float32[np.ndarray, "l 2"]
    hole: Bool[np.ndarray, "h w"]
    source: Bool[np.ndarray, "h w"]
    inside: Bool[np.ndarray, "h w"]

    @property
    def colours(self) -> Float32[np.ndarray, "h w 3"]:
        """A view of the colours."""
        return self.flat[:-3].reshape(*self.hole.shape, 3)


def scales_of(atlas: Atlas) -> list[Scale]:
    """An image and its references at full scale and at halves, as long as holes are wide and there is enough to copy.

    Returns:
        From fine to coarse; empty where no patch is visible and allowed as a whole.
    """
    hole, inside = atlas.hole, atlas.inside
    colours, texture = atlas.base, texture_in(atlas.base, ~atlas.visible)
    barred = ~atlas.allowed | hole
    scales: list[Scale] = []
    while min(int(inside.any(axis).sum()) for axis in (0, 1)) > 2 * RADIUS:
        source = whole_patches(~barred)
        count = int(source.sum())
        if count < (FEWEST_SOURCES if scales else 1):
            break
        flat = np.zeros(3 * (hole.size + 1), np.float32)
        flat[:-3].reshape(-1, 3)[:] = colours.reshape(3, -1).T
        scales.append(Scale(flat, np.ascontiguousarray(texture.reshape(2, -1).T), hole, source, inside))
        if count <= COARSEST_SOURCES and not _is_wider(hole, COARSEST_HOLE):
            break
        colours, texture = cell_means(colours, 2), cell_means(texture, 2)
        hole, barred, inside = (cells_with(region, 2) for region in (hole, barred, inside))
    return scales


def _is_wider(hole: Bool[np.ndarray, "h w"], side: int) -> bool:
    """Whether a square of one pixel more than a side fits into the hole."""
    return bool(_worn(hole, side + 1).any())


def texture_in(image: Float32[np.ndarray, "3 h w"], hidden: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "2 h w"]:
    """Mean absolute differences along both axes over windows, of what is visible; 0 where nothing is."""
    gray, seen = image.mean(0, dtype=np.float32), ~hidden
    features = np.zeros((2, *hidden.shape), np.float32)
    first, last, everything = slice(None, -1), slice(1, None), slice(None)
    neighbours = ((everything, first), (everything, last)), ((first, everything), (last, everything))
    for feature, (here, there) in zip(features, neighbours, strict=True):
        size, pairs = np.zeros_like(gray), seen.copy()  # at the border, a pixel is its own neighbour
        np.abs(gray[there] - gray[here], out=size[here])
        pairs[here] &= seen[there]
        size[~pairs] = 0
        size, weight = _window_means(size), _window_means(pairs.astype(np.float32))
        np.divide(size, weight, out=feature, where=weight > LEAST_SEEN)
    return features


def _window_means(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """The means over windows, with 0 beyond the border."""
    for axis in (0, 1):
        plane = ndimage.uniform_filter1d(plane, TEXTURE_WINDOW, axis, mode="constant")
    return plane


def whole_patches(usable: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The centres of patches that lie within the canvas and are usable as a whole."""
    return _worn(usable, 2 * RADIUS + 1)


def _worn(region: Bool[np.ndarray, "h w"], side: int) -> Bool[np.ndarray, "h w"]:
    """The middles of squares that lie in a region as a whole."""
    worn = region.view(np.uint8)
    for axis in (0, 1):
        worn = ndimage.minimum_filter1d(worn, side, axis, mode="constant")
    return worn.view(np.bool_)
