"""Where memory has no room for a tile, smaller ones are tried."""

import logging

import numpy as np
import pytest

from restore.inference.memory import SMALLEST
from restore.inference.observed import Observed
from restore.inference.restorer import Restorer

from .conftest import Watched


class Small(Watched):
    """A device with room for so many pixels at once."""

    def __init__(self, pixels, tells_noise=False):
        super().__init__()
        self.pixels, self.tells_noise = pixels, tells_noise

    def predict(self, observed, mean):
        self.check(observed)
        return super().predict(observed, mean)

    def sigma(self, observed):
        self.check(observed)
        return np.full_like(observed.sigma, 0.1)

    def check(self, observed):
        if observed.sigma.size > self.pixels:
            raise RuntimeError(f"out of memory for {observed.sigma.size} pixels")


def noisy(height=600, width=500):
    return Observed(np.full((2, 3, height, width), 0.3, np.float32), np.full((2, 1, height, width), 0.1, np.float32))


@pytest.mark.parametrize(("room", "tried"), [(512**2, []), (512**2 - 1, [256]), (150**2, [256, 128])])
def test_smaller_tiles_are_tried_until_they_fit_and_it_is_said(caplog, room, tried):
    caplog.set_level(logging.WARNING)
    told = []
    restored = Restorer(Small(room), progress=lambda *of: told.append(of)).restore(noisy(512, 512))
    np.testing.assert_allclose(restored, np.full((2, 3, 512, 512), 0.5), atol=1e-6)
    said = [record.message for record in caplog.records]
    assert said == [f"not enough memory: once more in tiles of {size} pixels" for size in tried]
    assert told[-1][0] == told[-1][1]


def test_where_the_smallest_do_not_fit_either_it_is_an_error():
    with pytest.raises(MemoryError, match="a smaller tile needs less"):
        Restorer(Small(SMALLEST**2 - 1)).restore(noisy())


def test_who_asks_for_small_tiles_gets_no_others(caplog):
    with pytest.raises(MemoryError):
        Restorer(Small(50**2), tile=100).restore(noisy())
    assert not caplog.records


def test_noise_is_looked_for_in_smaller_tiles_too():
    image = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    found = Restorer(Small(200**2, tells_noise=True)).noise(image)
    assert found.sigma.shape == (300, 300)
