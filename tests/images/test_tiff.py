"""What a TIFF holds comes back: all pages, channels of any meaning, floats, and the tags as they were."""

import contextlib
import io
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from restore.images.codec import decode, decode_pages, encode
from restore.images.directories import EXIF, GPS, Tag, as_exif
from restore.images.metadata import Metadata
from restore.images.photoshop import of_iptc
from restore.images.picture import ImageFileError, Picture
from restore.images.tiff_pages import arguments_of, finished
from tests.images.samples import icc_profile, noise

SOFTWARE, DATE, GEO = (305, 2, 0, "Scanner 3", False), (306, 2, 0, "2024:02:29 12:00:00", False), 34735


def tiff(*arrays, **options):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for array in arrays:
            writer.write(array, **{"metadata": None, "software": False, **options})
    return buffer.getvalue()


def without(data, *codes):
    """A file whose first page lacks some tags."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        place = file.pages[0].offset
    (count,) = struct.unpack_from("<H", data, place)
    entries = [data[start : start + 12] for start in range(place + 2, place + 2 + 12 * count, 12)]
    kept = [entry for entry in entries if struct.unpack_from("<H", entry)[0] not in codes]
    end = place + 2 + 12 * count
    directory = struct.pack("<H", len(kept)) + b"".join(kept) + data[end : end + 4]
    return data[:place] + directory + data[place + len(directory) :]


def again(data):
    return encode(decode_pages(data), "a.tif")


def read(data):
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return [page.asarray() for page in file.pages], [page.tags for page in file.pages]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4, 5])
def test_channels_of_no_stated_meaning_are_left_alone(dtype, channels):
    array = noise(9, 13, channels, dtype=dtype)
    data = tiff(array, photometric="rgb", extrasamples=["unspecified"] * (channels - 3) or None)
    picture = decode(data)
    assert picture.alpha is None
    assert np.array_equal(picture.pixels, array[..., :3])
    assert channels == 3 or np.array_equal(picture.extra, array[..., 3:])
    (back,), (tags,) = read(again(data))
    assert np.array_equal(back, array)
    assert channels == 3 or not np.any(tags[338].value)


def test_a_second_stain_beside_gray_is_no_opacity():
    array = noise(9, 13, 2)
    data = tiff(array, photometric="minisblack", planarconfig="contig")
    assert np.array_equal(decode(data).pixels, array[..., 0])
    (back,), _ = read(again(data))
    assert np.array_equal(back, array)


def test_opacity_is_opacity():
    array = noise(9, 13, 4)
    data = tiff(array, photometric="rgb", extrasamples=["unassalpha"])
    assert np.array_equal(decode(data).alpha, array[..., 3])
    (back,), (tags,) = read(again(data))
    assert np.array_equal(back, array)
    assert tags[338].value in (2, (2,))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_colours_multiplied_by_opacity_stay_as_they_are_stored_and_in_their_format(dtype, order):
    array = noise(9, 13, 4, dtype=dtype)  # some above their opacity, as no multiplication gives them
    array[0, :, 3] = 0
    buffer = io.BytesIO()
    options = {"photometric": "rgb", "extrasamples": ["assocalpha"], "metadata": None}
    tifffile.imwrite(buffer, array, byteorder=order, **options)
    picture = decode(buffer.getvalue())
    assert np.array_equal(picture.array, array)
    (back,), (tags,) = read(encode(picture, "a.tif"))
    assert np.array_equal(back, array)
    assert tags[338].value in (1, (1,))
    with pytest.raises(ImageFileError, match=r"PNG cannot hold colours by multiplication with opacity; use \.tif"):
        encode(picture, "a.png")


@pytest.mark.parametrize("kinds", [[0, 2], [2, 2, 0], [0, 0, 2]])
def test_opacity_stays_where_it_was(kinds):
    array = noise(9, 13, 3 + len(kinds))
    data = tiff(array, photometric="rgb", extrasamples=kinds)
    assert np.array_equal(decode(data).alpha, array[..., 3 + kinds.index(2)])
    (back,), (tags,) = read(again(data))
    assert np.array_equal(back, array)
    assert list(tags[338].value) == kinds


@pytest.mark.parametrize(("photometric", "colours"), [("minisblack", 1), ("rgb", 3)])
@pytest.mark.parametrize("beyond", [1, 2])
def test_channels_that_a_file_does_not_explain_are_no_opacity(photometric, colours, beyond):
    array = noise(9, 13, colours + beyond)
    data = without(tiff(array, photometric=photometric, planarconfig="contig", extrasamples=[0] * beyond), 338)
    picture = decode(data)
    assert picture.alpha is None
    assert np.array_equal(picture.extra, array[..., colours:])
    assert np.array_equal(read(again(data))[0][0], array)


def test_a_spot_colour_beside_cmyk_is_no_opacity():
    array = noise(9, 13, 5)
    picture = decode(tiff(array, photometric="separated", extrasamples=[0]))
    assert picture.alpha is None
    assert np.array_equal(picture.extra[..., 0], array[..., 4])
    assert "CMYK" in picture.note


def test_a_palette_becomes_colour():
    image = Image.fromarray(noise(9, 13, 3)).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF")
    picture = decode(buffer.getvalue())
    assert np.array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert picture.note == "its palette becomes full colour"


def test_pages_in_a_circle_end():
    data = bytearray(tiff(noise(9, 13), noise(9, 13), photometric="minisblack"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        second = file.pages[1].offset
    (count,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<4s", data, second + 2 + 12 * count, bytes(data[4:8]))
    with pytest.raises(ImageFileError, match="in a circle"):
        decode_pages(bytes(data))


def test_the_limit_of_pixels_is_that_of_all_pages():
    data = tiff(*[noise(10, 10)] * 5, photometric="minisblack")
    assert len(decode_pages(data, max_pixels=500)) == 5
    with pytest.raises(ImageFileError, match="pixels are more than 499"):
        decode_pages(data, max_pixels=499)


@pytest.mark.parametrize("absent", [(), (296,), (282, 283, 296), (283,), (282, 283)])
@pytest.mark.parametrize("unit", [1, 2, 3])
def test_the_resolution_is_the_same_or_as_absent(absent, unit):
    data = without(tiff(noise(9, 13), noise(9, 13), resolution=(300, 150), resolutionunit=unit), *absent)
    for before, after in zip(read(data)[1], read(again(data))[1], strict=True):
        assert {c: before.valueof(c) for c in (282, 283, 296)} == {c: after.valueof(c) for c in (282, 283, 296)}
    assert unit > 1 or 296 in absent or decode_pages(data)[0].metadata.resolution is None


def test_a_resolution_that_divides_by_zero_is_left_out_and_said():
    data = bytearray(tiff(noise(9, 13), resolution=((300, 7), (150, 1))))
    place = data.index(struct.pack("<II", 300, 7))
    struct.pack_into("<I", data, place + 4, 0)
    picture = decode(bytes(data))
    assert picture.note == "its broken tags are left out"
    (_,), (tags,) = read(encode(picture, "a.tif"))
    assert (tags.valueof(282), tags.valueof(283)) == (None, (150, 1))


def camera(order="<"):
    """EXIF of a camera: who, how, where."""
    how = [Tag(33434, 5, struct.pack(order + "II", 1, 250)), Tag(37500, 7, b"maker's own" * 9)]
    where = [Tag(1, 2, b"N\0"), Tag(2, 5, struct.pack(order + "6I", 48, 1, 51, 1, 2999, 100))]
    return as_exif([Tag(271, 2, "Zo\u00eb\0".encode()), Tag(EXIF, 4, how), Tag(GPS, 4, where)], order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_exif_and_places_come_back(order, is_big):
    picture = Picture(noise(9, 13, 3), metadata=Metadata(exif=camera(order), source="JPEG"))
    data = encode((picture, picture), "a.tif")
    assert data[:2] == (b"II" if order == "<" else b"MM")
    pages = decode_pages(_as_big(data, order) if is_big else data)
    for page in decode_pages(encode(pages, "a.tif")):
        assert page.metadata.exif == camera(order)
        assert not page.note
    with Image.open(io.BytesIO(encode(pages, "a.tif"))) as image:
        exif = image.getexif()
    assert exif.get_ifd(GPS)[2] == (48, 51, 29.99)
    assert exif.get_ifd(EXIF)[33434] == 1 / 250
    assert decode(encode(pages[0], "a.jpg")).metadata.exif == camera(order)


def _as_big(data, order):
    """The first page of a file, where places have 64 bits."""
    buffer, page = io.BytesIO(), decode_pages(data)[0]
    with tifffile.TiffWriter(buffer, bigtiff=True, byteorder=order) as writer:
        writer.write(**arguments_of(page, order))
    return finished(buffer, (page,))


def test_pages_of_different_orders_are_of_one():
    pages = [decode(encode(Picture(noise(9, 13), metadata=Metadata(exif=camera(o))), "a.tif")) for o in "<>"]
    assert [page.metadata.exif for page in decode_pages(encode(tuple(pages), "a.tif"))] == [camera("<")] * 2


def test_broken_exif_is_left_out_and_said():
    data = bytearray(encode(Picture(noise(9, 13), metadata=Metadata(exif=camera())), "a.tif"))
    place = data.index(struct.pack("<HHI", EXIF, 4, 1))
    for at, note in ((10, "its broken tags of EXIF are left out"), (2**31, "its broken tags are left out")):
        struct.pack_into("<I", data, place + 8, at)
        picture = decode(bytes(data))
        assert picture.note == note
        assert decode(encode(picture, "a.tif")).note == ""


def test_what_shows_the_picture_as_it_was_is_left_out_and_said():
    thumbnail = b"8BIM" + struct.pack(">HHI", 0x040C, 0, 6) + b"before"
    records = b"\x1c\x02\x78\0\4text"
    other = of_iptc(records) + b"8BIM" + struct.pack(">HHI", 0x03ED, 0, 4) + b"dpi!"
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        layers = [(34377, 7, 0, other + thumbnail, False), (37724, 7, 0, b"layers as before", False)]
        writer.write(noise(9, 13, 3), photometric="rgb", metadata=None, subifds=1, extratags=layers)
        writer.write(noise(3, 4, 3), photometric="rgb", metadata=None, subfiletype=1)
    picture = decode(buffer.getvalue())
    assert picture.note == "its Photoshop layers and its smaller copies are left out"
    assert picture.metadata.iptc == records
    (_,), (after,) = read(encode(picture, "a.tif"))
    assert after[34377].value == other
    assert not {330, 37724} & {tag.code for tag in after}
    assert b"before" not in encode(picture, "a.tif")


def test_what_was_turned_upright_is_not_turned_again():
    picture = decode(tiff(noise(9, 13), extratags=[(274, 3, 1, 6, False)])).turned()
    assert decode(encode(picture, "a.tif")).orientation == 1


def test_lab_is_refused_by_its_name():
    with pytest.raises(ImageFileError, match="not CIELAB"):
        decode(tiff(noise(9, 13, 3), photometric="cielab"))


def test_opacity_with_a_selection_behind_it():
    array = noise(9, 13, 5)
    data = tiff(array, photometric="rgb", extrasamples=["unassalpha", "unspecified"])
    picture = decode(data)
    assert np.array_equal(picture.alpha, array[..., 3])
    assert np.array_equal(picture.extra[..., 0], array[..., 4])
    (back,), _ = read(again(data))
    assert np.array_equal(back, array)


@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3)])
def test_floats_of_the_unit_range_are_kept_exactly(shape):
    array = np.random.default_rng(0).random(shape, dtype=np.float32)
    data = tiff(array, photometric="rgb" if len(shape) == 3 else "minisblack")
    assert np.array_equal(decode(data).pixels, array)
    (back,), _ = read(again(data))
    assert back.dtype == np.float32
    assert np.array_equal(back, array)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.full((4, 4), 200, np.float32), r"floats are in \[0, 1\], not in 200 to 200"),
        (np.full((4, 4), np.nan, np.float32), "holds NaN"),
        (np.zeros((4, 4), np.int16), "only 8- and 16-bit"),
        (np.zeros((4, 4), np.uint32), "only 8- and 16-bit"),
        (np.zeros((4, 4), np.float64), "only 8- and 16-bit"),
    ],
)
def test_other_types_are_refused_in_one_line(array, reason):
    with pytest.raises(ImageFileError, match=rf"a\.tif: {reason}"):
        decode(tiff(array), "a.tif")


def test_every_page_is_a_picture_whatever_its_size_and_type():
    arrays = noise(9, 13), noise(5, 6, dtype=np.uint16), noise(7, 8)
    data = tiff(*arrays, photometric="minisblack")
    pages = decode_pages(data)
    assert all(np.array_equal(page.pixels, array) for page, array in zip(pages, arrays, strict=True))
    back, _ = read(encode(pages, "a.tif"))
    assert all(np.array_equal(one, array) for one, array in zip(back, arrays, strict=True))
    with pytest.raises(ImageFileError, match="PNG cannot hold several pages"):
        encode(pages, "a.png")


def test_previews_are_no_pages():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(noise(9, 13, 3), photometric="rgb", metadata=None)
        writer.write(noise(3, 4, 3), photometric="rgb", metadata=None, subfiletype=1)
    picture = decode(buffer.getvalue())
    assert picture.note == "its previews are left out"
    assert len(read(encode(picture, "a.tif"))[0]) == 1


def test_tags_come_back_as_they_were_and_none_is_made_up():
    geo = (GEO, 3, 4, (1, 1, 0, 1), False)
    data = tiff(
        noise(9, 13, 3),
        photometric="rgb",
        description="ImageJ=1.11a\nunit=um",
        extratags=[SOFTWARE, DATE, geo, (274, 3, 1, 6, False), (700, 1, 4, b"<x/>", False)],
        resolution=((118110, 1000), (60000, 1000)),
        resolutionunit=3,
        iccprofile=icc_profile(),
    )
    (_,), (before,) = read(data)
    (_,), (after,) = read(again(data))
    told = {270, 274, 282, 283, 296, 305, 306, 700, GEO, 34675}
    assert {tag.code: tag.value for tag in before if tag.code in told} == {
        tag.code: tag.value for tag in after if tag.code in told
    }
    assert {tag.code for tag in after} - {317} <= {tag.code for tag in before} | {338}
    said = decode(data).metadata
    assert (said.orientation, said.profile, said.xmp) == (6, icc_profile(), b"<x/>")
    assert said.resolution == pytest.approx((11811, 6000))


def test_a_file_that_says_nothing_still_does():
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13, 3)).save(buffer, "TIFF")
    (_,), (tags,) = read(again(buffer.getvalue()))
    assert not {tag.code for tag in tags} & {270, 274, 282, 283, 296, 305, 306, 315, 34675}


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits"])
def test_all_ways_to_compress_are_read_and_others_read_what_is_written(compression):
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13, 3)).save(buffer, "TIFF", compression=compression)
    assert np.array_equal(decode(buffer.getvalue()).pixels, noise(9, 13, 3))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(again(buffer.getvalue())))), noise(9, 13, 3))


def test_white_may_be_zero():
    data = tiff(noise(9, 13), photometric="miniswhite")
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    assert np.array_equal(decode(data).pixels, shown)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(again(data))).convert("L")), shown)


def test_camera_raw_is_no_picture():
    with pytest.raises(ImageFileError, match="camera raw"):
        decode(tiff(noise(8, 8), photometric=32803, extratags=[(33421, 3, 2, (2, 2), False)]))


def test_big_endian_files_stay_so():
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, noise(9, 13, dtype=np.uint16), byteorder=">", metadata=None)
    data = again(buffer.getvalue())
    assert data[:2] == b"MM"
    assert np.array_equal(read(data)[0][0], noise(9, 13, dtype=np.uint16))


def test_broken_files_are_one_line():
    picture = decode(tiff(noise(9, 13, 3), photometric="rgb", description="text", extratags=[SOFTWARE]))
    data = encode(replace(picture, metadata=replace(picture.metadata, exif=camera())), "a.tif")
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(600):
        broken = bytearray(data)
        for place in generator.integers(0, len(data), 2):
            broken[place] = generator.integers(256)
        try:
            encode(decode_pages(bytes(broken)), "a.tif")
        except ImageFileError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("code", [256, 257, 258, 259, 262, 270, 273, 274, 277, 282, 296, 305, 338, 700, 34675])
def test_tags_of_any_type_and_number_are_read_or_refused_and_fill_no_memory(code):
    extra = [(700, 1, 4, b"<x/>", False), (34675, 7, 4, b"icc!", False), (274, 3, 1, 1, False), SOFTWARE]
    data = tiff(noise(9, 13, 4), photometric="rgb", description="text", extratags=extra, resolution=(1, 1))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        entry = file.pages[0].tags[code].offset
    for kind in (1, 2, 3, 4, 5, 7, 11, 12, 13):
        for count in (0, 1, 3, 2**31):
            for value in (1, 2**31):
                changed = bytearray(data)
                struct.pack_into("<HII", changed, entry + 2, kind, count, value)
                with contextlib.suppress(ImageFileError):
                    pages = decode_pages(bytes(changed))
                    for suffix in (".tif", ".png"):
                        encode(pages, f"a{suffix}")


def test_a_thousand_pages_are_read_in_time_that_grows_with_them():
    arrays = [np.full((2, 3), number % 251, np.uint8) for number in range(1000)]
    data = tiff(*arrays)
    start = time.process_time()
    pages = decode_pages(data)
    assert time.process_time() - start < 7  # each page was looked for from the first on, which took twice that
    assert [int(page.pixels[0, 0]) for page in pages] == [number % 251 for number in range(1000)]


@pytest.mark.parametrize("code", [37724, 700])
def test_tags_may_be_much_larger_than_the_pixels(code):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        large = (code, 7, 2**26, bytes(2**26), True)
        writer.write(np.full((16, 16, 3), 7, np.uint8), photometric="rgb", extratags=[large], metadata=None)
    picture = decode(file.getvalue(), "a.tif")
    assert (picture.pixels == 7).all()
