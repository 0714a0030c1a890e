"""Expected fills that are told by other images of a set."""

import numpy as np
import pytest
import torch

from restore.inference.alike import fill_alike
from restore.inference.alike.expected import _mean
from restore.inference.restorer import Restorer
from restore.networks import UNet
from tests.inference.alike.conftest import LARGE, SIZE, part, reference

OTHERS = [(70, 64, 1.0), (66, 72, -0.8), (68, 70, 2.5)]


@pytest.fixture(scope="module")
def restorer():
    torch.manual_seed(0)
    return Restorer(UNet(widths=(4, 8), depths=(1, 1)))  # untrained: it expects a smooth fill


def array(pixels):
    return np.moveaxis(pixels, 0, 2).copy()


def error(filled, image, hole):
    return float(np.square(filled - array(image))[hole].mean() ** 0.5)


def test_a_half_hidden_part_is_told_by_others(restorer, hole):
    image = part(46, 54)
    alone = restorer.inpaint(array(image), hole)
    filled = restorer.inpaint(array(image), hole, like=[array(part(*one, size=LARGE)) for one in OTHERS])
    assert error(filled, image, hole) < 0.3 * error(alone, image, hole)
    assert np.array_equal(filled[~hole], array(image)[~hole])


def test_others_of_no_help_change_nothing(restorer, hole):
    rng = np.random.default_rng(0)
    noise = [rng.random((*SIZE, 3), np.float32) for _ in range(2)]
    image = array(part(46, 54))
    alone, filled = (restorer.inpaint(image, hole, like=like) for like in ((), noise))
    assert np.array_equal(alone, filled)


def test_what_others_agree_on_is_added_and_what_they_do_not_is_not():
    known, rng, errors = np.ones((4, 1, 32, 32), bool), np.random.default_rng(1), np.full(4, 0.4, np.float32)
    agreed = rng.random((3, 32, 32), np.float32) - 0.5
    together = _mean(np.stack([agreed] * 4), known, errors, known[0, 0])
    assert np.abs(together - agreed).max() < 0.15
    apart = rng.random((4, 3, 32, 32), np.float32) - 0.5
    assert _mean(apart, known, errors, known[0, 0]).std() < 0.2 * apart.mean(0).std()


def test_nothing_is_told_where_it_is_copied_from(restorer, hole):
    image, like = array(part(46, 54)), [array(part(*OTHERS[0], size=LARGE))]
    filled, sources = restorer.inpaint(image, hole, like=like, return_sources=True)
    assert (sources[hole] == -1).all()
    assert np.array_equal(filled, restorer.inpaint(image, hole, like=like))


def test_each_image_of_a_batch_is_filled_as_if_it_were_alone(restorer, hole):
    images = torch.from_numpy(np.stack([part(46, 54), part(46, 54, 0.0, light=0.7)]))
    like = [array(part(*one, size=LARGE)) for one in OTHERS[:1]]
    together = restorer.inpaint(images, hole, like=like)
    assert all(
        torch.allclose(filled, restorer.inpaint(image, hole, like=like), atol=1e-5)
        for filled, image in zip(together, images, strict=True)
    )


def test_gray_stays_gray(restorer, hole):
    gray = array(part(46, 54)).mean(2)
    filled = restorer.inpaint(gray, hole, like=[array(part(*one, size=LARGE)) for one in OTHERS[:2]])
    assert filled.shape == gray.shape


def test_narrow_holes_stay_as_they_are_expected(restorer):
    image = part(46, 54)
    line = np.zeros(SIZE, bool)
    line[40:45, 20:90] = True
    assert fill_alike(lambda _: pytest.fail("no network"), image, line, line, [reference(image)]).filled is image


def test_the_plausible_fill_copies_a_turned_part(restorer, hole):
    image, like = part(46, 54), [array(part(*one, size=LARGE)) for one in OTHERS]
    filled, sources = restorer.inpaint(array(image), hole, fill="plausible", like=like, return_sources=True)
    assert error(filled, image, hole) < 0.05
    there = sources[hole]
    assert (there[:, 0] > 0).mean() > 0.3
