"""From the bytes of an image file to those of another in which the pixels are restored."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from restore.errors import UserError
from restore.images.codec import MAX_PIXELS, check_format, decode_pages, encode
from restore.images.formats import FORMATS, Format, format_of, is_written
from restore.images.picture import Picture

NO_LOSS = "--quality is about formats that lose, such as JPEG; no result is of one"


@dataclass(frozen=True)
class Rewritten:
    """What became of a file.

    Args:
        data: Its bytes; those of the input where nothing changes, and the format is the same.
        format: That they are of.
        notes: What is lost or was converted, in a line each.
        lacks_room: Whether the format had no room for what a result says of itself.
    """

    data: bytes
    format: Format
    notes: tuple[str, ...] = ()
    lacks_room: bool = False


def rewrite(
    data: bytes,
    name: Path,
    restore: Callable[[Picture], Picture],
    into: Path | None = None,
    quality: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Rewritten:
    """Restore every page of an image file.

    Args:
        data: The whole file, whose content tells its format.
        name: What errors call it.
        restore: Gives a picture once restored; what it says anew of itself is written where something changes, and
            where the format has room for it.
        into: What the result is called, whose suffix chooses the format; without it, that stays.
        quality: Of JPEG, 1 to 100.
        max_pixels: Larger pictures are refused before they are decoded.

    Raises:
        ImageFileError: The file cannot be read, or the format of the result cannot hold it.
        UserError: That format is not written, or loses nothing and is not named, and a quality is given.
    """
    pages = decode_pages(data, name, max_pixels)
    own = next((one for one in FORMATS if one.codec.reads(data)), None)
    suffix = name.suffix if format_of(name) is own else own.suffixes[0] if own else ""  # .pgm is gray, .ppm is not
    into, is_named = into or Path(f"result{suffix}"), into is not None
    if not is_written(format_of(into)):
        raise UserError(f"{into.suffix or 'a name without suffix'} is not written; --format png writes another format")
    target = check_format(pages, into)
    if target.lossless and quality is not None and not is_named:
        raise UserError(NO_LOSS)
    restored = [restore(page) for page in pages]
    same = all(np.array_equal(after.array, page.array) for after, page in zip(restored, pages, strict=True))
    if same and own is target:
        return Rewritten(data, target)
    notes = [*dict.fromkeys(page.note for page in pages if page.note)]
    if lost := target.drops(pages[0]):
        notes.append(f"{target.name} cannot hold its {lost}")
    lacks_room = not target.xmp and any(page.metadata.xmp_is_new for page in restored)
    if lacks_room:
        restored = [replace(after, metadata=page.metadata) for after, page in zip(restored, pages, strict=True)]
    encoded = encode(tuple(restored), into, None if target.lossless else quality)
    return Rewritten(encoded, target, tuple(notes), lacks_room)
