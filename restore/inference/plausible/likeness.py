"""Which pictures, and in which pose, have what surrounds a hole."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from restore.inference.plausible.pyramid import grown, texture_in
from restore.inference.plausible.reference import POSES, Reference, in_pose

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

    values: Float[Tensor, "5 h w"]
    known: Bool[Tensor, "h w"]

    @classmethod
    def of(cls, pixels: Float[Tensor, "3 h w"], known: Bool[Tensor, "h w"]) -> "Thumbnail":
        """Reduce a picture; what is partly hidden is hidden."""
        scale = SIDE / max(known.shape)
        size = max(1, round(known.shape[0] * scale)), max(1, round(known.shape[1] * scale))
        values = torch.cat([pixels, TEXTURE * texture_in(pixels, ~known)])
        values = functional.adaptive_avg_pool2d(values[None], size)[0]
        return cls(values, functional.adaptive_max_pool2d((~known)[None].float(), size)[0] == 0)

    def posed(self, quarters: int, mirrored: bool) -> "Thumbnail":
        """In another pose, as `Reference.posed` has it."""
        values = torch.cat([self.values[:3], self.values[3:].flip(0)]) if quarters % 2 else self.values
        return Thumbnail(in_pose(values, quarters, mirrored), in_pose(self.known, quarters, mirrored))


class Surroundings:
    """What lies around the hole of an image, to be looked for in other pictures.

    Args:
        pixels: The image.
        hole: What is to be filled of it.
    """

    def __init__(self, pixels: Float[Tensor, "3 h w"], hole: Bool[Tensor, "h w"]) -> None:
        thumbnail = Thumbnail.of(pixels, ~hole)
        known = thumbnail.known
        near = (grown(~known, AROUND) & known).flatten().nonzero()[:, 0]
        near = near[torch.linspace(0, len(near) - 1, min(len(near), MOST_PATCHES)).round().long()]
        weights = _patches(known.float().expand(5, -1, -1), PATCH // 2)[near]
        patches = _patches(thumbnail.values * known, PATCH // 2)[near]
        self.queries = torch.cat([-2 * patches, weights], dim=1)

    def distance_from(self, thumbnail: Thumbnail) -> float:
        """The mean distance of the patches from those most like them in a picture, but for a constant."""
        if min(thumbnail.known.shape) < PATCH or not len(self.queries):
            return 0.0
        keys = _patches(thumbnail.values)[_patches(thumbnail.known[None].float()).all(1)]
        if not len(keys):
            return torch.inf
        return float((self.queries @ torch.cat([keys, keys.square()], dim=1).T).amin(1).mean())

    def ranked(self, thumbnails: Sequence[Thumbnail]) -> list[tuple[int, Pose]]:
        """The numbers of pictures, from 0, and the best pose of each; the one most like what is looked for first."""
        found = []
        for index, thumbnail in enumerate(thumbnails):
            distances = [self.distance_from(thumbnail.posed(*pose)) for pose in POSES]
            best = min(range(len(POSES)), key=distances.__getitem__)
            found.append((distances[best], index, POSES[best]))
        return [(index, pose) for _, index, pose in sorted(found)]


def most_alike(
    image: Reference, hole: Bool[Tensor, "h w"], references: Sequence[Reference], most: int = MOST
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
    left = max(MOST_PIXELS, hole.numel())
    chosen = []
    for index, pose in Surroundings(image.pixels, hole).ranked(thumbnails)[:most]:
        one = references[index].posed(*pose)
        rows, columns = (_part(hole.any(axis), one.size[1 - axis], left / one.allowed.numel()) for axis in (1, 0))
        one = one.cut(rows, columns)
        left -= one.allowed.numel()
        if one.allowed.any():
            chosen.append(one)
    return chosen


def _part(span: Bool[Tensor, " n"], length: int, share: float) -> slice:
    """Of the rows or columns of a picture, as many as may be, about the relative place of a hole."""
    size = min(length, int(length * max(share, 0) ** 0.5))
    where = span.nonzero()[:, 0].float().mean() / len(span)
    start = min(max(int(where * length) - size // 2, 0), length - size)
    return slice(start, start + size)


def _patches(planes: Float[Tensor, "c h w"], padding: int = 0) -> Float[Tensor, "n q"]:
    return functional.unfold(planes[None], PATCH, padding=padding)[0].T
