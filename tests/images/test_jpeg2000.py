"""JPEG 2000 comes back bit by bit and says what it said, or is refused before any work."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from restore.images.boxes import box, read_boxes
from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

EXIF_UUID, GEO_UUID = b"JpgTiffExif->JP2", bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
EXIF = exif_with_thumbnail(with_thumbnail=False)[0]


def jp2(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG2000", **options)
    return buffer.getvalue()


def with_boxes(data, *further, header=None):
    """A file with further boxes, and with another header if one is given."""
    boxes = [
        (kind, content if kind != b"jp2h" or header is None else header(content)) for kind, content in read_boxes(data)
    ]
    return b"".join(box(*one) for one in (*boxes[:-1], *further, boxes[-1]))


def replaced(header, **by_kind):
    boxes = [(kind, by_kind.pop(kind.decode(), content)) for kind, content in read_boxes(header)]
    return b"".join(box(*one) for one in (*boxes, *((kind.encode(), content) for kind, content in by_kind.items())))


@pytest.mark.parametrize("suffix", [".jp2", ".jpx", ".j2k"])
@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3), (9, 13, 2), (9, 13, 4), (1, 1, 3), (300, 200, 3)])
def test_eight_bits_come_back_here_and_elsewhere(suffix, shape):
    if suffix == ".j2k" and shape[2:] in {(2,), (4,)}:
        return
    data = jp2(noise(*shape), no_jp2=suffix == ".j2k")
    picture = decode(data)
    assert np.array_equal(picture.array, noise(*shape))
    again = encode(picture, f"a{suffix}")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(again))), noise(*shape))


@pytest.mark.parametrize("suffix", [".jp2", ".j2k"])
def test_sixteen_bit_gray_comes_back(suffix):
    data = jp2(noise(9, 13, dtype=np.uint16), no_jp2=suffix == ".j2k")
    assert np.array_equal(decode(encode(decode(data), f"a{suffix}")).pixels, noise(9, 13, dtype=np.uint16))


def test_all_that_is_said_comes_back_and_nothing_else():
    exif, thumbnail = exif_with_thumbnail()
    said = [
        (b"uuid", EXIF_UUID + exif),
        (b"uuid", XMP_UUID + b"<x/>"),
        (b"uuid", GEO_UUID + b"geo"),
        (b"xml ", b"<y/>"),
    ]
    res = box(b"resc", struct.pack(">HHHHbb", 150, 1, 300, 1, 2, 2))
    profile = b"\2\0\0" + icc_profile()
    data = with_boxes(jp2(noise(9, 13, 3)), *said, header=lambda h: replaced(h, **{"colr": profile, "res ": res}))
    picture = decode(data)
    assert (picture.metadata.profile, picture.metadata.xmp) == (icc_profile(), b"<x/>")
    assert picture.metadata.resolution == (30000, 15000)
    again = encode(picture, "a.jp2")
    for (kind, before), (kind_after, after) in zip(read_boxes(data), read_boxes(again), strict=True):
        assert kind == kind_after
        if before.startswith(EXIF_UUID):
            assert len(before) == len(after)
            assert thumbnail not in after
        elif kind != b"jp2c":
            assert before == after


def test_what_comes_from_elsewhere_is_said():
    said = Metadata(icc_profile(), EXIF, b"<x/>", b"iptc", resolution=(11811.0, 70000.0), orientation=6, source="JPEG")
    data = encode(Picture(photograph(), metadata=said), "a.jp2")
    back = decode(data).metadata
    assert (back.profile, back.xmp, back.iptc, back.orientation) == (icc_profile(), b"<x/>", b"iptc", 1)
    assert back.resolution == pytest.approx((11811, 70000), rel=1e-3)
    assert len(back.exif) == len(EXIF)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.rot90(photograph(), -1))


@pytest.mark.parametrize(
    ("depth", "said"), [(11, "12 bits"), (0x87, "8 signed bits"), (15, "16 bits")], ids=["12", "signed", "16"]
)
def test_depths_that_would_not_come_back_are_refused(depth, said):
    data = bytearray(jp2(noise(9, 13, 3)))
    start = data.index(b"\xff\x4f\xff\x51") + 42
    data[start : start + 9] = bytes([depth, 1, 1] * 3)
    with pytest.raises(ImageFileError, match=f"image: of JPEG 2000, .* not 3 channels of {said}; convert it to PNG"):
        decode(bytes(data))


def test_subsampled_colours_and_further_channels_are_refused():
    data = bytearray(jp2(noise(9, 13, 3)))
    start = data.index(b"\xff\x4f\xff\x51")
    data[start + 45 : start + 48] = b"\7\2\2"
    with pytest.raises(ImageFileError, match="not 3 channels of 8 bits and 8 bits, subsampled"):
        decode(bytes(data))
    unsaid = jp2(noise(9, 13, 4), no_jp2=True)
    with pytest.raises(ImageFileError, match="its channels are neither gray nor RGB with or without alpha"):
        decode(unsaid)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"colr": b"\1\0\0" + struct.pack(">I", 18)}, "in colour space 18"),
        ({"pclr": bytes(10)}, "with a palette"),
    ],
)
def test_other_colours_are_refused(header, said):
    data = with_boxes(jp2(noise(9, 13, 3)), header=lambda h: replaced(h, **header))
    with pytest.raises(ImageFileError, match=f"image: a JPEG 2000 file {said} is not read; convert it to PNG or TIFF"):
        decode(data)


def test_several_images_are_refused():
    data = jp2(noise(9, 13, 3))
    with pytest.raises(ImageFileError, match="image: 2 images in one JPEG 2000 file are not read"):
        decode(with_boxes(data, (b"jp2c", b"another")))


def test_more_pixels_than_the_limit_are_refused():
    with pytest.raises(ImageFileError, match="13 x 9 pixels are more than 116"):
        decode(jp2(noise(9, 13, 3)), max_pixels=116)
