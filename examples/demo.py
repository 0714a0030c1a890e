"""Restore photographs with the default weights, beside classical methods: `make demo`.

Photographs from scikit-image's own collection are damaged (brush strokes, a line of text, a box, noise of sigma 25)
and restored. Printed: PSNR in dB, over the hole where there is one, else over the image. Drawn: one picture.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from restore import Restorer
from restore.degradations import BrushStrokes
from restore.evaluation.peers.denoisers import non_local_means
from restore.evaluation.peers.fills import biharmonic, telea

SIGMA = 25 / 255
SIZE = 288


class Example(NamedTuple):
    """A damaged photograph and two ways to restore it."""

    name: str
    image: np.ndarray
    degraded: np.ndarray
    region: np.ndarray
    ours: Callable[[], np.ndarray]
    theirs: dict[str, Callable[[], np.ndarray]]


def photograph(name: str, left: int, top: int) -> np.ndarray:
    """A square cut out of one of scikit-image's photographs, float RGB in [0, 1]."""
    return getattr(data, name)()[top : top + SIZE, left : left + SIZE].astype(np.float32) / 255


def strokes(generator: torch.Generator) -> np.ndarray:
    """Brush strokes over a fifth of the image."""
    return BrushStrokes(0.2, 0.2).draw(1, SIZE, SIZE, generator)[0, 0].numpy()


def text() -> np.ndarray:
    """Lines of writing across the image."""
    canvas = Image.new("L", (SIZE, SIZE))
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(SIZE // 12)
    for line, top in enumerate(range(8, SIZE, SIZE // 6)):
        draw.text((4 + 9 * line, top), "restore what is missing", 255, font)
    return np.asarray(canvas) > 25


def box() -> np.ndarray:
    """A square of an eighth of the side."""
    hole = np.zeros((SIZE, SIZE), bool)
    hole[110 : 110 + SIZE // 8, 100 : 100 + SIZE // 8] = True
    return hole


def inpainting(name: str, image: np.ndarray, hole: np.ndarray, restorer: Restorer) -> Example:
    """An image with a hole, shown white."""
    degraded = np.where(hole[..., None], np.float32(1), image)
    return Example(
        name,
        image,
        degraded,
        hole,
        ours=lambda: restorer.inpaint(degraded, hole),
        theirs={"Telea": lambda: telea(degraded, hole), "biharmonic": lambda: biharmonic(degraded, hole)},
    )


def denoising(name: str, image: np.ndarray, generator: torch.Generator, restorer: Restorer) -> Example:
    """An image with white noise of a known level, not clipped."""
    degraded = image + np.float32(SIGMA) * torch.randn(image.shape, generator=generator).numpy()
    return Example(
        name,
        image,
        degraded,
        np.ones(image.shape[:2], bool),
        ours=lambda: restorer.denoise(degraded, SIGMA),
        theirs={"non-local means": lambda: non_local_means(degraded, SIGMA)},
    )


def psnr(restored: np.ndarray, image: np.ndarray, region: np.ndarray) -> float:
    """PSNR over a region in dB."""
    return float(-10 * np.log10(np.mean((restored - image)[region] ** 2)))


def sheet(rows: list[list[tuple[str, np.ndarray]]]) -> Image.Image:
    """Rows of captioned pictures."""
    caption = 22
    page = Image.new("RGB", (max(map(len, rows)) * (SIZE + 6), len(rows) * (SIZE + caption + 6)), "white")
    draw = ImageDraw.Draw(page)
    for i, row in enumerate(rows):
        for j, (label, pixels) in enumerate(row):
            left, top = j * (SIZE + 6) + 3, i * (SIZE + caption + 6)
            draw.text((left, top + 3), label, "black", ImageFont.load_default(14))
            page.paste(Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8)), (left, top + caption))
    return page


def main() -> None:
    """Restore, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="demo.png")
    parser.add_argument("--weights", default="default")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    restorer = Restorer.load(options.weights)
    examples = [
        inpainting("brush strokes", photograph("astronaut", 100, 0), strokes(generator), restorer),
        inpainting("text", photograph("rocket", 200, 60), text(), restorer),
        inpainting("box", photograph("chelsea", 60, 10), box(), restorer),
        denoising("noise, sigma 25", photograph("coffee", 160, 60), generator, restorer),
    ]
    rows = []
    for example in examples:
        row = [(f"{example.name}: {psnr(example.degraded, example.image, example.region):.2f} dB", example.degraded)]
        for method, restore in {**example.theirs, "restore": example.ours}.items():
            start = time.perf_counter()
            restored = restore()
            figure = f"{psnr(restored, example.image, example.region):.2f} dB"
            print(f"{example.name:16}  {method:16} {figure:>9}  {time.perf_counter() - start:5.2f} s")  # noqa: T201
            row.append((f"{method}: {figure}", restored))
        rows.append([*row, ("original", example.image)])
    sheet(rows).save(options.output)
    print(f"pictures: {options.output}")  # noqa: T201


if __name__ == "__main__":
    main()
