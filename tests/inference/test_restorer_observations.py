"""What is behind every kind of image: observations, tiles, networks and their weights."""

import io
import sys
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from restore.inference.restorer import Restorer
from restore.networks import RestorationNetwork
from restore.networks.weights import describe, save_weights
from restore.observation import Observation, composite

from .conftest import HOLE, IMAGES, SIZE, draw, draw_mixture


def test_mixtures_of_known_noisy_and_missing_pixels_are_restored(restorer):
    observation, again = draw_mixture(), draw_mixture()
    restored = restorer.restore(observation)
    known = (observation.sigma == 0).expand_as(restored)
    assert torch.equal(restored[known], observation.degraded[known])
    assert restored[~known].min() >= 0
    assert restored[~known].max() <= 1
    assert restored.isfinite().all()
    torch.testing.assert_close(observation.degraded, again.degraded, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_observations_of_any_precision_are_restored_in_their_own(restorer, dtype):
    single = draw_mixture()
    observation = Observation(single.degraded.to(dtype), single.sigma.to(dtype))
    restored = restorer.restore(observation)
    assert restored.dtype == dtype
    known = (observation.sigma == 0).expand_as(restored)
    assert torch.equal(restored[known], observation.degraded[known])
    torch.testing.assert_close(restored.float(), restorer.restore(single), atol=5e-3, rtol=0)


def test_known_pixels_keep_double_precision(restorer):
    observation = draw_mixture()
    degraded = observation.degraded.double() + 1e-12
    known = (observation.sigma == 0).expand_as(degraded)
    restored = restorer.restore(Observation(degraded, observation.sigma))
    assert torch.equal(restored[known], degraded[known])


class Watched(np.ndarray):
    """Keeps the widths of the windows that are read."""

    widths: ClassVar[list[int]] = []

    def __getitem__(self, key):
        if isinstance(key, tuple):
            self.widths.append(np.shape(np.asarray(self)[key])[1])
        return super().__getitem__(key)


def test_denoising_reads_an_image_tile_by_tile_and_never_across_it(network):
    image = draw(40, 90, 3).view(Watched)
    Restorer(network, tile=32).denoise(image, 0.1)
    assert max(Watched.widths) == 32


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("width", "shown"), [(32, False), (90, False), (200, True)])
def test_progress_is_shown_on_a_terminal_for_many_tiles_and_leaves_no_line(network, monkeypatch, width, shown):
    for stream, expected in [(Terminal(), shown), (io.StringIO(), False)]:
        monkeypatch.setattr(sys, "stderr", stream)
        Restorer(network, tile=32).denoise(draw(20, width, 3), 0.1)
        assert ("tile" in stream.getvalue()) == expected
        assert "\n" not in stream.getvalue()


def test_images_of_a_batch_are_restored_apart(restorer):
    observation = draw_mixture()
    alone = torch.cat([restorer.restore(observation[i : i + 1]) for i in range(2)])
    assert torch.equal(restorer.restore(observation), alone)


def test_an_image_of_one_tile_is_what_the_network_predicts(network):
    observation = draw_mixture()
    with torch.inference_mode():
        expected = torch.cat([composite(network(observation[i : i + 1]), observation[i : i + 1]) for i in range(2)])
    assert torch.equal(Restorer(network).restore(observation), expected)


def test_inpainting_and_denoising_are_restorations_of_one_kind(restorer):
    image = IMAGES["float32-rgb"]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    sigma = torch.zeros(1, 1, *SIZE).masked_fill(torch.from_numpy(HOLE), torch.inf)
    inpainted = restorer.restore(Observation(pixels, sigma))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(restorer.inpaint(image, HOLE), inpainted, atol=1e-6)
    denoised = restorer.restore(Observation(pixels, torch.full_like(sigma, 0.1)))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(restorer.denoise(image, 0.1), denoised, atol=1e-6)


def test_a_known_image_is_never_shown_to_the_network(network):
    image = torch.rand((1, 3, *SIZE), generator=torch.Generator().manual_seed(0))
    shown = []
    hook = network.register_forward_pre_hook(lambda *_: shown.append(1))
    assert torch.equal(Restorer(network, tile=16, overlap=4).restore(Observation.of(image)), image)
    hook.remove()
    assert shown == []


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (33, 17), (3, 200)])
def test_any_size_is_restored(restorer, size):
    image = draw(*size, 3)
    assert restorer.denoise(image, 0.1).shape == image.shape
    hole = np.zeros(size, bool)
    hole[:, 1::2] = True
    assert np.array_equal(restorer.inpaint(image, hole)[~hole], image[~hole])


def test_tiles_differ_little_from_the_whole(network):
    ramp = np.linspace(0.2, 0.8, 90, dtype=np.float32)
    image = np.stack([ramp[:70, None] * np.ones(90), np.ones((70, 1)) * ramp, np.full((70, 90), 0.5)], -1)
    image = (image + np.random.default_rng(0).normal(0, 0.05, image.shape)).astype(np.float32)
    whole = Restorer(network).denoise(image, 0.05)
    tiled = Restorer(network, tile=48, overlap=16).denoise(image, 0.05)
    assert np.abs(tiled - whole).mean() < 0.05 * np.abs(whole - image).mean()


def test_loaded_weights_restore_as_the_network_that_was_saved(network, tmp_path):
    path = tmp_path / "network.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    loaded = Restorer.load(path, device="cpu", tile=32, overlap=8)
    expected = Restorer(network, tile=32, overlap=8).inpaint(IMAGES["uint8-rgb"], HOLE)
    assert np.array_equal(loaded.inpaint(IMAGES["uint8-rgb"], HOLE), expected)


def test_tiles_of_loaded_weights_overlap_like_those_of_a_network(network, tmp_path):
    path = tmp_path / "network.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    for options in ({}, {"tile": 128}, {"tile": 24, "overlap": 3}):
        assert Restorer.load(path, **options).tiling == Restorer(network, **options).tiling
    assert Restorer(network, tile=128).tiling.overlap == 16


def test_a_file_without_weights_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"nothing\.safetensors: no such weights file"):
        Restorer.load(tmp_path / "nothing.safetensors")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_networks_and_observations_may_live_on_either_device(network, where):
    observation = draw_mixture()
    observation.sigma[..., :12, :] = 0  # tiles without damage, beside tiles with
    observation.sigma[..., 14:, :] = torch.inf
    expected = Restorer(network, "cpu", tile=16, overlap=4).restore(observation)
    restored = Restorer(network, "cuda", tile=16, overlap=4).restore(observation.to(where))
    network.to("cpu")
    assert restored.device.type == where
    torch.testing.assert_close(restored.cpu(), expected, atol=1e-3, rtol=1e-3)


def test_attention_is_that_of_the_network_and_hidden_patches_give_nothing():
    torch.manual_seed(0)
    restorer = Restorer(RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1)))
    image, hole = draw(16, 24, 3), np.zeros((16, 24), bool)
    hole[:8, :8] = True
    maps = restorer.attention(image, hole)
    assert maps.visible.tolist() == [False, True, True, True, True, True]
    assert maps.encoder.shape == (2, restorer.network.autoencoder.encoder.blocks[0].attn.num_heads, 6, 6)
    assert restorer.attention(Image.fromarray(image)).visible.all()
    with pytest.raises(ValueError, match="within a tile of 512 pixels, not in 600 x 4"):
        restorer.attention(draw(4, 600))
