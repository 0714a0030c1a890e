"""What inference asks of arrays is what networks ask of tensors."""

import numpy as np
import pytest
import torch

from restore.inference.observed import Observed
from restore.inference.resampling import spread
from restore.inference.tensors import arrays_of, like, tensors_of
from restore.networks import noise_head
from restore.networks.patches import SizeRule
from restore.networks.standardisation import mean_colour


def draw(height, width, n=2):
    rng = np.random.default_rng(0)
    sigma = rng.random((n, 1, height, width), np.float32)
    sigma[sigma > 0.6] = np.inf
    sigma[..., 0, 0] = 0
    return Observed(np.where(np.isinf(sigma), np.nan, rng.random((n, 3, height, width), np.float32)), sigma)


@pytest.mark.parametrize("size", [(16, 32), (1, 1), (1, 5), (3, 2), (33, 70)])
def test_padding_mirrors_as_that_of_networks_does(size):
    observed = draw(*size)
    theirs = SizeRule(16).pad(tensors_of(observed))
    ours = observed.padded(16)
    assert np.array_equal(ours.degraded, theirs.degraded.numpy(), equal_nan=True)
    assert np.array_equal(ours.sigma, theirs.sigma.numpy())


def test_the_mean_colour_is_that_of_what_is_seen():
    observed = draw(20, 30)
    observed.sigma[1] = np.inf
    np.testing.assert_allclose(observed.mean_colour, mean_colour(tensors_of(observed)).numpy(), rtol=1e-6)
    assert observed.mean_colour[1].ravel().tolist() == [0.5] * 3
    assert observed.mean_colour.dtype == np.float32


def test_the_level_of_noise_spreads_as_that_of_networks_does():
    log_sigma = np.random.default_rng(0).normal(-2, 2, (2, 1, 5, 7)).astype(np.float32)
    theirs = noise_head.spread(torch.from_numpy(log_sigma)).numpy()
    np.testing.assert_allclose(spread(log_sigma, (40, 56)), theirs, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_tensors_become_arrays_and_come_back_in_their_type(dtype):
    observation = tensors_of(draw(4, 5))
    degraded = observation.degraded.to(dtype)
    arrays = arrays_of(type(observation)(degraded, observation.sigma))
    assert arrays.degraded.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    assert torch.equal(like(degraded, arrays.degraded).nan_to_num(), degraded.nan_to_num())
