import numpy as np
import torch
from torch.nn import functional

from restore.inference.resampling import AREA, BILINEAR, cell_means, cells_with, grown, resized

PLANES = np.random.default_rng(0).random((3, 37, 50), np.float32)


def test_reducing_to_whole_cells_is_their_mean():
    assert np.allclose(
        resized(PLANES[:, :36], (12, 10), AREA),
        cell_means(PLANES[:, :36], 1).reshape(3, 12, 3, 10, 5).mean((2, 4)),
        atol=1e-6,
    )


def test_bilinear_resampling_is_that_of_pytorch():
    for size in ((80, 61), (11, 20)):
        theirs = functional.interpolate(torch.tensor(PLANES)[None], size=size, mode="bilinear", antialias=True)[0]
        assert np.allclose(resized(PLANES, size, BILINEAR), theirs.numpy(), atol=1e-5)


def test_cells_at_the_border_are_means_of_what_is_there():
    theirs = functional.avg_pool2d(torch.tensor(PLANES)[None], 8, ceil_mode=True)[0]
    assert np.allclose(cell_means(PLANES, 8), theirs.numpy(), atol=1e-6)
    assert cell_means(PLANES, 8)[0, -1, -1] == np.float32(PLANES[0, 32:, 48:].mean())


def test_one_pixel_is_enough_for_a_cell():
    region = np.zeros((9, 9), bool)
    region[8, 3] = True
    assert cells_with(region, 4).tolist() == [[False] * 3, [False] * 3, [True, False, False]]


def test_a_region_grows_as_a_square_and_not_beyond_the_border():
    region = np.zeros((2, 9, 9), bool)
    region[0, 4, 1] = True
    wide = grown(region, 2)
    assert wide[0, 2:7, :4].all()
    assert wide.sum() == 20
    assert not wide[1].any()
