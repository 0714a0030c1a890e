import math

import numpy as np
import pytest

from restore.inference.alike.matches import CHANCE, matches_of
from restore.inference.alike.placement import Placement, centre_of
from tests.inference.alike.conftest import LARGE, SIZE, part, reference


@pytest.mark.parametrize(
    ("row", "column", "angle", "scale"),
    [(68, 60, 0.0, 1.0), (70, 66, 1.0, 1.0), (64, 68, -0.7, 1.3), (68, 72, 0.3, 0.7)],
)
def test_a_part_is_found_wherever_it_lies_however_it_is_turned_and_lit(hole, row, column, angle, scale):
    other = reference(part(row, column, angle, scale, LARGE, light=0.8))
    (found,) = matches_of(part(46, 54), hole, ~hole, [other])
    middle = np.array([46.0, 54.0]) - centre_of(hole)
    assert found.places(middle).tolist() == pytest.approx([row, column], abs=3.0)
    assert found.scale == pytest.approx(scale, rel=0.06)
    turned = (found.angle - angle) % (2 * math.pi)
    assert min(turned, 2 * math.pi - turned) < 0.15
    assert found.error < 0.3


def test_the_best_comes_first_and_what_shows_nothing_of_it_not_at_all(hole):
    noise = np.random.default_rng(0).random((3, *SIZE), np.float32)
    others = [
        reference(one, number) for number, one in enumerate([noise, part(70, 66, 1.0, size=LARGE), part(46, 54)], 1)
    ]
    found = matches_of(part(46, 54), hole, ~hole, others)
    assert [one.number for one in found] == [2, 1]
    assert found[0].error < found[1].error < CHANCE


def test_what_is_hidden_tells_nothing(hole):
    image = part(46, 54)
    others = [reference(part(70, 66, 1.0, size=LARGE))]
    other = np.where(hole, np.float32(7), image)
    assert matches_of(image, hole, ~hole, others) == matches_of(other, hole, ~hole, others)


def test_a_reference_as_the_image_shows_it_tells_where_its_pixels_are(hole):
    other = reference(part(70, 66, 0.5, 1.2, LARGE), 3)
    (found,) = matches_of(part(46, 54), hole, ~hole, [other])
    rows, columns = slice(20, 74), slice(40, 92)
    laid = found.over(other, rows, columns, centre_of(hole))
    assert laid.allowed.mean() > 0.9
    assert np.abs(laid.pixels - part(46, 54)[:, rows, columns])[:, laid.allowed].mean() < 0.03
    number, row, column = laid.origin
    assert (number == np.where(laid.allowed, 3, -1)).all()
    copied = other.pixels[:, row, column] - laid.pixels
    assert np.abs(copied)[:, laid.allowed].mean() < 0.02


def test_quarter_turns_copy_pixels():
    other = reference(np.random.default_rng(0).random((3, 20, 20), np.float32))
    placement = Placement(0, math.pi / 2, 1.0, 9.5, 9.5)
    laid = placement.over(other, slice(0, 20), slice(0, 20), (9.5, 9.5))
    inner = (slice(2, 18), slice(2, 18))
    left, right = (np.rot90(other.pixels, quarters, (1, 2)) for quarters in (1, -1))
    errors = [np.abs(laid.pixels - one)[:, *inner].max() for one in (left, right)]
    assert min(errors) < 1e-3
