from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from restore.errors import UserError
from restore.networks import MaskedAutoencoder, RestorationNetwork, UNet
from restore.networks.attention import attention_maps
from restore.observation import Observation


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return RestorationNetwork("nano", 8, 32, 2, 2, widths=(4, 8), depths=(1, 1)).eval()


def observe(height=24, width=40, hidden=()):
    generator = torch.Generator().manual_seed(0)
    sigma = torch.zeros(1, 1, height, width)
    for row, column in hidden:
        sigma[..., 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = torch.inf
    return Observation(torch.rand(1, 3, height, width, generator=generator), sigma)


@pytest.fixture(scope="module")
def maps(network):
    with torch.inference_mode():
        return attention_maps(network, observe(hidden=[(1, 2), (2, 4)]))


def test_every_layer_and_head_is_there(maps):
    assert list(maps.layers) == ["encoder.1", "encoder.2", "decoder.1", "decoder.2"]
    assert {layer.shape for layer in maps.layers.values()} == {(2, 15, 15)}
    assert maps.grid(maps.encoder[0, 0, 3]).shape == (3, 5)


def test_what_a_patch_takes_sums_to_one(maps):
    assert torch.allclose(maps.decoder.sum(-1), torch.ones(2, 2, 15))
    assert torch.allclose(maps.encoder.sum(-1), maps.visible.float().expand(2, 2, 15))
    assert torch.allclose(maps.rollout().sum(-1), torch.ones(15))


def test_hidden_patches_give_nothing_of_the_image(maps):
    hidden = [1 * 5 + 2, 2 * 5 + 4]
    assert (~maps.visible).nonzero().flatten().tolist() == hidden
    assert (maps.encoder[..., hidden] == 0).all()
    assert (maps.rollout()[:, hidden] == 0).all()
    assert (maps.decoder[..., hidden] > 0).all()


def own_places(height=24, width=40):
    return np.stack([np.zeros((height, width), dtype=np.int64), *np.indices((height, width))], axis=2)


def test_what_was_copied_is_attention_that_sums_to_one_over_visible_patches(maps):
    sources = own_places()
    sources[8:16, 16:22, 1] -= 8  # three quarters of patch 7 from the patch above
    sources[8:16, 22:24] = (0, 0, 39)  # and a quarter from a corner
    sources[16:24, 32:36, 2] -= 8  # half of patch 14 from the one to its left
    sources[16:24, 36:40] = -1  # and the other half from nowhere
    weights = maps.copied(sources)
    expected = torch.zeros(15, 15)
    expected[7, 2], expected[7, 4], expected[14, 13] = 0.75, 0.25, 1
    assert torch.equal(weights, expected)
    assert (weights[:, ~maps.visible] == 0).all()


def test_copies_from_other_images_are_left_out(maps):
    sources = own_places()
    sources[8:16, 16:24] = (1, 2, 3)
    assert not maps.copied(sources).any()


def test_sources_of_another_image_are_refused(maps):
    for height, width in ((25, 40), (24, 41)):
        with pytest.raises(UserError, match=f"sources of {width} x {height} pixels are not those of this image"):
            maps.copied(own_places(height, width))


def test_the_box_of_a_patch_holds_the_pixels_whose_patch_it_is(maps):
    for patch in range(15):
        rows, columns = maps.box(patch)
        assert {maps.patch_at(x, y) for x in range(40)[columns] for y in range(24)[rows]} == {patch}


def test_the_weights_are_those_that_the_network_computes_with(network):
    observation, block = observe(), network.autoencoder.decoder_blocks[0]
    with torch.inference_mode():
        weights = attention_maps(network, observation).decoder[0]
        taken = []
        hooks = [
            block.attn.register_forward_pre_hook(lambda _, given: taken.append(given[0])),
            block.attn.proj.register_forward_pre_hook(lambda _, given: taken.append(given[0])),
        ]
        network(observation)
        values = block.attn.qkv(taken[0])[..., -32:] + block.attn.v_bias  # queries and keys come before
        expected = torch.einsum("hqk,khd->qhd", weights, values[0].unflatten(-1, (2, 16))).flatten(1)
    for hook in hooks:
        hook.remove()
    torch.testing.assert_close(taken[1][0], expected, atol=1e-4, rtol=1e-4)


def test_looking_changes_nothing(network):
    observation = observe(hidden=[(0, 0)])
    fused = [block.attn.fused_attn for block in network.autoencoder.encoder.blocks]
    with torch.inference_mode():
        before = network(observation)
        attention_maps(network, observation)
        assert torch.equal(network(observation), before)
    assert [block.attn.fused_attn for block in network.autoencoder.encoder.blocks] == fused
    assert all(not block.attn.attn_drop._forward_hooks for block in network.autoencoder.encoder.blocks)


def test_several_threads_may_look_and_predict_at_once(network):
    observations = [observe(24, 40, [(0, k)]) for k in range(4)]

    @torch.inference_mode()
    def look(observation):
        return attention_maps(network, observation)

    @torch.inference_mode()
    def predict(observation):
        return network(observation)

    maps, predictions = list(map(look, observations)), list(map(predict, observations))
    with ThreadPoolExecutor(8) as pool:
        looking = [pool.submit(look, observation) for observation in observations * 5]
        predicting = [pool.submit(predict, observation) for observation in observations * 5]
    for i, (one, other) in enumerate(zip(looking, predicting, strict=True)):
        assert one.result().encoder.shape == (2, 2, 15, 15)
        assert torch.equal(one.result().encoder, maps[i % 4].encoder)
        assert torch.equal(one.result().decoder, maps[i % 4].decoder)
        assert torch.equal(other.result(), predictions[i % 4])
    assert all(block.attn.fused_attn for block in network.autoencoder.encoder.blocks)


def test_an_image_of_any_size_is_padded_to_whole_patches(network):
    with torch.inference_mode():
        maps = attention_maps(network, observe(17, 33))
    assert len(maps.visible) == 3 * 5
    assert maps.patch_at(0, 0) == 0
    assert maps.patch_at(32, 16) == 14
    for x, y in ((40, 0), (0, 24), (-1, 0)):
        with pytest.raises(ValueError, match=f"the pixel {x},{y} lies outside the image"):
            maps.patch_at(x, y)


def test_encoders_with_class_tokens_can_be_looked_at():
    network = MaskedAutoencoder("vit_tiny_patch16_224", 16, 32, 1, 2).eval()
    with torch.inference_mode():
        maps = attention_maps(network, observe(32, 32))
    assert maps.encoder.shape == (12, 3, 4, 4)
    assert torch.allclose(maps.encoder.sum(-1), torch.ones(12, 3, 4))


def test_a_network_without_a_transformer_is_refused():
    with pytest.raises(ValueError, match="a UNet has no attention to look at"):
        attention_maps(UNet((4, 8), (1, 1)), observe())


def test_several_images_are_refused(network):
    with pytest.raises(ValueError, match="one image at a time, not 2"):
        attention_maps(network, Observation.cat([observe(), observe()]))
