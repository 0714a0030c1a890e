import contextlib
import io
import struct

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import icc_profile, noise


def bmp(**options):
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13, 3)).save(buffer, "BMP", **options)
    return buffer.getvalue()


def test_the_resolution_comes_back_to_the_bit():
    data = bmp(dpi=(300, 150))
    assert encode(decode(data), "a.bmp") == data


def test_none_is_made_up():
    picture = decode(bmp()[:38] + bytes(8) + bmp()[46:])
    assert picture.metadata.resolution is None
    assert encode(picture, "a.bmp")[38:46] == bytes(8)


@pytest.mark.parametrize(
    ("mode", "note"), [("P", "its palette becomes full colour"), ("1", "1-bit gray becomes 8-bit")]
)
def test_palettes_and_single_bits_are_said_to_become_more(mode, note):
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13, 3)).convert(mode).save(buffer, "BMP")
    picture = decode(buffer.getvalue())
    assert picture.note == note
    assert np.array_equal(picture.as_rgb() * 255, np.asarray(Image.open(buffer).convert("RGB")))


def with_header(array, size=124, alpha_mask=0, profile=b"", space=b"BGRs", endpoints=bytes(48)):
    """A file with one of the newer headers, written by no one but us."""
    pixels = array[::-1][..., [2, 1, 0, 3]].tobytes()
    head = struct.pack("<IiiHHIIiiII", size, 13, 9, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head += struct.pack("<4I4s", 0xFF0000, 0xFF00, 0xFF, alpha_mask, space) + endpoints
    if size >= 124:
        head += struct.pack("<4I", 2, 124 + len(pixels) if profile else 0, len(profile), 0)
    return (
        b"BM" + struct.pack("<IHHI", 14 + size + len(pixels) + len(profile), 0, 0, 14 + size) + head + pixels + profile
    )


@pytest.mark.parametrize("size", [108, 124])
def test_opacity_comes_back_and_others_see_it(size):
    picture = decode(with_header(noise(9, 13, 4), size, alpha_mask=0xFF000000))
    assert np.array_equal(picture.array, noise(9, 13, 4))
    data = encode(picture, "a.bmp")
    assert np.array_equal(decode(data).array, noise(9, 13, 4))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), noise(9, 13, 4))
    assert np.array_equal(decode(encode(picture, "a.png")).array, noise(9, 13, 4))


def test_every_byte_comes_back():
    data = with_header(noise(9, 13, 4), alpha_mask=0xFF000000, profile=b"profile" * 9, space=b"DEBM")
    assert encode(decode(data), "a.bmp") == data


@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3)])
def test_a_profile_comes_back_and_others_see_the_pixels(shape):
    picture = Picture(noise(*shape), metadata=Metadata(profile=icc_profile(), resolution=(11811.0, 6000.0)))
    data = encode(picture, "a.bmp")
    back = decode(data)
    assert np.array_equal(back.pixels, noise(*shape))
    assert (back.metadata.profile, back.metadata.resolution) == (icc_profile(), (11811.0, 6000.0))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), noise(*shape))
    assert encode(back, "a.bmp") == data
    assert decode(encode(back, "a.png")).metadata.profile == icc_profile()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"space": b"KNIL", "profile": b"C:\\screen.icc\0"}, "a profile in another file"),
        ({"space": bytes(4), "endpoints": bytes(range(48))}, "endpoints and gamma"),
    ],
)
def test_colours_that_only_bmp_can_say_stay_in_their_format(options, name):
    picture = decode(with_header(noise(9, 13, 4), alpha_mask=0xFF000000, **options))
    assert encode(picture, "a.bmp") == with_header(noise(9, 13, 4), alpha_mask=0xFF000000, **options)
    with pytest.raises(ImageFileError, match=f"PNG cannot hold colours by {name}; use .bmp"):
        encode(picture, "a.png")


def test_few_bits_of_colour_are_said_to_become_more():
    pixels = np.arange(9 * 14, dtype="<u2").tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, 13, 9, 1, 16, 0, len(pixels), 0, 0, 0, 0)
    picture = decode(b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + head + pixels)
    assert picture.note == "16-bit colour becomes 24-bit"


def test_ten_bits_a_colour_are_refused_by_their_name():
    data = bytearray(with_header(noise(9, 13, 4)))
    struct.pack_into("<3I", data, 14 + 40, 0x3FF00000, 0xFFC00, 0x3FF)
    with pytest.raises(ImageFileError, match="not an image that can be read: Unsupported BMP bitfields layout"):
        decode(bytes(data))


def test_broken_files_are_one_line():
    data = with_header(noise(9, 13, 4), alpha_mask=0xFF000000, profile=b"profile", space=b"DEBM")
    generator = np.random.default_rng(0)
    for _ in range(600):
        broken = bytearray(data)
        for place in generator.integers(0, 138, 2):
            broken[place] = generator.integers(256)
        with contextlib.suppress(ImageFileError):
            encode(decode(bytes(broken), max_pixels=10**6), "a.bmp")


def test_scans_of_many_megapixels_are_read():
    height, width = 10000, 18000  # more than Pillow's own bound lets through
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, 0, 0, 0, 0, 0) + bytes(4) + b"\xff\xff\xff\0"
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 62) + head + bytes(height * ((width + 31) // 32 * 4))
    assert decode(data).pixels.shape == (height, width)
