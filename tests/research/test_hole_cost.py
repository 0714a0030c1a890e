import re

import numpy as np
import pytest
from PIL import Image

from research import hole_cost
from research.hole_cost import Case, main
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
    case = Case(130, 90, 20)
    image, hole = case.image(str(photographs)), case.hole()
    tiles = [np.asarray(Image.open(path)) for path in sorted(photographs.iterdir())]
    assert image.shape == (90, 130, 3)
    assert np.array_equal(image[:40, 60:120], tiles[1])
    assert np.array_equal(image[:40, 120:], tiles[2][:, :10])
    assert np.array_equal(image[40:80, :60], tiles[0])
    assert np.array_equal(image[80:, :60], tiles[0][:10])
    rows, columns = hole.nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (35, 54, 55, 74)
    assert hole.sum() == 400


def test_photographs_that_make_no_mosaic_are_named(photographs):
    Image.new("RGB", (50, 40)).save(photographs / "3.png")
    with pytest.raises(UserError, match=r"3\.png: smaller than .*0\.png"):
        Case(200, 90, 20).image(str(photographs))


def test_a_fill_is_a_line_with_its_time_and_the_memory_of_its_process(photographs, weights, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr(hole_cost, "FILLS", ["plausible"])
    monkeypatch.setattr(hole_cost, "CASES", [Case(96, 64, 24), Case(4000, 3000, 1000)])
    assert main(["--images", str(photographs), "--weights", weights, "--most", "10000"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    found = [
        re.fullmatch(r"\| 96 x 64 \| 24 x 24 \| (\w+) \| (\d+\.\d) \| (\d+\.\d) \| (\d+\.\d\d) \|", line)
        for line in lines
    ]
    assert [one[1] for one in found] == ["plausible"]
    assert all(float(one[2]) < 60 and float(one[3]) > 0 and 0.05 < float(one[4]) < 4 for one in found)
