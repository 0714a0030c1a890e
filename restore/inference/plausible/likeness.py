"""Which pictures, and in which pose, have what surrounds a hole."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Shaped

from restore.inference.plausible.pyramid import texture_in
from restore.inference.plausible.reference import POSES, Reference, in_pose
from restore.inference.resampling import area_means, grown

SIDE = 48
"""The longer side in pixels of the thumbnails by which pictures are compared."""

AROUND = 4
"""Pixels of a thumbnail around a hole that are looked for in another."""

MOST_PATCHES = 32
"""Patches around a hole that are looked for, spread evenly over them all."""

PATCH = 5
"""Side in pixels of a patch of a thumbnail."""

TEXTURE = 4.0
"""What a difference of texture counts beside that of a colour."""

MOST = 4
"""References that are searched."""

MOST_PIXELS = 4_000_000
"""Of the references together, unless the image itself has more."""


Pose = tuple[int, bool]
"""One of `restore.inference.plausible.reference.POSES`."""


@dataclass(frozen=True)
class Thumbnail:
    """A picture, much reduced.

    Args:
        values: Red, green and blue, and the texture along both axes, weighted.
        known: Where something is known of the picture, and may be copied.
    """

    values: Float32[np.ndarray, "5 h w"]
    known: Bool[np.ndarray, "h w"]

    @classmethod
    def of(cls, pixels: Float32[np.ndarray, "3 h w"], known: Bool[np.ndarray, "h w"]) -> "Thumbnail":
        """Reduce a picture; what is partly hidden is hidden."""
        scale = SIDE / max(known.shape)
        size = max(1, round(known.shape[0] * scale)), max(1, round(known.shape[1] * scale))
        values = np.concatenate([area_means(pixels, size), TEXTURE * area_means(texture_in(pixels, ~known), size)])
        return cls(values, area_means((~known).astype(np.float32), size) == 0)

    def posed(self, quarters: int, mirrored: bool) -> "Thumbnail":
        """In another pose, as `Reference.posed` has it."""
        values = np.concatenate([self.values[:3], self.values[:2:-1]]) if quarters % 2 else self.values
        return Thumbnail(in_pose(values, quarters, mirrored), in_pose(self.known, quarters, mirrored))


class Surroundings:
    """What lies around the hole of an image, to be looked for in other pictures.

    Args:
        pixels: The image.
        hole: What is to be filled of it.
    """

    def __init__(self, pixels: Float32[np.ndarray, "3 h w"], hole: Bool[np.ndarray, "h w"]) -> None:
        thumbnail = Thumbnail.of(pixels, ~hole)
        known = thumbnail.known
        near = np.flatnonzero(grown(~known, AROUND) & known)
        near = near[np.linspace(0, len(near) - 1, min(len(near), MOST_PATCHES)).round().astype(int)]
        weights = _patches(np.broadcast_to(known, (5, *known.shape)).astype(np.float32), PATCH // 2)[near]
        patches = _patches(thumbnail.values * known, PATCH // 2)[near]
        self.queries = np.concatenate([-2 * patches, weights], axis=1)

    def distance_from(self, thumbnail: Thumbnail) -> float:
        """The mean distance of the patches from those most like them in a picture, but for a constant."""
        if min(thumbnail.known.shape) < PATCH or not len(self.queries):
            return 0.0
        keys = _patches(thumbnail.values)[_patches(thumbnail.known[None]).all(1)]
        if not len(keys):
            return math.inf
        return float((self.queries @ np.concatenate([keys, np.square(keys)], axis=1).T).min(1).mean())

    def ranked(self, thumbnails: Sequence[Thumbnail]) -> list[tuple[int, Pose]]:
        """The numbers of pictures, from 0, and the best pose of each; the one most like what is looked for first."""
        found = []
        for index, thumbnail in enumerate(thumbnails):
            distances = [self.distance_from(thumbnail.posed(*pose)) for pose in POSES]
            best = min(range(len(POSES)), key=distances.__getitem__)
            found.append((distances[best], index, POSES[best]))
        return [(index, pose) for _, index, pose in sorted(found)]


def most_alike(
    image: Float32[np.ndarray, "3 h w"],
    hole: Bool[np.ndarray, "h w"],
    references: Sequence[Reference],
    most: int = MOST,
) -> list[Reference]:
    """The references that have what surrounds a hole, in the pose in which they have it.

    Args:
        image: With what is expected in the hole.
        hole: What is to be filled of it.
        references: To choose from. Of those that are larger than can be searched, a part is chosen, about the place
            where the hole is in the image.
        most: How many.
    """
    if not references:
        return []
    thumbnails = [Thumbnail.of(one.pixels, one.allowed) for one in references]
    left = max(MOST_PIXELS, hole.size)
    chosen = []
    for index, pose in Surroundings(image, hole).ranked(thumbnails)[:most]:
        one = references[index].posed(*pose)
        share = left / one.allowed.size
        rows, columns = (_part(np.asarray(hole.any(axis)), one.size[1 - axis], share) for axis in (1, 0))
        one = one.cut(rows, columns)
        left -= one.allowed.size
        if one.allowed.any():
            chosen.append(one)
    return chosen


def _part(span: Bool[np.ndarray, " n"], length: int, share: float) -> slice:
    """Of the rows or columns of a picture, as many as may be, about the relative place of a hole."""
    size = min(length, int(length * max(share, 0) ** 0.5))
    where = np.flatnonzero(span).mean() / len(span)
    start = min(max(int(where * length) - size // 2, 0), length - size)
    return slice(start, start + size)


def _patches(planes: Shaped[np.ndarray, "c h w"], padding: int = 0) -> Shaped[np.ndarray, "n q"]:
    """The values of all patches, from left to right and from top to bottom; what pads the planes is 0."""
    padded = np.pad(planes, ((0, 0), (padding, padding), (padding, padding)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (PATCH, PATCH), (1, 2))
    return np.moveaxis(views, 0, 2).reshape(-1, len(planes) * PATCH**2)
