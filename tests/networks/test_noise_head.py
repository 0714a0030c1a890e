import math

import pytest
import torch

from restore.errors import UserError
from restore.networks import RestorationNetwork, UNet
from restore.networks.noise_head import FLOOR, STRIDE, TYPICAL, NoiseHead, level_error, spread
from restore.networks.weights import describe, load_into, load_network, save_weights
from restore.observation import Observation

from .conftest import NANO


def network(**settings):
    torch.manual_seed(0)
    return RestorationNetwork(**NANO, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1), **settings)


def test_an_untrained_head_tells_a_typical_level():
    log_sigma = NoiseHead([4, 8, 8])(torch.rand(2, 3, 32, 48), torch.zeros(2, 1, 32, 48))
    torch.testing.assert_close(log_sigma, torch.full((2, 1, 32 // STRIDE, 48 // STRIDE), math.log(TYPICAL)))
    torch.testing.assert_close(spread(log_sigma), torch.full((2, 1, 32, 48), TYPICAL))


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_error_is_the_factor_by_which_the_level_is_wrong(factor):
    log_sigma = torch.full((1, 1, 4, 4), math.log(0.1 * factor))
    error = level_error(log_sigma, torch.full((1, 1, 32, 32), 0.1))
    torch.testing.assert_close(error, torch.tensor([math.log(2)]))


def test_without_noise_the_floor_is_right():
    log_sigma = torch.full((1, 1, 4, 4), math.log(FLOOR))
    torch.testing.assert_close(level_error(log_sigma, torch.zeros(1, 1, 32, 32)), torch.zeros(1))


def test_holes_do_not_count():
    sigma = torch.full((1, 1, 32, 32), 0.1)
    sigma[..., 13:] = torch.inf
    log_sigma = torch.full((1, 1, 4, 4), math.log(0.1))
    log_sigma[..., 2:] = 7
    torch.testing.assert_close(level_error(log_sigma, sigma), torch.zeros(1))
    torch.testing.assert_close(level_error(log_sigma, torch.full_like(sigma, torch.inf)), torch.zeros(1))


def test_level_is_the_root_of_the_mean_variance_of_a_square():
    sigma = torch.zeros(1, 1, 8, 8)
    sigma[..., :4] = 0.1
    torch.testing.assert_close(level_error(torch.full((1, 1, 1, 1), math.log(0.1 / 2**0.5)), sigma), torch.zeros(1))


def test_what_a_network_tells_depends_on_pixels_and_holes_alone():
    told, generator = network(noise_widths=[4, 8, 8]), torch.Generator().manual_seed(0)
    with torch.no_grad():
        told.noise_head.level.weight += 0.3  # an untrained one tells the same of all
    image = torch.rand((1, 3, 32, 32), generator=generator)
    hole = torch.rand((1, 1, 32, 32), generator=generator) < 0.3
    sigma = torch.rand((1, 1, 32, 32), generator=generator)
    levels = [
        told.log_sigma(Observation(torch.where(hole, secret, image), level.masked_fill(hole, torch.inf)))
        for secret, level in ((0.0, sigma), (torch.nan, sigma), (0.0, torch.zeros_like(sigma)))
    ]
    assert all(torch.equal(level, levels[0]) for level in levels[1:])
    assert not torch.equal(told.log_sigma(Observation.of(image)), levels[0])


def test_only_networks_with_a_head_tell(tmp_path):
    assert network(noise_widths=[4, 8, 8]).tells_noise
    for silent in (network(), UNet(widths=(4, 8), depths=(1, 1))):
        assert not silent.tells_noise
        with pytest.raises(TypeError, match="does not tell"):
            silent.log_sigma(Observation.of(torch.rand(1, 3, 32, 32)))


def test_a_file_of_weights_keeps_the_head_and_files_without_are_as_before(tmp_path):
    told, path = network(noise_widths=[4, 8, 8]), tmp_path / "weights.safetensors"
    save_weights(told.state_dict(), describe(told), path)
    assert load_network(path).tells_noise
    assert "noise_widths" not in describe(network())["arguments"]


def test_a_deeper_network_with_a_head_starts_as_the_one_it_grew_from(tmp_path):
    small, path = network(), tmp_path / "weights.safetensors"
    with torch.no_grad():
        for parameter in small.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    save_weights(small.state_dict(), describe(small), path)
    grown = RestorationNetwork(**NANO, widths=(4, 8, 8, 8), depths=(1, 1, 2, 3), noise_widths=[4, 8, 8])
    load_into(grown, path)
    observation = Observation(torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.1))
    torch.testing.assert_close(grown(observation), small(observation))


@pytest.mark.parametrize("widths", [[4], [4, 8, 8, 8]])
def test_a_head_of_another_depth_is_refused(widths):
    with pytest.raises(UserError, match="3 widths"):
        NoiseHead(widths)


def test_patches_that_do_not_fit_the_stride_are_refused():
    with pytest.raises(UserError, match="noise head"):
        RestorationNetwork(**NANO, patch_size=12, widths=(4, 8), depths=(1, 1), noise_widths=[4, 8, 8])


def test_a_head_learns_how_noisy_images_are_whatever_they_show():
    torch.manual_seed(0)
    head, generator = NoiseHead([8, 8, 16]), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-2)

    def draw(n):
        sigma = 0.01 + 0.2 * torch.rand((n, 1, 1, 1), generator=generator)
        scene = torch.rand((n, 3, 1, 1), generator=generator) + 0.02 * torch.arange(32.0)
        return scene + sigma * torch.randn((n, 3, 32, 32), generator=generator), sigma.expand(n, 1, 32, 32)

    for _ in range(150):
        image, sigma = draw(8)
        optimizer.zero_grad()
        level_error(head(image, torch.zeros_like(image[:, :1])), sigma).mean().backward()
        optimizer.step()
    image, sigma = draw(32)
    with torch.no_grad():
        error = level_error(head(image, torch.zeros_like(image[:, :1])), sigma)
    assert error.median() < 0.35  # to guess the middle costs 0.65
