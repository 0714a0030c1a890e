import numpy as np
import pytest

from research.backends import SIGMA, drawn


def test_a_drawn_image_has_noise_and_a_hole_that_leaves_most_of_it():
    image, hole = drawn(64)
    again, _ = drawn(64)
    assert np.array_equal(image, again)
    assert image.shape == (64, 64, 3)
    assert hole.mean() == pytest.approx(1 / 16)
    rough = np.diff(image.astype(float), axis=1).std() / np.sqrt(2)
    assert rough > 0.5 * SIGMA
