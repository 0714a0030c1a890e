import numpy as np
import pytest

from restore.images.grow import grow


@pytest.mark.parametrize("pixels", [0, 1, 2, 5, 50])
def test_all_within_the_distance_and_nothing_else_is_added(pixels):
    hole = np.random.default_rng(0).random((23, 31)) < 0.01
    places = np.argwhere(hole)
    distance = np.linalg.norm(np.argwhere(np.ones_like(hole))[:, None] - places, axis=-1).min(1).reshape(hole.shape)
    before = hole.copy()
    assert np.array_equal(grow(hole, pixels), distance <= pixels)
    assert np.array_equal(hole, before)


def test_where_there_is_no_hole_none_grows():
    assert not grow(np.zeros((3, 4), bool), 9).any()
