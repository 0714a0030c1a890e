"""Directories of tags come back to the byte, from either order of bytes into either, or are empty where broken."""

import struct

import numpy as np
import pytest
import tifffile

from restore.images.directories import EXIF, GPS, INTEROPERABILITY, Tag, as_exif, layout_of, of_exif, pack, read


def tags(order="<"):
    """Of all types, with directories in directories."""
    interoperability = [Tag(1, 2, b"R98\0")]
    exif = [
        Tag(33434, 5, struct.pack(order + "II", 1, 250)),
        Tag(37380, 10, struct.pack(order + "ii", -1, 3)),
        Tag(37500, 7, b"maker's own" * 9),
        Tag(37510, 7, b"UNICODE\0caf\xe9"),
        Tag(INTEROPERABILITY, 4, interoperability),
        Tag(41989, 3, struct.pack(order + "H", 35)),
        Tag(60000, 12, struct.pack(order + "dd", 0.5, -2)),
    ]
    gps = [Tag(1, 2, b"N\0"), Tag(2, 5, struct.pack(order + "6I", 48, 1, 51, 1, 2999, 100))]
    return [Tag(271, 2, "Zoë\0".encode()), Tag(EXIF, 4, exif), Tag(GPS, 4, gps)]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("into", "<>")
def test_exif_comes_back_in_either_order(order, into):
    assert of_exif(as_exif(tags(order), order), into) == tags(into)


@pytest.mark.parametrize("name", ["CLASSIC_LE", "CLASSIC_BE", "BIG_LE", "BIG_BE"])
def test_it_may_lie_anywhere_in_a_file_of_any_kind(name):
    layout = getattr(tifffile.TIFF, name)
    directory = tags(layout.byteorder)
    data = bytes(100) + pack(directory, 100, layout)
    assert read(data, 100, layout) == directory


def test_what_is_broken_is_empty_and_ends():
    data = as_exif(tags(), "<")
    generator = np.random.default_rng(0)
    for _ in range(2000):
        broken = bytearray(data)
        for place in generator.integers(0, len(data), 3):
            broken[place] = generator.integers(256)
        of_exif(bytes(broken[: generator.integers(1, len(data) + 1)]), ">")
    itself = [Tag(EXIF, 4, [])]
    circle = bytearray(as_exif(itself, "<"))
    struct.pack_into("<I", circle, 18, 8)
    assert of_exif(bytes(circle), "<") == of_exif(b"", "<") == of_exif(b"no EXIF", "<") == []


def test_what_is_no_tiff_has_no_layout():
    with pytest.raises(ValueError, match="no TIFF"):
        layout_of(b"\x89PNG")
