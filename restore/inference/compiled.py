"""Loops over pixels that Numba compiles when they first run; import this only where they are needed, as it is slow."""

import inspect
from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

REORDERED = {"reassoc", "contract", "nsz"}
"""Sums may be added up in any order, several numbers at once; infinity stays what it is."""

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """A function compiled, which does not hold Python's lock.

    What comes out is kept for the next process beside the file of the function, or else in the user's cache; where
    neither can be written to, each process compiles anew. Numba's own threads are not used: they end the process if
    several threads call them.
    """
    plain = inspect.unwrap(function)  # of what checks types in tests
    try:
        return cast(Function, njit(nogil=True, fastmath=REORDERED, cache=True)(plain))
    except RuntimeError:  # no folder for it
        return cast(Function, njit(nogil=True, fastmath=REORDERED)(plain))
