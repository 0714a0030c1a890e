import pytest
import torch

from restore.fill import push_pull_fill
from restore.networks import UNet
from restore.observation import Observation


def fill(observation):
    return push_pull_fill(observation.degraded, observation.hole)


@pytest.mark.parametrize("size", [(48, 64), (33, 70)])
def test_untrained_network_is_the_classical_fill(untrained, draw_observation, size):
    network, observation = untrained("UNet"), draw_observation(2, *size)
    assert torch.equal(network(observation), fill(network.size_rule.pad(observation))[..., : size[0], : size[1]])


@torch.inference_mode()
def test_a_far_pixel_has_no_influence_beyond_that_on_the_mean_colour(trained):
    network = trained("UNet")
    image = torch.full((1, 3, 16, 256), 0.5)
    image[..., 0], image[..., 1] = 1, 0
    other = image.clone()
    other[..., 0], other[..., 1] = 0, 1
    here, there = network(Observation.of(other)), network(Observation.of(image))
    assert not torch.equal(here[..., :16], there[..., :16])
    torch.testing.assert_close(here[..., -16:], there[..., -16:], atol=1e-6, rtol=0)


@torch.inference_mode()
def test_a_brighter_image_gives_a_result_as_much_brighter(trained, draw_observation):
    network, observation = trained("UNet"), draw_observation(2, 32, 40)
    brighter = Observation(observation.degraded + 0.25, observation.sigma)
    torch.testing.assert_close(network(brighter), network(observation) + 0.25, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_twice_the_contrast_under_twice_the_noise_gives_twice_the_result(trained):
    network = trained("UNet")
    torch.nn.init.zeros_(network.head.bias)
    image = torch.rand((1, 3, 32, 40), generator=torch.Generator().manual_seed(0)) - 0.5
    weak, strong = (Observation(k * image, torch.full((1, 1, 32, 40), 0.1 * k)) for k in (1, 2))
    torch.testing.assert_close(network(strong), 2 * network(weak), atol=1e-4, rtol=1e-4)


def test_one_width_for_each_depth():
    with pytest.raises(ValueError, match="not 3 and 2"):
        UNet(widths=(4, 8, 8), depths=(1, 1))


def test_sizes_are_multiples_of_the_coarsest_stride():
    assert UNet(widths=(4, 8, 8), depths=(1, 1, 1)).size_rule.multiple == 4
