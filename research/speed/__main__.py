"""Seconds, peak memory and decibels of methods of this package and of others, at several sizes, in one run.

OMP_NUM_THREADS=2 python -m research.speed --images cid22/val
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from statistics import median

from research.speed.measuring import Cost, measure
from research.speed.methods import has_weights, names
from research.speed.mosaic import Mosaic
from restore.commands.options import CommandParser, run_command
from restore.errors import check_known

SIZES = {"256": (256, 256, 128), "512": (512, 512, 256), "1024": (1024, 1024, 512), "12mp": (3000, 4000, 1000)}
"""Height, width, and side of the hole, in pixels."""

GIGABYTE = 1e9

HEADER = """| size | task | method | seconds | of all cores | peak memory, GB | dB |
|---|---|---|---|---|---|---|
"""


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
                    cost = _apart(task, name, Mosaic(images, height, width, side), weights)
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


def _apart(task: str, name: str, mosaic: Mosaic, weights: str) -> Cost | str:
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        try:
            return process.submit(measure, task, name, mosaic, weights).result()
        except BrokenProcessPool:
            return "killed, likely for its memory"


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
