"""What is done and said when the memory of whatever runs a network is full."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from restore.inference.tiling import Tiling

_logger = logging.getLogger(__name__)

Result = TypeVar("Result")

SMALLEST = 128
"""Side in pixels of the smallest tiles that are tried unasked."""

MEMORY_IS_FULL = ("out of memory", "can't allocate memory", "not enough memory")
"""How PyTorch says so: on a GPU, and on the CPU under Linux and Windows, where it has no exception of its own."""


@contextmanager
def full_memory_is_a_memory_error() -> Iterator[None]:
    """Raise Python's MemoryError where PyTorch, for want of memory, raises one of its RuntimeErrors."""
    try:
        yield
    except RuntimeError as error:
        if any(phrase in str(error) for phrase in MEMORY_IS_FULL):
            raise MemoryError("not enough memory; a smaller tile needs less") from error
        raise


def with_smaller_tiles(work: Callable[[Tiling], Result], tiling: Tiling) -> Result:
    """Do something again with tiles of half the size, and so on, where memory has no room for it.

    Args:
        work: To be done; what it raises leaves nothing behind.
        tiling: To begin with.

    Raises:
        MemoryError: There is no room for the smallest either.
    """
    while True:
        try:
            return work(tiling)
        except MemoryError:
            if tiling.tile < 2 * SMALLEST:
                raise
        tiling = tiling.halved()  # out here, where nothing keeps what the error has filled memory with
        _logger.warning("not enough memory: once more in tiles of %d pixels", tiling.tile)
