"""One restoration in this process: seconds, peak memory, decibels."""

import resource
import sys
import time
from dataclasses import dataclass

import numpy as np

from research.speed.methods import method
from research.speed.mosaic import Mosaic
from restore.errors import UserError


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
