import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from research.speed import __main__ as program
from research.speed.__main__ import main
from research.speed.measuring import measure
from research.speed.mosaic import Mosaic
from restore.errors import UserError
from tests.commands.conftest import weights  # noqa: F401  (a small network)


@pytest.fixture
def photographs(tmp_path):
    (tmp_path / "photographs").mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photographs" / f"{i}.png")
    return tmp_path / "photographs"


def test_a_mosaic_is_laid_of_photographs_and_the_hole_is_in_its_middle(photographs):
    mosaic = Mosaic(str(photographs), 90, 130, 20)
    image, hole = mosaic.clean(), mosaic.hole()
    tiles = [np.asarray(Image.open(path)) for path in sorted(photographs.iterdir())]
    assert image.shape == (90, 130, 3)
    assert np.array_equal(image[:40, 60:120], tiles[1])
    assert np.array_equal(image[:40, 120:], tiles[2][:, :10])
    assert np.array_equal(image[40:80, :60], tiles[0])
    assert np.array_equal(image[80:, :60], tiles[0][:10])
    rows, columns = hole.nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (35, 54, 55, 74)


def test_the_noise_of_a_mosaic_is_that_of_its_sigma(photographs):
    Image.new("L", (60, 40), 128).convert("RGB").save(photographs / "0.png")
    mosaic = Mosaic(str(photographs), 40, 60, 8)
    assert abs((mosaic.noisy().astype(float) - 128).std() - 25) < 1
    assert np.array_equal(mosaic.noisy(), mosaic.noisy())


def test_photographs_that_make_no_mosaic_are_named(photographs):
    Image.new("RGB", (50, 40)).save(photographs / "3.png")
    with pytest.raises(UserError, match=r"3\.png: smaller than .*0\.png"):
        Mosaic(str(photographs), 90, 200, 8).clean()


def test_a_method_is_a_line_with_its_time_its_memory_and_its_decibels(photographs, weights, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr(program, "SIZES", {"256": (64, 96, 24), "512": (4000, 3000, 8)})
    monkeypatch.setattr(program, "names", lambda task: ["restore, torch", "telea"] if task == "inpaint" else ["telea"])
    monkeypatch.setattr(program, "_apart", measure)  # in this process
    methods = '["restore, torch"]'
    arguments = ["--images", str(photographs), "--weights", weights, "--sizes", "256,512", "--methods", methods]
    assert main([*arguments, "--rounds", "1", "--limit", "0.001"]) == 0
    first, second = capsys.readouterr().out.splitlines()[2:]
    found = re.fullmatch(
        r"\| 256 \| inpaint \| restore, torch \| (\d+\.\d\d) \| (\d+\.\d\d) \| (\d+\.\d\d) \| (\d+\.\d\d) \|", first
    )
    assert 0.05 < float(found[3]) < 4
    assert 5 < float(found[4]) < 30
    assert re.fullmatch(r"\| 512 \| inpaint \| restore, torch \| about \d+, not measured \| \| \| \|", second)


def test_sizes_are_known_ones(photographs):
    with pytest.raises(UserError, match="size"):
        program.speed(images=str(photographs), sizes="17")


def test_it_runs_as_a_program(photographs):
    command = [sys.executable, "-m", "research.speed", "--images", str(photographs), "--sizes", "256", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--methods", '["telea"]'], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\| 256 \| inpaint \| telea \| .* \|", done.stdout.splitlines()[-1])


def test_a_method_that_dies_is_said_and_the_others_go_on(photographs, monkeypatch, capsys):
    monkeypatch.setattr(program, "SIZES", {"256": (64, 96, 24)})
    monkeypatch.setattr(program, "names", lambda task: ["bm3d", "telea"] if task == "inpaint" else [])
    apart = program._apart
    monkeypatch.setattr(program, "measure", die)
    monkeypatch.setattr(program, "_apart", lambda *of: (apart if of[1] == "bm3d" else measure)(*of))
    assert main(["--images", str(photographs), "--sizes", "256", "--rounds", "1"]) == 0
    out, err = capsys.readouterr()
    assert "bm3d at 256: killed" in err
    assert [line.split("|")[3].strip() for line in out.splitlines()[2:]] == ["telea"]


def die(*_):
    os._exit(1)
