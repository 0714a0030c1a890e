"""What a WebP says beside its pixels comes back as it was; the pixels come back bit by bit."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

PLAIN_EXIF = exif_with_thumbnail(with_thumbnail=False)[0]
CHUNKS = {
    "profile": [(b"ICCP", icc_profile())],
    "exif": [(b"EXIF", PLAIN_EXIF)],
    "exif as JPEG has it": [(b"EXIF", b"Exif\0\0" + PLAIN_EXIF)],
    "xmp": [(b"XMP ", b"<x:xmpmeta>" + "復元".encode() + b"</x:xmpmeta>")],
    "all": [(b"ICCP", icc_profile()), (b"EXIF", PLAIN_EXIF), (b"XMP ", b"<x/>"), (b"OWN ", b"of a program")],
    "nothing": [],
}
FLAGS = {b"ICCP": 0x20, b"EXIF": 8, b"XMP ": 4}


def plain(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", **options)
    return buffer.getvalue()


def chunks_of(data):
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    place, found = 12, []
    while place < len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        found.append((name, data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return found


def said_by(data):
    return [chunk for chunk in chunks_of(data) if chunk[0] not in {b"VP8X", b"VP8 ", b"VP8L", b"ALPH"}]


def webp(chunks, pixels):
    """Of a plain file one with these chunks, put together by hand."""
    (pixel_chunk,) = chunks_of(plain(pixels, lossless=True, exact=True))
    height, width = pixels.shape[:2]
    flags = sum(FLAGS.get(name, 0) for name, _ in chunks) + 0x10 * (pixels.shape[2] == 4)
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    first = [chunk for chunk in chunks if chunk[0] == b"ICCP"]
    rest = [chunk for chunk in chunks if chunk[0] != b"ICCP"]
    all_chunks = [(b"VP8X", struct.pack("<I", flags) + size), *first, pixel_chunk, *rest]
    body = b"WEBP" + b"".join(n + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for n, c in all_chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("said", CHUNKS)
@pytest.mark.parametrize("channels", [3, 4])
def test_all_that_is_said_comes_back_and_nothing_else(said, channels):
    pixels = noise(9, 13, channels)
    pixels[:4, :5, 3:] = 0  # what lies under alpha comes back too
    data = encode(decode(webp(CHUNKS[said], pixels)), "a.webp")
    assert said_by(data) == CHUNKS[said]
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.info.get("icc_profile") == dict(CHUNKS[said]).get(b"ICCP")
        assert image.getexif().get(274, 1) == (6 if b"EXIF" in dict(CHUNKS[said]) else 1)


def test_what_formats_share_is_understood():
    said = decode(webp(CHUNKS["all"], noise(9, 13, 3))).metadata
    assert (said.profile, said.exif, said.xmp, said.orientation) == (icc_profile(), PLAIN_EXIF, b"<x/>", 6)
    assert decode(webp(CHUNKS["exif as JPEG has it"], noise(9, 13, 3))).metadata.exif == PLAIN_EXIF


def test_what_another_library_wrote_is_said_again():
    exif = Image.Exif()
    exif[274], exif[271] = 8, "Maker"
    data = plain(photograph(), exif=exif, icc_profile=icc_profile(), xmp=b"<x/>", lossless=True)
    assert said_by(encode(decode(data), "a.webp")) == said_by(data)


def test_pixels_with_loss_come_back_without_more():
    picture = decode(plain(photograph(), quality=50))
    assert np.array_equal(decode(encode(picture, "a.webp")).pixels, picture.pixels)


def test_the_thumbnail_of_the_picture_as_it_was_is_blank():
    exif, thumbnail = exif_with_thumbnail()
    data = encode(decode(webp([(b"EXIF", exif)], noise(9, 13, 3))), "a.webp")
    assert len(dict(said_by(data))[b"EXIF"]) == len(exif)
    assert thumbnail not in data


def test_an_animation_is_refused_with_the_remedy():
    buffer = io.BytesIO()
    Image.fromarray(photograph()).save(
        buffer, "WEBP", save_all=True, append_images=[Image.fromarray(255 - photograph())]
    )
    with pytest.raises(ImageFileError, match="image: an animation; only single images are restored, so take a frame"):
        decode(buffer.getvalue())


@pytest.mark.parametrize("shape", [(1, 16384, 3), (16384, 1)])
def test_sides_that_are_too_long_are_refused_in_one_line(shape):
    with pytest.raises(ImageFileError) as caught:
        encode(Picture(np.zeros(shape, np.uint8)), "a.webp")
    assert str(caught.value) == "a.webp: WebP cannot hold sides of more than 16383 pixels; use .png"
    assert decode(encode(Picture(np.zeros((1, 16383, 3), np.uint8)), "a.webp")).pixels.shape == (1, 16383, 3)


@pytest.mark.parametrize("said", [Metadata(), Metadata(xmp=b"<x/>")])
def test_alpha_that_hides_nothing_may_go(said):
    data = encode(Picture(noise(9, 13, 3), np.full((9, 13), 255, np.uint8), metadata=said), "a.webp")
    assert np.array_equal(decode(data).pixels, noise(9, 13, 3))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)))[..., :3], noise(9, 13, 3))


def test_what_comes_from_elsewhere_is_said_and_nothing_made_up():
    said = Metadata(exif=PLAIN_EXIF, xmp=b"<x/>", profile=icc_profile(), source="JPEG", orientation=6)
    data = encode(Picture(noise(9, 13, 3), metadata=said), "a.webp")
    assert said_by(data) == [(b"ICCP", icc_profile()), (b"EXIF", PLAIN_EXIF), (b"XMP ", b"<x/>")]
    assert chunks_of(encode(Picture(noise(9, 13, 3)), "a.webp"))[0][0] == b"VP8L"
