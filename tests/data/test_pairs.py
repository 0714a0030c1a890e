import numpy as np
import pytest
from PIL import Image

from restore.data.pairs import Pair, paired
from restore.errors import FileError, UserError


@pytest.fixture(autouse=True)
def _at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(tmp_path, **folders):
    for folder, names in folders.items():
        for number, name in enumerate(names.split()):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((6, 8, 3), number, np.uint8)).save(path)


def names(pairs):
    return [(pair.noisy.as_posix(), pair.clean.as_posix()) for pair in pairs]


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("a.png more/b.png", "a.png more/b.png"),
        ("a.jpg more/b.jpg", "a.png more/b.tif"),
        ("a.png b.jpg", "a.png b.png"),
        ("a.png a.tif", "a.png a.tif"),
        ("A.png a.png", "A.png a.png"),
        ("A.JPG more/cafe\u0301.png", "a.png more/caf\u00e9.png"),
        ("a_noisy.png b_noisy.png", "a_clean.png b_clean.png"),
        ("5D_3200_chair_11_real.jpg 5D_3200_chair_4_real.jpg", "5D_3200_chair_11_mean.jpg 5D_3200_chair_4_mean.jpg"),
        ("a_noisy.png b_noisy.png", "a.png b.png"),
        ("a.png b.png", "a-gt.png b-gt.png"),
        ("1/NOISY_SRGB_010.png 2/NOISY_SRGB_010.png", "1/GT_SRGB_010.png 2/GT_SRGB_010.png"),
        ("1/noisy.png 2/noisy.png", "1/clean.png 2/clean.png"),
        ("book_iso6400.png", "book_iso100.png"),
        ("red_chair.png red_desk.png", "red_chair.png red_desk.png"),
    ],
)
def test_images_of_one_scene_are_paired_by_name(tmp_path, noisy, clean):
    write(tmp_path, noisy=noisy, clean=clean)
    expected = [(f"noisy/{one}", f"clean/{other}") for one, other in zip(noisy.split(), clean.split(), strict=True)]
    assert names(paired("noisy", "clean")) == expected
    assert [pair.name.as_posix() for pair in paired("noisy", "clean")] == noisy.split()


def test_patterns_tell_apart_what_lies_in_one_folder(tmp_path):
    write(tmp_path, scenes="a_real.png a_mean.png b/c_real.png b/c_mean.png")
    assert names(paired("scenes/**/*_real.png", "scenes/**/*_mean.png")) == [
        ("scenes/a_real.png", "scenes/a_mean.png"),
        ("scenes/b/c_real.png", "scenes/b/c_mean.png"),
    ]


@pytest.mark.parametrize(
    ("noisy", "clean", "message"),
    [
        ("a.png", "b.png", "no image of noisy is called like one of clean, a word such as _noisy or _clean aside"),
        ("scene_01.png", "scene_02.png", "no image of noisy is called like one of clean"),
        ("a.png b.png", "a.png", "noisy/b.png: no image of that name in clean"),
        ("a.png", "a.png c.png d.png", "clean/c.png, clean/d.png: no image of that name in noisy"),
        ("a.png " + " ".join(f"x{i}.png" for i in range(7)), "a.png", "noisy/x4.png and 2 others: no image of"),
        ("a.png", "a.jpg a.tif", "clean/a.jpg, clean/a.tif: which of them is meant, their names do not tell"),
        ("a.jpg a.tif", "a.png", "noisy/a.jpg, noisy/a.tif: which of them is meant"),
    ],
)
def test_what_cannot_be_paired_is_one_line_that_names_it(tmp_path, noisy, clean, message):
    write(tmp_path, noisy=noisy, clean=clean)
    with pytest.raises(UserError) as raised:
        paired("noisy", "clean")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_images_of_a_pair_have_one_size(tmp_path):
    write(tmp_path, noisy="a.png", clean="a.png")
    Image.new("RGB", (9, 6)).save(tmp_path / "clean" / "a.png")
    with pytest.raises(FileError, match=r"^noisy/a\.png: 8 x 6 pixels, but clean/a\.png has 9 x 6$"):
        paired("noisy", "clean")


def test_sizes_are_those_of_what_stands_upright(tmp_path):
    write(tmp_path, noisy="a.jpg b.jpg", clean="a.jpg b.jpg")
    turned = Image.new("RGB", (8, 6)).getexif()
    turned[0x0112] = 6
    Image.new("RGB", (6, 8)).save(tmp_path / "clean" / "a.jpg", exif=turned)
    Image.new("RGB", (6, 8)).save(tmp_path / "clean" / "b.jpg")
    first, second = paired("noisy", "clean")
    assert [side.shape for side in first.read()] == [(6, 8, 3)] * 2
    with pytest.raises(FileError, match=r"noisy/b\.jpg: 8 x 6 pixels, but clean/b\.jpg has 6 x 8"):
        second.read()


def test_a_pair_is_two_files_and_folders_exist(tmp_path):
    write(tmp_path, noisy="a.png")
    with pytest.raises(UserError, match=r"noisy/a\.png: given both as noisy and as clean"):
        paired("noisy", "noisy")
    with pytest.raises(FileError, match="clean: there is no such folder"):
        paired("noisy", "clean")
    (tmp_path / "clean").mkdir()
    with pytest.raises(FileError, match="clean: no images here"):
        paired("noisy", "clean")


def test_pixels_are_those_of_both_files(tmp_path):
    write(tmp_path, noisy="a.png b.png", clean="b.png a.png")
    noisy, clean = paired("noisy", "clean")[0].read()
    assert (noisy == 0).all()
    assert np.allclose(clean, 1 / 255)


def test_a_file_that_is_broken_is_told_by_reading(tmp_path):
    write(tmp_path, noisy="a.png", clean="a.png")
    (tmp_path / "noisy" / "a.png").write_bytes(b"nothing")
    (pair,) = paired("noisy", "clean")
    assert isinstance(pair, Pair)
    with pytest.raises(FileError, match=r"noisy/a\.png: text, not an image"):
        pair.read()
