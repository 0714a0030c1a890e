"""What a service takes on: sizes, times and how many requests at once."""

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from restore.errors import UserError, check_at_least

RECENT = 16
"""Requests by which it is told how long the next one may have to wait."""


@dataclass(frozen=True)
class Limits:
    """What a single request, and all of them together, may take.

    Args:
        megabytes: Of a request, files and all.
        megapixels: Of an image; more are refused before they are decoded.
        seconds: From when a request has come in until its answer is there.
        queue: Requests that may wait, beside those that are worked on.
        workers: Requests that are worked on at once.

    Raises:
        UserError: One of them allows nothing.
    """

    megabytes: float = 200.0
    megapixels: float = 100.0
    seconds: float = 600.0
    queue: int = 16
    workers: int = 1

    def __post_init__(self) -> None:
        check_at_least(1, **{"--workers": self.workers})
        check_at_least(0, **{"--queue": self.queue})
        for name in ("megabytes", "megapixels", "seconds"):
            if not getattr(self, name) > 0:
                raise UserError(f"--max-{name} is more than 0, not {getattr(self, name)}")

    @property
    def bytes(self) -> int:
        """Of a request."""
        return int(self.megabytes * 1e6)

    @property
    def pixels(self) -> int:
        """Of an image."""
        return int(self.megapixels * 1e6)


class FullError(Exception):
    """No more requests are taken on for now.

    Args:
        seconds: After which there may be room.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the queue is full: try again in {seconds} s")
        self.seconds = seconds


class Places:
    """The places for requests, taken in an event loop; what finds none is turned away at once.

    Args:
        limits: How many there are.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.taken = 0
        self._durations: deque[float] = deque(maxlen=RECENT)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place as long as a request lasts.

        Raises:
            FullError: There is none.
        """
        if self.taken >= self.limits.queue + self.limits.workers:
            raise FullError(self._wait())
        self.taken += 1
        start = time.monotonic()
        try:
            yield
        finally:
            self.taken -= 1
            self._durations.append(time.monotonic() - start)

    def _wait(self) -> int:
        """Whole seconds after which one of those that are worked on should be done."""
        recent = sorted(self._durations)
        each = recent[len(recent) // 2] if recent else 1.0
        return max(1, math.ceil(each / (self.limits.queue + self.limits.workers)))
