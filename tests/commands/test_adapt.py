import numpy as np
import pytest

from restore.images.codec import read_rgb, write_picture
from restore.images.picture import Picture
from restore.training import adaptation

SIDE = 208


def scene():
    rows, columns = np.mgrid[:SIDE, :SIDE] / 13
    return 0.5 + 0.2 * np.stack([np.sin(rows), np.sin(rows + columns), np.sin(columns)], 2)


def write(values, path):
    write_picture(Picture((values.clip(0, 1) * 255).round().astype(np.uint8)), path)
    return path


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    monkeypatch.setattr(adaptation, "STEPS", (30, 30))
    monkeypatch.setattr(adaptation, "RATE", 0.02)
    return write(scene() + 0.1 * np.random.default_rng(0).standard_normal((SIDE, SIDE, 3)), tmp_path / "a.png")


def error(path):
    return np.sqrt(np.mean((read_rgb(path) - scene()) ** 2))


def test_an_image_is_denoised_better_by_weights_adapted_to_it(command, noisy, tmp_path, capsys):
    assert command("denoise", noisy, "-o", tmp_path / "plain.png") == 0
    assert command("denoise", noisy, "-o", tmp_path / "adapted.png", "--adapt") == 0
    assert "a.png: adapted to: error on a part set aside, of 255: " in capsys.readouterr().err
    assert error(tmp_path / "adapted.png") < 0.9 * error(tmp_path / "plain.png")


def test_what_is_no_better_changes_nothing(command, noisy, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(adaptation, "RATE", 0.0)
    assert command("denoise", noisy, "-o", tmp_path / "plain.png", "--sigma", "20") == 0
    assert command("denoise", noisy, "-o", tmp_path / "adapted.png", "--sigma", "20", "--adapt") == 0
    assert "a.png: not adapted to, as that is no better" in capsys.readouterr().err
    assert (tmp_path / "adapted.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_what_cannot_be_adapted_to_is_denoised_as_it_is(command, tmp_path, capsys):
    small = write(scene()[:40, :40], tmp_path / "small.png")
    pixels = np.full((SIDE, SIDE, 4), 100, np.uint8)
    pixels[:9, :, 3] = 0
    write_picture(Picture(pixels), tmp_path / "clear.png")
    assert command("denoise", small, tmp_path / "clear.png", "-o", tmp_path / "out", "--sigma", "20", "--adapt") == 0
    said = capsys.readouterr().err
    assert "small.png: not adapted to, as it is too small" in said
    assert "clear.png: not adapted to, as parts of it are transparent" in said
    assert len(list((tmp_path / "out").iterdir())) == 2
