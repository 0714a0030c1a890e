import io
import sys
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from restore.inference.restorer import Restorer
from restore.networks import RestorationNetwork, UNet
from restore.networks.weights import describe, save_weights
from restore.observation import Observation, composite

SIZE = (40, 56)
HOLE = np.zeros(SIZE, bool)
HOLE[5:20, 30:50] = True
HOLE[28:33, :] = True


def draw(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).random(shape)
    return (values * {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)).astype(dtype)


IMAGES = {
    **{f"{t.__name__}-rgb": draw(*SIZE, 3, dtype=t) for t in (np.uint8, np.uint16, np.float32, np.float64)},
    **{f"{t.__name__}-gray": draw(*SIZE, dtype=t) for t in (np.uint8, np.uint16, np.float32, np.float64)},
    **{mode: Image.fromarray(draw(*SIZE, 4)).convert(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    "I;16": Image.fromarray(draw(*SIZE, dtype=np.uint16)),
    "tensor-rgb": torch.from_numpy(draw(3, *SIZE, dtype=np.float32)),
    "tensor-gray": torch.from_numpy(draw(1, *SIZE)),
    "tensor-plain": torch.from_numpy(draw(*SIZE, dtype=np.uint16)),
    "tensor-bfloat16": torch.from_numpy(draw(3, *SIZE, dtype=np.float32)).to(torch.bfloat16),
}


@pytest.fixture(scope="module")
def network():
    """A small network that changes whatever it may change."""
    network = UNet(widths=(4, 8), depths=(1, 1))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.fixture(params=[(512, 64), (32, 8)], ids=lambda tiling: f"tile{tiling[0]}")
def restorer(request, network):
    tile, overlap = request.param
    return Restorer(network, tile=tile, overlap=overlap)


@pytest.fixture(params=IMAGES)
def image(request):
    return IMAGES[request.param]


def kind(image):
    if isinstance(image, Image.Image):
        return Image.Image, image.mode, image.size
    return type(image), image.dtype, tuple(image.shape)


def values(image):
    """Numbers of shape (h, w, channels), alpha included."""
    if isinstance(image, torch.Tensor):
        image = image.double().reshape(-1, *SIZE).permute(1, 2, 0).numpy()
    return np.asarray(image, dtype=np.float64).reshape(*SIZE, -1)


def colours(image):
    return values(image)[..., : -1 if getattr(image, "mode", None) in ("LA", "RGBA") else None]


def test_inpainting_changes_the_hole_and_nothing_else(restorer, image):
    before = values(image).copy()
    restored = restorer.inpaint(image, HOLE)
    assert kind(restored) == kind(image)
    assert np.array_equal(values(restored)[~HOLE], before[~HOLE])
    assert np.isfinite(values(restored)).all()
    assert (colours(restored)[HOLE] != colours(image)[HOLE]).mean() > 0.5
    assert np.array_equal(values(image), before)


def test_denoising_keeps_kind_size_and_type_and_does_not_write_to_its_argument(restorer, image):
    before = values(image).copy()
    restored = restorer.denoise(image, sigma=0.1)
    assert kind(restored) == kind(image)
    assert (colours(restored) != colours(image)).mean() > 0.5
    assert np.array_equal(values(image), before)


def test_no_noise_and_no_strength_are_the_identity(restorer, image):
    for restored in (restorer.denoise(image, sigma=0), restorer.denoise(image, sigma=0.2, strength=0.0)):
        assert kind(restored) == kind(image)
        assert np.array_equal(values(restored), values(image))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept_but_where_a_hole_was_filled(restorer, mode):
    alpha = np.asarray(IMAGES[mode])[..., -1]
    assert np.array_equal(np.asarray(restorer.denoise(IMAGES[mode], sigma=0.1))[..., -1], alpha)
    filled = np.asarray(restorer.inpaint(IMAGES[mode], HOLE))[..., -1]
    assert np.array_equal(filled, np.where(HOLE, 255, alpha))


def with_transparent_columns(mode, colour):
    """An image of which 20 columns, some of them in the hole, are transparent and have a colour of their own."""
    values = np.asarray(IMAGES[mode]).copy()
    values[..., -1] |= 1
    values[:, 25:45] = [colour] * (values.shape[-1] - 1) + [0]
    return Image.fromarray(values)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_colours_that_transparency_hides_cannot_influence_what_is_filled(restorer, mode):
    black, white = (with_transparent_columns(mode, colour) for colour in (0, 255))
    filled = [np.asarray(restorer.inpaint(image, HOLE)) for image in (black, white)]
    assert np.array_equal(filled[0][HOLE], filled[1][HOLE])
    assert np.array_equal(filled[1][~HOLE], np.asarray(white)[~HOLE])


def test_a_hole_around_which_all_is_transparent_is_refused(restorer):
    image = Image.new("RGBA", SIZE[::-1], (200, 100, 50, 0))
    with pytest.raises(ValueError, match="everything that can be seen"):
        restorer.inpaint(image, HOLE)


@pytest.mark.parametrize("secret", [0.0, 9.0, np.nan, np.inf])
def test_what_the_hole_contains_cannot_influence_the_result(restorer, secret):
    image = IMAGES["float32-rgb"]
    told = np.where(HOLE[..., None], np.float32(secret), image)
    assert np.array_equal(restorer.inpaint(told, HOLE), restorer.inpaint(image, HOLE))


def test_known_pixels_keep_values_out_of_range(restorer):
    image = 5 * draw(*SIZE, 3, dtype=np.float32) - 2
    assert np.array_equal(restorer.inpaint(image, HOLE)[~HOLE], image[~HOLE])


def test_an_empty_hole_leaves_the_image(restorer, image):
    restored = restorer.inpaint(image, np.zeros_like(HOLE))
    assert kind(restored) == kind(image)
    assert np.array_equal(values(restored), values(image))


@pytest.mark.parametrize("hole", [HOLE, torch.from_numpy(HOLE), torch.from_numpy(HOLE)[None], np.asfortranarray(HOLE)])
def test_holes_come_as_arrays_or_tensors(restorer, hole):
    image = IMAGES["uint8-rgb"]
    assert np.array_equal(restorer.inpaint(image, hole), restorer.inpaint(image, HOLE))


@pytest.mark.parametrize(
    ("hole", "message"),
    [
        (HOLE.astype(np.uint8), "boolean.*not uint8"),
        (HOLE.astype(np.float32), "boolean.*not float32"),
        (torch.from_numpy(HOLE).float(), "boolean.*not float32"),
        (HOLE[:-1], r"hole has size \(39, 56\), the image \(40, 56\)"),
        (HOLE.T, r"hole has size \(56, 40\)"),
        (np.stack([HOLE] * 3, -1), r"hole has size \(40, 56, 3\)"),
        (np.ones(SIZE, bool), "covers the whole image"),
    ],
)
def test_impossible_holes_are_refused_with_the_reason(restorer, hole, message):
    with pytest.raises(ValueError, match=message):
        restorer.inpaint(IMAGES["uint8-rgb"], hole)


def test_strength_goes_from_nothing_to_everything(restorer):
    image = IMAGES["float32-rgb"]
    full = restorer.denoise(image, sigma=0.1)
    half = restorer.denoise(image, sigma=0.1, strength=0.5)
    np.testing.assert_allclose(half, (image + full) / 2, atol=1e-6)
    low, high = np.minimum(image, full), np.maximum(image, full)
    for strength in (0.1, 0.9):
        between = restorer.denoise(image, sigma=0.1, strength=strength)
        assert (between >= low - 1e-6).all()
        assert (between <= high + 1e-6).all()


def test_pixels_of_sigma_zero_are_left_when_sigma_is_a_map(restorer, image):
    sigma = np.where(np.arange(SIZE[1]) < 20, 0, np.full(SIZE, 0.1))
    restored = restorer.denoise(image, sigma)
    assert np.array_equal(values(restored)[:, :20], values(image)[:, :20])
    assert not np.array_equal(values(restored)[:, 20:], values(image)[:, 20:])


def test_a_constant_map_of_sigma_is_the_number(restorer):
    image = IMAGES["float32-rgb"]
    expected = restorer.denoise(image, 0.1)
    assert np.array_equal(restorer.denoise(image, np.full(SIZE, 0.1)), expected)
    assert np.array_equal(restorer.denoise(image, torch.full(SIZE, 0.1)), expected)


def test_without_a_sigma_it_is_estimated(restorer):
    noise = np.random.default_rng(1).normal(0, 0.1, (*SIZE, 3))
    image = (0.5 + noise).astype(np.float32)
    sigma = Restorer.estimate_sigma(image)
    assert sigma == pytest.approx(0.1, rel=0.15)
    assert np.array_equal(restorer.denoise(image), restorer.denoise(image, sigma))


def test_a_clean_flat_image_is_left_by_the_estimate(restorer):
    image = np.full((*SIZE, 3), 200, np.uint8)
    assert np.array_equal(restorer.denoise(image), image)


def test_the_noise_of_a_large_image_is_estimated_from_parts_of_it():
    image = 0.5 + 0.05 * np.random.default_rng(1).standard_normal((1200, 700), np.float32)
    assert Restorer.estimate_sigma(image) == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": -0.1}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.inf}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.nan}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.zeros((3, 3))}, r"sigma has size \(3, 3\), the image \(40, 56\)"),
        ({"sigma": np.zeros((1, 56))}, r"sigma has size \(1, 56\)"),
        ({"sigma": 0.1, "strength": 1.1}, "strength lies in.*not at 1.1"),
        ({"sigma": 0.1, "strength": -0.1}, "strength lies in.*not at -0.1"),
        ({"sigma": 0.1, "strength": np.nan}, "strength lies in.*not at nan"),
    ],
)
def test_impossible_noise_and_strength_are_refused_with_the_reason(restorer, options, message):
    with pytest.raises(ValueError, match=message):
        restorer.denoise(IMAGES["uint8-rgb"], **options)


def draw_mixture(n=2):
    generator = torch.Generator().manual_seed(4)
    degraded = 1.4 * torch.rand((n, 3, *SIZE), generator=generator) - 0.2
    sigma = torch.rand((n, 1, *SIZE), generator=generator)
    sigma[sigma < 0.4] = 0
    sigma[sigma > 0.8] = torch.inf
    return Observation(degraded.masked_fill(torch.isposinf(sigma), torch.nan), sigma)


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
