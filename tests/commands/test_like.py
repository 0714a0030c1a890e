"""`restore inpaint --like`: fills that may copy from other images of a set."""

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import read_picture, write_picture
from restore.images.picture import Picture

SIZE = (64, 72)
HOLE = np.zeros(SIZE, bool)
HOLE[12:52, 14:58] = True


def weave(height, width):
    """A texture that repeats every 8 pixels down and every 6 to the right."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 60 * np.sin(2 * np.pi * (y / 8 + k * x / 6)) for k in (1, 2, 0)]
    return np.stack(waves, axis=2).astype(np.uint8)


@pytest.fixture
def files(tmp_path):
    """A folder of three images of a texture, of which too little is seen to copy from, and a mask for all of them."""
    for index in range(3):
        image = np.full((*SIZE, 3), 20, np.uint8)
        image[5:59, 7:65] = np.roll(weave(*SIZE), 3 * index, axis=0)[5:59, 7:65]
        write_picture(Picture(image), tmp_path / "set" / f"{index}.png")
    write_picture(Picture(HOLE.astype(np.uint8) * 255), tmp_path / "mask.png")
    write_picture(Picture(weave(70, 80)), tmp_path / "others" / "whole.png")
    return tmp_path


def like(command, files, images, output, *options, mask="mask.png"):
    paths = [files / image for image in images]
    return command("inpaint", *paths, "--mask", files / mask, "-o", output, "--fill", "plausible", *options)


def error_in(files, name):
    filled, image = (read_picture(files / folder / name).pixels.astype(float) for folder in ("out", "set"))
    assert np.array_equal(filled[~HOLE], image[~HOLE])
    return np.abs(filled - image)[HOLE].mean()


def test_what_only_another_image_has_fills_the_hole(files, command, capsys):
    assert like(command, files, ["set/0.png"], files / "out" / "0.png", "--like", files / "others") == 0
    assert "set/0.png: copied from whole.png (" in capsys.readouterr().err
    assert error_in(files, "0.png") < 5
    assert like(command, files, ["set/0.png"], files / "out" / "0.png", "--overwrite") == 0
    assert error_in(files, "0.png") > 15


def test_images_copy_from_each_other_but_not_from_themselves_nor_from_holes(files, command, capsys):
    maps = files / "maps"
    assert like(command, files, ["set"], files / "out", "--like", files / "set", "--sources", f"{maps}/") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "copied from" in line]
    assert [line.count(f"{index}.png") for index, line in enumerate(lines)] == [1, 1, 1]
    # All have the hole at the same place, so that nothing but their borders can be copied.
    assert all(error_in(files, f"{index}.png") > 15 for index in range(3))


def test_a_hole_that_another_image_does_not_have_is_filled_from_there(files, command):
    for index in range(3):
        mask = HOLE if index == 1 else np.zeros_like(HOLE)
        write_picture(Picture(mask.astype(np.uint8) * 255), files / "masks" / f"{index}.png")
    options = ("--like", files / "set", "--seed", 2)  # with most seeds, what is laid over it is half a pixel off
    assert like(command, files, ["set"], files / "out", *options, mask="masks") == 0
    assert error_in(files, "1.png") < 5


def test_copies_from_elsewhere_are_dark_in_the_map(files, command):
    drawn = files / "map.png"
    assert like(command, files, ["set/0.png"], files / "a.png", "--like", files / "others", "--sources", drawn) == 0
    assert np.asarray(Image.open(drawn))[HOLE].max() <= 128


def test_masks_and_results_among_the_images_are_no_references(files, command, capsys):
    write_picture(Picture(HOLE.astype(np.uint8) * 255), files / "set" / "0_mask.png")
    folder = files / "set"
    options = ("--like", folder, "--overwrite")
    assert like(command, files, ["set/0.png"], folder / "out", *options, mask="set") == 0
    assert like(command, files, ["set/0.png"], folder / "out", *options, mask="set") == 0
    said = capsys.readouterr().err
    assert "0_mask.png" not in said
    assert "out/0.png" not in said


def test_what_cannot_be_read_is_named_and_left_out(files, command, capsys):
    (files / "others" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    write_picture(Picture(weave(70, 80)[..., 0].astype(np.uint16) * 257), files / "others" / "deep.png")
    assert like(command, files, ["set/0.png"], files / "out" / "0.png", "--like", files / "others") == 0
    said = capsys.readouterr().err.splitlines()
    assert next(line for line in said if "broken.png" in line).endswith("; it is not copied from")
    assert sum("broken.png" in line for line in said) == 1


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        (["nowhere.png"], "--like names no image that can be copied from"),
        (["empty"], "no images here"),
        ([""], "--like is an empty name"),
    ],
)
def test_without_a_reference_nothing_is_done(files, command, capsys, others, reason):
    (files / "empty").mkdir()
    options = [part for one in others for part in ("--like", one and files / one)]
    assert like(command, files, ["set/0.png"], files / "out.png", *options) == 2
    assert reason in capsys.readouterr().err
    assert not (files / "out.png").exists()


def test_the_expected_fill_is_told_by_others_too(files, command):
    """A disc on a gradient, half hidden; in the other image it lies elsewhere and turned."""
    y, x = np.mgrid[:96, :112]

    def part(row, column, angle):
        down, right = y - row, x - column
        along = np.cos(angle) * right + np.sin(angle) * down
        across = np.cos(angle) * down - np.sin(angle) * right
        inside = down**2 + right**2 < 26**2
        colour = np.where(inside, 120 + 70 * np.sign(np.sin(along / 4)) + 2 * across, 40 + x / 4)
        return np.stack([colour, 0.8 * colour, 255 - colour], axis=2).clip(0, 255).astype(np.uint8)

    hole = (y > 20) & (y < 74) & (x > 52) & (x < 90)
    write_picture(Picture(part(46, 54, 0.0)), files / "parts" / "0.png")
    write_picture(Picture(part(50, 60, 0.4)), files / "parts" / "1.png")
    write_picture(Picture(hole.astype(np.uint8) * 255), files / "half.png")
    image, mask = files / "parts" / "0.png", files / "half.png"
    errors = []
    for name, options in (("without", ()), ("with", ("--like", files / "parts"))):
        output = files / f"{name}.png"
        assert command("inpaint", image, "--mask", mask, "-o", output, *options) == 0
        filled, truth = (read_picture(path).pixels.astype(float) for path in (output, image))
        assert np.array_equal(filled[~hole], truth[~hole])
        errors.append(np.square(filled - truth)[hole].mean() ** 0.5)
    assert errors[1] < 0.5 * errors[0]
