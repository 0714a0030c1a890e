"""Restore photographs with the default weights, beside classical methods: `make demo`.

Photographs from scikit-image's own collection are damaged (brush strokes, a line of text, a box, noise of sigma 25,
text and noise) and restored. Printed: PSNR in dB over what was damaged. Drawn: one picture.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from skimage import data
from torch import Tensor

from restore import Restorer
from restore.degradations import BrushStrokes
from restore.evaluation.methods import Method, can_treat, restored_by
from restore.evaluation.peers.denoisers import NonLocalMeans
from restore.evaluation.peers.fills import Biharmonic, Telea
from restore.metrics import psnr
from restore.observation import Observation

SIGMA = 25 / 255
SIZE = 288


class Example(NamedTuple):
    """A photograph, and what is known about it once it is damaged."""

    name: str
    image: Tensor
    observation: Observation


def photograph(name: str, left: int, top: int) -> Tensor:
    """A square cut out of one of scikit-image's photographs, RGB in [0, 1]."""
    pixels = getattr(data, name)()[top : top + SIZE, left : left + SIZE].astype(np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def strokes(generator: torch.Generator) -> Tensor:
    """Brush strokes over a fifth of the image."""
    return BrushStrokes(0.2, 0.2).draw(1, SIZE, SIZE, generator)


def text() -> Tensor:
    """Lines of writing across the image."""
    canvas = Image.new("L", (SIZE, SIZE))
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(SIZE // 12)
    for line, top in enumerate(range(8, SIZE, SIZE // 6)):
        draw.text((4 + 9 * line, top), "restore what is missing", 255, font)
    return torch.from_numpy(np.asarray(canvas) > 25)[None, None]


def box() -> Tensor:
    """A square of an eighth of the side."""
    hole = torch.zeros(1, 1, SIZE, SIZE, dtype=torch.bool)
    hole[..., 110 : 110 + SIZE // 8, 100 : 100 + SIZE // 8] = True
    return hole


def damaged(
    name: str, image: Tensor, hole: Tensor | None = None, sigma: float = 0, generator: torch.Generator | None = None
) -> Example:
    """An image with a hole, which is shown white, and with white noise of a known level, which is not clipped."""
    degraded, sigmas = image, torch.full_like(image[:, :1], sigma)
    if sigma:
        degraded = image + sigma * torch.randn((SIZE, SIZE, 3), generator=generator).permute(2, 0, 1)
    if hole is not None:
        degraded, sigmas = degraded.masked_fill(hole, 1), sigmas.masked_fill(hole, torch.inf)
    return Example(name, image, Observation(degraded, sigmas))


def sheet(rows: list[list[tuple[str, Tensor]]]) -> Image.Image:
    """Rows of captioned pictures."""
    caption = 22
    page = Image.new("RGB", (max(map(len, rows)) * (SIZE + 6), len(rows) * (SIZE + caption + 6)), "white")
    draw = ImageDraw.Draw(page)
    for i, row in enumerate(rows):
        for j, (label, image) in enumerate(row):
            left, top = j * (SIZE + 6) + 3, i * (SIZE + caption + 6)
            draw.text((left, top + 3), label, "black", ImageFont.load_default(14))
            pixels = (image[0].permute(1, 2, 0).numpy().clip(0, 1) * 255).round().astype(np.uint8)
            page.paste(Image.fromarray(pixels), (left, top + caption))
    return page


def main() -> None:
    """Restore, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="demo.png")
    parser.add_argument("--weights", default="default")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    methods: dict[str, Method] = {
        "Telea": Telea(),
        "biharmonic": Biharmonic(),
        "non-local means": NonLocalMeans(),
        "restore": Restorer.load(options.weights).restore,
    }
    examples = [
        damaged("brush strokes", photograph("astronaut", 100, 0), strokes(generator)),
        damaged("text", photograph("rocket", 200, 60), text()),
        damaged("box", photograph("chelsea", 60, 10), box()),
        damaged("noise, sigma 25", photograph("coffee", 160, 60), None, SIGMA, generator),
        damaged("text and noise", photograph("coffee", 160, 60), text(), SIGMA, generator),
    ]
    rows = []
    for name, image, observation in examples:
        region = observation.sigma > 0
        row = [(f"{name}: {float(psnr(observation.degraded, image, region)):.2f} dB", observation.degraded)]
        for method, restore in methods.items():
            if not can_treat(restore, observation):
                continue
            start = time.perf_counter()
            restored = restored_by(restore, observation)
            seconds, score = time.perf_counter() - start, f"{float(psnr(restored, image, region)):.2f} dB"
            print(f"{name:16}  {method:16} {score:>9}  {seconds:5.2f} s")  # noqa: T201
            row.append((f"{method}: {score}", restored))
        rows.append([*row, ("original", image)])
    sheet(rows).save(options.output)
    print(f"pictures: {options.output}")  # noqa: T201


if __name__ == "__main__":
    main()
