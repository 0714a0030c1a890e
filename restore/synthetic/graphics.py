"""The synthetic world `graphics`: what people draw and print, from pages and line art to halftones and pixel art."""

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.utils.data import Dataset

from restore.seeding import numpy_generator, seeded_generator

LETTERS = "etaoin shrdlu cmfwyp vbgkjq xz ETAOIN SHRDLU 0123456789 .,:;-+*/()[]{}<>=&%$#@!?"

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]


class Graphics(Dataset[Tensor]):
    """Drawn images, each fixed by the seed and its index alone.

    Flat colours, hard or softened edges, letters of any size, fine regular patterns, and never any noise: what a
    denoiser has to leave as it is, and takes for noise if it has only seen photographs.

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
        return f"Graphics({self.count}, {self.size}, {self.seed})"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Float[Tensor, "3 size size"]:
        if not 0 <= index < self.count:
            raise IndexError(f"index {index} is outside a set of {self.count} images")
        rng = numpy_generator(seeded_generator("graphics", self.seed, index))
        pixels = draw_sheet(rng, self.size)
        return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


def draw_sheet(rng: np.random.Generator, size: int) -> UInt8[ndarray, "size size 3"]:
    """Draw one image: a ground, and a few panels of writing, shapes or patterns on it.

    Half of the images are drawn at twice the size, and scaled down, so that edges are soft.
    """
    scale = 2 if rng.random() < 0.5 else 1
    side = scale * size
    sheet = Image.new("RGB", (side, side), _colour(rng, paper=True))
    if rng.random() < 0.25:
        sheet = _gradient(rng, side, side)
    if rng.random() < 0.5:
        KINDS[int(rng.integers(len(KINDS)))](rng, sheet, (0, 0, side, side))
    for _ in range(int(rng.integers(1, 6))):
        width, height = (int(side * rng.uniform(0.2, 0.8)) for _ in range(2))
        left, top = int(rng.integers(side - width)), int(rng.integers(side - height))
        if rng.random() < 0.4:
            ImageDraw.Draw(sheet).rectangle((left, top, left + width, top + height), _colour(rng, paper=True))
        KINDS[int(rng.integers(len(KINDS)))](rng, sheet, (left, top, left + width, top + height))
    if scale > 1:
        sheet = sheet.resize((size, size), Image.Resampling.BOX if rng.random() < 0.5 else Image.Resampling.LANCZOS)
    if rng.random() < 0.2:
        sheet = sheet.convert("L").convert("RGB")
    return np.array(sheet)


def _colour(rng: np.random.Generator, paper: bool = False) -> Colour:
    """Black, white, a gray or any colour; paper is mostly light or, as on screens, dark."""
    lot = rng.random()
    if lot < 0.4:
        value = (255 if rng.random() < 0.7 else 0) if paper else 0
        return value, value, value
    if lot < 0.7:
        value = int(rng.integers(225, 256) if paper and rng.random() < 0.7 else rng.integers(0, 256))
        return value, value, value
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def _write(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """Lines of letters of one size."""
    left, top, right, bottom = box
    size = int(rng.integers(8, 14) if rng.random() < 0.6 else rng.integers(14, 48))
    font = ImageFont.load_default_imagefont() if rng.random() < 0.15 else ImageFont.load_default(size)
    ink, pen = _colour(rng), ImageDraw.Draw(sheet)
    columns = max(1, 2 * (right - left) // size)
    for y in range(top, bottom - size, int(size * rng.uniform(1.1, 1.6))):
        letters = rng.integers(len(LETTERS), size=int(rng.integers(1, columns + 1)))
        pen.text((left, y), "".join(LETTERS[letter] for letter in letters), ink, font)


def _draw_shapes(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """Rectangles, ellipses and lines, filled or not."""
    left, top, right, bottom = box
    pen = ImageDraw.Draw(sheet)
    for _ in range(int(rng.integers(1, 12))):
        (x0, x1), (y0, y1) = sorted(rng.integers(left, right, 2)), sorted(rng.integers(top, bottom, 2))
        place = int(x0), int(y0), int(x1), int(y1)
        width, ink = int(rng.integers(1, 5)), _colour(rng)
        fill = _colour(rng) if rng.random() < 0.5 else None
        lot = rng.random()
        if lot < 0.35:
            pen.rectangle(place, fill, ink, width)
        elif lot < 0.6:
            pen.ellipse(place, fill, ink, width)
        else:
            points = np.stack([rng.integers(left, right, 6), rng.integers(top, bottom, 6)], 1)
            pen.line([(int(x), int(y)) for x, y in points[: int(rng.integers(2, 7))]], ink, width)


def _hatch(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """Parallel lines, or a grid of them."""
    left, top, right, bottom = box
    pen, ink = ImageDraw.Draw(sheet), _colour(rng)
    step, width = int(rng.integers(2, 24)), int(rng.integers(1, 3))
    is_grid, slope = rng.random() < 0.4, (0.0 if rng.random() < 0.5 else rng.uniform(-1, 1))
    for x in range(left, right, step):
        pen.line((x, top, x + slope * (bottom - top), bottom), ink, width)
    for y in range(top, bottom, step) if is_grid else ():
        pen.line((left, y, right, y), ink, width)


def _halftone(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """A gradient in dots of one ink: those of a press, an ordered dither, or one that spreads the error."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    gray = np.asarray(_gradient(rng, width, height).convert("L"), np.float32) / 255
    y, x = np.mgrid[:height, :width]
    lot = rng.random()
    if lot < 0.4:
        angle, period = rng.uniform(0, math.pi), rng.uniform(3, 9)
        u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        screen = 0.5 + 0.25 * (np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period))
        dots = np.clip((gray - screen) * rng.uniform(2, 20) + 0.5, 0, 1)
    elif lot < 0.7:
        table = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16
        dots = (gray > table[y % 4, x % 4] + 1 / 32).astype(np.float32)
    else:
        dots = np.asarray(Image.fromarray((255 * gray).astype(np.uint8)).convert("1"), np.float32)
    mask = Image.fromarray((255 * (1 - dots)).astype(np.uint8))
    sheet.paste(_colour(rng), (left, top), mask)


def _pixel_art(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """A few colours in large square pixels."""
    left, top, right, bottom = box
    side = int(rng.integers(2, 12))
    colours = np.array([_colour(rng) for _ in range(int(rng.integers(2, 6)))], np.uint8)
    rows, columns = max(1, (bottom - top) // side), max(1, (right - left) // side)
    picks = rng.integers(len(colours), size=(rows, columns))
    sheet.paste(
        Image.fromarray(colours[picks]).resize((columns * side, rows * side), Image.Resampling.NEAREST), (left, top)
    )


def _shade(rng: np.random.Generator, sheet: Image.Image, box: Box) -> None:
    """A gradient."""
    sheet.paste(_gradient(rng, box[2] - box[0], box[3] - box[1]), box[:2])


def _gradient(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """From one colour to another, in a direction."""
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    share = (1 + (np.cos(angle) * x + np.sin(angle) * y) / (abs(np.cos(angle)) + abs(np.sin(angle)))) / 2
    first, last = (np.array(_colour(rng, paper=True)) for _ in range(2))
    return Image.fromarray((first + share[..., None] * (last - first) + 0.5).astype(np.uint8))


KINDS: list[Callable[[np.random.Generator, Image.Image, Box], None]] = [
    _write,
    _write,
    _write,
    _draw_shapes,
    _draw_shapes,
    _hatch,
    _halftone,
    _pixel_art,
    _shade,
]
