"""Standard input and output in the place of files: the name `-`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import FileError, UserError
from restore.images.codec import MAX_BYTES

STANDARD = "-"
"""The name; a file that is called so is `./-`."""

INPUT = Path("standard input")
"""What messages call it."""


def check_no_terminal(reads: bool, writes: bool) -> None:
    """Refuse to wait for a terminal, and to fill one with bytes.

    Raises:
        UserError: Standard input or output, which is to be read or written, is one.
    """
    if reads and (sys.stdin is None or sys.stdin.isatty()):
        raise UserError("no image is read from a terminal: send one to standard input")
    if writes and sys.stdout.isatty():
        raise UserError("no image is written to a terminal: send standard output to a file or another program")


def read_standard() -> bytes:
    """All of standard input.

    Raises:
        UserError: It is a terminal, or endless.
    """
    check_no_terminal(reads=True, writes=False)
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UserError(f"{INPUT}: more than {MAX_BYTES} bytes")
    return data


def write_standard(data: bytes) -> None:
    """Write all of a file to standard output."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@contextmanager
def standard_as_file() -> Iterator[Path]:
    """Standard input as a file, for what reads files only; what is wrong with it is said of standard input."""
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        path = Path(folder) / INPUT
        path.write_bytes(read_standard())
        try:
            yield path
        except FileError as error:
            if error.path != path:
                raise
            raise type(error)(INPUT, error.reason) from error
