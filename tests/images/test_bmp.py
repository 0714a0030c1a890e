import io
import struct

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.picture import ImageFileError
from tests.images.samples import noise


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


def version_5(array, alpha_mask=0, profile=b""):
    pixels = array[::-1][..., [2, 1, 0, 3]].tobytes()
    head = struct.pack("<IiiHHIIiiII", 124, 13, 9, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head += struct.pack("<4I4s48x", 0xFF0000, 0xFF00, 0xFF, alpha_mask, b"DEBM" if profile else b"BGRs")
    head += struct.pack("<4I", 4, 124 + len(pixels) if profile else 0, len(profile), 0)
    return b"BM" + struct.pack("<IHHI", 14 + 124 + len(pixels) + len(profile), 0, 0, 138) + head + pixels + profile


def test_opacity_is_read_and_not_lost_in_silence():
    picture = decode(version_5(noise(9, 13, 4), alpha_mask=0xFF000000))
    assert np.array_equal(picture.array, noise(9, 13, 4))
    with pytest.raises(ImageFileError, match="BMP cannot hold an alpha channel"):
        encode(picture, "a.bmp")


def test_a_profile_is_read_and_not_lost_in_silence():
    picture = decode(version_5(noise(9, 13, 4), profile=b"profile" * 9))
    assert picture.metadata.profile == b"profile" * 9
    with pytest.raises(ImageFileError, match="BMP cannot hold a colour profile"):
        encode(picture, "a.bmp")


def test_scans_of_many_megapixels_are_read():
    height, width = 10000, 18000  # more than Pillow's own bound lets through
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, 0, 0, 0, 0, 0) + bytes(4) + b"\xff\xff\xff\0"
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 62) + head + bytes(height * ((width + 31) // 32 * 4))
    assert decode(data).pixels.shape == (height, width)
