"""How much around a hole a tile has to show: hole PSNR with margins of several widths.

python -m research.margins --images cid22/val
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from restore import Restorer
from restore.commands.options import CommandParser, run_command
from restore.errors import UserError
from restore.evaluation.scorecard import Sample, find_samples
from restore.metrics import psnr
from restore.observation import Observation
from restore.seeding import seeded_generator


def margins(
    *,
    images: str,
    weights: str = "default",
    sides: str = "8,32,96,160",
    widths: str = "16,32,48,64,96,128,512",
    limit: int | None = None,
    seed: int = 0,
) -> int:
    """Fill a square hole of each photograph with each margin around it: the mean hole PSNR.

    Behind it stand the least and the most by which a photograph differs from itself with the last of the margins.

    Args:
        images: Folder of the photographs.
        weights: To fill with.
        sides: Of the holes, in pixels, between commas.
        widths: Of the margins, in pixels, between commas, the widest last.
        limit: The most photographs, evenly spread.
        seed: Of the places of the holes.

    Returns:
        Exit status: 0 when the table is there.

    Raises:
        UserError: A photograph has no room for a hole, or the weights or the photographs cannot be used.
    """
    restorer, wide = Restorer.load(weights, "cpu"), [int(width) for width in widths.split(",")]
    samples, _ = find_samples(Path(images), limit)
    sys.stdout.write(f"| hole | {' | '.join(f'{width} px' for width in wide)} |\n{'|---' * (len(wide) + 1)}|\n")
    for side in map(int, sides.split(",")):
        found = np.array([_of_one(sample, side, wide, restorer, seed) for sample in samples])
        change = found - found[:, -1:]
        each = zip(found.mean(0), change.min(0), change.max(0), strict=True)
        cells = [f"{decibels:.2f} ({least:+.2f} to {most:+.2f})" for decibels, least, most in each]
        sys.stdout.write(f"| {side} x {side} | {' | '.join(cells)} |\n")
        sys.stdout.flush()
    return 0


def _of_one(sample: Sample, side: int, widths: list[int], restorer: Restorer, seed: int) -> list[float]:
    """The hole PSNR of a photograph with each margin."""
    image = sample.read()
    room = [extent - side + 1 for extent in image.shape[-2:]]
    if min(room) < 2:
        raise UserError(f"{sample.path}: has no room for a hole of {side} x {side} pixels")
    generator = seeded_generator("margins", seed, side, sample.index)
    top, left = (int(torch.randint(most, (), generator=generator)) for most in room)
    hole = torch.zeros_like(image[:, :1], dtype=torch.bool)
    hole[..., top : top + side, left : left + side] = True
    tiled, found = restorer.tiled_network, []
    for width in widths:
        restorer.tiled_network = replace(tiled, tiling=replace(tiled.tiling, margin=width))
        found.append(float(psnr(restorer.restore(Observation.hide(image, hole)), image, hole)))
    restorer.tiled_network = tiled
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(margins, vars(CommandParser(margins).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
