"""What the table says of each format is what its files keep."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.images.codec import decode, decode_pages, encode, read_picture
from restore.images.directories import EXIF, Tag, as_exif
from restore.images.formats import FORMATS, IMAGE_SUFFIXES, format_of
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import icc_profile, noise, photograph, save_jpeg

WRITTEN = [one for one in FORMATS if one.written]


@pytest.fixture(params=WRITTEN, ids=lambda one: one.name)
def written(request):
    return request.param


@pytest.fixture
def name(written):
    return f"a{written.suffixes[0]}"


@pytest.fixture
def photo(tmp_path):
    """With all that a file can say of itself but an ICC profile."""
    save_jpeg(tmp_path / "in.jpg", orientation=6, dpi=(300, 300))
    return read_picture(tmp_path / "in.jpg")


def test_a_suffix_stands_for_one_format():
    assert len(IMAGE_SUFFIXES) == sum(len(one.suffixes) for one in FORMATS)
    assert format_of(Path("a.jpg")) is format_of(Path("b.JPEG")) is not format_of(Path("a.png"))
    assert format_of(Path("a.txt")) is format_of(Path("a")) is None


@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3), (1, 1, 3), (10, 3000)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lossless_formats_return_every_bit(written, name, dtype, shape, with_alpha):
    alpha = noise(*shape[:2], dtype=dtype)[::-1].copy() if with_alpha else None
    picture = Picture(noise(*shape, dtype=dtype), alpha)
    if written.lacks(picture):
        with pytest.raises(ImageFileError, match=f"{written.name} cannot hold {written.lacks(picture)}"):
            encode(picture, name)
        return
    back = decode(encode(picture, name))
    assert back.pixels.dtype == dtype
    assert (back.alpha is None) == (alpha is None)
    if written.lossless:
        assert np.array_equal(back.as_rgb(), picture.as_rgb())
        assert alpha is None or np.array_equal(back.alpha, alpha)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".bmp"])
def test_gray_stays_gray(suffix):
    assert decode(encode(Picture(noise(9, 13)), f"a{suffix}")).pixels.ndim == 2


def test_jpeg_moves_pixels_by_little():
    difference = np.abs(decode(encode(Picture(photograph()), "a.jpg")).pixels.astype(int) - photograph())
    assert difference.mean() < 1.5


def test_colour_profiles_survive_or_are_refused(written, name):
    picture = Picture(photograph(), metadata=Metadata(profile=icc_profile()))
    if written.profile:
        assert decode(encode(picture, name)).metadata.profile == icc_profile()
    else:
        with pytest.raises(ImageFileError, match=f"{written.name} cannot hold a colour profile"):
            encode(picture, name)


def test_a_picture_is_shown_as_before_here_and_elsewhere(written, name, photo):
    data = encode(photo, name)
    apart = 0 if written.lossless else 0.01
    assert np.abs(decode(data).as_rgb() - photo.as_rgb()).mean() <= apart
    elsewhere = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.abs(np.asarray(elsewhere) / np.float32(255) - photo.as_rgb()).mean() <= apart


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_pixels_are_stored_as_before_where_the_format_can_say_how_to_turn_them(suffix, photo):
    back = decode(encode(photo, f"a{suffix}"))
    assert back.orientation == 6
    assert back.pixels.shape == photo.pixels.shape


def test_other_exif_survives_where_the_table_says_so(written, name, photo):
    exif = Image.open(io.BytesIO(encode(photo, name))).getexif()
    assert (exif.get(271) == "Maker") == (written.exif and written.name != "JPEG 2000")  # there Pillow does not look


def test_the_resolution_survives_where_the_table_says_so(written, name, photo):
    said = decode(encode(photo, name)).metadata.resolution
    assert said == (pytest.approx((300 / 0.0254, 300 / 0.0254), rel=1e-3) if written.resolution else None)


SAID = {
    "exif": ("EXIF", as_exif([Tag(271, 2, b"Maker\0"), Tag(EXIF, 4, [Tag(37500, 7, b"maker's own")])], "<")),
    "xmp": ("XMP", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    "iptc": ("IPTC", b"\x1c\x02\x78\0\4text"),
    "texts": ("texts", {"Description": "caf\u00e9"}),
    "resolution": ("the resolution", (11811.0, 5905.5)),
}


@pytest.mark.parametrize("what", SAID)
def test_what_a_file_says_survives_a_change_of_format_or_is_named(written, name, what):
    in_words, value = SAID[what]
    picture = Picture(photograph(), metadata=Metadata(**{what: value}))
    back = getattr(decode(encode(picture, name)).metadata, what)
    assert written.drops(picture) == ("" if back else in_words)
    if what == "texts":
        assert list(back.values()) == ([] if written.drops(picture) else list(value.values()))
    elif back:
        assert back == (pytest.approx(value, rel=1e-3) if what == "resolution" else value)


def test_sides_are_as_long_as_said(written, name):
    if written.longest > 2**16:
        pytest.skip("as long as any picture")
    assert decode(encode(Picture(np.zeros((1, written.longest, 3), np.uint8)), name)).as_rgb().shape[1] > 16000
    for shape in ((1, written.longest + 1, 3), (written.longest + 1, 1, 3)):
        with pytest.raises(ImageFileError, match=f"cannot hold sides of more than {written.longest} pixels; use .png"):
            encode(Picture(np.zeros(shape, np.uint8)), name)


def test_several_pages_are_kept_or_refused(written, name):
    pages = Picture(photograph()), Picture(photograph()[::-1].copy())
    if written.pages:
        back = decode_pages(encode(pages, name))
        assert all(np.array_equal(one.pixels, page.pixels) for one, page in zip(back, pages, strict=True))
    else:
        with pytest.raises(ImageFileError, match=f"{written.name} cannot hold several pages; use .tif"):
            encode(pages, name)


def test_floats_are_kept_or_refused(written, name):
    picture = Picture(np.random.default_rng(0).random((9, 13, 3), dtype=np.float32))
    if written.floats:
        assert np.array_equal(decode(encode(picture, name)).pixels, picture.pixels)
    else:
        with pytest.raises(ImageFileError, match=f"{written.name} cannot hold floating point; use .tif"):
            encode(picture, name)


def test_the_docs_say_the_same():
    """Of opacity, profile, and EXIF and XMP; what is only read has no say here."""
    lines = (Path(__file__).parents[2] / "docs" / "formats.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    said = {re.split(r"[ ,]\(|,", row[0])[0]: row for row in rows[1:]}
    assert said.keys() == {one.name for one in FORMATS}
    for one in FORMATS:
        cells = said[one.name]
        assert set(re.findall(r"\.\w+", cells[0])) in (set(one.suffixes), set())
        assert ("read only" in cells[1] or "where libvips has it" in cells[1]) or one.written
        if one.written:
            held = one.alpha, one.profile, one.exif and one.xmp
            assert [cell.startswith("yes") for cell in (cells[2], cells[4], cells[5])] == list(held)
            assert cells[3].startswith("every page") == one.pages


def test_what_a_format_cannot_say_is_named(photo):
    photo = replace(photo, metadata=replace(photo.metadata, xmp=b"<x/>", iptc=b"i", texts={"a": "b"}))
    bmp, jpeg = format_of(Path("a.bmp")), format_of(Path("a.jpg"))
    assert bmp.drops(photo) == "EXIF and XMP and IPTC and texts"
    assert jpeg.drops(photo) == ""
    assert bmp.drops(replace(photo, metadata=replace(photo.metadata, source="BMP"))) == ""
