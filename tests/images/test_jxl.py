"""JPEG XL where libvips has it, and one line where not; its boxes are tested around pixels of another format."""

import numpy as np
import pytest

from restore.images.boxes import box, read_boxes
from restore.images.codec import decode, encode
from restore.images.formats import format_of
from restore.images.jxl import JpegXl
from restore.images.libvips import has
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

JXL = bytes.fromhex(
    "ff0a434024080401003c014b2834161e858f828292626464c45a66c6185c475e6ead7e6c0da3628c610c26863178ed01c4542831038f553c55"
    "00e0bd80e7af3e4c29000038597f428900a03b00031e1ff084065ea6808fa2f501"
)
HEAD = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ", bytes(4), b"jxl ")
EXIF = exif_with_thumbnail(with_thumbnail=False)[0]


@pytest.mark.parametrize("data", [JXL, HEAD + box(b"jxlc", JXL)], ids=["bare", "in boxes"])
def test_a_file_is_read_or_named(tmp_path, data):
    if has("jxlload_buffer"):
        assert decode(data).pixels.shape == (16, 16, 3)
        return
    with pytest.raises(ImageFileError) as caught:
        decode(data, "a.png")
    line = "JPEG XL is not read here: this libvips was built without it; convert it to PNG or TIFF"
    assert str(caught.value) == f"a.png: {line}"


def test_it_is_written_where_it_can_be(tmp_path):
    path = tmp_path / "a.jxl"
    assert format_of(path).written == has("jxlsave_buffer")
    if has("jxlsave_buffer"):
        assert np.array_equal(decode(encode(Picture(noise(9, 13, 3)), path)).pixels, noise(9, 13, 3))
    else:
        with pytest.raises(ImageFileError, match=r"\.jxl is not written; use \.png or \.tif"):
            encode(Picture(noise(9, 13, 3)), path)


def test_an_operation_that_libvips_lacks_is_one_line(tmp_path):
    with pytest.raises(ImageFileError, match="JPEG XL is not read here"):
        JpegXl("nothing").decode(JXL, tmp_path / "a.jxl", 100)


def test_what_it_says_stands_in_boxes_around_the_pixels(tmp_path):
    """With WebP inside, which every libvips has."""
    said = Metadata(profile=icc_profile(), exif=EXIF, xmp=b"<x/>")
    codec, path = JpegXl("webp"), tmp_path / "a.jxl"
    data = codec.encode((Picture(photograph(), metadata=said),), path, None)
    boxes = list(read_boxes(data))
    assert [kind for kind, _ in boxes] == [b"JXL ", b"ftyp", b"Exif", b"xml ", b"jxlc"]
    assert data.startswith(HEAD)
    assert len(boxes[2][1]) == 4 + len(EXIF)
    assert boxes[3][1] == b"<x/>"
    (picture,) = codec.decode(boxes[4][1], path, 10_000)
    assert np.array_equal(picture.pixels, photograph())
    assert picture.metadata.profile == icc_profile()
    bare = codec.encode((Picture(photograph()),), path, None)
    assert bare.startswith(b"RIFF")
