"""What is moved: parts that are drawn anew in every pose, and photographs that are warped."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.evaluation.scorecard import Sample
from restore.metrics import psnr
from restore.pose import Pose
from restore.synthetic.parts import Parts


@dataclass(frozen=True)
class Subject:
    """A square image in any pose.

    Args:
        name: Unique within a report.
        index: By which its damage is drawn.
        posed: Gives the image (1, 3, s, s) in a pose.
        interpolation: Gives the PSNR in dB of the image after the pose and back, where it stayed in sight; infinite
            without interpolation.
    """

    name: str
    index: int
    posed: Callable[[Pose], Float[Tensor, "1 3 s s"]]
    interpolation: Callable[[Pose], float] = lambda _: math.inf


def parts(families: Sequence[str], count: int, size: int, seed: int) -> Iterator[Subject]:
    """Parts of some families in turn, in the middle of their images, as a camera sees them that moves.

    They are drawn anew in every pose, so that nothing is interpolated; their table and their light move along, so that
    the image shows the same things. Count, size in pixels and seed are those of `restore.synthetic.parts.Parts`.
    """
    objects = Parts(count, size, seed, families)  # type: ignore[arg-type]  # checked by whoever takes them from users
    for index in range(count):
        draw = partial(
            objects.part(index).draw,
            size=size,
            scene=objects.scene(index),
            background_moves=True,
            light_moves=True,
        )
        yield Subject(f"{families[index % len(families)]} {index // len(families)}", index, draw)


def photograph(sample: Sample, size: int) -> Subject:
    """The square in the middle of an image, warped bicubically; quarter turns and whole pixels copy it.

    Beyond its borders it goes on as its own reflection. The image has to be large enough.
    """
    image = sample.read()
    top, left = ((extent - size) // 2 for extent in image.shape[-2:])
    image = image[..., top : top + size, left : left + size].contiguous()

    def interpolation(pose: Pose) -> float:
        return float(psnr(pose.inverse().warp(pose.warp(image)), image, stays_in_sight(pose, size)))

    return Subject(sample.name, sample.index, lambda pose: pose.warp(image), interpolation)


def margin(size: int) -> int:
    """How far from the border of an image things have to lie to be compared, in pixels.

    Nearer to it a hole is seen from one side only, and harder to fill, which is no matter of pose: without a margin a
    biharmonic fill, which knows no place from another, seems to prefer some phases of a grid of patches by 0.5 dB.
    """
    return size // 8


def stays_in_sight(pose: Pose, size: int) -> Bool[Tensor, "1 1 s s"]:
    """Which pixels of the image in no pose the posed image still shows, both with what surrounds them."""
    return _within(size, pose.target)


def came_from_sight(pose: Pose, size: int) -> Bool[Tensor, "1 1 s s"]:
    """Which pixels of the posed image show what was in the image before, both with what surrounds them."""
    return _within(size, pose.source)


def _within(size: int, moved: Callable[[Tensor], Tensor]) -> Bool[Tensor, "1 1 s s"]:
    """Which pixels of a square image lie within the margin, where they are and where they are moved to."""
    axis = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    here = torch.stack([x, y], -1).flatten(0, 1)[None]
    reach = torch.maximum(here.abs(), moved(here).abs()).amax(-1)
    return (reach <= (size - 1) / 2 - margin(size) + 1e-6).view(1, 1, size, size)
