"""How fast each backend is beside the others, and by how much their results differ.

python -m research.backends
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any, get_args

import numpy as np
import torch
from jaxtyping import UInt8

from restore import Restorer
from restore.commands.options import CommandParser, run_command
from restore.inference.backends import BackendName
from restore.seeding import seeded_generator
from restore.synthetic.leaves.dataset import draw_leaves

SIGMA = 20.0
"""Standard deviation of the noise, of 255."""


def backends(weights: str = "default", *, sizes: str = "256,512", rounds: int = 5, threads: int = 1) -> int:
    """Restore drawn images with PyTorch, ONNX Runtime and OpenVINO in turn: median seconds, and the largest difference.

    Args:
        weights: "default", or others of the same architecture, whose graph comes with the package.
        sizes: Sides of the images in pixels.
        rounds: How often; all backends take part in each.
        threads: That each may use.

    Returns:
        Exit status: 0 when measured.
    """
    torch.set_num_threads(threads)
    restorers = {}
    for name in get_args(BackendName):
        start = time.perf_counter()
        restorers[name] = Restorer.load(weights, "cpu", name)
        sys.stdout.write(f"{name}: {time.perf_counter() - start:.2f} s to load\n")
    for size in map(int, sizes.split(",")):
        image, hole = drawn(size)
        jobs: dict[str, Callable[[Restorer], Any]] = {
            "denoise": partial(Restorer.denoise, image=image, sigma=SIGMA / 255),
            "inpaint": partial(Restorer.inpaint, image=image, hole=hole),
        }
        for job, restore in jobs.items():
            seconds: dict[str, list[float]] = {name: [] for name in restorers}
            results = {}
            for _ in range(rounds):
                for name, restorer in restorers.items():
                    start = time.perf_counter()
                    results[name] = restore(restorer).astype(int)
                    seconds[name].append(time.perf_counter() - start)
            for name, result in results.items():
                difference = np.abs(result - results["torch"]).max()
                sys.stdout.write(
                    f"{job} {size} x {size}, {name}: {median(seconds[name]):.2f} s, differs by {difference} of 255\n"
                )
    return 0


def drawn(size: int) -> tuple[UInt8[np.ndarray, "h w 3"], np.ndarray]:
    """A noisy image, and a hole a quarter as wide."""
    generator = seeded_generator("backends", size)
    clean = draw_leaves(size, generator)
    noisy = clean + SIGMA / 255 * torch.randn(clean.shape, generator=generator)
    hole = np.zeros((size, size), dtype=bool)
    hole[size // 4 : size // 2, size // 4 : size // 2] = True
    return (noisy.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy(), hole


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(backends, vars(CommandParser(backends).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
