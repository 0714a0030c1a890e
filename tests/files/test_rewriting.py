from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restore.errors import UserError
from restore.files import rewrite
from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import Picture

NAME = Path("scan.png")


def pixels():
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def inverted(picture: Picture) -> Picture:
    return picture.with_array(255 - picture.array)


def same(picture: Picture) -> Picture:
    return picture.with_array(picture.array.copy())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp"])
def test_the_format_stays_whatever_the_file_is_called(suffix):
    data = encode(Picture(pixels()), f"x{suffix}")
    result = rewrite(data, NAME, inverted)
    assert suffix in result.format.suffixes
    np.testing.assert_array_equal(decode(result.data).pixels, 255 - pixels())


@pytest.mark.parametrize(("name", "begins"), [("a.pgm", b"P5"), ("a.ppm", b"P6"), ("a.png", b"P6")])
def test_gray_stays_gray_where_the_name_says_so(name, begins):
    data = encode(Picture(pixels()[..., 0]), "x.pgm")
    assert rewrite(data, Path(name), inverted).data.startswith(begins)


def test_what_does_not_change_is_the_same_file():
    data = encode(Picture(pixels(), metadata=Metadata(xmp=b"<x/>")), "x.png")
    assert rewrite(data, NAME, same).data is data


def test_what_does_not_change_but_its_format_is_written_anew():
    result = rewrite(encode(Picture(pixels()), "x.png"), NAME, same, Path("out.tif"))
    assert result.format.name == "TIFF"
    np.testing.assert_array_equal(decode(result.data).pixels, pixels())


def test_quality_is_for_what_loses():
    data = encode(Picture(pixels()), "x.png")
    small, large = (rewrite(data, NAME, inverted, Path("out.jpg"), quality).data for quality in (20, 95))
    assert len(small) < len(large)
    assert rewrite(data, NAME, inverted, Path("out.png"), 20).data == rewrite(data, NAME, inverted).data
    with pytest.raises(UserError, match="--quality is about formats that lose"):
        rewrite(data, NAME, inverted, quality=20)


def test_what_the_format_has_no_room_for_is_told():
    def saying(picture: Picture) -> Picture:
        result = inverted(picture)
        return replace(result, metadata=result.metadata.with_xmp(b"<x/>"))

    data = encode(Picture(pixels()), "x.bmp")
    result = rewrite(data, NAME, saying)
    assert result.lacks_room
    assert not rewrite(encode(Picture(pixels()), "x.png"), NAME, saying).lacks_room


def test_too_many_pixels_are_refused_before_they_are_restored():
    data = encode(Picture(pixels()), "x.png")
    with pytest.raises(UserError, match="pixels"):
        rewrite(data, NAME, inverted, max_pixels=100)


def test_a_format_that_is_only_read_needs_another():
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels()).save(buffer, format="GIF")
    with pytest.raises(UserError, match=r"\.gif is not written; --format png"):
        rewrite(buffer.getvalue(), NAME, inverted)
