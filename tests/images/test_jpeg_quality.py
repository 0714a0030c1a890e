import io

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.jpeg_quality import luminance_table, quality_of
from restore.images.picture import Picture

PIXELS = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("quality", [1, 5, 25, 50, 75, 85, 95, 100])
@pytest.mark.parametrize("gray", [True, False])
def test_the_quality_of_a_file_is_read_off_its_tables(quality, gray):
    file = io.BytesIO()
    Image.fromarray(PIXELS[..., 0] if gray else PIXELS).save(file, "JPEG", quality=quality)
    assert decode(file.getvalue()).jpeg_quality == pytest.approx(quality, abs=1 if quality < 5 else 0)


def test_our_own_files_have_the_quality_that_was_asked_for():
    assert decode(encode(Picture(PIXELS), "a.jpg", 60)).jpeg_quality == 60
    assert decode(encode(Picture(PIXELS), "a.png")).jpeg_quality is None


def test_tables_of_16_bits_and_further_tables_are_understood():
    chroma, luma = bytes([1]) + bytes(64), bytes([16]) + b"\0\x10" * 64
    assert luminance_table(chroma + luma) == [16] * 64
    assert luminance_table(chroma) is None
    assert luminance_table(b"") is None
    assert quality_of(None) is None
