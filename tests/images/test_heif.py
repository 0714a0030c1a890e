"""AVIF comes back bit by bit and says what it said; HEIC is named where it cannot be read."""

import base64
import io
import struct
from dataclasses import replace

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageOps

from restore.images.boxes import box
from restore.images.codec import decode, encode
from restore.images.exif import read_orientation
from restore.images.heif import Heif, Own
from restore.images.items import Item, read_items, write_items
from restore.images.libvips import has
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, noise, photograph

BRANDS = (b"avif", b"mif1", b"miaf")
XMP = b"<x:xmpmeta>" + "復元".encode() + b"</x:xmpmeta>"
PQ = struct.pack(">HH", 9, 16)
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABoAABAAAAAAAAAH0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAA"
    "AADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkA"
    "AAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAA"
    "AChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAhW"
    "1kYXQAAAB5KAGvEyHkmQ2UvxvtFQvCTDZ/wiKncfVX90dXYOkyEerGWzZMECfhADSJhg/3EcbGRlHz97Y1+JlWNgBeDdNUBD+Ng+9zSTXG6+2K"
    "77pf7JhdoP1/2ZLdF4BHGxQbsHfcOVmtFZ2pKjlEdTv2+W37uZpnEKAFaJdAdg=="
)


def avif(pixels=None, **options):
    """As another library writes it, with loss."""
    buffer = io.BytesIO()
    Image.fromarray(photograph() if pixels is None else pixels).save(buffer, "AVIF", **options)
    return buffer.getvalue()


def deep(bits, *shape):
    """Code values, and the AVIF file that libvips makes of them."""
    codes = np.random.default_rng(7).integers(0, 2**bits, shape, dtype=np.uint16)
    codes.flat[:2] = 0, 2**bits - 1
    image = pyvips.Image.new_from_array(codes << (16 - bits), interpretation="rgb16")
    return codes, image.heifsave_buffer(compression="av1", lossless=True, bitdepth=bits, keep="none")


def with_items(data, *further, primary=None):
    """A file with further items, whose references are to 1, the primary one."""
    number, items = read_items(data)
    assert list(items) == [number]
    first = replace(items[number], content=items[number].content_in(data))
    return write_items(BRANDS, [first if primary is None else primary(first), *further])


def small_item():
    data = avif(255 - photograph(8, 10))
    number, items = read_items(data)
    return replace(items[number], content=items[number].content_in(data))


@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3), (1, 1), (1, 1, 3), (65, 130, 3)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_eight_bits_come_back_here_and_elsewhere(shape, with_alpha):
    picture = Picture(noise(*shape), noise(*shape[:2])[::-1].copy() if with_alpha else None)
    data = encode(picture, "a.avif")
    back = decode(data)
    assert np.array_equal(back.array, picture.array)
    with Image.open(io.BytesIO(data)) as image:
        elsewhere = np.asarray(image.convert(("LA" if with_alpha else "L") if len(shape) == 2 else image.mode))
    assert np.array_equal(elsewhere, picture.array)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [3, 4])
def test_ten_and_twelve_bits_come_back_bit_by_bit(bits, channels):
    codes, data = deep(bits, 9, 13, channels)
    picture = decode(data)
    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(np.round(picture.array / 65535 * (2**bits - 1)), codes)  # white is white
    again = encode(picture, "a.avif")
    image = pyvips.Image.heifload_buffer(again)
    assert image.get("bits-per-sample") == bits
    assert np.array_equal(image.numpy() >> (16 - bits), codes)
    assert np.array_equal(decode(again).array, picture.array)
    assert np.array_equal(decode(encode(picture, "a.png")).array, picture.array)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_deep_gray_stays_gray(bits, with_alpha):
    values = (np.arange(9 * 13).reshape(9, 13) * 35 % 2**bits * 65535 // (2**bits - 1)).astype(np.uint16)
    said = Metadata(source="AVIF", own=Own(bits))
    back = decode(encode(Picture(values, values[::-1].copy() if with_alpha else None, metadata=said), "a.avif"))
    assert np.array_equal(back.pixels, values)
    assert np.array_equal(back.alpha, values[::-1]) if with_alpha else back.alpha is None


def test_gray_of_another_library_stays_gray():
    picture = decode(avif(photograph()[..., 0], quality=100))
    assert np.array_equal(picture.pixels, photograph()[..., 0])


def test_sixteen_bits_of_other_formats_are_not_cut_in_silence():
    with pytest.raises(ImageFileError, match="AVIF cannot hold 16 bits"):
        encode(Picture(noise(9, 13, 3, dtype=np.uint16)), "a.avif")


def test_pixels_with_loss_come_back_without_more():
    picture = decode(avif(quality=40))
    assert np.array_equal(decode(encode(picture, "a.avif")).pixels, picture.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_looks_as_before_here_and_elsewhere(orientation):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Maker"
    data = avif(photograph(64, 96) // 2 * 2, exif=exif, quality=100, subsampling="4:4:4")
    picture = decode(data)
    again = encode(picture, "a.avif")
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))), np.float32)
    assert picture.orientation == 1
    for shown in (picture.pixels, decode(again).pixels, ImageOps.exif_transpose(Image.open(io.BytesIO(again)))):
        assert np.abs(np.asarray(shown, np.float32) - expected).max() <= 2  # two libraries' conversions from YUV
    assert Image.open(io.BytesIO(again)).getexif()[271] == "Maker"
    shown = decode(encode(picture, "a.jpg")).as_rgb() * 255
    assert np.abs(shown - expected).mean() < 4


def test_exif_does_not_turn_it_once_more():
    exif, _ = exif_with_thumbnail(with_thumbnail=False)
    turned = Picture(photograph(), metadata=Metadata(exif=exif, source="JPEG", orientation=6))
    picture = decode(encode(turned, "a.avif"))
    assert np.array_equal(picture.pixels, np.rot90(photograph(), -1))
    assert read_orientation(picture.metadata.exif) == 1
    assert np.array_equal(decode(encode(picture, "a.png")).as_rgb() * 255, np.rot90(photograph(), -1))


def test_all_that_is_said_comes_back_and_nothing_else():
    exif, thumbnail = exif_with_thumbnail()
    exif = exif.replace(struct.pack("<HHIHH", 274, 3, 1, 6, 0), struct.pack("<HHIHH", 274, 3, 1, 1, 0))
    data = with_items(
        avif(icc_profile=icc_profile()),
        Item(b"Exif", [], [(b"cdsc", 1)], content=bytes(4) + exif),
        Item(b"mime", [], [(b"cdsc", 1)], content=XMP),
    )
    picture = decode(data)
    assert (picture.metadata.profile, picture.metadata.xmp, picture.note) == (icc_profile(), XMP, "")
    again = encode(picture, "a.avif")
    _, items = read_items(again)
    assert [item.kind for item in items.values()] == [b"av01", b"Exif", b"mime"]
    kept = items[2].content_in(again)[4:]
    assert len(kept) == len(exif)
    assert thumbnail not in again
    assert decode(again).metadata == picture.metadata
    with Image.open(io.BytesIO(again)) as image:
        assert image.info["exif"].endswith(kept)
        assert (image.info["xmp"], image.info["icc_profile"]) == (XMP, icc_profile())


def test_a_picture_that_says_nothing_stays_so():
    _, items = read_items(encode(decode(avif()), "a.avif"))
    assert [(item.kind, [kind for kind, _ in item.properties]) for item in items.values()] == [
        (b"av01", [b"av1C", b"colr", b"ispe", b"pixi"])
    ]


def test_high_dynamic_range_stays_it_and_goes_nowhere_else():
    light = [(b"clli", struct.pack(">HH", 1000, 400)), (b"mdcv", bytes(range(24)))]
    _, data = deep(10, 9, 13, 3)

    def bright(item):
        colour = (b"colr", b"nclx" + PQ + item.get(b"colr")[8:])
        properties = [colour if one[0] == b"colr" else one for one in item.properties]
        return replace(item, properties=[*properties, *light])

    picture = decode(with_items(data, primary=bright))
    again = encode(picture, "a.avif")
    number, items = read_items(again)
    assert items[number].get(b"colr")[:8] == b"nclx" + PQ
    assert [one for one in items[number].properties if one in light] == light
    assert np.array_equal(decode(again).pixels, picture.pixels)
    with pytest.raises(ImageFileError, match="PNG cannot hold colours by nclx 9/16"):
        encode(picture, "a.png")


@pytest.mark.parametrize(
    "further",
    [
        lambda: replace(small_item(), references=[(b"thmb", 1)]),
        small_item,
        lambda: replace(
            small_item(),
            properties=[*small_item().properties, (b"auxC", b"\0\0\0\0urn:mpeg:hevc:2015:auxid:2\0")],
            references=[(b"auxl", 1)],
        ),
    ],
    ids=["a thumbnail", "a second image", "a depth map"],
)
def test_the_primary_image_of_several_is_restored_and_the_others_are_named(further):
    data = with_items(avif(quality=100), further())
    picture = decode(data)
    assert np.array_equal(picture.pixels, decode(avif(quality=100)).pixels)
    assert "further images" in picture.note
    assert decode(encode(picture, "a.avif")).note == ""


def test_the_primary_image_need_not_be_the_first():
    data = with_items(avif(quality=100), small_item())
    place = data.index(b"pitm") + 8
    picture = decode(data[:place] + b"\0\2" + data[place + 2 :])
    assert picture.pixels.shape == (8, 10, 3)


def test_alpha_that_colours_are_multiplied_by_is_refused():
    data = avif(np.dstack([photograph(), photograph()[..., :1]]), alpha_premultiplied=True)
    with pytest.raises(ImageFileError, match="image: its colours are multiplied by alpha"):
        decode(data)


def test_an_animation_is_refused_with_the_remedy():
    data = avif(save_all=True, append_images=[Image.fromarray(255 - photograph())])
    with pytest.raises(ImageFileError, match="image: an animation; only single images are restored, so take a frame"):
        decode(data)


@pytest.mark.skipif(not has("heifload_buffer"), reason="libvips without HEIF")
@pytest.mark.parametrize("name", ["a.heic", "a.jpg"])
def test_heic_is_read_or_named(name):
    try:
        said = decode(HEIC, name).pixels.shape
    except ImageFileError as error:
        said = str(error)
    line = "HEIC is not read here: this libvips was built without HEVC; convert it to JPEG or TIFF"
    assert said in {(16, 16, 3), f"{name}: {line}"}


@pytest.mark.parametrize("brands", [b"heic", b"heix", b"mif1heic", b"heifmif1heix", b"mif1"])
def test_heic_is_known_by_any_of_its_brands(brands):
    data = box(b"ftyp", brands[:4], bytes(4), brands) + HEIC[28:]
    with pytest.raises(ImageFileError) as known:
        decode(data + bytes(9), "a.jpg", max_pixels=10)
    assert str(known.value) == "a.jpg: 64 x 64 pixels are more than 10"


@pytest.mark.parametrize("name", ["AVIF", "HEIC"])
def test_a_libvips_without_the_container_is_one_line(tmp_path, name):
    with pytest.raises(ImageFileError, match=f"a: {name} is not read here: this libvips was built without"):
        Heif(name, loader="nothing").decode(avif(), tmp_path / "a", 10_000)


def test_heic_is_restored_to_other_formats_where_it_is_read():
    """With AV1 inside, which every libvips has that reads HEIF at all."""
    data = avif(photograph(), quality=100).replace(b"avif", b"heic")
    picture = decode(data)
    assert picture.metadata.source == "HEIC"
    assert np.array_equal(decode(encode(picture, "a.png")).pixels, picture.pixels)
    assert np.array_equal(decode(encode(picture, "a.avif")).pixels, picture.pixels)


def test_heic_is_not_written():
    with pytest.raises(ImageFileError, match=r"\.heic is not written; use \.png or \.tif"):
        encode(Picture(photograph()), "a.heic")


def test_a_broken_file_that_libvips_cites_is_one_line_and_does_not_spoil_the_next():
    turned = avif(exif=exif_with_thumbnail(with_thumbnail=False)[0])
    with pytest.raises(ImageFileError, match="image: "):
        decode(turned.replace(b"irot", b"i\xffot"))
    assert decode(turned).pixels.shape == (40, 24, 3)
