"""Batches: each image is worked on as if it were alone."""

import numpy as np
import pytest
import torch

from restore.errors import UserError

from .conftest import HOLE, SIZE, draw

HOLES = np.stack([HOLE, HOLE & False, HOLE[::-1]])
BATCHES = {
    **{f"{t.__name__}-{c}": draw(3, *SIZE, c, dtype=t) for t in (np.uint8, np.uint16, np.float32) for c in (1, 3, 4)},
    **{f"tensor-{c}": torch.from_numpy(draw(3, c, *SIZE, dtype=np.float32)) for c in (1, 3, 4)},
}


@pytest.fixture(params=BATCHES)
def batch(request):
    return BATCHES[request.param]


def same(together, alone):
    one = type(together[0])
    alone = torch.stack(alone) if one is torch.Tensor else np.stack(alone)
    return together.shape == alone.shape and together.dtype == alone.dtype and bool((together == alone).all())


@pytest.mark.parametrize("holes", [HOLES, HOLES[:, None], torch.from_numpy(HOLES)[:, None], HOLES[..., None]])
def test_each_image_has_its_hole(restorer, batch, holes):
    assert same(restorer.inpaint(batch, holes), [restorer.inpaint(*one) for one in zip(batch, HOLES, strict=True)])


def test_one_hole_is_that_of_all(restorer, batch):
    assert same(restorer.inpaint(batch, HOLE), [restorer.inpaint(one, HOLE) for one in batch])


@pytest.mark.parametrize("sigma", [[0.1, 0.0, 0.3], torch.tensor([0.1, 0.0, 0.3]), 0.2, None, np.full(SIZE, 0.1)])
def test_each_image_has_its_noise(restorer, batch, sigma):
    each = [sigma] * 3 if sigma is None or np.ndim(sigma) != 1 else [float(level) for level in sigma]
    alone = [restorer.denoise(*one, strength=0.5) for one in zip(batch, each, strict=True)]
    assert same(restorer.denoise(batch, sigma, strength=0.5), alone)


def test_the_noise_of_each_image_is_listed(restorer, batch):
    assert [noise.level for noise in restorer.noise(batch)] == [restorer.noise(one).level for one in batch]
    assert len(restorer.noise(batch[:1])) == 1


def test_an_image_of_which_nothing_is_seen_stays_in_a_batch_that_is_denoised(restorer):
    batch = draw(2, *SIZE, 4)
    batch[0, ..., 3], batch[1, ..., 3] = 0, 255
    denoised = restorer.denoise(batch, 0.1)
    assert np.array_equal(denoised[0], batch[0])
    assert np.array_equal(denoised[1], restorer.denoise(batch[1], 0.1))


@pytest.mark.parametrize(
    ("holes", "message"),
    [
        (HOLES[:2], r"hole has size \(2, 40, 56\), the image \(3, 40, 56\)"),
        (HOLES | True, "the hole covers everything that can be seen"),
    ],
)
def test_holes_that_do_not_fit_a_batch_are_refused(restorer, holes, message):
    with pytest.raises(UserError, match=message):
        restorer.inpaint(draw(3, *SIZE, 3), holes)
    with pytest.raises(UserError, match="in one image, not in a batch of 3"):
        restorer.attention(draw(3, *SIZE, 3), HOLE)
