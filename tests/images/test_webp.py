"""What a WebP or an AVIF says beside its pixels comes back."""

import io

import numpy as np
import pytest
import pyvips
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise

EXIF = exif_with_thumbnail(with_thumbnail=False)[0]


def said(name):
    metadata = Metadata(profile=icc_profile(), exif=EXIF, xmp=b"<x:xmpmeta/>", orientation=6)
    return encode(Picture(noise(9, 13, 3), metadata=metadata), name)


def test_a_webp_keeps_every_byte_of_what_is_said():
    picture = decode(said("a.webp"))
    assert (picture.metadata.profile, picture.metadata.exif, picture.metadata.xmp) == (
        icc_profile(),
        EXIF,
        b"<x:xmpmeta/>",
    )
    assert picture.orientation == 6
    assert encode(picture, "a.webp") == said("a.webp")


def test_an_avif_keeps_what_is_said_and_is_upright():
    data = said("a.avif")
    picture = decode(data)
    assert (picture.metadata.profile, picture.metadata.xmp) == (icc_profile(), b"<x:xmpmeta/>")
    with Image.open(io.BytesIO(data)) as image:
        assert dict(image.getexif()) == {271: "Ace", 274: 1}
    assert picture.orientation == 1
    assert picture.pixels.shape == (13, 9, 3)


@pytest.mark.parametrize("name", ["a.webp", "a.avif"])
def test_nothing_is_made_up(name):
    data = encode(Picture(noise(9, 13, 3)), name)
    with Image.open(io.BytesIO(data)) as image:
        assert not image.getexif()
        assert "xmp" not in image.info
        assert image.info.get("icc_profile") is None


@pytest.mark.parametrize("bits", [10, 12])
def test_an_avif_of_more_bits_keeps_them(bits):
    values = noise(9, 13, 3, dtype=np.uint16) >> (16 - bits)
    image = pyvips.Image.new_from_array(values << (16 - bits), interpretation="rgb16")
    picture = decode(image.write_to_buffer(".avif", lossless=True, bitdepth=bits))
    assert np.array_equal(picture.pixels >> (16 - bits), values)
    back = encode(picture, "a.avif")
    assert np.array_equal(decode(back).pixels, picture.pixels)
    assert pyvips.Image.heifload_buffer(back).get("bits-per-sample") == bits


def test_a_webp_has_a_longest_side():
    with pytest.raises(ImageFileError, match="16384 x 1 pixels do not fit WebP"):
        encode(Picture(np.zeros((1, 16384), np.uint8)), "a.webp")


@pytest.mark.parametrize("name", ["a.webp", "a.avif"])
def test_broken_files_are_one_line(name):
    data = said(name)
    generator = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(data)
        for place in generator.integers(0, len(data), 2):
            broken[place] = generator.integers(256)
        try:
            encode(decode(bytes(broken)), name)
        except ImageFileError:
            continue
