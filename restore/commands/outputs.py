"""Where results go and what becomes of them: the options of a command about its outputs, judged before any work."""

import mimetypes
import os
import re
from dataclasses import dataclass
from pathlib import Path

from restore.commands.standard import STANDARD
from restore.errors import FileError, UserError
from restore.images.formats import FORMATS, format_of, is_written

FURTHER_IMAGES = re.compile(
    r"\.(arw|avifs|cr[23]|dng|exr|fits|hdr|hei[cf]s?|hif|j2[ck]|jfif|jpe|jp[2fhmx]|jx[lr]|kra|mpo|nef|orf|pdf|pef|ps[bd]"
    r"|raf|raw|rw2|svgz?|xcf)"
)
"""Suffixes of images that are known even where Python's list of types of files and Pillow's lack them."""

WRITTEN = [one.suffixes[0] for one in FORMATS if one.written]
"""A suffix of each format that is written."""


@dataclass(frozen=True)
class Writing:
    """How the results of a command are written.

    Args:
        format: The format of all results, by a suffix of its files, with or without the dot; without it, that of each
            input.
        quality: 1 to 100, of formats that lose.
        overwrite: Replace files that exist.
        skip_existing: Make no result that exists.

    Raises:
        UserError: The format is not written, the quality is none, or two of these contradict each other.
    """

    format: str | None = None
    quality: int | None = None
    overwrite: bool = False
    skip_existing: bool = False

    def __post_init__(self) -> None:
        if self.format is not None and not is_written(format_of(Path(f"x{self.suffix}"))):
            raise UserError(f"--format is one of {', '.join(WRITTEN).replace('.', '')}, not {self.format!r}")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise UserError(f"--quality is a whole number from 1 to 100, not {self.quality}")
        if self.overwrite and self.skip_existing:
            raise UserError("--overwrite replaces what --skip-existing keeps: give one of them")

    @property
    def suffix(self) -> str:
        """Of all results; empty without a format."""
        return "" if self.format is None else f".{self.format.lower().lstrip('.')}"

    def named(self, name: Path) -> Path:
        """What a result is called whose input has a name: another suffix if it is of another format."""
        own = format_of(name)
        if not self.suffix or own is format_of(Path(f"x{self.suffix}")):
            return name
        return name.with_suffix(self.suffix) if own else name.with_name(name.name + self.suffix)


def names_folder(output: str | Path) -> bool:
    """Whether an output is a folder rather than a picture.

    A folder is what is one, what ends in a slash, and what has no suffix or one that is of no known type of file
    (`v1.2`, `2026.11.27`); a picture has the suffix of a format that is written.

    Raises:
        FileError: It has the suffix of another type of file, which would make a folder that looks like one.
        UserError: It is empty, or standard output.
    """
    if output == STANDARD:
        raise UserError("- as an output is for one image of inpaint or denoise; a folder of that name is ./-")
    if output == "":
        raise UserError("an empty name is no output")
    path = Path(output)
    if path.is_dir() or str(output).endswith(("/", os.sep)):
        return True
    if is_written(format_of(path)):
        return False
    if _is_type_of_file(path.suffix.lower()):
        reason = f"{path.suffix} is not written, but {', '.join(WRITTEN)}; a folder of that name ends in /"
        raise FileError(path, reason)
    return True


def folder_output(output: str) -> Path:
    """An output that has to be a folder.

    Raises:
        FileError: It has the name of a file.
    """
    if not names_folder(output):
        raise FileError(Path(output), "a folder is needed here, and this is the name of a file; a folder's ends in /")
    return Path(output)


def picture_output(output: str) -> Path:
    """An output that has to be a picture.

    Raises:
        FileError: It has another name.
    """
    if names_folder(output):
        raise FileError(Path(output), f"a picture is needed here, whose name ends in {', '.join(WRITTEN)}")
    return Path(output)


def _is_type_of_file(suffix: str) -> bool:
    from PIL import Image

    Image.init()
    own = mimetypes.MimeTypes()  # Python's list, not that of the machine
    known = FURTHER_IMAGES.fullmatch(suffix) or suffix in Image.registered_extensions() or suffix in own.types_map[True]
    return bool(suffix and known)
