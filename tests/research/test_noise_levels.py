import re

import numpy as np
from PIL import Image

from research.noise_levels import main


def fill(folder, noise=0.0):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(2):
        rows, columns = np.mgrid[:96, :96] / 96
        scene = 60 + 120 * np.stack([rows, columns, rows * columns], -1) + 20 * i
        noisy = scene + noise * rng.standard_normal(scene.shape)
        Image.fromarray(noisy.round().clip(0, 255).astype(np.uint8)).save(folder / f"{i}.png")
    return str(folder)


def table(capsys, *arguments):
    assert main([*arguments, "--crop", "64"]) == 0
    out = capsys.readouterr().out
    return {name.strip(): float(value) for name, value in re.findall(r"^(\D+?) +(\d+\.\d+) \(", out, re.MULTILINE)}


def test_the_true_level_is_that_of_the_difference_to_the_clean_partner(tmp_path, capsys):
    noisy, clean = fill(tmp_path / "noisy", 20.0), fill(tmp_path / "clean")
    found = table(capsys, noisy, "--clean", clean)
    assert 19 < found["true"] < 21
    assert 17 < found["told, median"] < 23
    assert 17 < found["flat patches"] < 23
    assert found["mean change"] > 10


def test_noise_is_added_and_clean_images_have_none(tmp_path, capsys):
    clean = fill(tmp_path / "clean")
    assert 9.5 < table(capsys, clean, "--sigma", "10")["true"] < 10.5
    assert table(capsys, clean)["true"] == 0
