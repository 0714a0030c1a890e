"""Portable maps: every bit comes back, and what another library writes is read as it meant it."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import noise


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("shape", "name"), [((9, 13, 3), "a.ppm"), ((9, 13), "a.pgm"), ((9, 13, 3), "a.pnm")])
def test_every_bit_comes_back(dtype, shape, name):
    back = decode(encode(Picture(noise(*shape, dtype=dtype)), name))
    assert back.pixels.dtype == dtype
    assert np.array_equal(back.pixels, noise(*shape, dtype=dtype))


@pytest.mark.parametrize(("mode", "suffix"), [("RGB", "ppm"), ("L", "pgm"), ("1", "pbm")])
def test_another_library_reads_and_writes_the_same(mode, suffix):
    image = Image.fromarray(noise(9, 13, 3)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "PPM")
    picture = decode(buffer.getvalue())
    assert np.array_equal(picture.as_rgb() * 255, np.asarray(image.convert("RGB")))
    assert picture.note == ("1-bit gray becomes 8-bit" if mode == "1" else "")
    again = Image.open(io.BytesIO(encode(picture, f"a.{suffix}")))
    assert again.mode == mode
    assert np.array_equal(np.asarray(again), np.asarray(image))


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        (b"P3\n# a comment\n1 1 255 1 2 3", [[[1, 2, 3]]]),
        (b"P2 2 1 65535\n7 65535", [[7, 65535]]),
        (b"P1\n3 2\n010\n1 1 0\n", [[255, 0, 255], [0, 0, 255]]),
        (b"P5 2#c\n1\n255\n\n\x20", [[10, 32]]),
    ],
)
def test_text_and_comments_are_read(data, pixels):
    assert decode(data).pixels.tolist() == pixels


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"P5 2 1 1023\n1234", "its white is 1023, not 255 or 65535: rescale it first"),
        (b"P6 1 1 100\nabc", "its white is 100"),
        (b"P6 2 2 255\nabc", "cut short: 12 values"),
        (b"P3 1 1 255 1 2", "cut short: 3 values"),
        (b"P3 1 1 255 1 2 x", "holds what is no number"),
        (b"P3 1 1 255 1 2 256", "beyond its white"),
        (b"P3 1 1 255 1 2 -1", "beyond its white"),
        (b"P5 0 1 255\n", "has no pixels"),
        (b"P5 abc", "its size cannot be read"),
        (b"P5 1 1 ", "its largest value cannot be read"),
        (b"P6 99999 99999 255\n", "99999 x 99999 pixels are more"),
    ],
)
def test_what_cannot_be_kept_is_one_line(data, reason):
    with pytest.raises(ImageFileError, match=rf"^a\.ppm: .*{reason}"):
        decode(data, "a.ppm")


def test_the_first_of_several_is_read():
    first, second = (encode(Picture(noise(9, 13) // part), "a.pgm") for part in (1, 2))
    assert np.array_equal(decode(first + second).pixels, noise(9, 13))


def test_the_suffix_says_what_is_held():
    with pytest.raises(ImageFileError, match=r"\.pgm cannot hold colour"):
        encode(Picture(noise(9, 13, 3)), "a.pgm")
    with pytest.raises(ImageFileError, match=r"\.pbm holds black and white only"):
        encode(Picture(noise(9, 13)), "a.pbm")
    with pytest.raises(ImageFileError, match="cannot hold an alpha channel"):
        encode(Picture(noise(9, 13), noise(9, 13)), "a.pgm")
    assert encode(Picture(noise(9, 13)), "a.ppm").startswith(b"P6")


def test_broken_files_are_one_line():
    generator = np.random.default_rng(0)
    for data in (encode(Picture(noise(3, 4, 3)), "a.ppm"), b"P3 2 1 255 1 2 3 4 5 6", b"P4 9 1\n\xaa\x80"):
        for _ in range(300):
            broken = bytearray(data)
            broken[generator.integers(2, min(len(data), 20))] = generator.integers(256)
            with contextlib.suppress(ImageFileError):
                decode(bytes(broken))
