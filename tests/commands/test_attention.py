import numpy as np
import pytest

from restore.cli import main
from restore.drawing.pieces import PIECE_COLOURS
from restore.images.codec import read_picture, write_picture
from restore.images.picture import Picture
from restore.networks import RestorationNetwork, UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: an image, a mask that hides its upper left, and the weights of an untrained network."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    write_picture(Picture(pixels), tmp_path / "image.png")
    mask = np.zeros((40, 56), np.uint8)
    mask[:18, :20] = 255
    write_picture(Picture(mask), tmp_path / "mask.png")
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    return tmp_path


def attention(*arguments):
    return main(["attention", "image.png", "-o", "out.png", "--weights", "w.safetensors", *arguments])


def test_a_picture_of_every_head_is_written(folder):
    assert attention("--at", "30,20") == 0
    one = read_picture(folder / "out.png").pixels
    assert attention("--at", "30,20", "--layer", "all", "--overwrite") == 0
    assert read_picture(folder / "out.png").pixels.shape[0] > 1.5 * one.shape[0]


def test_the_patch_is_framed_and_the_hole_is_marked(folder):
    assert attention("--at", "30,20", "--mask", "mask.png") == 0
    pixels = read_picture(folder / "out.png").pixels[:50, :62]
    assert (pixels == [0, 255, 255]).all(-1).sum() == 12**2 - 8**2
    assert (pixels == [255, 0, 255]).all(-1).sum() == 18 * 20


def test_a_hidden_patch_is_shown_in_the_decoder_alone(folder, capsys):
    assert attention("--at", "2,3", "--mask", "mask.png") == 0
    assert attention("--at", "2,3", "--mask", "mask.png", "--layer", "encoder.1", "--overwrite") == 2
    assert "a hidden patch does not enter encoder.1; it is in decoder.1" in capsys.readouterr().err


@pytest.fixture
def stripes(folder):
    """Stripes of 6 pixels instead of noise, with a hole of 32 x 32 pixels: what repeats is found again."""
    bright = np.where(np.arange(64) % 6 < 3, 200, 20)[:, None, None]
    stripes = (bright + np.random.default_rng(1).integers(0, 20, (64, 96, 3))).astype(np.uint8)
    write_picture(Picture(stripes), folder / "image.png", overwrite=True)
    mask = np.zeros((64, 96), np.uint8)
    mask[16:48, 32:64] = 255
    write_picture(Picture(mask), folder / "mask.png", overwrite=True)
    return folder


def sheet(folder, *arguments):
    assert attention("--mask", "mask.png", "--overwrite", *arguments) == 0
    return read_picture(folder / "out.png").pixels


def test_of_a_hidden_patch_the_pieces_are_shown(stripes):
    shown = sheet(stripes, "--at", "45,30")
    assert {tuple(colour) for colour in PIECE_COLOURS[:1]} <= set(map(tuple, shown.reshape(-1, 3).tolist()))
    visible = sheet(stripes, "--at", "5,5")
    assert shown.shape[0] > 1.4 * visible.shape[0]
    assert not (visible == PIECE_COLOURS[1]).all(-1).any()


def test_another_seed_shows_another_fill_and_the_same_the_same(stripes):
    first, again, other = (sheet(stripes, "--at", "45,30", "--seed", seed) for seed in ("0", "0", "1"))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_where_nothing_is_copied_a_line_says_so(folder, capsys):
    mask = np.zeros((40, 56), np.uint8)
    mask[16:24, 24:32] = 255
    write_picture(Picture(mask), folder / "mask.png", overwrite=True)
    assert attention("--at", "28,20", "--mask", "mask.png") == 0
    assert "image.png: nothing is copied into a hole as narrow as here" in capsys.readouterr().err


def test_a_large_image_is_looked_at_around_the_patch(folder, capsys):
    write_picture(Picture(np.zeros((20, 700), np.uint8)), folder / "image.png", overwrite=True)
    assert attention("--at", "690,5") == 0
    assert "image.png: looked at from 188,0 to 700,20" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--at", "30"], "--at takes two whole numbers, X,Y, not '30'"),
        (["--at", "56,3"], "image.png: the pixel 56,3 lies outside its 56 x 40 pixels"),
        (["--at", "3,3", "--layer", "third"], "there is no layer 'third'; there are encoder.1, encoder.2, decoder.1"),
        (["--at", "3,3", "--seed", "-1"], "--seed"),
        (["--at", "3,3", "--mask", "image.jpg"], "image.jpg: no such file"),
        (["--at", "3,3", "--mask", "small.png"], "small.png: the mask is 3 x 2 pixels, the image 56 x 40"),
        (["--at", "3,3", "--weights", "unet.safetensors"], "a UNet has no attention to look at"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(folder, capsys, arguments, reason):
    write_picture(Picture(np.zeros((2, 3), np.uint8)), folder / "small.png")
    network = UNet((4, 8), (1, 1))
    save_weights(network.state_dict(), describe(network), folder / "unet.safetensors")
    assert attention(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert not (folder / "out.png").exists()
