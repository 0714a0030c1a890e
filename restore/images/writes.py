"""Files and folders that appear whole or not at all."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from restore.errors import FileError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


IN_THE_WAY = "exists; --overwrite replaces it"
"""What is said of a file that exists."""


class WriteError(FileError):
    """A file that is in the way, or a place that cannot be written."""


def is_of_full_disk(error: BaseException) -> bool:
    """Whether an error, or what it was raised from, is what the system says where no more can be written."""
    reason = error if isinstance(error, OSError) else error.__cause__
    return isinstance(reason, OSError) and reason.errno in _FULL


def check_free(path: Path, overwrite: bool = False) -> None:
    """Find out before the work whether a file is in the way.

    Raises:
        WriteError: It exists, and is not to be replaced.
    """
    if path.exists() and not overwrite:
        raise WriteError(path, IN_THE_WAY)


def check_folder(folder: Path) -> None:
    """Find out before the work whether a folder could be written.

    Raises:
        WriteError: It could not.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise WriteError(existing, "not a folder, so that nothing can be written there")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise WriteError(existing, "nothing can be written there")
    space = shutil.disk_usage(existing)
    if space.total and not space.free:  # what holds no files has neither
        raise WriteError(existing, "no space is left there")


@contextmanager
def whole_file(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """Let someone write a file under another name in the same folder, then rename it: no reader ever sees half of it.

    The folder is made if need be; a file that is replaced leaves its permissions to the new one.

    Args:
        path: The file.
        overwrite: Replace it if it exists.

    Yields:
        Where to write it. If that fails, it is removed.

    Raises:
        WriteError: The file exists, or the place cannot be written.
    """
    temporary = path.with_name(f".restore-{secrets.token_hex(6)}")
    try:
        check_free(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _of(path, error) from error


def write_whole(data: bytes, path: Path, overwrite: bool = False) -> None:
    """Write a file as `whole_file` does.

    Raises:
        WriteError: The file exists and `overwrite` is False, or the place cannot be written.
    """
    with whole_file(path, overwrite) as temporary:
        temporary.write_bytes(data)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files that belong together, such as those of a report.

    They are written in a folder beside it, which then becomes the folder. Where there is one already, they replace the
    files of the same names, once all are written; the others stay, and the last comes last.

    Args:
        folder: Made if it is not there.
        files: Their contents by name.

    Raises:
        WriteError: The place cannot be written.
    """
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.absolute().parent) as temporary:
            complete = Path(temporary) / "complete"
            complete.mkdir()
            for name, content in files.items():
                (complete / name).write_bytes(content)
                if (folder / name).is_file():
                    shutil.copymode(folder / name, complete / name)
            if not folder.exists():
                complete.rename(folder)
                return
            for name in files:
                (complete / name).replace(folder / name)
    except OSError as error:
        raise _of(folder, error) from error


def _of(path: Path, error: OSError) -> WriteError:
    return WriteError(path, f"cannot be written: {str(error.strerror or error).lower()}")
