import csv
import json
import os
import shlex

import numpy as np
import pytest

from restore.cli import main
from restore.images.codec import read_picture, write_picture
from restore.images.picture import Picture
from restore.networks import UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: two images, and the weights of an untrained network."""
    monkeypatch.chdir(tmp_path)
    for i in range(2):
        pixels = np.random.default_rng(i).integers(0, 256, (40, 33, 3), dtype=np.uint8)
        write_picture(Picture(pixels), tmp_path / "images" / f"{i}.png")
    network = UNet(widths=(4, 4), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    return tmp_path


def robustness(*arguments):
    return main(["robustness", "-o", "report", "--weights", "w.safetensors", *arguments])


def rows(folder):
    with (folder / "report" / "scores.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_report_has_scores_drops_and_a_picture(folder, capsys):
    assert robustness("--images", "images", "--sweeps", "phase,map", "--size", "32") == 0
    names = {path.name for path in (folder / "report").iterdir()}
    assert names == {"scores.csv", "summary.json", "robustness.png"}
    assert read_picture(folder / "report" / "robustness.png").pixels.shape[1] == 1200
    assert len(rows(folder)) == 2 * (2 + 96)
    (drops,) = json.loads((folder / "report" / "summary.json").read_text())["psnr_drop"].values()
    assert set(drops) == {"phase", "map", "all"}
    assert f"w.safetensors: {drops['all']:.2f} dB between the best pose and the worst" in capsys.readouterr().out
    assert robustness("--images", "images", "--sweeps", "scale", "--size", "32") == 0
    assert capsys.readouterr().out == "", "scales have no drop"


def test_photographs_that_are_too_small_are_named_and_left_out(folder, capsys):
    write_picture(Picture(np.zeros((20, 50), np.uint8)), folder / "images" / "small.png")
    assert robustness("--images", "images", "--sweeps", "phase", "--size", "32") == 1
    assert "small.png: is smaller than 32 x 32 pixels" in capsys.readouterr().err
    assert {row["subject"] for row in rows(folder)} == {"0.png", "1.png"}


def test_the_command_in_the_summary_does_the_same_again(folder):
    assert (
        robustness("--objects", "coin,gear", "--sweeps", "rotation", "--size", "32", "--limit", "2", "--self-ensemble")
        == 0
    )
    first = rows(folder)
    assert {row["subject"] for row in first} == {"coin 0", "gear 0"}
    command = shlex.split(json.loads((folder / "report" / "summary.json").read_text())["command"])
    assert main(command[1:]) == 0
    assert rows(folder) == first


def test_noise_stays_with_the_camera_and_is_compared_all_the_same(folder):
    assert robustness("--images", "images", "--sweeps", "shift", "--sigma", "25", "--size", "32") == 0
    assert all(row["change"] for row in rows(folder))


def test_other_methods_are_curves_beside_where_they_can_treat_the_damage(folder):
    mixed = ["--damage", "text + sigma 15", "--sweeps", "phase", "--size", "32"]
    assert robustness("--images", "images", *mixed, "--against", "telea,nlm", "--weights", "w.safetensors") == 0
    assert {row["method"] for row in rows(folder)} == {"w.safetensors", "nlm"}
    assert all(row["change"] for row in rows(folder))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give either --images, a folder, or --objects"),
        (["--images", "images", "--objects", "coin"], "give either --images, a folder, or --objects"),
        (["--objects", "spoon"], "no such objects: spoon; there are cable"),
        (["--images", "nowhere"], "nowhere: no such file or directory"),
        (["--objects", "coin", "--damage", "crack"], "no such damage: crack; there are brush 0-10 %"),
        (["--objects", "coin", "--against", "nlm"], "none of these peers can do anything about 'brush 20-30 %': nlm"),
        (["--objects", "coin", "--sweeps", "tilt"], "no such sweep: tilt"),
        (["--objects", "coin", "--sweeps", "none"], "--sweeps names no sweep; there are shift"),
        (["--objects", "coin", "--size", "4"], "size is at least 16, not 4"),
        (["--objects", "coin", "--sigma", "1000"], "sigma lies between 0 and 255, not at 1000"),
        (["--objects", "coin", "--sigma", "0"], "sigma is above 0"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(folder, capsys, arguments, reason):
    assert robustness(*arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (2 if "nowhere" in reason else 1)  # each file that cannot be read, and then all of them
    assert reason in lines[0]
    assert not (folder / "report").exists()


def test_names_of_files_that_are_no_utf_8_end_no_report(folder):
    (folder / "images" / "0.png").rename(os.fsdecode(os.fsencode(folder / "images") + b"/caf\xe9.png"))
    assert robustness("--images", "images", "--sweeps", "phase", "--size", "32") == 0
    assert {row["subject"] for row in rows(folder)} == {"caf\ufffd.png", "1.png"}
