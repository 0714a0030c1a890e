"""What a hole costs: seconds and peak memory of both fills, at 512 x 512 and at 12 megapixels.

python -m research.hole_cost --images cid22/val
"""

import math
import resource
import sys
import time
from dataclasses import dataclass
from itertools import cycle, product
from multiprocessing import get_context

import numpy as np
from jaxtyping import Bool, UInt8

from restore.commands.options import CommandParser, run_command
from restore.errors import UserError
from restore.images.codec import read_rgb
from restore.images.folders import find_images
from restore.inference.plausible import FILLS, Fill
from restore.inference.restorer import Restorer

TILE = 512
"""The most of a photograph, in pixels each way, that is laid into a mosaic."""

GIGABYTE = 1e9


@dataclass(frozen=True)
class Case:
    """A mosaic of photographs with a hole in its middle.

    Args:
        width: Of the mosaic in pixels.
        height: Of the mosaic in pixels.
        side: Of the hole, a square, in pixels.
    """

    width: int
    height: int
    side: int

    def image(self, folder: str) -> UInt8[np.ndarray, "h w 3"]:
        """Photographs of a folder side by side, and again from the first when all are laid."""
        paths = [path for path, _ in find_images([folder])]
        first = (read_rgb(paths[0])[:TILE, :TILE] * 255).round().astype(np.uint8)
        high, wide = first.shape[:2]
        image = np.empty((self.height, self.width, 3), np.uint8)
        places = product(range(0, self.height, high), range(0, self.width, wide))
        for (top, left), path in zip(places, cycle(paths), strict=False):
            part = (read_rgb(path)[:high, :wide] * 255).round().astype(np.uint8)
            if part.shape != first.shape:
                raise UserError(f"{path}: smaller than {paths[0]}, so that both make no mosaic")
            place = image[top : top + high, left : left + wide]
            place[:] = part[: place.shape[0], : place.shape[1]]
        return image

    def hole(self) -> Bool[np.ndarray, "h w"]:
        """True in the middle."""
        hole = np.zeros((self.height, self.width), bool)
        top, left = (self.height - self.side) // 2, (self.width - self.side) // 2
        hole[top : top + self.side, left : left + self.side] = True
        return hole


CASES = (Case(512, 512, 256), Case(4000, 3000, 1000))
"""What is measured."""


def measure(case: Case, fill: Fill, folder: str, weights: str) -> tuple[float, float, float]:
    """Fill one hole on the CPU, in a process that has done nothing else.

    Returns:
        Seconds, and seconds of all cores together, which other work on the machine changes less, both without loading
        weights and image; and the most bytes that this process has ever held in memory.
    """
    restorer = Restorer.load(weights, "cpu")
    image, hole = case.image(folder), case.hole()
    start, start_of_cores = time.perf_counter(), time.process_time()
    restorer.inpaint(image, hole, fill=fill)
    seconds, of_cores = time.perf_counter() - start, time.process_time() - start_of_cores
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, of_cores, float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def hole_cost(*, images: str, weights: str = "default", most: int | None = None) -> int:
    """Print seconds and peak memory of both fills, each in a process of its own; OMP_NUM_THREADS tells the threads.

    Args:
        images: Folder of photographs, of which mosaics are made.
        weights: "default" for those that come with the package, or a safetensors file.
        most: The largest image to measure, in pixels; all unless said otherwise.

    Returns:
        Exit status: 0 when the table is there, 2 when the arguments allow no work.
    """
    sys.stdout.write("| image | hole | fill | seconds | of all cores | peak memory, GB |\n|---|---|---|---|---|---|\n")
    for case, fill in product(CASES, FILLS):
        if case.width * case.height > (math.inf if most is None else most):
            continue
        with get_context("spawn").Pool(1) as process:
            seconds, of_cores, peak = process.apply(measure, (case, fill, images, weights))
        of = f"{case.width} x {case.height} | {case.side} x {case.side} | {fill}"
        sys.stdout.write(f"| {of} | {seconds:.1f} | {of_cores:.1f} | {peak / GIGABYTE:.2f} |\n")
        sys.stdout.flush()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(hole_cost, vars(CommandParser(hole_cost).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
