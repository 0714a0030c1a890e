import pytest
import torch

from restore.networks import UNet
from restore.observation import Observation, push_pull_fill


def fill(observation):
    return push_pull_fill(observation.degraded, observation.hole)


@pytest.mark.parametrize("size", [(48, 64), (33, 70)])
def test_untrained_network_is_the_classical_fill(untrained, draw_observation, size):
    network, observation = untrained("UNet"), draw_observation(2, *size)
    assert torch.equal(network(observation), network.size_rule.apply(fill, observation))


@torch.inference_mode()
def test_a_far_pixel_has_no_influence_where_nothing_is_missing(trained):
    network = trained("UNet")
    image = torch.full((1, 3, 16, 256), 0.5)
    other = image.clone()
    other[..., 0] = 1
    here, there = network(Observation.of(other)), network(Observation.of(image))
    assert not torch.equal(here[..., :16], there[..., :16])
    assert torch.equal(here[..., -16:], there[..., -16:])


def test_one_width_for_each_depth():
    with pytest.raises(ValueError, match="not 3 and 2"):
        UNet(widths=(4, 8, 8), depths=(1, 1))


def test_sizes_are_multiples_of_the_coarsest_stride():
    assert UNet(widths=(4, 8, 8), depths=(1, 1, 1)).size_rule.multiple == 4
