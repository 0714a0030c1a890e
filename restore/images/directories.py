"""The directories of tags (IFD) that TIFF and EXIF are made of, copied byte for byte from one into the other."""

import struct
from typing import Literal, NamedTuple

import numpy as np
import tifffile

EXIF, GPS, INTEROPERABILITY = 34665, 34853, 40965
"""Tags that lead to a directory of their own; the last one is in that of EXIF."""

Order = Literal["<", ">"]
"""Of bytes."""

BROKEN = (tifffile.TiffFileError, ValueError, TypeError, struct.error, LookupError, OSError, OverflowError)
"""What tifffile, and reading a directory, raise of tags that make no sense."""

_LONG, _LONG8 = 4, 16
_RATIONALS = {5, 10}


class Tag(NamedTuple):
    """A tag and what it holds.

    Args:
        code: What it says.
        kind: The type of its values, as TIFF numbers them.
        held: Its values as they are stored, or the directory that it leads to.
    """

    code: int
    kind: int
    held: "bytes | list[Tag]"


Directory = list[Tag]


def layout_of(data: bytes) -> tifffile.TiffFormat:
    """How a TIFF structure, as EXIF is one, stores its numbers.

    Raises:
        ValueError: It is none.
    """
    formats = tifffile.TIFF
    known = (formats.CLASSIC_LE, formats.CLASSIC_BE, formats.BIG_LE, formats.BIG_BE)
    layout = next((one for one in known if data[:4] == _header(one)[:4]), None)
    if layout is None:
        raise ValueError("no TIFF structure")
    return layout


def read(data: bytes, place: int, layout: tifffile.TiffFormat, depth: int = 0) -> Directory:
    """The directory at a place.

    Raises:
        ValueError, LookupError, struct.error: It is broken, as `BROKEN` has them.
    """
    (count,) = struct.unpack_from(layout.tagnoformat, data, place)
    start, left = place + layout.tagnosize, len(data)
    directory: Directory = []
    for entry in range(start, start + count * layout.tagsize, layout.tagsize):
        code, kind, number, value = struct.unpack_from(layout.tagheaderformat, data, entry)
        size = number * struct.calcsize("=" + tifffile.TIFF.DATA_FORMATS[kind])
        left -= size
        if left < 0:  # tags that share their values fill the memory
            raise ValueError(f"a directory of more than {len(data)} bytes")
        if size > layout.tagoffsetthreshold:
            (at,) = struct.unpack(layout.offsetformat, value)
            value = data[at : at + size]
        held = value[:size]
        is_pointer = code in {EXIF, GPS, INTEROPERABILITY}
        if len(held) < size or depth > 2 or (is_pointer and number != 1):
            raise ValueError("a directory that leaves its file, or leads to itself")
        if is_pointer:
            at = int.from_bytes(held, "little" if layout.byteorder == "<" else "big")
            directory.append(Tag(code, _LONG, read(data, at, layout, depth + 1)))
        else:
            directory.append(Tag(code, kind, held))
    return directory


def pack(directory: Directory, place: int, layout: tifffile.TiffFormat) -> bytes:
    """A directory that none follows, and behind it all that its tags hold.

    Args:
        directory: Its tags.
        place: Where in the file it will be.
        layout: Of the file.

    Raises:
        struct.error: The place is too far for the layout.
    """
    entries, values = struct.pack(layout.tagnoformat, len(directory)), b""
    end = place + len(entries) + len(directory) * layout.tagsize + layout.offsetsize
    for code, kind, held in sorted(directory, key=lambda tag: tag.code):
        size = struct.calcsize("=" + tifffile.TIFF.DATA_FORMATS[kind])
        here = end + len(values)
        if isinstance(held, list):
            entries += pointer(code, here, layout)
            values += pack(held, here, layout)
            continue
        is_far = len(held) > layout.tagoffsetthreshold
        value = struct.pack(layout.offsetformat, here) if is_far else held
        entries += struct.pack(layout.tagheaderformat, code, kind, len(held) // size, value)
        values += held + bytes(len(held) % 2) if is_far else b""
    return entries + bytes(layout.offsetsize) + values


def pointer(code: int, place: int, layout: tifffile.TiffFormat) -> bytes:
    """The tag that leads to a directory at a place."""
    kind = _LONG if layout.offsetsize == 4 else _LONG8
    return struct.pack(layout.tagheaderformat, code, kind, 1, struct.pack(layout.offsetformat, place))


def as_exif(directory: Directory, order: str) -> bytes:
    """A TIFF structure of one directory and no picture."""
    layout = tifffile.TIFF.CLASSIC_LE if order == "<" else tifffile.TIFF.CLASSIC_BE
    return _header(layout) + struct.pack(layout.offsetformat, 8) + pack(directory, 8, layout)


def of_exif(exif: bytes, order: str) -> Directory:
    """The first directory of EXIF, its numbers in an order of bytes; empty if it is broken."""
    try:
        layout = layout_of(exif)
        (first,) = struct.unpack_from(layout.offsetformat, exif, len(_header(layout)))
        directory = read(exif, first, layout)
    except BROKEN:
        return []
    return directory if layout.byteorder == order else _swapped(directory)


def _swapped(directory: Directory) -> Directory:
    """The same values in the other order of bytes."""
    swapped = []
    for tag in directory:
        if isinstance(tag.held, list):
            swapped.append(tag._replace(held=_swapped(tag.held)))
        else:
            size = struct.calcsize("=" + tifffile.TIFF.DATA_FORMATS[tag.kind]) // (2 if tag.kind in _RATIONALS else 1)
            swapped.append(tag._replace(held=np.frombuffer(tag.held, f"u{size}").byteswap().tobytes()))
    return swapped


def _header(layout: tifffile.TiffFormat) -> bytes:
    """What a file begins with, up to where its first directory is said to be."""
    mark = (b"II" if layout.byteorder == "<" else b"MM") + struct.pack(layout.byteorder + "H", layout.version)
    return mark + (struct.pack(layout.byteorder + "HH", 8, 0) if layout.offsetsize == 8 else b"")
