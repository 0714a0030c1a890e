"""The picture of things taken out of photographs."""

import numpy as np
import pytest
from PIL import Image

from research.taken_out import THINGS, main, window_around
from tests.commands.conftest import weights  # noqa: F401  (a small network)

SIZE = 160


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.picture)
def test_every_thing_lies_in_what_is_shown_of_its_photograph(thing):
    image = thing.read()
    hole = thing.hole(image)
    assert image.dtype == np.uint8
    assert image.shape == (*hole.shape, 3)
    assert hole[window_around(hole, SIZE)].sum() == hole.sum() > 1000


@pytest.mark.parametrize(
    ("rows", "columns", "window"),
    [
        ((40, 50), (60, 80), (slice(35, 55), slice(60, 80))),
        ((0, 4), (95, 100), (slice(0, 20), slice(80, 100))),  # as near as the image allows
        ((70, 72), (20, 22), (slice(60, 80), slice(11, 31))),
    ],
)
def test_the_hole_is_in_the_middle_of_what_is_shown(rows, columns, window):
    hole = np.zeros((80, 100), bool)
    hole[slice(*rows), slice(*columns)] = True
    assert window_around(hole, 20) == window


def test_the_sheet_shows_each_photograph_its_hole_and_what_is_filled(tmp_path, weights, monkeypatch):  # noqa: F811
    monkeypatch.setattr("research.taken_out.THINGS", THINGS[3:5])
    sheet = tmp_path / "sheet.png"
    assert main(["-o", str(sheet), "--fill", "expected", "--weights", weights, "--size", str(SIZE)]) == 0
    row = np.asarray(Image.open(sheet))[6 : 6 + SIZE]
    before, marked, after = (row[:, left : left + SIZE] for left in range(6, 3 * SIZE, SIZE + 6))
    hole = (marked == (255, 0, 255)).all(2)
    assert hole.sum() == THINGS[3].hole(THINGS[3].read()).sum()
    assert np.array_equal(before[~hole], marked[~hole])
    assert np.array_equal(before[~hole], after[~hole])
    assert not np.array_equal(before[hole], after[hole])
    assert (row == (255, 0, 255)).all(2).sum() == sum(thing.hole(thing.read()).sum() for thing in THINGS[3:5])
