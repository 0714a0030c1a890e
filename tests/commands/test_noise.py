import json

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.images.codec import read_picture, write_picture
from restore.images.picture import Picture
from restore.noise_profile import NoiseProfile


def write_noisy(path, sigma, seed=0, dtype=np.uint8):
    """Noise of another sigma at each value: `sigma` at black, twice as much at white."""
    rng = np.random.default_rng(seed)
    image = np.linspace(0.2, 0.8, 160)[:, None, None] * np.ones((160, 200, 3))
    noise = sigma / 255 * np.sqrt(1 + 3 * image) * rng.standard_normal(image.shape)
    top = np.iinfo(dtype).max
    write_picture(Picture((np.clip(image + noise, 0, 1) * top).round().astype(dtype)), path)


def test_a_folder_becomes_a_table_and_a_profile(tmp_path, capsys):
    for seed in range(3):
        write_noisy(tmp_path / "in" / f"{seed}.png", 10, seed, np.uint16 if seed == 1 else np.uint8)
    assert main(["noise", str(tmp_path / "in"), "-o", str(tmp_path / "profile.json")]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["image", "shadows", "lights", "correlated,", "px", "JPEG", "quality"]
    assert [row.split()[0] for row in rows] == ["0.png", "1.png", "2.png"]
    for row in rows:
        shadows, lights, stride = map(float, row.split()[1:])
        assert shadows == pytest.approx(10 * (1 + 3 * 0.26) ** 0.5, rel=0.15)
        assert lights == pytest.approx(10 * (1 + 3 * 0.74) ** 0.5, rel=0.15)
        assert stride == 1
    profile = NoiseProfile.read(tmp_path / "profile.json")
    assert profile.images == 3
    for slope, offset in zip(profile.slope, profile.offset, strict=True):
        assert 255 * (0.5 * slope + offset) ** 0.5 == pytest.approx(10 * 2.5**0.5, rel=0.1)
        assert slope > 0


def test_the_quality_of_jpeg_files_is_told(tmp_path, capsys):
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "a.jpg", quality=85)
    assert main(["noise", str(tmp_path / "a.jpg"), "-o", str(tmp_path / "profile.json")]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "85"
    assert json.loads((tmp_path / "profile.json").read_bytes())["jpeg_quality"] == 85


def test_clean_images_have_a_profile_without_noise(tmp_path):
    write_picture(Picture(np.full((64, 64, 3), 90, np.uint8)), tmp_path / "a.png")
    assert main(["noise", str(tmp_path / "a.png"), "-o", str(tmp_path / "profile.json")]) == 0
    assert set(NoiseProfile.read(tmp_path / "profile.json").offset) == {0.0}


def test_an_image_that_fails_is_named_and_the_others_are_told(tmp_path, capsys):
    write_noisy(tmp_path / "a.png", 10)
    (tmp_path / "b.png").write_text("text")
    assert main(["noise", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert said.err == f"restore: {tmp_path}/b.png: text, not an image\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.png", "-o", "profile.txt"), "profile.txt: a profile is a file whose name ends in .json"),
        (("a.png", "-o", "old.json"), "old.json: exists; --overwrite replaces it"),
        (("none.png",), "no image could be read"),
        (("empty",), "empty: no images here"),
    ],
)
def test_arguments_that_allow_no_work_are_refused(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    write_noisy(tmp_path / "a.png", 10)
    (tmp_path / "old.json").write_text("mine")
    (tmp_path / "empty").mkdir()
    assert main(["noise", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "old.json").read_text() == "mine"


def test_denoising_says_what_it_finds(tmp_path, command, capsys):
    write_noisy(tmp_path / "a.png", 10)
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "out") == 0
    said = capsys.readouterr().err
    assert said.startswith(f"restore: {tmp_path}/a.png: noise 1")
    assert " in shadows, 1" in said
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "out", "--overwrite", "--sigma", "10") == 0
    assert capsys.readouterr().err == ""


def test_denoising_goes_by_a_profile(tmp_path, command, capsys):
    write_noisy(tmp_path / "a.png", 10)
    none = NoiseProfile((0.0,) * 3, (0.0,) * 3)
    lights = NoiseProfile((0.02,) * 3, (0.0,) * 3)
    for name, profile in (("none", none), ("lights", lights)):
        (tmp_path / f"{name}.json").write_bytes(profile.encode())
        options = ("--sigma", tmp_path / f"{name}.json", "-o", tmp_path / name)
        assert command("denoise", tmp_path / "a.png", *options) == 0
    before, same, changed = (read_picture(tmp_path / x / "a.png").pixels for x in (".", "none", "lights"))
    assert np.array_equal(before, same)
    assert not np.array_equal(before, changed)
    assert command("denoise", tmp_path / "a.png", "--sigma", tmp_path / "x.json", "-o", tmp_path / "x") == 2
    assert f"{tmp_path}/x.json: no such file" in capsys.readouterr().err
    assert command("denoise", tmp_path / "a.png", "--sigma", "foo", "-o", tmp_path / "x") == 2
    assert "sigma is \"auto\", a number or a profile, FILE.json, not 'foo'" in capsys.readouterr().err
