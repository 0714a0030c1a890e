"""What a JPEG says beside its pixels comes back as it was; of several images the main one is restored."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
import pyvips
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

XMP = b"http://ns.adobe.com/xap/1.0/\0"
IPTC = b"\x1c\x02\x78\x00\x07caption"


def irb(number, data):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\0" * (len(data) % 2)


SEGMENTS = {
    "density": [(0xE0, b"JFIF\0\1\1\1" + struct.pack(">HH", 300, 150) + b"\0\0")],
    "ratio": [(0xE0, b"JFIF\0\1\1\0" + struct.pack(">HH", 2, 1) + b"\0\0")],
    "centimetres": [(0xE0, b"JFIF\0\1\1\2" + struct.pack(">HH", 118, 118) + b"\0\0")],
    "exif": [(0xE1, b"Exif\0\0" + exif_with_thumbnail(with_thumbnail=False)[0])],
    "xmp": [(0xE1, XMP + b"<x:xmpmeta>" + "復元".encode() + b"</x:xmpmeta>")],
    "extended xmp": [(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + b"<more/>")],
    "profile": [(0xE2, b"ICC_PROFILE\0\1\1" + icc_profile())],
    "iptc": [(0xED, b"Photoshop 3.0\0" + irb(0x0404, IPTC) + irb(0x03ED, bytes(16)))],
    "comment": [(0xFE, "Überschrift".encode()), (0xFE, b"caf\xe9")],
    "of a maker": [(0xE5, b"SAMSUNG\0" + bytes(range(256)))],
    "nothing": [],
}


def jpeg(segments, pixels=None):
    buffer = io.BytesIO()
    Image.fromarray(photograph() if pixels is None else pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    data = buffer.getvalue()
    said = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(c) + 2) + c for marker, c in segments)
    return data[:2] + said + data[20:]  # in place of Pillow's own APP0


def segments_of(data):
    place, found = 2, []
    while data[place + 1] != 0xDA:
        marker, length = data[place + 1], struct.unpack_from(">H", data, place + 2)[0]
        if marker >= 0xE0:
            found.append((marker, data[place + 4 : place + 2 + length]))
        place += 2 + length
    return found


@pytest.mark.parametrize("said", SEGMENTS)
def test_all_that_is_said_comes_back_and_nothing_else(said):
    data = encode(decode(jpeg(SEGMENTS[said])), "a.jpg")
    assert segments_of(data) == SEGMENTS[said]
    assert np.abs(np.asarray(Image.open(io.BytesIO(data))).astype(int) - photograph()).mean() < 2


def test_what_formats_share_is_understood():
    said = {name: decode(jpeg(segments)).metadata for name, segments in SEGMENTS.items()}
    assert said["density"].resolution == pytest.approx((300 / 0.0254, 150 / 0.0254))
    assert said["centimetres"].resolution == (11800, 11800)
    assert said["ratio"].resolution is said["nothing"].resolution is None
    assert said["profile"].profile == icc_profile()
    assert said["iptc"].iptc == IPTC
    assert said["exif"].orientation == 6
    assert said["xmp"].xmp.startswith(b"<x:xmpmeta>")


def test_a_profile_longer_than_a_segment_is_one_again():
    profile = noise(100_000).tobytes()
    back = decode(encode(Picture(photograph(), metadata=Metadata(profile=profile)), "a.jpg"))
    assert back.metadata.profile == profile


def test_the_thumbnails_of_the_picture_as_it_was_are_gone():
    exif, thumbnail = exif_with_thumbnail()
    secret = b"thumbnail of Photoshop"
    segments = [
        (0xE0, b"JFIF\0\1\1\1\0\x48\0\x48\1\1" + b"red"),
        (0xE0, b"JFXX\0\x10" + secret),
        (0xE1, b"Exif\0\0" + exif),
        (0xED, b"Photoshop 3.0\0" + irb(0x040C, secret) + irb(0x0404, IPTC)),
    ]
    picture = decode(jpeg(segments))
    data = encode(picture, "a.jpg")
    assert thumbnail not in data
    assert secret not in data
    assert b"red" not in data
    assert picture.metadata.iptc == IPTC


def test_the_main_image_of_several_is_restored_and_the_others_are_named():
    light = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32) * 3
    data = pyvips.Image.new_from_array(light, interpretation="scrgb").uhdrsave_buffer()
    picture = decode(data)
    assert np.array_equal(picture.pixels, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    assert "further images" in picture.note
    back = encode(picture, "a.jpg")
    assert b"hdrgm" not in back.replace(b"http://ns.adobe.com/hdr-gain-map/1.0/", b"").replace(b"xmlns:hdrgm", b"")
    assert b"MPF" not in back
    assert decode(back).note == ""


def test_the_first_of_several_views_is_restored():
    buffer = io.BytesIO()
    Image.fromarray(photograph()).save(
        buffer, "MPO", save_all=True, append_images=[Image.fromarray(255 - photograph())], quality=95
    )
    picture = decode(buffer.getvalue())
    assert np.abs(picture.pixels.astype(int) - photograph()).mean() < 8
    assert "further images" in picture.note


def test_a_file_that_lacks_its_end_marker_alone_has_all_its_pixels():
    data = jpeg([])
    assert np.array_equal(decode(data[:-2]).pixels, decode(data).pixels)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_pixels_that_end_too_early_are_refused_end_marker_or_not(share):
    data = jpeg([], noise(64, 64, 3))
    cut = data[: int(len(data) * share)]
    for broken in (cut, cut + b"\xff\xd9"):
        with pytest.raises(ImageFileError, match=r"image: broken or cut short: VipsJpeg: .*premature end"):
            decode(broken)


def test_bytes_too_many_do_no_harm():
    data = jpeg([], noise(64, 64, 3))
    pixels = decode(data).pixels
    for more in (data + b"trailer", data[:-2] + b"\0\0" + data[-2:]):
        assert np.array_equal(decode(more).pixels, pixels)


def test_cmyk_does_not_leave_its_profile_behind():
    buffer = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 0, 0)).save(buffer, "JPEG", icc_profile=b"a profile of CMYK")
    picture = decode(buffer.getvalue())
    assert picture.metadata.profile is None
    assert "CMYK" in picture.note


def test_quality_is_what_is_asked():
    picture = Picture(photograph(200, 300))
    sizes = [len(encode(picture, "a.jpg", quality)) for quality in (10, 50, 95)]
    assert sizes == sorted(sizes)
    assert len(encode(picture, "a.jpg")) == sizes[-1]


@pytest.mark.parametrize(("length", "fits"), [(255 * 65519, True), (255 * 65519 + 1, False)])
def test_a_profile_that_is_too_long_for_all_segments_is_refused(length, fits):
    picture = Picture(photograph(), metadata=Metadata(profile=bytes(length)))
    if fits:
        assert decode(encode(picture, "a.jpg")).metadata.profile == bytes(length)
    else:
        with pytest.raises(ImageFileError, match="JPEG cannot hold so long a colour profile"):
            encode(picture, "a.jpg")


def test_what_is_too_long_for_a_segment_is_left_out():
    picture = Picture(photograph(), metadata=Metadata(xmp=b"x" * 70_000, resolution=(1e9, 1e9)))
    assert decode(encode(picture, "a.jpg")).metadata.xmp is None


def test_gray_stays_gray_whatever_else_it_says():
    said = replace(decode(jpeg(SEGMENTS["exif"])).metadata)
    assert decode(encode(Picture(photograph()[..., 0], metadata=said), "a.jpg")).pixels.ndim == 2
