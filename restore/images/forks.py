"""Processes that were forked from one that has read images, in which libvips would wait for ever."""

import os

from restore.errors import UserError

_reader: int | None = None
"""The process that has read images; its forks take this value along."""


def check_fork() -> None:
    """Note that this process uses libvips, or find out that it is a fork of one that has: its threads are not here.

    Raises:
        UserError: It is such a fork.
    """
    global _reader
    if _reader is None:
        _reader = os.getpid()
    elif _reader != os.getpid():
        raise UserError(
            "images cannot be read in a process forked from one that has read some: give the DataLoader "
            'multiprocessing_context="forkserver"'
        )
