import pytest
import torch

from restore.networks import MaskedAutoencoder
from restore.networks.patches import VisibleTokens
from restore.observation import Observation

PATCH = 16


def hide(image, patches):
    """Hides patches, given as (row, column)."""
    sigma = torch.zeros_like(image[:, :1])
    for row, column in patches:
        top, left = row * PATCH, column * PATCH
        sigma[..., top : top + PATCH, left : left + PATCH] = torch.inf
    return Observation(image, sigma)


def show_only(block, row, column, rows=4, columns=5):
    """Shows one block of patches, from a row and a column on, and hides all else."""
    top, left = row * PATCH, column * PATCH
    window = (..., slice(top, top + block.shape[-2]), slice(left, left + block.shape[-1]))
    image = torch.zeros(1, 3, rows * PATCH, columns * PATCH)
    sigma = torch.full_like(image[:, :1], torch.inf)
    image[window] = block
    sigma[window] = 0
    return Observation(image, sigma), window


def draw(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("hidden", "count"), [([], 12), ([(0, 0), (1, 2), (2, 3)], 9), ([(0, 1)], 11)])
def test_hidden_patches_never_enter_the_encoder(trained, hidden, count):
    network = trained("MaskedAutoencoder")
    seen = []
    network.encoder.blocks[0].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].shape[1]))
    network(hide(draw(2, 3, 48, 64), hidden))
    assert seen == [count]


def test_all_positions_enter_the_decoder(trained):
    network = trained("MaskedAutoencoder")
    seen = []
    network.decoder_blocks[0].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].shape[1]))
    network(hide(draw(1, 3, 48, 64), [(0, 0), (1, 2)]))
    assert seen == [12]


def test_hidden_patches_are_told_from_their_positions(trained):
    prediction = trained("MaskedAutoencoder")(hide(draw(1, 3, 48, 64), [(0, 0), (1, 2)]))
    assert not torch.allclose(prediction[..., :16, :16], prediction[..., 16:32, 32:48], atol=1e-4)


@torch.inference_mode()
def test_moving_what_is_visible_moves_what_is_predicted_for_it(trained):
    network = trained("MaskedAutoencoder")
    # The decoder also sees the mask tokens, of which there are others after a move; the encoder does not.
    network.decoder_blocks = torch.nn.ModuleList()
    block = draw(1, 3, 32, 32)
    here, window_here = show_only(block, 0, 1)
    there, window_there = show_only(block, 2, 3)
    elsewhere, window_elsewhere = show_only(block, 1, 0, rows=3, columns=2)
    expected = network(here)[window_here]
    torch.testing.assert_close(network(there)[window_there], expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(network(elsewhere)[window_elsewhere], expected, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_where_patches_lie_to_one_another_matters(trained):
    network = trained("MaskedAutoencoder")
    left, right = draw(1, 3, 16, 16), draw(1, 3, 16, 16, seed=1)
    this_way, window = show_only(torch.cat([left, right], -1), 1, 1)
    that_way, _ = show_only(torch.cat([right, left], -1), 1, 1)
    this, that = network(this_way)[window], network(that_way)[window]
    assert not torch.allclose(this[..., :16], that[..., 16:], atol=1e-4)


def test_partly_visible_patches_are_filled_before_they_are_encoded(trained):
    network = trained("MaskedAutoencoder")
    image = torch.full((1, 3, 32, 32), 0.7)
    observation = Observation(image.clone(), torch.zeros(1, 1, 32, 32))
    observation.degraded[..., 4:12, 4:12] = 0
    observation.sigma[..., 4:12, 4:12] = torch.inf
    torch.nn.init.zeros_(network.confidence_embed.weight)
    torch.testing.assert_close(network(observation), network(Observation.of(image)), atol=1e-5, rtol=1e-4)


def test_before_training_the_confidence_says_nothing(untrained):
    network = untrained("MaskedAutoencoder")
    image = draw(1, 3, 32, 32)
    noisy = Observation(image, torch.full((1, 1, 32, 32), 0.3))
    assert torch.equal(network(noisy), network(Observation.of(image)))


def test_patch_size_is_free():
    network = MaskedAutoencoder("nano", patch_size=8, decoder_width=32, decoder_depth=1, decoder_heads=2)
    assert network(Observation.of(draw(1, 3, 20, 30))).shape == (1, 3, 20, 30)


@torch.inference_mode()
def test_hidden_patches_left_out_or_masked_out_give_one_prediction(trained, draw_observation, monkeypatch):
    network, observation = trained("MaskedAutoencoder"), draw_observation(3, 64, 48)
    expected = network(observation)
    monkeypatch.setattr(VisibleTokens, "of", VisibleTokens.padded)
    torch.testing.assert_close(network(observation), expected, atol=1e-5, rtol=1e-5)
