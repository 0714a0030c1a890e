"""What is behind every kind of image: observations, tiles, networks and their weights."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from restore.errors import UserError
from restore.inference.restorer import Restorer
from restore.networks import RestorationNetwork
from restore.networks.standardisation import mean_colour
from restore.networks.unet import UNet
from restore.networks.weights import describe, save_weights
from restore.observation import Observation, composite

from .conftest import HOLE, IMAGES, SIZE, Watched, draw, draw_mixture


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


@pytest.mark.parametrize("n", [1, 2])
def test_the_tiles_that_are_done_are_told(network, n):
    told = []
    Restorer(network, tile=32, overlap=0, progress=lambda *of: told.append(of)).restore(draw_mixture(n))
    assert told == [(done, 4 * n) for done in range(4 * n + 1)]


def test_images_of_a_batch_are_restored_apart(restorer):
    observation = draw_mixture()
    alone = torch.cat([restorer.restore(observation[i : i + 1]) for i in range(2)])
    assert torch.equal(restorer.restore(observation), alone)


def test_an_image_of_one_tile_is_what_the_network_predicts(network):
    observation = draw_mixture()
    with torch.inference_mode():
        expected = torch.cat([composite(network(observation[i : i + 1]), observation[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(Restorer(network).restore(observation), expected, atol=1e-6, rtol=0)


def test_inpainting_and_denoising_are_restorations_of_one_kind(restorer):
    image = IMAGES["float32-rgb"]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    sigma = torch.zeros(1, 1, *SIZE).masked_fill(torch.from_numpy(HOLE), torch.inf)
    inpainted = restorer.restore(Observation(pixels, sigma))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(restorer.inpaint(image, HOLE), inpainted, atol=1e-6)
    denoised = restorer.restore(Observation(pixels, torch.full_like(sigma, 0.1)))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(restorer.denoise(image, 0.1), denoised, atol=1e-6)


def test_a_known_image_is_never_shown_to_the_network():
    image = torch.rand((1, 3, *SIZE), generator=torch.Generator().manual_seed(0))
    backend = Watched()
    assert torch.equal(Restorer(backend, tile=32, overlap=8).restore(Observation.of(image)), image)
    assert backend.shown == []


def test_a_batch_with_an_image_of_which_nothing_is_seen_is_refused(restorer):
    observation = draw_mixture()
    observation.sigma[1] = torch.inf
    with pytest.raises(UserError, match="the hole covers everything that can be seen"):
        restorer.restore(observation)


def test_any_object_that_predicts_may_stand_in_for_a_network():
    backend = Watched(multiple=8)
    observation = draw_mixture(1)[..., :37, :50]
    restored = Restorer(backend).restore(observation)
    known = (observation.sigma == 0).expand_as(restored)
    assert torch.equal(restored[known], observation.degraded[known])
    assert restored[~known].unique().tolist() == [0.5]
    ((shown, mean),) = backend.shown
    assert shown.sigma.shape == (1, 1, 40, 56)
    torch.testing.assert_close(torch.from_numpy(mean), mean_colour(observation))
    with pytest.raises(UserError, match="a Watched has no network in PyTorch"):
        Restorer(backend).attention(draw(*SIZE, 3))


def draw_tiles(n):
    """Tiles without damage, beside tiles with, and a hole that is deeper than a tile of 32 pixels."""
    mixture = draw_mixture(n)
    observation = Observation(mixture.degraded.repeat(1, 1, 2, 2), mixture.sigma.repeat(1, 1, 2, 2))
    observation.degraded[:, :, :24], observation.sigma[:, :, :24] = 0.5, 0
    observation.sigma[-1, :, 28:, :100] = torch.inf
    return observation


@pytest.mark.parametrize("batch", [2, 3, 5, 100])
def test_tiles_and_images_that_are_worked_on_together_give_what_they_give_alone(network, batch):
    observation = draw_tiles(3)
    alone = Restorer(network, tile=32, overlap=8).restore(observation)
    together = Restorer(network, tile=32, overlap=8, batch=batch).restore(observation)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_tiles_are_batched_up_to_a_limit_and_are_told_the_mean_colour_of_their_own_image():
    backend, observation = Watched(), draw_mixture(3)
    Restorer(backend, tile=32, overlap=0, batch=8).restore(observation)
    assert max(len(shown.sigma) for shown, _ in backend.shown) <= 8
    assert sum(len(shown.sigma) for shown, _ in backend.shown) == 3 * 2 * 2
    means = np.concatenate([mean for _, mean in backend.shown])
    torch.testing.assert_close(torch.from_numpy(means), mean_colour(observation).repeat_interleave(4, 0))


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
    for options in ({}, {"tile": 128}, {"tile": 40, "overlap": 3}):
        assert Restorer.load(path, **options).tiling == Restorer(network, **options).tiling
    assert Restorer(network, tile=128).tiling.overlap == 16


def test_a_file_without_weights_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"nothing\.safetensors: no such weights file"):
        Restorer.load(tmp_path / "nothing.safetensors")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_networks_and_observations_may_live_on_either_device(network, where):
    observation = draw_tiles(2)
    expected = Restorer(network, "cpu", tile=32, overlap=8).restore(observation)
    restored = Restorer(network, "cuda", tile=32, overlap=8).restore(observation.to(where))
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
    seen_in_part = np.dstack([image, np.where(hole, 0, 255).astype(np.uint8)])
    assert torch.equal(restorer.attention(seen_in_part).visible, maps.visible)
    with pytest.raises(UserError, match="everything that can be seen"):
        restorer.attention(image, ~np.zeros((16, 24), bool))
    with pytest.raises(UserError, match="within a tile of 512 pixels, not in 600 x 4"):
        restorer.attention(draw(4, 600))


def test_threads_may_share_a_restorer():
    torch.manual_seed(0)
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
    restorer = Restorer(network, tile=32)
    images = [draw(*SIZE, 3)[::step, :: abs(step)] for step in (1, -1, 2, -2)]

    def work(i):
        image = images[i % 4]
        if i % 3 == 0:
            return restorer.attention(image[:24, :32]).encoder
        return torch.from_numpy(restorer.inpaint(image, HOLE[: len(image), : image.shape[1]]))

    expected = [work(i) for i in range(24)]
    with ThreadPoolExecutor(6) as pool:
        for alone, shared in zip(expected, pool.map(work, range(24)), strict=True):
            assert torch.equal(shared, alone)


@pytest.mark.parametrize("level", [-0.1, float("nan")])
def test_a_sigma_that_is_none_is_refused(level):
    restorer = Restorer(UNet(widths=(4, 4), depths=(1, 1)))
    with pytest.raises(UserError, match="sigma lies in"):
        restorer.restore(Observation(torch.zeros(1, 3, 16, 16), torch.full((1, 1, 16, 16), level)))


@pytest.mark.parametrize("batch", [0, -1])
def test_a_batch_that_is_none_is_refused(batch):
    with pytest.raises(UserError, match="batch is at least 1"):
        Restorer(UNet(widths=(4, 4), depths=(1, 1)), batch=batch)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("sigma", [0.0, 0.1])
def test_what_is_observed_has_to_be_finite(restorer, bad, sigma):
    degraded = torch.full((1, 3, *SIZE), 0.5)
    degraded[0, 1, 3, 4] = bad
    with pytest.raises(UserError, match="pixels outside the holes are finite"):
        restorer.restore(Observation(degraded, torch.full((1, 1, *SIZE), sigma)))


def test_gray_stays_gray_in_each_image_of_a_batch(restorer):
    observation = draw_mixture(2)
    degraded = observation.degraded.clone()
    degraded[0] = torch.where(observation.hole[0], degraded[0], degraded[0, :1])
    restored = restorer.restore(Observation(degraded, observation.sigma))
    assert torch.equal(restored[0], restored[0, :1].expand(3, -1, -1))
    damaged = (observation.sigma[1] > 0).expand(3, -1, -1)
    assert (restored[1] != restored[1, :1])[damaged].float().mean() > 0.3
