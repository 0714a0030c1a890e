"""What is moved: parts that are drawn anew in every pose, and photographs that are warped."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.evaluation.scorecard import Sample
from restore.metrics import psnr
from restore.pose import Pose
from restore.synthetic.parts import Part, Parts, Scene


class Subject(ABC):
    """A square image in any pose.

    Attributes:
        name: Unique within a report.
        index: By which its damage is drawn.
    """

    name: str
    index: int

    @abstractmethod
    def posed(self, pose: Pose) -> Float[Tensor, "1 3 s s"]:
        """The image in a pose."""

    @abstractmethod
    def interpolation(self, pose: Pose) -> float:
        """PSNR in dB of the image after the pose and back, where it stayed in sight; infinite without interpolation."""


@dataclass(frozen=True)
class DrawnPart(Subject):
    """A part on its table, as a camera sees it that moves; nothing is interpolated.

    Args:
        name: As for `Subject`.
        index: As for `Subject`.
        part: What is drawn.
        scene: What it lies on, and its light.
        size: Side of the image, in pixels.
    """

    name: str
    index: int
    part: Part
    scene: Scene
    size: int

    def posed(self, pose: Pose) -> Float[Tensor, "1 3 s s"]:
        """Draw the part anew; its table and its light move along, so that the image shows the same things."""
        return self.part.draw(pose, self.size, self.scene, background_moves=True, light_moves=True)

    def interpolation(self, pose: Pose) -> float:  # noqa: ARG002 (the same for all)
        """There is none."""
        return float("inf")


@dataclass(frozen=True)
class Photograph(Subject):
    """A photograph, warped bicubically, that goes on beyond its borders as its own reflection.

    Args:
        name: As for `Subject`.
        index: As for `Subject`.
        image: In no pose.
    """

    name: str
    index: int
    image: Float[Tensor, "1 3 s s"]

    def posed(self, pose: Pose) -> Float[Tensor, "1 3 s s"]:
        """Warp the photograph; quarter turns and whole pixels copy it."""
        return pose.warp(self.image)

    def interpolation(self, pose: Pose) -> float:
        """What warping there and back costs; about twice what warping once does."""
        back = pose.inverse().warp(pose.warp(self.image))
        return float(psnr(back, self.image, stays_in_sight(pose, self.image.shape[-1])))


def parts(families: list[str], count: int, size: int, seed: int) -> Iterator[Subject]:
    """Parts of some families in turn, in the middle of their images.

    Args:
        families: From `restore.synthetic.parts.FAMILIES`.
        count: Number of parts.
        size: Side of the images, in pixels.
        seed: Another seed gives other parts.
    """
    objects = Parts(count, size, seed, families)  # type: ignore[arg-type]  # checked by whoever takes them from users
    for index in range(count):
        name = f"{families[index % len(families)]} {index // len(families)}"
        yield DrawnPart(name, index, objects.part(index), objects.scene(index), size)


def photograph(sample: Sample, size: int) -> Photograph:
    """The square in the middle of an image.

    Args:
        sample: A file that can be read, of an image that is large enough.
        size: Its side, in pixels.
    """
    image = sample.read()
    top, left = ((extent - size) // 2 for extent in image.shape[-2:])
    return Photograph(sample.name, sample.index, image[..., top : top + size, left : left + size].contiguous())


def margin(size: int) -> int:
    """How far from the border of an image things have to lie to be compared, in pixels.

    Nearer to it a hole is seen from one side only, and harder to fill, which is no matter of pose: without a margin a
    biharmonic fill, which knows no place from another, seems to prefer some phases of a grid of patches by 0.5 dB.
    """
    return size // 8


def stays_in_sight(pose: Pose, size: int) -> Bool[Tensor, "1 1 s s"]:
    """Which pixels of the image in no pose the posed image still shows, both with what surrounds them."""
    here = _positions(size)
    return _within(here, size) & _within(pose.target(here), size)


def came_from_sight(pose: Pose, size: int) -> Bool[Tensor, "1 1 s s"]:
    """Which pixels of the posed image show what was in the image before, both with what surrounds them."""
    here = _positions(size)
    return _within(here, size) & _within(pose.source(here), size)


def _positions(size: int) -> Float[Tensor, "1 m 2"]:
    """The pixels of a square image, row by row, as (x, y) from its middle."""
    axis = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1)[None]


def _within(positions: Float[Tensor, "1 m 2"], size: int) -> Bool[Tensor, "1 1 s s"]:
    inside = positions.abs() <= (size - 1) / 2 - margin(size) + 1e-6
    return inside.all(-1).view(1, 1, size, size)
