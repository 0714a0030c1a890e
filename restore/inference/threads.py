"""Loops that do not hold Python's lock, shared out among the cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import Any

LEAST = 512
"""What a thread gets at least: less is done sooner than handed over."""

EACH = 4
"""Parts for each thread, as some take longer than others."""


def usable_cores() -> int:
    """The cores that this process may use, or as many as `OMP_NUM_THREADS` says if these are fewer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(cores, int(told)) if told.isdecimal() and int(told) else cores


class Threads:
    """As many threads as there are usable cores, to be closed by `with`; they may be called by several others."""

    def __init__(self) -> None:
        self._count = usable_cores()
        self._pool = ThreadPoolExecutor(self._count)

    def __enter__(self) -> "Threads":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def run(self, loop: Callable[..., Any], count: int, *given: Any) -> None:
        """Call `loop(start, stop, *given)` for ranges that are `count` together, and wait for all of them."""
        parts = max(min(self._count * EACH if self._count > 1 else 1, count // LEAST), 1)
        bounds = [count * part // parts for part in range(parts + 1)]
        if parts == 1:
            loop(0, count, *given)
            return
        pending = [self._pool.submit(loop, *ends, *given) for ends in pairwise(bounds)]
        for one in pending:
            one.result()
