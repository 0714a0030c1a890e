"""The items of HEIF and AVIF files (ISO/IEC 23008-12): images, what is said of them, and how they belong together."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from restore.images.boxes import Box, box, read_boxes


@dataclass
class Item:
    """An image or a piece of metadata in a HEIF file.

    Args:
        kind: `av01` and the like of images, `Exif`, `mime`.
        properties: What is said of it, as boxes.
        references: Kinds of relations, and the numbers of the items that it stands in them to.
        extents: Where its content lies in the file: offsets and lengths in bytes.
        content: Of items that are to be written.
    """

    kind: bytes
    properties: list[Box] = field(default_factory=list)
    references: list[tuple[bytes, int]] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    content: bytes = b""

    def get(self, kind: bytes) -> bytes | None:
        """The first property of a kind."""
        return next((content for name, content in self.properties if name == kind), None)

    def content_in(self, data: bytes) -> bytes:
        """What a file has of it."""
        return b"".join(data[place : place + length] for place, length in self.extents)


def read_items(data: bytes) -> tuple[int, dict[int, Item]]:
    """The number of the primary item of a HEIF file, and all items by their numbers.

    Raises:
        struct.error, KeyError: It is broken.
    """
    meta = dict(read_boxes(dict(read_boxes(data))[b"meta"][4:]))
    primary = _number(meta[b"pitm"], 4, wide=meta[b"pitm"][0] > 0)
    listed = meta[b"iinf"]
    entries = (content for kind, content in read_boxes(listed[8 if listed[0] else 6 :]) if kind == b"infe")
    items = {}
    for entry in entries:
        wide = entry[0] > 2
        items[_number(entry, 4, wide)] = Item(entry[10:14] if wide else entry[8:12])
    for kind, content in read_boxes(meta.get(b"iref", b"")[4:]):
        wide = meta[b"iref"][0] > 0
        size = 4 if wide else 2
        for index in range(struct.unpack_from(">H", content, size)[0]):
            target = _number(content, size + 2 + index * size, wide)
            items[_number(content, 0, wide)].references.append((kind, target))
    _read_properties(list(read_boxes(meta[b"iprp"])), items)
    _read_extents(meta[b"iloc"], items)
    return primary, items


def _read_properties(boxes: list[Box], items: dict[int, Item]) -> None:
    properties = list(read_boxes(dict(boxes)[b"ipco"]))
    for content in (content for kind, content in boxes if kind == b"ipma"):
        wide, long_index = content[0] > 0, content[3] & 1
        place = 8
        for _ in range(struct.unpack_from(">I", content, 4)[0]):
            item, place = items[_number(content, place, wide)], place + (4 if wide else 2)
            (count,), place = struct.unpack_from(">B", content, place), place + 1
            indices = struct.unpack_from(f">{count}{'H' if long_index else 'B'}", content, place)
            place += count * (2 if long_index else 1)
            numbers = (index & (0x7FFF if long_index else 0x7F) for index in indices)
            item.properties += [properties[number - 1] for number in numbers if 0 < number <= len(properties)]


def _read_extents(content: bytes, items: dict[int, Item]) -> None:
    """Only of items that lie whole and by themselves in the file, as those do that libvips writes."""
    if content[0] or content[4:6] not in {b"\x44\0", b"\x44\x40"}:
        return
    base_size = content[5] >> 4
    place = 8
    for _ in range(struct.unpack_from(">H", content, 6)[0]):
        (number,) = struct.unpack_from(">H", content, place)
        base = struct.unpack_from(">I", content, place + 4)[0] if base_size else 0
        (count,) = struct.unpack_from(">H", content, place + 4 + base_size)
        place += 6 + base_size
        for _ in range(count):
            offset, length = struct.unpack_from(">II", content, place)
            items[number].extents.append((base + offset, length))
            place += 8


def _number(content: bytes, place: int, wide: bool) -> int:
    return int(struct.unpack_from(">I" if wide else ">H", content, place)[0])


def write_items(brands: Sequence[bytes], items: Sequence[Item]) -> bytes:
    """The bytes of a HEIF file of items, which are numbered from 1; the first is the primary one."""
    names = {b"mime": b"\0application/rdf+xml\0"}
    entries: list[bytes] = []
    references: list[bytes] = []
    associations: list[bytes] = []
    properties: list[bytes] = []
    for number, item in enumerate(items, 1):
        entries.append(box(b"infe", struct.pack(">IHH", 2 << 24, number, 0), item.kind, names.get(item.kind, b"\0")))
        references += [box(kind, struct.pack(">HHH", number, 1, target)) for kind, target in item.references]
        if item.properties:
            marks = [
                len(properties) + index | 0x80 * (kind == b"av1C") for index, (kind, _) in enumerate(item.properties, 1)
            ]
            associations.append(struct.pack(">HB", number, len(marks)) + bytes(marks))
            properties += [box(*one) for one in item.properties]
    before = box(b"ftyp", brands[0], bytes(4), *brands)

    def meta(start: int) -> bytes:
        places = []
        for number, item in enumerate(items, 1):
            places.append(struct.pack(">HHHII", number, 0, 1, start, len(item.content)))
            start += len(item.content)
        count = struct.pack(">H", len(items))
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", bytes(5), b"\1"),
            box(b"iloc", bytes(4), b"\x44\0", count, *places),
            box(b"iinf", bytes(4), count, *entries),
            *([box(b"iref", bytes(4), *references)] if references else []),
            box(
                b"iprp",
                box(b"ipco", *properties),
                box(b"ipma", bytes(4), struct.pack(">I", len(associations)), *associations),
            ),
        )

    return before + meta(len(before) + len(meta(0)) + 8) + box(b"mdat", *(item.content for item in items))
