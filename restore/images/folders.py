"""Folders, files and patterns: which images a user means."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from restore.errors import FileError
from restore.images.formats import IMAGE_SUFFIXES


def find_images(inputs: Iterable[str | Path]) -> list[tuple[Path, Path]]:
    """List images: files as named, folders searched recursively in sorted order, patterns expanded.

    Hidden files and folders are left out. A file named by itself is listed unseen.

    Args:
        inputs: Files, folders, and patterns with `*`, `?`, `[...]` or `**`.

    Returns:
        Each path, and beside it the path relative to the folder, or to the part of the pattern before the first
        wildcard; for a file, its name.

    Raises:
        FileError: A folder cannot be read, or a folder or a pattern holds no image.
    """
    found = []
    for entry in map(Path, inputs):
        if entry.is_dir():
            images, root = sorted(_walk(entry)), entry
        elif glob.has_magic(str(entry)) and not entry.exists():
            wild = next(i for i, part in enumerate(entry.parts) if glob.has_magic(part))
            matches = map(Path, sorted(glob.glob(str(entry), recursive=True)))  # noqa: PTH207 (absolute ones too)
            images, root = [m for m in matches if _is_image(m)], Path(*entry.parts[:wild])
        else:
            images, root = [entry], entry.parent
        if not images:
            raise FileError(entry, "no images here")
        found += [(image, image.relative_to(root)) for image in images]
    return found


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise FileError.of(Path(error.filename), error) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from filter(_is_image, (Path(parent, name) for name in names if not name.startswith(".")))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
