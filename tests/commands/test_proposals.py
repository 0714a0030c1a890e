"""The options of `restore inpaint` about plausible fills."""

import numpy as np
import pytest
from PIL import Image

from restore.images.codec import read_picture, write_picture
from restore.images.picture import Picture

SIZE = (64, 72)
HOLE = np.zeros(SIZE, bool)
HOLE[20:44, 24:50] = True


@pytest.fixture
def files(tmp_path):
    """An image, a mask and another mask, in a folder."""
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    left = np.zeros(SIZE, bool)
    left[:, :24] = True
    write_picture(Picture(image), tmp_path / "in" / "a.png")
    for name, mask in (("mask", HOLE), ("left", left)):
        write_picture(Picture(mask.astype(np.uint8) * 255), tmp_path / f"{name}.png")
    return tmp_path


def plausible(command, files, output, *options):
    image, mask = files / "in" / "a.png", files / "mask.png"
    return command("inpaint", image, "--mask", mask, "-o", output, "--fill", "plausible", *options)


def test_the_fill_is_that_of_the_option(files, command):
    assert command("inpaint", files / "in/a.png", "--mask", files / "mask.png", "-o", files / "expected.png") == 0
    assert plausible(command, files, files / "plausible.png") == 0
    image, expected, filled = (read_picture(files / f"{name}.png").pixels for name in ("in/a", "expected", "plausible"))
    assert np.array_equal(filled[~HOLE], image[~HOLE])
    assert filled[HOLE].std() > 2 * expected[HOLE].std()


def test_without_the_option_it_is_what_is_expected(files, command):
    arguments = ("inpaint", files / "in/a.png", "--mask", files / "mask.png", "-o")
    assert command(*arguments, files / "default.png") == 0
    assert command(*arguments, files / "expected.png", "--fill", "expected") == 0
    assert (files / "default.png").read_bytes() == (files / "expected.png").read_bytes()


def test_proposals_differ_and_the_first_is_that_of_the_seed(files, command):
    assert plausible(command, files, files / "out" / "a.png", "--proposals", "3", "--seed", "5") == 0
    names = sorted(path.name for path in (files / "out").iterdir())
    assert names == ["a-1.png", "a-2.png", "a-3.png"]
    fills = [(files / "out" / name).read_bytes() for name in names]
    assert len(set(fills)) == 3
    assert plausible(command, files, files / "sixth.png", "--seed", "6") == 0
    assert (files / "sixth.png").read_bytes() == fills[1]


def test_what_exists_of_the_proposals_is_skipped(files, command):
    (files / "out").mkdir()
    (files / "out" / "a-1.png").write_bytes(b"kept")
    assert plausible(command, files, files / "out", "--proposals", "2", "--skip-existing") == 0
    assert (files / "out" / "a-1.png").read_bytes() == b"kept"
    assert read_picture(files / "out" / "a-2.png").pixels.shape == (*SIZE, 3)


def test_sources_are_drawn_and_none_lies_where_copying_is_barred(files, command):
    drawn = files / "map.png"
    assert plausible(command, files, files / "a.png", "--not-from", files / "left.png", "--sources", drawn) == 0
    red = np.asarray(Image.open(drawn))[HOLE][:, 0]
    assert red.min() >= round(24 / (SIZE[1] - 1) * 255)
    assert len(set(red.tolist())) > 5


def test_the_sources_of_several_results_go_to_a_folder(files, command, capsys):
    options = ("--proposals", "2", "--sources")
    assert plausible(command, files, files / "out", *options, files / "map.png") == 2
    assert "the sources of 2 results cannot all be written to" in capsys.readouterr().err
    assert plausible(command, files, files / "out", *options, f"{files / 'maps'}/") == 0
    assert sorted(path.name for path in (files / "maps").iterdir()) == ["a-1.png", "a-2.png"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--proposals", "2"), "--seed, --not-from, --proposals and --sources are for --fill plausible"),
        (("--fill", "plausible", "--proposals", "0"), "--proposals is at least 1, not 0"),
        (("--fill", "plausible", "--seed", "-1"), "--seed is at least 0, not -1"),
        (("--fill", "plausible", "--sources", "map.jpg"), "--sources writes a PNG file"),
    ],
)
def test_options_that_allow_no_work_are_refused(files, command, capsys, options, reason):
    image, mask = files / "in" / "a.png", files / "mask.png"
    assert command("inpaint", image, "--mask", mask, "-o", files / "out.png", *options) == 2
    assert reason in capsys.readouterr().err
    assert not (files / "out.png").exists()


def test_proposals_do_not_go_to_standard_output(files, command, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert plausible(command, files, "-", "--proposals", "2") == 2
    assert "several proposals cannot be written to standard output" in capsys.readouterr().err
