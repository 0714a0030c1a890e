import pytest
import torch

from restore.fill import push_pull_fill
from restore.networks import RestorationNetwork
from restore.observation import Observation


def fill(observation):
    return push_pull_fill(observation.degraded, observation.hole)


def test_untrained_network_is_the_classical_fill(untrained, draw_observation):
    observation = draw_observation(2, 48, 64)
    assert torch.equal(untrained("RestorationNetwork")(observation), fill(observation))


def test_untrained_network_is_the_classical_fill_of_the_padded_image(untrained, draw_observation):
    network, observation = untrained("RestorationNetwork"), draw_observation(2, 33, 70)
    assert torch.equal(network(observation), fill(network.size_rule.pad(observation))[..., :33, :70])


@torch.inference_mode()
def test_a_far_pixel_influences_the_result(trained):
    network = trained("RestorationNetwork")
    image = torch.full((1, 3, 16, 256), 0.5)
    other = image.clone()
    other[..., 0] = 1
    change = network(Observation.of(other)) - network(Observation.of(image))
    assert change[..., -16:].abs().max() > 1e-5


@torch.inference_mode()
def test_hidden_patches_never_enter_the_encoder(trained, draw_observation):
    network, observation = trained("RestorationNetwork"), draw_observation(1, 48, 64)
    seen = []
    network.autoencoder.encoder.blocks[0].register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    network(observation)
    hidden = observation.hole.unfold(-2, 16, 16).unfold(-2, 16, 16).flatten(-2).all(-1).sum()
    assert hidden == 1
    assert seen == [12 - 1]


def test_a_patch_that_the_coarsest_stride_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="patch size 12 is not a multiple of the coarsest stride 8"):
        RestorationNetwork("nano", patch_size=12, decoder_width=32, decoder_heads=2)


def test_a_patch_of_the_coarsest_stride_works(draw_observation):
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1))
    assert network(draw_observation(1, 20, 30)).shape == (1, 3, 20, 30)


def test_without_a_detail_stream_the_tokens_alone_correct_the_fill(draw_observation):
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(), depths=())
    observation = draw_observation(2, 48, 64)
    assert torch.equal(network(observation), fill(observation))
    torch.nn.init.constant_(network.head.bias, 0.25)
    assert torch.allclose(network(observation), fill(observation) + 0.25)
    assert not hasattr(network, "context")
