import pytest
import torch

from restore.evaluation.battery import white_noise
from restore.evaluation.noise import estimated, noisy, untold
from restore.observation import Observation

WHITE = white_noise(25.0).degrade(torch.full((1, 3, 64, 96), 0.5), 0, 0)


def test_what_is_known_or_missing_is_told_whatever_else_is_not():
    sigma = WHITE.sigma.clone()
    sigma[..., :8, :], sigma[..., 8:16, :] = 0, torch.inf
    observation = untold(Observation(WHITE.degraded, sigma))
    assert torch.equal(observation.sigma[..., :16, :], sigma[..., :16, :])
    assert observation.sigma[..., 16:, :].isnan().all()
    assert torch.equal(noisy(observation), observation.sigma.isnan())
    assert torch.equal(estimated(observation).sigma[..., :16, :], sigma[..., :16, :])


def test_only_what_is_not_told_is_estimated():
    assert estimated(WHITE) is WHITE
    both = Observation.cat([WHITE, untold(WHITE)])
    first, second = estimated(both).sigma
    assert torch.equal(first, WHITE.sigma[0])
    assert second.unique().tolist() == [pytest.approx(25 / 255, rel=0.1)]


def test_where_nothing_differs_no_noise_is_found():
    flat = torch.full((1, 3, 64, 96), 0.5)
    flat[:, :, :, 48:] = 0.25
    assert estimated(untold(Observation(flat, torch.ones(1, 1, 64, 96)))).sigma.max() < 1e-6
