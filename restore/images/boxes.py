"""Boxes of ISO's media files, which HEIF, AVIF, JPEG 2000 and JPEG XL share."""

import struct
from collections.abc import Iterator

Box = tuple[bytes, bytes]
"""Kind and content."""


def read_boxes(data: bytes) -> Iterator[Box]:
    """One box after the other, up to where the data end or make no sense."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1 and place + 16 <= len(data):
            (size,), head = struct.unpack_from(">Q", data, place + 8), 16
        elif size == 0:
            size = len(data) - place
        if size < head:
            return
        yield kind, data[place + head : place + size]
        place += size


def box(kind: bytes, *contents: bytes) -> bytes:
    """The bytes of a box."""
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content
