"""Folders, files and patterns: which images a user means."""

import glob
import logging
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from restore.errors import FileError, UserError
from restore.images.formats import IMAGE_SUFFIXES

_logger = logging.getLogger(__name__)

OnUnreadable = Callable[[FileError], object]
"""Is told of each folder that cannot be read."""


def _warn(error: FileError) -> None:
    _logger.warning("%s; what lies in it is left out", error)


def find_images(inputs: Iterable[str | Path], on_unreadable: OnUnreadable = _warn) -> list[tuple[Path, Path]]:
    """List images: files as named, folders searched recursively in sorted order, patterns expanded.

    Linked folders are searched too, each folder once: as itself if it lies below the one that is searched, else by the
    first link that leads there. Hidden files and folders are left out, and what is neither a file nor a link. A file
    named by itself is listed unseen.

    Args:
        inputs: Files, folders, and patterns with `*`, `?`, `[...]` or `**`.
        on_unreadable: Called for a folder within a folder that cannot be read, and the others are searched; by default
            it is a warning.

    Returns:
        Each path, and beside it the path relative to the folder, or to the part of the pattern before the first
        wildcard; for a file, its name.

    Raises:
        FileError: A folder cannot be read, or a folder or a pattern holds no image.
        UserError: A name is empty.
    """
    found = []
    for name in inputs:
        if name == "":
            raise UserError("an empty name is neither an image nor a folder")
        entry = Path(name)
        unreadable: list[FileError] = []
        if entry.is_dir():
            images, root = sorted(_walk(entry, unreadable.append)), entry
        elif glob.has_magic(str(entry)) and not entry.exists():
            wild = next(i for i, part in enumerate(entry.parts) if glob.has_magic(part))
            matches = map(Path, sorted(glob.glob(str(entry), recursive=True)))  # noqa: PTH207 (absolute ones too)
            images, root = [m for m in matches if _is_image(m)], Path(*entry.parts[:wild])
        else:
            images, root = [entry], entry.parent
        if not images:
            raise unreadable[0] if unreadable else FileError(entry, "no images here")
        for error in unreadable:
            on_unreadable(error)
        found += [(image, image.relative_to(root)) for image in images]
    return found


def _walk(folder: Path, on_unreadable: OnUnreadable) -> list[Path]:
    def pass_over(error: OSError) -> None:
        on_unreadable(FileError.of(Path(error.filename), error))

    images: list[Path] = []
    searched: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        for parent, folders, names in os.walk(waiting.pop(0), onerror=pass_over):
            state = Path(parent).stat()
            if (state.st_dev, state.st_ino) in searched:
                folders.clear()
                continue
            searched.add((state.st_dev, state.st_ino))
            visible = [Path(parent, name) for name in sorted(folders) if not name.startswith(".")]
            links = [path for path in visible if os.path.islink(path)]  # noqa: PTH114 (Path's raises for long names)
            waiting += links  # after all that lies in its own place
            folders[:] = [path.name for path in visible if path not in links]
            images += filter(_is_image, (Path(parent, name) for name in names if not name.startswith(".")))
    return images


def _is_image(path: Path) -> bool:
    """Whether it is called an image and may be one; reading tells what is wrong with a link that leads nowhere."""
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return False
    try:
        mode = path.stat().st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode)
