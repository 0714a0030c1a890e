"""What is said when the memory of whatever runs a network is full."""

from collections.abc import Iterator
from contextlib import contextmanager

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
