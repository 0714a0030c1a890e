"""Parts: things with a fixed appearance that can be drawn in any pose."""

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from restore.pose import Pose
from restore.synthetic.parts.grid import Box, Grid, Plane
from restore.synthetic.parts.scene import Scene
from restore.synthetic.parts.surface import Colours, Lamp, Surface, shade

SAMPLES = 512
"""Samples of a part over the side of an image at scale 1: at least two per pixel, and more where it is shown small."""


class Part(ABC):
    """A thing whose every detail is fixed; its surface is known at every point, so no pose is an interpolation.

    One unit is half the side of the image at scale 1; x points right and y down, from the middle of the part. Its
    details are drawn from the generator that each kind of part is made with.
    """

    radius: float
    """Of a circle around the middle that holds all of it."""

    thickness: float
    """How high it stands above the table, for its shadow."""

    @abstractmethod
    def distance(self, grid: Grid) -> Plane:
        """Signed distance to the outline, negative on the part; it may be rough far from the outline."""

    @abstractmethod
    def surface(self, grid: Grid, distance: Plane) -> Surface:
        """What the part looks like, given what `distance` says for the same grid."""

    def draw(
        self, pose: Pose, size: int, scene: Scene, background_moves: bool = False, light_moves: bool = False
    ) -> Float[Tensor, "n 3 size size"]:
        """Draw the part anew in each of several poses.

        Args:
            pose: Where the part lies; without shift its middle is the middle of the image.
            size: Side of the images, in pixels. The same pose at another size shows the same at another resolution,
                but for the shift, which is in pixels.
            scene: What the part lies on, and its light and camera.
            background_moves: Whether the background takes the pose too, instead of staying in the image.
            light_moves: Whether the lamp takes the pose too. With both, a pose is a motion of the camera alone.

        Returns:
            RGB in [0, 1].
        """
        still = Pose.identity(1)
        images = []
        for k in range(len(pose.angle)):
            one = pose[k : k + 1]
            moving = (one if background_moves else still, one if light_moves else still)
            images.append(torch.from_numpy(_render(self, one, size, scene, *moving)))
        return torch.stack(images)

    def outline(self, pose: Pose, size: int) -> Float[Tensor, "n 1 size size"]:
        """How much of each pixel the part covers, in [0, 1]."""
        frame = (0, 0, size, size)
        grids = (Grid.of(pose[k : k + 1], size, frame, 1, blur=12**-0.5) for k in range(len(pose.angle)))
        return torch.stack([torch.from_numpy(grid.inside(self.distance(grid)))[None] for grid in grids])


def _render(part: Part, pose: Pose, size: int, scene: Scene, table: Pose, fixture: Pose) -> Colours:
    frame = (0, 0, size, size)
    room, shown = (Grid.of(p, size, frame, 1, scene.blur) for p in (fixture, pose))
    lamp = scene.lamp.seen_through(room)
    # One pixel more on each side: slopes need neighbours.
    ground = Grid.of(table, size, (-1, -1, size + 1, size + 1), 1, scene.blur)
    light = shade(scene.background(ground), lamp)[:, 1:-1, 1:-1]
    light *= _shadow(part, shown, lamp)
    layer, (left, top, right, bottom) = _layer(part, pose, size, lamp, scene.blur)
    window = light[:, top:bottom, left:right]
    window *= 1 - layer[3]
    window += layer[:3]
    x, y, _ = scene.lamp.direction
    light *= np.exp(scene.lamp.falloff * (x * room.x + y * room.y))
    return develop(light * (scene.exposure * scene.lamp.tint)[:, None, None])


def _layer(part: Part, pose: Pose, size: int, lamp: Lamp, blur: float) -> tuple[ndarray, Box]:
    """The light from the part alone and its share of each pixel, in the window of the image where it is."""
    scale = float(pose.scale[0])
    samples = min(max(math.ceil(SAMPLES / (size * scale)), 2), 6)
    reach = part.radius * scale * size / 2 + 1
    corner = pose.shift[0].double() + (size - 1) / 2
    left, top = (corner - reach).floor().clamp(0, size).int().tolist()
    right, bottom = ((corner + reach).ceil() + 1).clamp(0, size).int().tolist()
    if left >= right or top >= bottom:
        return np.zeros((4, 0, 0), np.float32), (0, 0, 0, 0)
    margin = math.ceil(3 * blur) + 1
    box = (left - margin, top - margin, right + margin, bottom + margin)
    grid = Grid.of(pose, size, box, samples, blur=0.5 / samples)
    distance = part.distance(grid)
    cover = grid.inside(distance)
    light = shade(part.surface(grid, distance), lamp)
    layer = np.concatenate([light * cover, cover[None]])
    return _focus(layer, samples, margin, blur), (left, top, right, bottom)


def _focus(layer: Float[ndarray, "c _ _"], samples: int, margin: int, blur: float) -> Float[ndarray, "c _ _"]:
    """Gather samples into pixels with a Gaussian, and cut the margin off."""
    offset = (np.arange(samples * (2 * margin + 1)) + 0.5) / samples - margin - 0.5
    weights = np.exp(-((offset / blur) ** 2) / 2)
    weights /= weights.sum()
    for _ in range(2):
        pixels = layer.shape[1] // samples - 2 * margin
        gathered = np.zeros((len(layer), pixels, layer.shape[2]), np.float32)
        for k, weight in enumerate(weights.tolist()):
            gathered += weight * layer[:, k : k + samples * pixels : samples]
        layer = np.ascontiguousarray(gathered.transpose(0, 2, 1))
    return layer


def _shadow(part: Part, grid: Grid, lamp: Lamp) -> Plane:
    """The share of light that the part leaves to the table: little beside it, less on the side away from the lamp."""
    x, y, z = lamp.direction
    x, y = grid.on_surface(0.6 * part.thickness / z * x, 0.6 * part.thickness / z * y)
    cast = part.distance(grid.moved(x, y)) / (0.4 * part.thickness + 2 * grid.blur)
    near = part.distance(grid) / (0.5 * part.thickness + 2 * grid.blur)
    dark = (1 - lamp.ambient) * 0.5 * (1 - np.tanh(2 * cast))
    return np.asarray((1 - dark) * (1 - 0.5 * lamp.ambient * np.exp(-near.clip(0))))


def develop(light: Colours) -> Colours:
    """From light to RGB as a camera shows it: bright light is bent into range, then gamma."""
    return np.asarray(np.sqrt(light / np.sqrt(np.sqrt(1 + (light * light) ** 2))))
