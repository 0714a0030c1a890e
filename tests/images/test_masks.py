from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.errors import FileError, UserError
from restore.images.codec import read_picture, write_picture
from restore.images.masks import MaskFile, MaskFolder, OwnAlpha, fit_mask, read_mask
from restore.images.picture import Picture, upright
from tests.images.samples import noise, save_jpeg


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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_drawn_on_the_upright_picture_hits_the_stored_pixels(tmp_path, orientation):
    save_jpeg(tmp_path / "in.jpg", orientation=orientation)
    picture = read_picture(tmp_path / "in.jpg")
    stored = noise(24, 40) > 200
    shown = upright(stored, orientation)
    Image.fromarray(shown.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    assert np.array_equal(fit_mask(read_mask(tmp_path / "mask.png"), picture), stored)


def test_a_mask_of_another_size_names_both(tmp_path):
    Image.fromarray(noise(6, 7)).save(tmp_path / "mask.png")
    with pytest.raises(UserError, match="mask is 7 x 6 pixels, the image 9 x 8"):
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
    with pytest.raises(FileError, match=r"a\.bmp and a\.png"):
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
    with pytest.raises(UserError, match="no alpha"):
        OwnAlpha()(Picture(noise(1, 4, 3)), Path("a.png"))
