"""Photoshop's image resources, which JPEG and TIFF files carry."""

import struct
from collections.abc import Iterator

_MARKS = {b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"}
_IPTC, _THUMBNAILS = 0x0404, {0x0409, 0x040C}


def without_thumbnails(resources: bytes) -> bytes:
    """The resources but those that show the picture as it was."""
    return b"".join(block for number, block, _ in _blocks(resources) if number not in _THUMBNAILS)


def iptc_of(resources: bytes) -> bytes | None:
    """IPTC's records; None if there are none."""
    return next((data for number, _, data in _blocks(resources) if number == _IPTC), None)


def of_iptc(records: bytes) -> bytes:
    """A resource that holds IPTC's records."""
    return b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(records)) + records + bytes(len(records) % 2)


def _blocks(resources: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, all bytes and data of each."""
    place = 0
    while resources[place : place + 4] in _MARKS and place + 12 <= len(resources):
        (number,) = struct.unpack_from(">H", resources, place + 4)
        named = place + 6 + (resources[place + 6] + 2) // 2 * 2
        if named + 4 > len(resources):
            return
        (length,) = struct.unpack_from(">I", resources, named)
        end = named + 4 + (length + 1) // 2 * 2
        yield number, resources[place:end], resources[named + 4 : named + 4 + length]
        place = end
