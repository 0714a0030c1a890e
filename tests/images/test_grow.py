import numpy as np

from restore.images.grow import grow


def test_a_hole_grows_by_a_disc_and_not_beyond_the_image():
    hole = np.zeros((9, 9), bool)
    hole[4, 4] = True
    rows, columns = np.mgrid[-4:5, -4:5]
    assert np.array_equal(grow(hole, 0), hole)
    for pixels in (1, 2, 3):
        assert np.array_equal(grow(hole, pixels), rows**2 + columns**2 <= pixels**2)
    assert grow(hole, 20).all()
