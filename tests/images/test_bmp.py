import io

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
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
