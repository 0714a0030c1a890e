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


STROKES = np.zeros((24, 32), bool)
STROKES[6:12, 8:20] = True


def painted(paint, ground, opaque=STROKES):
    """RGBA: a colour where it is opaque, and one that nobody sees under the transparent rest."""
    inside, outside = (np.broadcast_to(np.array(colour, np.uint8), (24, 32, 3)) for colour in (paint, ground))
    return np.dstack([np.where(opaque[..., None], inside, outside), opaque.astype(np.uint8) * 255])


@pytest.mark.parametrize("ground", [0, 255, noise(24, 32, 3)], ids=["black", "white", "noise"])
@pytest.mark.parametrize("paint", [0, 255, (255, 0, 0), (0, 0, 90)])
def test_where_opacity_varies_it_decides_whatever_the_paint_and_whatever_is_hidden(tmp_path, caplog, paint, ground):
    Image.fromarray(painted(paint, ground)).save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png"), STROKES)
    assert np.array_equal(read_mask(tmp_path / "mask.png", "keep"), ~STROKES)
    assert not caplog.records


def test_one_odd_pixel_of_the_paint_changes_nothing(tmp_path, caplog):
    mask = painted(255, 255)
    mask[8, 10, :3] = 250
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png"), STROKES)
    assert not caplog.records


@pytest.mark.parametrize(("level", "expected"), [(0, False), (255, True)])
@pytest.mark.parametrize("opacity", [128, 255])
def test_where_opacity_is_the_same_everywhere_brightness_decides(tmp_path, level, expected, opacity):
    Image.fromarray(np.full((24, 32, 4), (level, level, level, opacity), np.uint8)).save(tmp_path / "mask.png")
    assert (read_mask(tmp_path / "mask.png") == expected).all()


def test_nothing_is_painted_on_what_is_transparent_as_a_whole(tmp_path):
    Image.fromarray(painted(255, noise(24, 32, 3), STROKES & False)).save(tmp_path / "mask.png")
    assert not read_mask(tmp_path / "mask.png").any()


def test_where_both_vary_opacity_decides_and_one_line_says_so(tmp_path, caplog):
    mask = painted(255, 255)
    mask[:, 14:, :3] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for _ in range(2):
        assert np.array_equal(read_mask(tmp_path / "mask.png"), STROKES)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "opacity decides: what is opaque is painted" in record.getMessage()


def test_a_picture_with_parts_erased_is_refused_unless_what_is_opaque_is_kept(tmp_path):
    Image.fromarray(painted(noise(24, 32, 3), 0, ~STROKES)).save(tmp_path / "mask.png")
    with pytest.raises(FileError, match=r"mask\.png: a picture of which parts are erased.*--mask alpha"):
        read_mask(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png", "keep"), STROKES)


LABELS = noise(24, 32) % 3
LABELS[0, :3] = 0, 1, 2


def save_labels(path, labels, kind):
    image = Image.fromarray(labels.astype(np.uint16 if kind == "16 bits" else np.uint8))
    if kind in ("dark palette", "colour palette"):
        image.putpalette([0, 0, 0, 0, 0, 90, 0, 20, 0] if kind == "dark palette" else [0, 0, 0, 255, 0, 0, 0, 255, 0])
    image.convert("RGB" if kind == "RGB" else image.mode).save(path)


@pytest.mark.parametrize("kind", ["gray", "16 bits", "RGB", "dark palette"])
@pytest.mark.parametrize("mask_means", ["hole", "keep"])
def test_labels_are_told_from_levels_and_refused_with_the_way_out(tmp_path, kind, mask_means):
    save_labels(tmp_path / "mask.png", LABELS, kind)
    with pytest.raises(FileError, match=r"mask\.png: its only values are 0, 1, 2, labels.*--mask-values 2"):
        read_mask(tmp_path / "mask.png", mask_means)


@pytest.mark.parametrize("kind", ["gray", "16 bits", "RGB", "dark palette", "colour palette"])
def test_the_labels_that_are_hole_are_listed_as_they_are_stored(tmp_path, kind):
    save_labels(tmp_path / "mask.png", LABELS, kind)
    for values in ([1], [0, 2], [7]):
        hole = np.isin(LABELS, values)
        assert np.array_equal(read_mask(tmp_path / "mask.png", values=values), hole)
        assert np.array_equal(read_mask(tmp_path / "mask.png", "keep", values), ~hole)


def test_labels_of_many_classes_are_refused_as_well(tmp_path):
    save_labels(tmp_path / "mask.png", noise(24, 32) % 90, "gray")
    with pytest.raises(FileError, match=r"0, 1, 2, 3, …, 89, labels"):
        read_mask(tmp_path / "mask.png")


def test_colours_are_no_labels(tmp_path):
    Image.fromarray(noise(24, 32, 3)).save(tmp_path / "mask.png")
    with pytest.raises(FileError, match="holds colours"):
        read_mask(tmp_path / "mask.png", values=[1])
    Image.fromarray(noise(24, 32, 3) // 30).save(tmp_path / "mask.png")
    with pytest.raises(FileError, match="nearly black"):
        read_mask(tmp_path / "mask.png")


def test_masks_of_two_levels_that_are_no_labels_stay_what_they_are(tmp_path):
    Image.fromarray(STROKES.astype(np.uint8) * 255).save(tmp_path / "white.png")
    Image.fromarray(STROKES.astype(np.uint8) * 100).save(tmp_path / "gray.png")
    Image.fromarray(STROKES).save(tmp_path / "bits.png")
    for path in tmp_path.iterdir():
        assert np.array_equal(read_mask(path), STROKES), path.name
    assert np.array_equal(read_mask(tmp_path / "bits.png", values=[1]), STROKES)


def test_labels_reach_the_masks_of_a_file_and_of_a_folder(tmp_path):
    save_labels(tmp_path / "a.png", LABELS, "gray")
    picture = Picture(noise(24, 32, 3))
    for masks in (MaskFile(tmp_path / "a.png", values=[1]), MaskFolder(tmp_path, values=[1])):
        assert np.array_equal(masks(picture, Path("a.png")), LABELS == 1)
    with pytest.raises(FileError, match="--mask-values"):
        MaskFolder(tmp_path)(picture, Path("a.png"))
