"""Seconds, peak memory and decibels of methods of this package and of others, at several sizes, in one run.

OMP_NUM_THREADS=2 python -m research.speed --images cid22/val
"""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

import numpy as np

from research.speed.methods import has_weights, method, names
from research.speed.mosaic import Mosaic
from restore.commands.options import CommandParser, run_command
from restore.errors import UserError, check_known

SIZES = {"256": (256, 256, 128), "512": (512, 512, 256), "1024": (1024, 1024, 512), "12mp": (3000, 4000, 1000)}
"""Height, width, and side of the hole, in pixels."""

GIGABYTE = 1e9

HEADER = """| size | task | method | seconds | of all cores | peak memory, GB | dB |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Cost:
    """What one restoration costs in a process that has done nothing else, without loading weights and images.

    Args:
        seconds: That pass.
        of_cores: Of all cores together, which other work on the machine changes less.
        peak: The most bytes that the process has ever held.
        decibels: PSNR of the result, in the hole if there is one.
    """

    seconds: float
    of_cores: float
    peak: float
    decibels: float


def measure(task: str, name: str, mosaic: Mosaic, weights: str) -> Cost | str:
    """Restore once, or say why that cannot be."""
    try:
        restore = method(task, name, weights)
        image = mosaic.noisy() if task == "denoise" else mosaic.clean()
        hole = np.zeros(image.shape[:2], bool) if task == "denoise" else mosaic.hole()
        start, start_of_cores = time.perf_counter(), time.process_time()
        restored = restore(image, hole)
        seconds, of_cores = time.perf_counter() - start, time.process_time() - start_of_cores
    except (UserError, MemoryError, RuntimeError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"
    where = hole if hole.any() else ~hole
    error_of = restored[where].astype(float) - mosaic.clean()[where]
    unit = 1 if sys.platform == "darwin" else 1024
    peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    return Cost(seconds, of_cores, peak, float(10 * np.log10(255**2 / np.square(error_of).mean())))


def speed(
    *,
    images: str,
    weights: str = "default",
    sizes: str = ",".join(SIZES),
    methods: Sequence[str] = (),
    rounds: int = 3,
    limit: float = 300.0,
) -> int:
    """Print what each method costs at each size: medians over rounds in which all take part, each in its own process.

    Args:
        images: Folder of photographs, of which mosaics are made.
        weights: Of this package's methods.
        sizes: Of the images, between commas: 256, 512, 1024, 12mp.
        methods: Those to measure; all unless said otherwise.
        rounds: How often; once where a method took more than a fifth of the limit.
        limit: Seconds: a method is not measured where its cost at the size before says that it takes longer.

    Returns:
        Exit status: 0 when the table is there.

    Raises:
        UserError: There is no such size.
    """
    asked = sizes.split(",")
    check_known("size", asked, SIZES)
    sys.stdout.write(HEADER)
    each: dict[tuple[str, str], float] = {}  # seconds a pixel
    for size in asked:
        height, width, side = SIZES[size]
        for task in ("denoise", "inpaint"):
            those = [name for name in names(task) if not methods or name in methods]
            costs: dict[str, list[Cost]] = {name: [] for name in those}
            left = [name for name in those if each.get((task, name), 0) * height * width < limit]
            for name in set(those) - set(left):
                about = each[task, name] * height * width
                _line(size, task, name, f"about {about:.0f}, not measured | | |")
            for _ in range(rounds):
                for name in list(left):
                    with get_context("spawn").Pool(1) as process:
                        cost = process.apply(measure, (task, name, Mosaic(images, height, width, side), weights))
                    if isinstance(cost, str):
                        sys.stderr.write(f"{name} at {size}: {cost}\n")
                        left.remove(name)
                        continue
                    costs[name].append(cost)
                    if cost.seconds > limit / 5:
                        left.remove(name)
            for name, found in costs.items():
                if found:
                    each[task, name] = median(cost.seconds for cost in found) / (height * width)
                    _line(size, task, name, _told(found, has_weights(name)))
    return 0


def _told(costs: Sequence[Cost], is_trained: bool) -> str:
    seconds, of_cores = median(cost.seconds for cost in costs), median(cost.of_cores for cost in costs)
    decibels = f"{costs[0].decibels:.2f}" if is_trained else ""
    return f"{seconds:.2f} | {of_cores:.2f} | {max(cost.peak for cost in costs) / GIGABYTE:.2f} | {decibels}"


def _line(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(speed, vars(CommandParser(speed).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
