"""The synthetic world `tilings`: façades, tiled walls and patterned cloth, in which it is known what repeats what."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from restore.seeding import numpy_generator, seeded_generator
from restore.synthetic.leaves.camera import blur, draw_light, expose
from restore.synthetic.leaves.dataset import draw_leaves
from restore.synthetic.leaves.fragments import paint
from restore.synthetic.leaves.scene import draw_ground
from restore.synthetic.leaves.shapes import rotation

TILT = 0.5
"""How much nearer, at the most, one end of a surface is than its middle: surfaces are seen from an angle."""

ALIKE = 3.0
"""Pixels on a surface by which two places of a cell may differ and still count as the same."""


@dataclass(frozen=True)
class Tiling:
    """An image of tiled surfaces, and where each of its pixels lies on which.

    Args:
        image: RGB in [0, 1].
        surface: The surface that shows, from 0 on.
        place: Column and row on that surface, in its own pixels.
        pitch: Width and height of a cell of each surface, in the same pixels.
    """

    image: Float[Tensor, "3 h w"]
    surface: Int[Tensor, "h w"]
    place: Float[Tensor, "2 h w"]
    pitch: Float[Tensor, "surfaces 2"]

    def repeats(
        self, rows: Int[Tensor, " n"], columns: Int[Tensor, " n"], alike: float = ALIKE
    ) -> Bool[Tensor, "n h w"]:
        """Which pixels of the image show the same as given ones: the same place of a cell of the same surface.

        Args:
            rows: Of the given pixels.
            columns: Likewise.
            alike: By how many of the surface's pixels the places may differ along each axis.
        """
        surface = self.surface[rows, columns]
        pitch = self.pitch[surface, :, None, None]
        away = self.place[None] - self.place[:, rows, columns].T[:, :, None, None]
        away = (away - (away / pitch).round() * pitch).abs()
        return (self.surface == surface[:, None, None]) & (away <= alike).all(1)


class Tilings(Dataset[Tensor]):
    """Images of repeated things, drawn when asked for; each is fixed by the seed and its index alone.

    One to four regions are walls, floors or cloth, seen from an angle; each is covered with one cell, whose content is
    a dead-leaves image, mirrored in some. Cells differ in brightness, as those of a real wall do.

    Args:
        count: Number of images.
        size: Height and width of an image, in pixels.
        seed: Another seed gives another set of images.
    """

    def __init__(self, count: int, size: int = 256, seed: int = 0) -> None:
        self.count = count
        self.size = size
        self.seed = seed

    def __repr__(self) -> str:
        return f"Tilings({self.count}, {self.size}, {self.seed})"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Float[Tensor, "3 size size"]:
        return self.tiling(index).image

    def tiling(self, index: int) -> Tiling:
        """An image with what is known of it.

        Raises:
            IndexError: There is no such image.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"index {index} is outside a set of {self.count} images")
        return draw_tiling(self.size, seeded_generator("tilings", self.seed, index))


def draw_tiling(size: int, generator: torch.Generator) -> Tiling:
    """Draw one image.

    Args:
        size: Height and width, in pixels.
        generator: The only source of randomness, on the CPU.
    """
    rng = numpy_generator(generator)
    ground_rng, surface_rng, light_rng, camera_rng = rng.spawn(4)
    surface = np.maximum(paint(draw_ground(ground_rng, size), size).astype(np.intp) - 1, 0)
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    image, place = np.zeros((3, size, size), np.float32), np.zeros((2, size, size), np.float32)
    pitches = np.ones((int(surface.max()) + 1, 2), np.float32)
    for number in np.unique(surface):
        shown = surface == number
        cell = draw_cell(surface_rng, generator)
        pitches[number] = cell.shape[2], cell.shape[1]
        seen = project(surface_rng, np.stack([columns[shown], rows[shown]]), size)
        place[:, shown] = seen
        image[:, shown] = look_up(cell, seen) * shades(surface_rng, seen, pitches[number])
    picture = torch.from_numpy(image)[None] * draw_light(light_rng, size)
    picture = expose(camera_rng, blur(picture, 0.44 * camera_rng.lognormal(0, 0.25)))[0].clamp(0, 1)
    return Tiling(picture, torch.from_numpy(surface), torch.from_numpy(place), torch.from_numpy(pitches))


def draw_cell(rng: np.random.Generator, generator: torch.Generator) -> Float[ndarray, "3 h w"]:
    """What is repeated: 20 to 80 pixels of leaves, some with a mirror image, some in a plain frame, as windows are."""
    width, height = (int(side) for side in np.exp(rng.uniform(np.log(20), np.log(80), 2)))
    cell = draw_leaves(max(height, width), generator)[:, :height, :width]
    if rng.random() < 0.5:
        across, along = -(-width // 2), -(-height // 2)
        half = cell[:, :, :across]
        cell = torch.cat([half, half.flip(-1)], -1)[:, :, :width]
        if rng.random() < 0.3:
            upper = cell[:, :along]
            cell = torch.cat([upper, upper.flip(-2)], -2)[:, :height]
    if rng.random() < 0.5:
        frame = int(rng.integers(2, 1 + max(2, min(height, width) // 4)))
        plain = torch.from_numpy(rng.uniform(0.2, 0.8, (3, 1, 1)).astype(np.float32)) * 0.5 + 0.25
        wall = functional.pad(torch.ones(1, height - 2 * frame, width - 2 * frame), (frame,) * 4)
        cell = torch.where(wall > 0, cell, plain)
    return cell.numpy()


def project(rng: np.random.Generator, pixels: Float[ndarray, "2 n"], size: int) -> Float[ndarray, "2 n"]:
    """Where pixels of the image lie on a surface, turned and seen from an angle."""
    turn = rng.normal(0, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    tilt = rng.uniform(-TILT, TILT, 2) * (rng.random() < 0.7)
    zoom = np.exp(rng.uniform(np.log(0.7), np.log(1.3)))
    centred = (pixels - size / 2) / (size / 2)
    depth = 1 + tilt @ centred
    points = rotation(turn).T @ centred / depth * (size / 2) / zoom
    return np.asarray(points + rng.uniform(0, 200, (2, 1)), np.float32)


def look_up(cell: Float[ndarray, "3 h w"], places: Float[ndarray, "2 n"]) -> Float[ndarray, "3 n"]:
    """The colours of a cell that goes on without end, between its pixels."""
    height, width = cell.shape[1:]
    left, top = np.floor(places).astype(np.intp)
    right, low = (places - [left, top]).astype(np.float32)
    at = [cell[:, (top + down) % height, (left + across) % width] for down in (0, 1) for across in (0, 1)]
    above = at[0] + right * (at[1] - at[0])
    return np.asarray(above + low * (at[2] + right * (at[3] - at[2]) - above))


def shades(rng: np.random.Generator, places: Float[ndarray, "2 n"], pitch: Float[ndarray, "2"]) -> Float[ndarray, " n"]:
    """A factor around one, the same within a cell."""
    column, row = np.floor(places / pitch[:, None]).astype(np.intp) % 64
    table = rng.lognormal(0, 0.06 * rng.random(), (64, 64)).astype(np.float32)
    return np.asarray(table[row, column])
