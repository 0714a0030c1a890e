"""EXIF as bytes: what has to be taken out of it, and nothing else touched."""

import struct

_POINTERS = {0x0201: 0x0202, 0x0111: 0x0117}
"""Tags of where a thumbnail lies, and of its length: as JPEG, and as strips."""

_ORIENTATION = 0x0112
_SIZES = {3: "H", 4: "I"}


def read_orientation(exif: bytes | None) -> int:
    """How EXIF says to turn the pixels, 1 to 8; 1 where it says nothing, or nothing that can be read."""
    order = _byte_order(exif or b"")
    if order is None or exif is None:
        return 1
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        value = _values(exif, first, order).get(_ORIENTATION, 1)
    except struct.error:
        return 1
    return value if 1 <= value <= 8 else 1


def with_orientation(exif: bytes, orientation: int) -> bytes:
    """EXIF that says so of how to turn the pixels, if it says anything of it; all else stays as it is."""
    order = _byte_order(exif)
    if order is None:
        return exif
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        for index in range(struct.unpack_from(order + "H", exif, first)[0]):
            entry = first + 2 + 12 * index
            if struct.unpack_from(order + "HHI", exif, entry) == (_ORIENTATION, 3, 1):
                return exif[: entry + 8] + struct.pack(order + "H", orientation) + exif[entry + 10 :]
    except struct.error:
        pass
    return exif


def exif_of_orientation(orientation: int) -> bytes:
    """EXIF that says how to turn the pixels and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)


def without_thumbnail(exif: bytes) -> bytes:
    """EXIF whose thumbnail is blank and no longer found: it shows the picture as it was, what was removed included.

    All other bytes stay as they are, where they are, so that makers' notes keep their meaning.

    Args:
        exif: A TIFF structure; one that cannot be understood comes back as it is.
    """
    order = _byte_order(exif)
    if order is None:
        return exif
    blank = bytearray(exif)
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        end_of_first = first + 2 + 12 * struct.unpack_from(order + "H", exif, first)[0]
        (second,) = struct.unpack_from(order + "I", exif, end_of_first)
        if not second:
            return exif
        values = _values(exif, second, order)
    except struct.error:
        return exif
    for place, length in _POINTERS.items():
        if place in values and length in values:
            span = slice(values[place], min(values[place] + values[length], len(blank)))
            blank[span] = bytes(len(blank[span]))
    blank[end_of_first : end_of_first + 4] = bytes(4)
    return bytes(blank)


def _byte_order(exif: bytes) -> str | None:
    return {b"II": "<", b"MM": ">"}.get(exif[:2])


def _values(exif: bytes, directory: int, order: str) -> dict[int, int]:
    """The single whole numbers of a directory by their tags."""
    values = {}
    for index in range(struct.unpack_from(order + "H", exif, directory)[0]):
        entry = directory + 2 + 12 * index
        tag, kind, count = struct.unpack_from(order + "HHI", exif, entry)
        if count == 1 and kind in _SIZES:
            (values[tag],) = struct.unpack_from(order + _SIZES[kind], exif, entry + 8)
    return values
