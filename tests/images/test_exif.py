import numpy as np
import pytest
from PIL import Image

from restore.images.exif import exif_of_orientation, read_orientation, without_thumbnail
from tests.images.samples import exif_with_thumbnail


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_thumbnail_goes_and_every_other_byte_stays_where_it_was(order):
    exif, thumbnail = exif_with_thumbnail(order)
    cleaned = without_thumbnail(exif)
    changed = [place for place, (a, b) in enumerate(zip(exif, cleaned, strict=True)) if a != b]
    start = exif.index(thumbnail)
    link = exif_with_thumbnail(order, with_thumbnail=False)[0]
    assert cleaned[start : start + len(thumbnail)] == bytes(len(thumbnail))
    assert all(start <= place < start + len(thumbnail) or place < len(link) for place in changed)
    assert read_orientation(cleaned) == 6
    assert without_thumbnail(cleaned) == cleaned


def test_what_cannot_be_understood_stays_as_it_is():
    for broken in (b"", b"II", b"nonsense", b"II*\0\xff\xff\xff\xff"):
        assert without_thumbnail(broken) == broken
        assert read_orientation(broken) == 1


def test_broken_exif_never_stops_anybody():
    generator = np.random.default_rng(0)
    exif, _ = exif_with_thumbnail()
    for _ in range(2000):
        broken = bytearray(exif)
        for place in generator.integers(0, len(exif), 3):
            broken[place] = generator.integers(256)
        assert len(without_thumbnail(bytes(broken))) == len(exif)
        assert read_orientation(bytes(broken)) in range(1, 9)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_read_by_others_too(orientation):
    exif = exif_of_orientation(orientation)
    assert read_orientation(exif) == orientation
    elsewhere = Image.Exif()
    elsewhere.load(exif)
    assert dict(elsewhere) == {274: orientation}
