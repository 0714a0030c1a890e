from pathlib import Path

import huggingface_hub.constants
import pytest
import timm
import torch
from safetensors.torch import save_file

from restore.networks import MaskedAutoencoder
from restore.networks.encoders import SIZES, build_encoder, pixel_statistics
from restore.observation import Observation

VIT = "vit_tiny_patch16_224"
ROPE_PER_BLOCK = "vit_small_patch16_rope_mixed_224"
REGISTERS = "vit_small_patch16_dinov3"
"""Class and register tokens before the patches' tokens, rotary positions."""


@pytest.fixture(scope="module")
def published() -> torch.nn.Module:
    """A network as timm publishes it: with a head for classes."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return timm.create_model(VIT)


@pytest.fixture(scope="module")
def weights_file(published: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "vit.safetensors"
    save_file(published.state_dict(), path)
    return path


@pytest.mark.parametrize("name", SIZES)
def test_sizes_by_name_have_the_shape_they_say(name):
    with torch.device("meta"):
        encoder = build_encoder(name, 16)
    width, depth, num_heads = SIZES[name]
    assert encoder.embed_dim == width
    assert len(encoder.blocks) == depth
    assert encoder.blocks[0].attn.num_heads == num_heads


@pytest.mark.parametrize("name", [VIT, ROPE_PER_BLOCK, REGISTERS, "nano-absolute"])
@torch.inference_mode()
def test_any_timm_vision_transformer_takes_any_size_and_ignores_hidden_pixels(name, draw_observation):
    network = MaskedAutoencoder(name, decoder_width=32, decoder_depth=1, decoder_heads=2).eval()
    for size in ((1, 1), (33, 70)):
        observation = draw_observation(2, *size)
        prediction = network(observation)
        assert prediction.shape == (2, 3, *size)
        told = Observation(observation.degraded.masked_fill(observation.hole, torch.nan), observation.sigma)
        assert torch.equal(network(told), prediction)
        alone = torch.cat([network(observation[:1]), network(observation[1:])])
        torch.testing.assert_close(alone, prediction, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_only_absolute_positions_tell_where_a_patch_lies(draw_observation):
    patch = draw_observation(1, 16, 16).degraded
    image = Observation.of(patch.tile(1, 1, 4, 4))  # the same everywhere
    spread = {}
    for name in ("nano", "nano-absolute"):
        torch.manual_seed(0)
        network = MaskedAutoencoder(name, decoder_width=32, decoder_depth=1, decoder_heads=2).eval()
        tokens = network.features(image.degraded, image)
        spread[name] = float(tokens.flatten(2).std(-1).mean())
    assert spread["nano"] < 1e-5 < 1e-3 < spread["nano-absolute"]


def test_patch_size_is_free(published, weights_file):
    encoder = build_encoder(VIT, 8, str(weights_file))
    assert encoder.patch_embed.proj.weight.shape[-2:] == (8, 8)
    assert torch.equal(encoder.blocks[0].attn.qkv.weight, published.blocks[0].attn.qkv.weight)


@pytest.mark.parametrize("name", ["no_such_encoder", "Tiny", ""])
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=f"unknown encoder '{name}'"):
        build_encoder(name, 16)


@pytest.mark.parametrize("name", ["resnet18", "swin_tiny_patch4_window7_224", "beit_base_patch16_224"])
def test_what_is_no_plain_vision_transformer_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' is not a plain vision transformer"):
        build_encoder(name, 16)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_local_file_gives_the_encoder_its_weights(published, weights_file, tmp_path, suffix):
    if suffix == ".pth":
        weights_file = tmp_path / "vit.pth"
        torch.save(published.state_dict(), weights_file)
    network = MaskedAutoencoder(VIT, decoder_width=32, decoder_heads=2, encoder_weights=str(weights_file))
    expected = published.state_dict()
    loaded = network.encoder.state_dict()
    assert expected.keys() - loaded.keys() == {"head.weight", "head.bias"}
    assert all(torch.equal(value, expected[name]) for name, value in loaded.items())


def test_where_the_weights_came_from_is_not_an_argument_of_the_network(weights_file):
    network = MaskedAutoencoder(VIT, decoder_width=32, decoder_heads=2, encoder_weights=str(weights_file))
    assert "encoder_weights" not in network.arguments


def test_weights_of_another_network_are_refused_by_file(weights_file):
    with pytest.raises(ValueError, match=f"{weights_file}: does not hold the weights of the encoder 'vit_small"):
        build_encoder("vit_small_patch16_224", 16, str(weights_file))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x02junk" * 100])
def test_a_file_without_weights_is_refused_by_name(tmp_path, content, suffix):
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path}: does not hold the weights"):
        build_encoder(VIT, 16, str(path))


@pytest.mark.parametrize("content", [{"weight": torch.zeros(2)}, {"state_dict": {}}, torch.zeros(2), [1, 2]])
def test_a_file_of_something_else_is_refused_by_name(tmp_path, content):
    path = tmp_path / "something.pth"
    torch.save(content, path)
    with pytest.raises(ValueError, match=f"{path}: does not hold the weights"):
        build_encoder(VIT, 16, str(path))


def test_a_missing_file_is_refused_by_name(tmp_path):
    path = tmp_path / "nowhere.safetensors"
    with pytest.raises(ValueError, match=f"{path}: no such file"):
        build_encoder(VIT, 16, str(path))


def test_own_sizes_have_no_published_weights():
    with pytest.raises(ValueError, match="no published weights for the encoder 'tiny'"):
        build_encoder("tiny", 16, "published")


def test_published_weights_that_cannot_be_fetched_are_said_so(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=f"published weights of '{VIT}' could not be fetched.*encoder_weights"):
        build_encoder(VIT, 16, "published")


def test_names_that_nobody_published_weights_for_are_said_so():
    with pytest.raises(ValueError, match="published weights of 'vit_small_patch16_36x1_224' could not be fetched"):
        build_encoder("vit_small_patch16_36x1_224", 16, "published")


def test_pixels_are_normalised_as_the_weights_expect():
    encoder = timm.create_model("vit_base_patch16_224.mae", num_classes=0, depth=1)
    mean, std = pixel_statistics(encoder)
    assert mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])  # ImageNet's, as He et al. trained
    assert std.flatten().tolist() == pytest.approx([0.229, 0.224, 0.225])
