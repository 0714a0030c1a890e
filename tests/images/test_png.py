"""What a PNG says beside its pixels comes back as it was."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.picture import ImageFileError
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

SIGNATURE = 8
ICCP = b"P3\0\0" + zlib.compress(icc_profile())
UTF8 = "Überschrift: 復元"
WIDE = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
CHUNKS = {
    "linear": [(b"gAMA", struct.pack(">I", 100000))],
    "wide": [
        (b"gAMA", struct.pack(">I", 45455)),
        (b"cHRM", WIDE),
    ],
    "hdr": [(b"cICP", bytes([9, 16, 0, 1])), (b"mDCV", bytes(24)), (b"cLLI", bytes(8))],
    "sRGB": [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))],
    "profile": [(b"iCCP", ICCP)],
    "texts": [
        (b"tEXt", b"Title\0caf\xe9"),
        (b"zTXt", b"Comment\0\0" + zlib.compress(b"long" * 50)),
        (b"iTXt", b"Description\0\0\0\0\0" + UTF8.encode()),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>"),
    ],
    "resolution": [(b"pHYs", struct.pack(">IIB", 11811, 5906, 1))],
    "ratio": [(b"pHYs", struct.pack(">IIB", 2, 1, 0))],
    "time": [(b"tIME", struct.pack(">H5B", 2024, 2, 29, 12, 0, 60))],
    "ground and depth": [(b"bKGD", bytes(6)), (b"sBIT", b"\5\6\5")],
    "of a program": [(b"vpAg", b"all may copy this")],
    "nothing": [],
}


def png(chunks, pixels=None):
    data = encode_plain(noise(9, 13, 3) if pixels is None else pixels)
    return data[: SIGNATURE + 25] + b"".join(packed(*chunk) for chunk in chunks) + data[SIGNATURE + 25 :]


def encode_plain(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def packed(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def chunks_of(data):
    place, found = SIGNATURE, []
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        found.append((kind, data[place + 8 : place + 8 + length]))
        place += 12 + length
    return [chunk for chunk in found if chunk[0] not in {b"IHDR", b"IDAT", b"IEND"}]


@pytest.mark.parametrize("said", CHUNKS)
def test_all_that_is_said_comes_back_and_nothing_else(said):
    picture = decode(png(CHUNKS[said]))
    assert chunks_of(encode(picture, "a.png")) == CHUNKS[said]
    assert np.array_equal(picture.pixels, noise(9, 13, 3))


def test_what_formats_share_is_understood():
    texts = decode(png(CHUNKS["texts"])).metadata
    assert texts.texts == {"Title": "café", "Comment": "long" * 50, "Description": UTF8}
    assert texts.xmp == b"<x:xmpmeta/>"
    assert decode(png(CHUNKS["profile"])).metadata.profile == icc_profile()
    assert decode(png(CHUNKS["resolution"])).metadata.resolution == (11811, 5906)
    assert decode(png(CHUNKS["ratio"])).metadata.resolution is None


@pytest.mark.parametrize(("said", "colour"), [("linear", "gAMA"), ("wide", "gAMA and cHRM"), ("hdr", "cICP")])
def test_colours_that_other_formats_cannot_say_are_not_lost_in_silence(said, colour):
    picture = decode(png(CHUNKS[said]))
    with pytest.raises(ImageFileError, match=f"JPEG cannot hold colours by {colour}"):
        encode(picture, "a.jpg")


@pytest.mark.parametrize("said", ["sRGB", "profile", "nothing"])
def test_ordinary_colours_go_anywhere(said):
    assert decode(encode(decode(png(CHUNKS[said])), "a.jpg")).pixels.shape == (9, 13, 3)


def test_the_thumbnail_of_the_picture_as_it_was_is_blank():
    exif, thumbnail = exif_with_thumbnail()
    data = encode(decode(png([(b"eXIf", exif)])), "a.png")
    ((kind, kept),) = chunks_of(data)
    assert kind == b"eXIf"
    assert len(kept) == len(exif)
    assert thumbnail in exif
    assert thumbnail not in data


def test_a_gray_picture_keeps_a_gray_profile_and_sixteen_bits():
    data = png([(b"iCCP", ICCP)], noise(5, 6, dtype=np.uint16))
    picture = decode(encode(decode(data), "a.png"))
    assert np.array_equal(picture.pixels, noise(5, 6, dtype=np.uint16))
    assert picture.metadata.profile == icc_profile()


@pytest.mark.parametrize("broken", [b"\0\0" + b"no deflate", b"", b"no end"])
def test_a_broken_profile_or_text_is_passed_on_as_it_is(broken):
    chunks = [(b"zTXt", b"Comment\0\0" + broken), (b"tEXt", broken)]
    assert chunks_of(encode(decode(png(chunks)), "a.png")) == chunks


def test_what_a_jpeg_says_is_said_by_a_png():
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    Image.fromarray(noise(8, 9, 3)).save(
        buffer, "JPEG", exif=exif, dpi=(300, 300), comment=UTF8, icc_profile=icc_profile()
    )
    with Image.open(io.BytesIO(encode(decode(buffer.getvalue()), "a.png"))) as image:
        image.load()
        assert image.getexif()[271] == "Maker"
        assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
        assert image.info["icc_profile"] == icc_profile()
        assert image.info["Comment"] == UTF8


def test_texts_that_unpack_to_more_than_memory_are_left_where_they_are():
    bomb = zlib.compress(bytes(2**24), 9)
    picture = decode(png([(b"zTXt", b"Comment %d\0\0" % number + bomb) for number in range(40)]))
    assert sum(map(len, picture.metadata.texts.values())) <= 2**26
    assert len(chunks_of(encode(picture, "a.png"))) == 40


def test_what_may_not_be_copied_is_not():
    assert chunks_of(encode(decode(png([(b"prVW", b"a preview of the picture as it was")])), "a.png")) == []


@pytest.mark.parametrize(
    ("mode", "note"),
    [("P", "its palette becomes full colour"), ("1", "1-bit gray becomes 8-bit")],
)
def test_palettes_and_single_bits_are_said_to_become_more(mode, note):
    buffer = io.BytesIO()
    Image.fromarray(photograph()).convert(mode).save(buffer, "PNG")
    picture = decode(buffer.getvalue())
    assert picture.note == note
    assert np.array_equal(picture.as_rgb() * 255, np.asarray(Image.open(buffer).convert("RGB")))
