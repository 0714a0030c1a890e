"""Files by what they hold."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from restore.errors import FileError


@dataclass(frozen=True)
class Hashed:
    """A file, or what came from standard input, and what it held.

    Args:
        path: Where it lies; None where it has no place.
        name: What it is called.
        size: In bytes.
        sha256: Of its bytes.
    """

    path: Path | None
    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path, name: str | None = None) -> "Hashed":
        """Read a file.

        Args:
            path: Where it lies.
            name: What it is called where it has no place that anybody else finds.

        Raises:
            FileError: It cannot be read.
        """
        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise FileError(path, "a pipe or a device, not a file")  # reading may wait for ever
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise FileError.of(path, error) from error
        return cls(path if name is None else None, path.name if name is None else name, size, digest)

    @classmethod
    def of_bytes(cls, data: bytes, name: Path, has_place: bool = True) -> "Hashed":
        """What was read already."""
        return cls(name if has_place else None, name.name, len(data), hashlib.sha256(data).hexdigest())
