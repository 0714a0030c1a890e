import itertools

import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.images.codec import decode, encode, read_picture, read_rgb, read_size, write_picture
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture, as_stored, upright
from tests.images.samples import noise, photograph, save_jpeg


def test_a_path_is_a_thin_layer_over_bytes(tmp_path):
    picture = Picture(noise(5, 6, 3), noise(5, 6))
    write_picture(picture, tmp_path / "new" / "a.png")
    assert (tmp_path / "new" / "a.png").read_bytes() == encode(picture, "a.png")
    assert np.array_equal(read_picture(tmp_path / "new" / "a.png").array, picture.array)


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
@pytest.mark.parametrize("suffix", [".bmp", ".png"])
def test_files_of_another_library_are_read_as_it_wrote_them_and_back(tmp_path, shape, suffix):
    Image.fromarray(noise(*shape)).save(tmp_path / f"a{suffix}")
    picture = read_picture(tmp_path / f"a{suffix}")
    assert np.array_equal(picture.pixels, noise(*shape))
    write_picture(picture, tmp_path / f"b{suffix}")
    assert np.array_equal(np.asarray(Image.open(tmp_path / f"b{suffix}")), noise(*shape))


def test_sixteen_bits_and_alpha_are_what_another_library_takes_them_for(tmp_path):
    Image.fromarray(noise(8, 9, dtype=np.uint16)).save(tmp_path / "deep.png")
    assert np.array_equal(read_picture(tmp_path / "deep.png").pixels, noise(8, 9, dtype=np.uint16))
    write_picture(Picture(noise(8, 9, 3), noise(8, 9)), tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.dstack([noise(8, 9, 3), noise(8, 9)]))


def test_the_content_tells_the_format_and_not_the_name(tmp_path):
    save_jpeg(tmp_path / "a.jpg", orientation=6)
    data = (tmp_path / "a.jpg").read_bytes()
    assert np.array_equal(decode(data, "a.png").pixels, read_picture(tmp_path / "a.jpg").pixels)


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3)])
@pytest.mark.parametrize("alpha", [None, noise(5, 6)])
def test_a_picture_is_one_array_and_becomes_one_again(shape, alpha):
    picture = Picture(noise(*shape), alpha, noise(5, 6, 2), Metadata(orientation=3), "note")
    assert (
        picture.array.shape[2:]
        == {(2, True): (), (2, False): (2,), (3, True): (3,), (3, False): (4,)}[len(shape), alpha is None]
    )
    changed = picture.with_array(255 - picture.array)
    assert np.array_equal(changed.pixels, 255 - picture.pixels)
    assert alpha is None if changed.alpha is None else np.array_equal(changed.alpha, 255 - alpha)
    assert np.array_equal(changed.extra, picture.extra)
    assert (changed.metadata, changed.note) == (Metadata(orientation=3), "note")
    for other in (picture.array.astype(np.uint16), picture.array[1:]):
        with pytest.raises(AssertionError):
            picture.with_array(other)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_as_viewers_turn_them_and_back(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(photograph()).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(np.round(read_rgb(tmp_path / "a.png") * 255), expected)
    assert np.array_equal(as_stored(upright(photograph(), orientation), orientation), photograph())


def test_training_images_keep_sixteen_bits_and_become_colour(tmp_path):
    write_picture(Picture(noise(5, 6, dtype=np.uint16), noise(5, 6, dtype=np.uint16)), tmp_path / "a.png")
    image = read_rgb(tmp_path / "a.png")
    assert image.shape == (5, 6, 3)
    assert image.dtype == np.float32
    assert np.array_equal(np.round(image[..., 1] * 65535), noise(5, 6, dtype=np.uint16))


def test_palette_with_transparency_becomes_colour_with_alpha(tmp_path):
    palette = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) % 3).convert("P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    palette.save(tmp_path / "a.png", transparency=1)
    picture = read_picture(tmp_path / "a.png")
    index = np.arange(12).reshape(3, 4) % 3
    assert np.array_equal(picture.alpha == 0, index == 1)
    assert np.array_equal(picture.pixels, np.eye(3, dtype=np.uint8)[index] * 255)


def test_cmyk_becomes_rgb_and_says_so(tmp_path):
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.jpg")
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.pixels.shape == (8, 8, 3)
    assert picture.pixels.min() > 240
    assert "CMYK" in picture.note


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_one_bit_becomes_eight(tmp_path, suffix):
    Image.fromarray(noise(8, 9) > 128).save(tmp_path / f"a{suffix}")
    assert np.array_equal(read_picture(tmp_path / f"a{suffix}").pixels, (noise(8, 9) > 128) * np.uint8(255))


@pytest.mark.parametrize(
    ("name", "reason"), [("a.gif", "an anim"), ("a.webp", "an anim"), ("a.png", "an anim"), ("a.tif", "has 2 pages")]
)
def test_several_frames_are_refused_where_one_image_is_needed(tmp_path, name, reason):
    first, second = Image.fromarray(photograph()), Image.fromarray(255 - photograph())
    first.save(tmp_path / name, save_all=True, append_images=[second])
    with pytest.raises(ImageFileError, match=rf"a\.\w+: {reason}"):
        read_picture(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.bmp", "a.webp", "a.avif"])
def test_files_cut_short_are_refused(tmp_path, name):
    Image.fromarray(noise(32, 32, 3)).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    for length in (len(data) * 2 // 3, 20):
        with pytest.raises(ImageFileError, match=rf"{name}: "):
            decode(data[:length], name)


def test_a_broken_header_is_refused_whatever_is_broken():
    data = encode(Picture(noise(8, 9)), "a.bmp")
    refused = 0
    for place, value in itertools.product(range(54), (0, 1, 255)):
        try:
            decode(data[:place] + bytes([value]) + data[place + 1 :])
        except ImageFileError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("content", [b"\0\1\2 nothing", b"BM nothing", b"RIFF    WEBP"])
def test_what_is_no_image_is_refused_in_one_line(content):
    with pytest.raises(ImageFileError) as caught:
        decode(content, "text.png")
    assert str(caught.value) == "text.png: not an image that can be read"


def test_one_refusal_says_nothing_of_the_one_before():
    data = encode(Picture(noise(64, 64, 3)), "a.png")
    with pytest.raises(ImageFileError):
        decode(b"hello, world")
    with pytest.raises(ImageFileError, match="libpng"):
        decode(data[: len(data) * 2 // 3])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageFileError, match=r"nowhere\.png: no such file or directory"):
        read_picture(tmp_path / "nowhere.png")


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_more_pixels_or_bytes_than_the_limits_are_refused_before_decoding(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_picture(Picture(noise(8, 9)), path)
    size = path.stat().st_size
    assert read_picture(path, max_pixels=72, max_bytes=size).pixels.shape == (8, 9)
    with pytest.raises(ImageFileError, match="9 x 8 pixels are more than 71"):
        read_picture(path, max_pixels=71)
    with pytest.raises(ImageFileError, match=f"{size} bytes are more than {size - 1}"):
        read_picture(path, max_bytes=size - 1)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ImageFileError, match="pixels are more than 71"):
        read_picture(path, max_pixels=71)


@pytest.mark.parametrize(("name", "what"), [("a.gif", r"\.gif is not written"), ("a", "a name without suffix")])
def test_formats_that_are_not_written_are_refused(tmp_path, name, what):
    with pytest.raises(ImageFileError, match=what):
        write_picture(Picture(noise(4, 4, 3)), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_sizes_are_read_without_the_pixels(tmp_path):
    (tmp_path / "cut.png").write_bytes(encode(Picture(noise(80, 90)), "a.png")[:2000])
    (tmp_path / "text.png").write_bytes(b"hello, world")
    assert read_size(tmp_path / "cut.png") == (90, 80)
    assert read_size(tmp_path / "text.png") is read_size(tmp_path / "nowhere.png") is None
