import csv
import json
import os
import shlex

import numpy as np
import pytest

from restore.cli import main
from restore.evaluation.report import FILES
from restore.images.codec import read_rgb, write_picture
from restore.images.picture import Picture
from restore.networks import UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: two images, one mask, the weights of an untrained network."""
    monkeypatch.chdir(tmp_path)
    for i in range(2):
        ramp = np.linspace(40, 200, 48)[:, None, None] + 10 * np.sin(np.arange(40) / 3 + i)[:, None] + np.zeros(3)
        write_picture(Picture(ramp.astype(np.uint8)), tmp_path / "images" / f"{i}.png")
    mask = np.zeros((64, 64), np.uint8)
    mask[10:30, 12:32] = 255
    write_picture(Picture(mask), tmp_path / "masks" / "square" / "0.png")
    network = UNet(widths=(4, 4), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    return tmp_path


def evaluate(*arguments):
    return main(["evaluate", "--images", "images", "-o", "report", "--weights", "w.safetensors", *arguments])


def rows(folder):
    with (folder / "report" / "scores.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_whole_report_is_written_and_its_tables_printed(folder, capsys):
    assert evaluate("--damage", "box,brush", "--sigma", "25", "--against", "telea,nlm", "--device", "cpu") == 0
    assert {path.name for path in (folder / "report").iterdir()} == set(FILES)
    assert len(rows(folder)) == 2 * (7 * 3 + 4)
    table = (folder / "report" / "table.md").read_text()
    assert capsys.readouterr().out == table
    assert "| brush mean | 2 |" in table
    summary = json.loads((folder / "report" / "summary.json").read_text())
    telea = [float(row["psnr_hole"]) for row in rows(folder) if (row["method"], row["damage"]) == ("telea", "box")]
    (mean,) = [m["psnr_hole"] for m in summary["means"] if (m["method"], m["damage"]) == ("telea", "box")]
    assert mean == pytest.approx(np.mean(telea), abs=1e-3)


def test_the_command_in_the_summary_gives_the_same_figures(folder):
    assert evaluate("--damage", "text", "--sigma", "15", "--seed", "5", "--limit", "1", "--self-ensemble") == 0
    first = [(row["method"], row["psnr"]) for row in rows(folder)]
    command = shlex.split(json.loads((folder / "report" / "summary.json").read_text())["command"])
    (folder / "report" / "scores.csv").unlink()
    assert main(command[1:]) == 0
    assert [(row["method"], row["psnr"]) for row in rows(folder)] == first


@pytest.mark.parametrize(
    ("options", "of_holes", "of_noise"),
    [
        ((), {"restore", "restore, plausible"}, {"restore", "restore (blind)", "noisy"}),
        (("--fill", "both"), {"restore", "restore, plausible"}, {"restore", "restore (blind)", "noisy"}),
        (("--fill", "expected"), {"restore"}, {"restore", "restore (blind)", "noisy"}),
        (("--fill", "plausible"), {"restore, plausible"}, {"restore", "restore (blind)", "noisy"}),
    ],
)
def test_which_fills_are_judged_is_an_option(folder, options, of_holes, of_noise):
    assert evaluate("--damage", "centre", "--sigma", "25", *options) == 0
    for damage, methods in (("centre", of_holes), ("sigma 25", of_noise)):
        assert {row["method"] for row in rows(folder) if row["damage"] == damage} == methods
    assert all(row["seam"] and row["liveliness"] for row in rows(folder) if row["damage"] == "centre")


def test_a_fill_that_there_is_not_is_named(folder, capsys):
    with pytest.raises(SystemExit):
        evaluate("--damage", "centre", "--fill", "mean")
    assert "mean" in capsys.readouterr().err


@pytest.fixture
def pairs(folder):
    """Noisy images beside the clean ones."""
    for path in (folder / "images").iterdir():
        pixels = read_rgb(path) * 255 + np.random.default_rng(0).normal(0, 12, (48, 40, 3))
        write_picture(Picture(pixels.round().clip(0, 255).astype(np.uint8)), folder / "noisy" / path.name)
    return folder


def evaluate_pairs(*arguments):
    return main(["evaluate", *arguments, "-o", "report", "--weights", "w.safetensors"])


def test_pairs_with_real_noise_are_judged_without_a_sigma(pairs, capsys):
    assert evaluate_pairs("--noisy", "noisy", "--clean", "images", "--against", "nlm,nlm:1.5", "--crop", "0,8") == 0
    assert {path.name for path in (pairs / "report").iterdir()} == set(FILES)
    assert {(row["damage"], row["method"]) for row in rows(pairs)} == {
        ("real", method) for method in ("restore", "nlm", "nlm:1.5", "noisy")
    }
    out = capsys.readouterr().out
    assert "| PSNR of the whole image, dB | images | restore | nlm | nlm:1.5 | noisy |" in out
    assert "| SSIM of the whole image | images | restore | nlm | nlm:1.5 | noisy |" in out
    command = shlex.split(json.loads((pairs / "report" / "summary.json").read_text())["command"])
    first = rows(pairs)
    assert main(command[1:]) == 0
    assert [row["psnr"] for row in rows(pairs)] == [row["psnr"] for row in first]


def test_a_pair_that_cannot_be_read_is_named_and_the_others_are_scored(pairs, capsys):
    (pairs / "noisy" / "0.png").write_bytes(b"nothing")
    assert evaluate_pairs("--noisy", "noisy", "--clean", "images") == 1
    assert capsys.readouterr().err == "restore: noisy/0.png: text, not an image\n"
    assert {row["image"] for row in rows(pairs)} == {"1.png"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give either --images, or --noisy and --clean"),
        (("--noisy", "noisy"), "give either --images, or --noisy and --clean"),
        (("--clean", "images"), "give either --images, or --noisy and --clean"),
        (("--images", "images", "--noisy", "noisy", "--clean", "images"), "give either --images, or --noisy"),
        (("--images", "images", "--crop", "0,0"), "--crop with these only"),
        (("--noisy", "noisy", "--clean", "images", "--crop", "5"), "--crop takes the left and the top"),
        (("--noisy", "noisy", "--clean", "images", "--crop=-5,0"), "--crop takes the left and the top"),
        (("--noisy", "noisy", "--clean", "images", "--crop", "a,b"), "--crop takes whole numbers"),
        (("--noisy", "noisy", "--clean", "images", "--sigma", "25"), "--damage, --sigma and --masks are for --images"),
        (("--noisy", "noisy", "--clean", "none"), "none: there is no such folder"),
        (("--noisy", "noisy", "--clean", "masks"), "no image of noisy is called like one of masks"),
        (("--noisy", "noisy/0*", "--clean", "images"), "images/1.png: no image of that name in noisy/0*"),
    ],
)
def test_pairs_that_cannot_be_judged_are_one_line(pairs, capsys, arguments, reason):
    (pairs / "masks" / "square" / "1.png").write_bytes((pairs / "masks" / "square" / "0.png").read_bytes())
    assert evaluate_pairs(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert not (pairs / "report").exists()


def test_with_masks_no_holes_are_drawn_unless_asked_for(folder):
    assert evaluate("--masks", "masks", "--sigma", "none") == 0
    assert {row["damage"] for row in rows(folder)} == {"masks square"}
    assert evaluate("--masks", "masks", "--sigma", "none", "--damage", "lines") == 0
    assert {row["damage"] for row in rows(folder)} == {"masks square", "lines"}


def test_holes_with_noise_and_other_damage_are_rows_like_others(folder, capsys):
    assert evaluate("--damage", "mixed,jpeg,sigma-map,salt-and-pepper", "--sigma", "none", "--against", "nlm") == 0
    tables = capsys.readouterr().out.split("\n\n")
    (mixed,) = [table for table in tables if table.startswith("| hole PSNR") and "| mixed mean | 2 |" in table]
    assert "| hole PSNR, dB | images | restore | restore (blind) | nlm |" in mixed
    assert any("| jpeg mean | 2 |" in table and "| sigma-map mean | 2 |" in table for table in tables)
    assert {row["family"] for row in rows(folder)} == {"mixed", "jpeg", "sigma-map", "salt-and-pepper"}
    assert all(row["psnr_damaged"] for row in rows(folder))


def test_all_peers_are_those_that_are_installed(folder, capsys):
    assert evaluate("--damage", "lines", "--sigma", "25", "--against", "all", "--limit", "1") == 0
    methods = {row["method"] for row in rows(folder)}
    assert {"push-pull", "telea", "navier-stokes", "biharmonic", "nlm"} <= methods
    missing = {line.split()[1] for line in capsys.readouterr().err.splitlines()}
    assert methods.isdisjoint(missing)


def test_an_unreadable_image_is_named_and_the_others_are_scored(folder, capsys):
    (folder / "images" / "0.png").write_bytes(b"nothing")
    assert evaluate("--damage", "none", "--sigma", "25") == 1
    assert {row["image"] for row in rows(folder)} == {"1.png"}
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "restore: images/0.png: text, not an image"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--against", "magic"), "no such peer: magic; there are push-pull, "),
        (("--sigma", "none", "--damage", "none"), "nothing to judge"),
        (("--damage", "blob"), "no such damage: blob; there are brush, "),
        (("--sigma", "15,inf"), "sigma lies between 0 and 255, not at inf"),
        (("--sigma", "-3"), "sigma lies between 0 and 255, not at -3"),
        (("--sigma", "abc"), "sigma is a number, not 'abc'"),
        (("--limit", "0"), "limit is at least 1, not 0"),
        (("--weights", "none.safetensors"), "none.safetensors: no such"),
        (("--device", "foo"), "the device 'foo' cannot be used"),
        (("--images", "empty"), "empty: no images here"),
        (("--masks", "empty"), "empty: no images here"),
        (("-o", "w.safetensors"), "w.safetensors: not a folder"),
    ],
)
def test_what_cannot_be_judged_is_one_line(folder, capsys, arguments, reason):
    (folder / "empty").mkdir()
    assert evaluate(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert not (folder / "report").exists()


def test_when_no_image_can_be_read_there_is_no_report(folder, capsys):
    for i in range(2):
        (folder / "images" / f"{i}.png").write_bytes(b"nothing")
    assert evaluate() == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "nothing could be scored" in lines[2]
    assert not (folder / "report").exists()


def test_names_of_files_that_are_no_utf_8_are_shown_as_they_can_be(folder, capsys):
    (folder / "images" / "0.png").rename(os.fsdecode(os.fsencode(folder / "images") + b"/caf\xe9.png"))
    (folder / "masks" / "square").rename(os.fsdecode(os.fsencode(folder / "masks") + b"/caf\xe9"))
    assert evaluate("--masks", "masks", "--sigma", "25") == 0
    assert {row["image"] for row in rows(folder)} == {"caf\ufffd.png", "1.png"}
    assert "masks caf\ufffd" in (folder / "report" / "table.md").read_text()
