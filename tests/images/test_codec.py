import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms, ImageOps

from restore.errors import FileError
from restore.images.codec import (
    ImageFileError,
    Picture,
    have_one_format,
    read_picture,
    read_rgb,
    upright,
    write_picture,
)
from restore.images.folders import find_images
from restore.images.masks import MaskFile, MaskFolder, OwnAlpha, fit_mask, read_mask
from restore.images.writes import WriteError

RNG_SEED = 7


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(RNG_SEED).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def photograph(height=24, width=40):
    """Smooth enough for JPEG, and without any symmetry."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 9 % 200, columns * 5 % 220, (rows + columns) * 3 % 180], axis=2).astype(np.uint8)


def save_jpeg(path, orientation=1, **options):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Maker"
    Image.fromarray(photograph()).save(path, exif=exif, quality=95, subsampling=0, **options)


def icc_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3), (1, 1, 3), (10, 3000)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lossless_formats_return_every_bit(tmp_path, suffix, dtype, shape, with_alpha):
    alpha = noise(*shape[:2], dtype=dtype)[::-1].copy() if with_alpha else None
    picture = Picture(noise(*shape, dtype=dtype), alpha)
    write_picture(picture, tmp_path / f"a{suffix}")
    back = read_picture(tmp_path / f"a{suffix}")
    assert back.pixels.dtype == dtype
    assert np.array_equal(back.pixels, picture.pixels)
    assert (back.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(back.alpha, alpha)


@pytest.mark.parametrize(
    ("suffix", "with_alpha"), [(".webp", False), (".webp", True), (".avif", False), (".bmp", False)]
)
def test_eight_bit_colour_formats_return_every_bit(tmp_path, suffix, with_alpha):
    alpha = noise(16, 18) if with_alpha else None
    write_picture(Picture(noise(16, 18, 3), alpha), tmp_path / f"a{suffix}")
    back = read_picture(tmp_path / f"a{suffix}")
    assert np.array_equal(back.pixels, noise(16, 18, 3))
    assert alpha is None or np.array_equal(back.alpha, alpha)


def test_files_of_another_library_are_read_as_it_wrote_them(tmp_path):
    Image.fromarray(noise(8, 9, 3)).save(tmp_path / "a.bmp")
    Image.fromarray(noise(8, 9)).save(tmp_path / "gray.bmp")
    Image.fromarray(noise(8, 9, dtype=np.uint16)).save(tmp_path / "gray.png")
    assert np.array_equal(read_picture(tmp_path / "a.bmp").pixels, noise(8, 9, 3))
    assert np.array_equal(read_picture(tmp_path / "gray.bmp").pixels, noise(8, 9))
    assert np.array_equal(read_picture(tmp_path / "gray.png").pixels, noise(8, 9, dtype=np.uint16))


def test_written_files_are_read_by_another_library(tmp_path):
    write_picture(Picture(noise(8, 9, 3), noise(8, 9)), tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.dstack([noise(8, 9, 3), noise(8, 9)]))


def test_jpeg_moves_pixels_by_little(tmp_path):
    write_picture(Picture(photograph()), tmp_path / "a.jpg")
    difference = np.abs(read_picture(tmp_path / "a.jpg").pixels.astype(int) - photograph())
    assert difference.mean() < 1.5


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_profile_orientation_and_resolution_survive(tmp_path, suffix):
    save_jpeg(tmp_path / "in.jpg", orientation=6, icc_profile=icc_profile(), dpi=(300, 300))
    write_picture(read_picture(tmp_path / "in.jpg"), tmp_path / f"out{suffix}")
    back = read_picture(tmp_path / f"out{suffix}")
    assert back.metadata["icc-profile-data"] == icc_profile()
    assert back.orientation == 6
    assert back.pixels.shape == (24, 40, 3)
    with Image.open(tmp_path / f"out{suffix}") as image:
        assert image.getexif()[274] == 6
    if suffix != ".webp":
        assert back.resolution == pytest.approx((300 / 25.4, 300 / 25.4), rel=1e-3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_other_exif_survives(tmp_path, suffix):
    save_jpeg(tmp_path / "in.jpg")
    write_picture(read_picture(tmp_path / "in.jpg"), tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as image:
        assert image.getexif()[271] == "Maker"


def test_thumbnail_of_the_unrestored_picture_is_dropped(tmp_path):
    thumbnail = io.BytesIO()
    Image.fromarray(photograph(8, 8)).save(thumbnail, "JPEG")
    image = pyvips.Image.new_from_array(photograph(), interpretation="srgb").copy()
    image.set_type(pyvips.GValue.blob_type, "jpeg-thumbnail-data", thumbnail.getvalue())
    image.write_to_file(str(tmp_path / "in.jpg"))
    assert "jpeg-thumbnail-data" in pyvips.Image.new_from_file(str(tmp_path / "in.jpg")).get_fields()
    write_picture(read_picture(tmp_path / "in.jpg"), tmp_path / "out.jpg")
    assert "jpeg-thumbnail-data" not in pyvips.Image.new_from_file(str(tmp_path / "out.jpg")).get_fields()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reading_for_training_turns_the_image_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(photograph()).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(np.round(read_rgb(tmp_path / "a.png") * 255), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_drawn_on_the_upright_picture_hits_the_stored_pixels(tmp_path, orientation):
    save_jpeg(tmp_path / "in.jpg", orientation=orientation)
    picture = read_picture(tmp_path / "in.jpg")
    stored = noise(24, 40) > 200
    shown = upright(stored, orientation)
    Image.fromarray(shown.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    assert np.array_equal(fit_mask(read_mask(tmp_path / "mask.png"), picture), stored)


def test_training_images_keep_sixteen_bits_and_become_colour(tmp_path):
    write_picture(Picture(noise(5, 6, dtype=np.uint16)), tmp_path / "a.png")
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


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_several_frames_are_refused(tmp_path, name):
    first, second = Image.fromarray(photograph()), Image.fromarray(255 - photograph())
    first.save(tmp_path / name, save_all=True, append_images=[second])
    with pytest.raises(ImageFileError, match=r"a\.\w+: has several frames"):
        read_picture(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.bmp", "a.webp"])
def test_files_cut_short_are_refused(tmp_path, name):
    Image.fromarray(noise(32, 32, 3)).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(ImageFileError, match=rf"{name}: "):
        read_picture(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"hello, world", b"BM nothing", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_image_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "text.png").write_bytes(content)
    with pytest.raises(ImageFileError) as caught:
        read_picture(tmp_path / "text.png")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'text.png'}: ")


def test_float_images_are_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ImageFileError, match="float"):
        read_picture(tmp_path / "a.tif")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageFileError, match=r"nowhere\.png: no such file or directory"):
        read_picture(tmp_path / "nowhere.png")


def test_more_pixels_than_the_bound_are_refused_before_decoding(tmp_path):
    black = pyvips.Image.black(40000, 20000)
    black.write_to_file(str(tmp_path / "bomb.png"), compression=9)
    with pytest.raises(ImageFileError, match="40000 x 20000"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    ("picture", "name", "what"),
    [
        (Picture(noise(4, 4, dtype=np.uint16)), "a.jpg", "16 bits"),
        (Picture(noise(4, 4, dtype=np.uint16)), "a.webp", "16 bits"),
        (Picture(noise(4, 4, 3), noise(4, 4)), "a.jpg", "an alpha channel"),
        (Picture(noise(4, 4, 3), metadata={"icc-profile-data": b"profile"}), "a.bmp", "a colour profile"),
        (Picture(noise(4, 4, 3)), "a.gif", r"\.gif is not written"),
        (Picture(noise(4, 4, 3)), "a", "a name without suffix"),
    ],
)
def test_nothing_is_lost_silently(tmp_path, picture, name, what):
    with pytest.raises(ImageFileError, match=what):
        write_picture(picture, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_bmp_is_turned_upright_since_it_knows_no_orientation(tmp_path):
    write_picture(Picture(photograph(), metadata={"orientation": 6}), tmp_path / "a.bmp")
    assert np.array_equal(read_picture(tmp_path / "a.bmp").pixels, upright(photograph(), 6))


def test_existing_files_need_overwrite(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"mine")
    with pytest.raises(WriteError, match="exists"):
        write_picture(Picture(noise(4, 4)), target)
    assert target.read_bytes() == b"mine"
    write_picture(Picture(noise(4, 4)), target, overwrite=True)
    assert np.array_equal(read_picture(target).pixels, noise(4, 4))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a.jpg", "b.JPEG", True), ("a.TIF", "a.tiff", True), ("a.png", "b.png", True), ("a.png", "a.jpg", False)],
)
def test_names_of_one_format_are_told(one, other, same):
    assert have_one_format(Path(one), Path(other)) == same


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(WriteError, match=r"taken\.png: cannot be written"):
        write_picture(Picture(noise(4, 4)), tmp_path / "taken.png", overwrite=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["taken.png"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WriteError, match=r"a\.png: cannot be written"):
        write_picture(Picture(noise(4, 4)), tmp_path / "file" / "a.png")


def test_permissions_follow_the_umask_and_then_the_replaced_file(tmp_path):
    mask = os.umask(0o027)
    try:
        write_picture(Picture(noise(4, 4)), tmp_path / "a.png")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640
    (tmp_path / "a.png").chmod(0o604)
    write_picture(Picture(noise(4, 4)), tmp_path / "a.png", overwrite=True)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o604


def test_folders_are_searched_in_order_without_hidden_files(tmp_path):
    for name in ["b.PNG", "a.jpg", "deep/c.tif", ".hidden.png", ".cache/d.png", "notes.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(relative) for _, relative in find_images([tmp_path])] == ["a.jpg", "b.PNG", "deep/c.tif"]


def test_patterns_keep_the_tree_below_their_first_wildcard(tmp_path):
    for name in ["x/one/a.png", "x/two/a.png", "x/two/a.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    assert [str(relative) for _, relative in find_images([tmp_path / "x" / "**" / "a.*"])] == ["one/a.png", "two/a.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_found(tmp_path):
    (tmp_path / "scan[1].png").touch()
    assert [relative.name for _, relative in find_images([tmp_path / "scan[1].png"])] == ["scan[1].png"]


@pytest.mark.parametrize("name", ["empty", "*.png"])
def test_where_no_image_lies_is_named(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no images here"):
        find_images([tmp_path / name])


def test_white_is_hole_unless_it_means_keep(tmp_path):
    white = noise(6, 7) > 128
    Image.fromarray(white).save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png"), white)
    assert np.array_equal(read_mask(tmp_path / "mask.png", "keep"), ~white)


def test_mask_formats_agree(tmp_path):
    hole = np.zeros((32, 32), bool)
    hole[8:16, 8:24] = True
    level = hole.astype(np.uint8) * 255
    clear = np.full((32, 32, 3), 255, np.uint8)
    Image.fromarray(level).save(tmp_path / "gray.png")
    Image.fromarray(level).save(tmp_path / "lossy.jpg", quality=95)
    Image.fromarray(np.dstack([clear, level])).save(tmp_path / "painted.png")
    Image.fromarray(np.dstack([level] * 3 + [np.full_like(level, 255)])).save(tmp_path / "opaque.png")
    write_picture(Picture(level.astype(np.uint16) * 257), tmp_path / "deep.tif")
    for path in tmp_path.iterdir():
        assert np.array_equal(read_mask(path), hole), path.name


@pytest.mark.parametrize("mask_means", ["hole", "keep"])
def test_grey_edges_of_a_mask_are_hole_and_said(tmp_path, caplog, mask_means):
    caplog.set_level("INFO", "restore")
    level = np.array([[0, 10, 60, 128, 200, 245, 255]], np.uint8)
    Image.fromarray(level if mask_means == "hole" else 255 - level).save(tmp_path / "soft.png")
    assert read_mask(tmp_path / "soft.png", mask_means).tolist() == [[False, False, True, True, True, True, True]]
    assert "3 grey pixels" in caplog.text


def test_a_mask_of_another_size_names_both(tmp_path):
    Image.fromarray(noise(6, 7)).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match="mask is 7 x 6 pixels, the image 9 x 8"):
        MaskFile(tmp_path / "mask.png")(Picture(noise(8, 9, 3)), Path("a.png"))


def test_masks_are_matched_by_relative_name(tmp_path):
    for folder in ["one", "two"]:
        hole = noise(8, 9) > (100 if folder == "one" else 200)
        write_picture(Picture(hole.astype(np.uint8) * 255), tmp_path / folder / "a.png")
    masks = MaskFolder(tmp_path)
    picture = Picture(noise(8, 9, 3))
    assert np.array_equal(masks(picture, Path("two/a.jpg")), noise(8, 9) > 200)
    with pytest.raises(FileError, match=r"one/b\.jpg"):
        masks(picture, Path("one/b.jpg"))


def test_two_masks_of_one_name_are_refused_unless_one_has_the_suffix_too(tmp_path):
    for name in ["a.png", "a.bmp"]:
        write_picture(Picture(noise(8, 9)), tmp_path / name)
    with pytest.raises(ImageFileError, match=r"a\.bmp and a\.png"):
        MaskFolder(tmp_path)(Picture(noise(8, 9)), Path("a.jpg"))
    assert MaskFolder(tmp_path)(Picture(noise(8, 9)), Path("a.png")).any()


def test_a_folder_of_masks_is_listed_once(tmp_path):
    write_picture(Picture(noise(8, 9)), tmp_path / "a.png")
    masks = MaskFolder(tmp_path)
    write_picture(Picture(noise(8, 9)), tmp_path / "a.bmp")
    assert masks(Picture(noise(8, 9)), Path("a.jpg")).any()


def test_what_is_transparent_is_hole():
    alpha = np.array([[0, 100, 240, 255]], np.uint8)
    assert OwnAlpha()(Picture(noise(1, 4, 3), alpha), Path("a.png")).tolist() == [[True, True, False, False]]
    with pytest.raises(ValueError, match="no alpha"):
        OwnAlpha()(Picture(noise(1, 4, 3)), Path("a.png"))
