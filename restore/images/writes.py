"""Files that appear whole or not at all."""

import secrets
import shutil
from pathlib import Path

from restore.errors import FileError


class WriteError(FileError):
    """A file that is in the way, or a place that cannot be written."""


def write_whole(data: bytes, path: Path, overwrite: bool = False) -> None:
    """Write a file under another name in the same folder, then rename it: no reader ever sees half of it.

    Raises:
        WriteError: The file exists and `overwrite` is False, or the place cannot be written.
    """
    temporary = path.with_name(f".restore-{secrets.token_hex(6)}")
    try:
        if path.exists() and not overwrite:
            raise WriteError(path, "exists; --overwrite replaces it")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(data)
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(path, f"cannot be written: {str(error.strerror).lower()}") from error
