import io
import math
import re

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn import functional

from restore.inference.flat_patches import is_drawn, is_rendered
from restore.inference.noise import Noise
from restore.inference.restorer import Restorer
from restore.networks import Network
from restore.networks.patches import SizeRule


def noises_of(degraded, hole=None):
    hole = torch.zeros_like(degraded[:, 0], dtype=torch.bool) if hole is None else hole[:, 0]
    return [Noise.of(*one) for one in zip(degraded.expand(-1, 3, -1, -1).numpy(), hole.numpy(), strict=True)]


def levels_of(degraded, hole=None):
    return torch.tensor([noise.level for noise in noises_of(degraded, hole)])


def draw_photograph(n=1, size=192, seed=0):
    """Smooth shading over most of the image, fine texture over a third of it."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand((n, 3, 4, 4), generator=generator)
    image = 0.2 + 0.6 * torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 1)
    texture = 0.1 * (torch.rand((n, 1, size, size), generator=generator) - 0.5)
    texture[..., size // 3 :] = 0
    return image + texture


def noise_like(image, sigma, seed=1):
    return sigma / 255 * torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
def test_the_noise_of_an_image_is_estimated_within_a_tenth(sigma, seed):
    image = draw_photograph(seed=seed)
    estimate = 255 * levels_of(image + noise_like(image, sigma, seed + 10))
    assert estimate.item() == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [5, 25])
def test_gray_images_are_estimated_as_well(sigma):
    image = draw_photograph()[:, :1]
    gray = image + noise_like(image, sigma)
    assert 255 * levels_of(gray).item() == pytest.approx(sigma, rel=0.12)
    torch.testing.assert_close(levels_of(gray.expand(-1, 3, -1, -1)), levels_of(gray))


@pytest.mark.parametrize("size", [(64, 64), (33, 47), (5, 4)])
def test_a_flat_image_has_no_noise(size):
    assert levels_of(torch.full((1, 3, *size), 0.3)).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("margin", [0, 1])
@pytest.mark.parametrize("noise_in_margin", [False, True])
def test_clipped_margins_do_not_hide_the_noise(margin, noise_in_margin):
    image = draw_photograph()
    noise = noise_like(image, 25)
    image[..., :40] = margin
    if not noise_in_margin:
        noise[..., :40] = 0
    assert 255 * levels_of((image + noise).clamp(0, 1)).item() == pytest.approx(25, rel=0.1)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_an_image_that_is_clipped_as_a_whole_has_no_noise(level):
    assert levels_of(torch.full((1, 3, 64, 64), level)).tolist() == [0]


def test_an_image_that_is_clipped_everywhere_still_has_noise():
    generator = torch.Generator().manual_seed(0)
    image = (torch.rand((1, 3, 192, 192), generator=generator) < 0.5).float()
    noisy = (image + noise_like(image, 25)).clamp(0, 1)
    assert levels_of(noisy).item() > 0.05


def test_smooth_shading_is_not_taken_for_noise():
    ramp = torch.linspace(0, 1, 128)
    shaded = (ramp[:, None] * ramp).expand(1, 3, -1, -1)
    assert 255 * levels_of(shaded).item() < 0.1


def test_a_textured_third_of_the_image_is_not_taken_for_noise():
    assert 255 * levels_of(draw_photograph()).item() < 0.3


@pytest.mark.parametrize("size", [(1, 1), (3, 100), (1, 7)])
def test_images_too_small_to_tell_have_no_noise(size):
    assert levels_of(torch.rand((2, 3, *size), generator=torch.Generator().manual_seed(0))).tolist() == [0, 0]


@pytest.mark.parametrize("size", [(4, 4), (31, 33), (32, 32), (65, 40)])
def test_any_larger_size_is_estimated(size):
    noise = noise_like(torch.zeros(1, 3, *size), 25)
    assert 255 * levels_of(0.5 + noise).item() == pytest.approx(25, rel=0.35)


def test_images_of_a_batch_are_estimated_apart():
    image = draw_photograph(3, size=64)
    noisy = image + noise_like(image, 1) * torch.tensor([5.0, 15.0, 50.0]).view(3, 1, 1, 1)
    alone = torch.cat([levels_of(noisy[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(levels_of(noisy), alone)
    assert (alone.diff() > 0).all()


@pytest.mark.parametrize("content", [0.0, 0.5, math.nan])
def test_what_lies_in_a_hole_does_not_change_the_estimate(content):
    generator = torch.Generator().manual_seed(0)
    noisy = 0.5 + 0.1 * torch.randn(1, 3, 128, 128, generator=generator)
    hole = torch.rand(1, 1, 128, 128, generator=generator) < 0.1
    estimate = levels_of(noisy.masked_fill(hole, content), hole)
    assert float(estimate) == pytest.approx(0.1, rel=0.1)
    assert torch.equal(estimate, levels_of(noisy.masked_fill(hole, 0.25), hole))


def text(paper, ink):
    image = Image.new("RGB", (600, 300), paper)
    draw = ImageDraw.Draw(image)
    for i in range(17):
        draw.text((20, 20 + 16 * i), f"chapter {i}: noise and holes, in i dots 1:2", ink, ImageFont.load_default(12))
    return np.array(image)


def stars():
    rng = np.random.default_rng(0)
    sky = np.zeros((512, 512, 3), np.uint8)
    sky[tuple(rng.integers(0, 512, (2, 800)))] = rng.integers(50, 255, (800, 1))
    return sky


def pixel_art():
    colours = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    return colours.repeat(6, 0).repeat(6, 1)


DRAWN = {
    "paper of 255": text((255, 255, 255), (0, 0, 0)),
    "paper of 254": text((254, 254, 254), (10, 10, 10)),
    "terminal": text((30, 30, 46), (166, 227, 161)),
    "stars": stars(),
    "pixel art": pixel_art(),
    "halftone": (np.random.default_rng(0).random((256, 256, 1)) < 0.4).repeat(3, 2) * np.uint8(255),
}


def as_pixels(image):
    return torch.from_numpy(image).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("hidden", [0.0, 0.05])
def test_what_is_drawn_has_no_noise(name, hidden):
    image = as_pixels(DRAWN[name])
    hole = torch.rand((1, 1, *image.shape[-2:]), generator=torch.Generator().manual_seed(0)) < hidden
    assert levels_of(image.masked_fill(hole, math.nan), hole).tolist() == [0]


@pytest.mark.parametrize("gray", [True, False])
@pytest.mark.parametrize("name", ["paper of 255", "paper of 254", "terminal"])
def test_a_scan_of_what_is_drawn_has_noise(name, gray):
    image = as_pixels(DRAWN[name])
    noise = noise_like(image, 10)
    noisy = ((image + (noise[:, :1] if gray else noise)).clamp(0, 1) * 255).round() / 255
    assert 5 < 255 * levels_of(noisy).item() < 45


def test_holes_do_not_count_as_flat():
    image = draw_photograph() + noise_like(draw_photograph(), 25)
    hole = torch.zeros(1, 1, 192, 192, dtype=torch.bool)
    hole[..., :120] = True
    assert 255 * levels_of(image.masked_fill(hole, 0), hole).item() == pytest.approx(25, rel=0.15)


def blurred(noise):
    """Noise of the same variance that neighbours share: blurred by a Gaussian of one pixel."""
    kernel = torch.exp(-torch.arange(-4.0, 5).square() / 2)
    plane = torch.outer(kernel, kernel) / kernel.square().sum()
    return torch.nn.functional.conv2d(noise, plane.expand(3, 1, 9, 9), padding=4, groups=3)


@pytest.mark.parametrize("sigma", [5, 20])
def test_noise_that_neighbours_share_is_found(sigma):
    image = draw_photograph(size=256)
    (noise,) = noises_of(image + blurred(noise_like(image, sigma)))
    assert 255 * noise.level == pytest.approx(sigma, rel=0.25)
    assert noise.correlation == (pytest.approx(0.75, abs=0.12), pytest.approx(0.75, abs=0.12))
    assert noise.stride > 1
    assert f"correlated over {noise.stride} px" in str(noise)


def test_white_noise_is_not_taken_for_correlated():
    image = draw_photograph()
    (noise,) = noises_of(image + noise_like(image, 15))
    assert noise.correlation == (pytest.approx(0, abs=0.05), pytest.approx(0, abs=0.05))
    assert noise.stride == 1
    assert noise.floor.channels == tuple(pytest.approx(1, rel=0.2) for _ in range(3))
    assert noise.floor.between == pytest.approx(0, abs=0.1)


def ramp(size=256):
    return torch.linspace(0.1, 0.9, size).expand(1, 3, size, size)


@pytest.mark.parametrize(("shot", "read"), [(20.0, 5.0), (0.0, 10.0), (40.0, 2.0)])
def test_noise_that_grows_with_the_signal_is_told_in_shadows_and_lights(shot, read):
    image = ramp()
    true = (shot**2 * image + read**2).sqrt()
    (noise,) = noises_of(image + true * noise_like(image, 1))
    assert 255 * noise.shadows == pytest.approx((shot**2 * 0.18 + read**2) ** 0.5, rel=0.15)
    assert 255 * noise.lights == pytest.approx((shot**2 * 0.82 + read**2) ** 0.5, rel=0.15)
    # At each pixel, from the brightness around it, which the noise itself makes a little wrong.
    ratio = 255 * torch.from_numpy(noise.sigma)[8:-8, 8:-8] / true[0, 0, 8:-8, 8:-8]
    assert ratio.sub(1).abs().median() < 0.15
    assert 255 * noise.level == pytest.approx(true.square().mean().sqrt().item(), rel=0.1)


def test_what_is_found_is_one_line():
    flat = np.full((3, 64, 64), 0.3, np.float32)
    nowhere = np.zeros((64, 64), bool)
    assert str(Noise.of(flat, nowhere)) == "no noise found"
    assert str(Noise.of(flat, nowhere, 85)) == "no noise found, JPEG quality about 85"
    (noise,) = noises_of(ramp() + 0.1 * ramp().sqrt() * noise_like(ramp(), 255))
    assert re.fullmatch(r"noise \d+\.\d in shadows, \d+\.\d in lights", str(noise))


def test_a_textured_image_is_not_noisy_because_it_has_no_flat_part():
    """Texture as photographs have it: gray, of another strength everywhere, and stronger where it is coarse."""
    generator = torch.Generator().manual_seed(0)
    image = torch.full((1, 3, 256, 256), 0.5)
    for size in (32, 64, 128):
        grain = torch.rand((1, 1, size, size), generator=generator) - 0.5
        strength = torch.rand((1, 1, 8, 8), generator=generator) ** 2
        grain, strength = (
            torch.nn.functional.interpolate(x, size=(256, 256), mode="bicubic") for x in (grain, strength)
        )
        image = image + 0.3 * grain * strength
    assert 255 * levels_of(image).item() < 1


class Telling(Network):
    """Tells a level that is five times the brightness of the first column of each square, and removes nothing."""

    def __init__(self):
        super().__init__({}, SizeRule(16))

    @property
    def tells_noise(self):
        return True

    def log_sigma(self, observation):
        return functional.avg_pool2d(observation.degraded.mean(1, keepdim=True), 8).clamp_min(1e-6).log()

    def predict(self, observation, mean):
        return torch.zeros_like(observation.degraded)


def uneven(image):
    """The same by a hundred-thousandth, so that it is not flat, as what is drawn."""
    return image * (1 + 1e-5 * np.random.default_rng(0).random(image.shape, np.float32))


def test_what_a_network_tells_counts():
    image = np.full((70, 90, 3), 0.05, np.float32)
    image[:, 45:] = 0.1
    image = uneven(image)
    found = Restorer(Telling()).noise(image)
    assert found.sigma[:, :36] == pytest.approx(0.05, rel=1e-4)
    assert found.sigma[:, 52:] == pytest.approx(0.1, rel=1e-4)
    assert 0.05 < found.level < 0.1
    assert found.shadows < found.level < found.lights
    assert Restorer(Telling()).estimate_sigma(image) == found.level


def test_a_network_looks_at_large_images_tile_by_tile():
    image = np.random.default_rng(0).random((200, 180, 3), np.float32)
    whole, tiled = (Restorer(Telling(), tile=tile).noise(image).sigma for tile in (256, 64))
    assert np.abs(tiled - whole).mean() < 0.01
    assert tiled.shape == (200, 180)


def test_a_level_that_nobody_sees_leaves_an_image_as_it_is():
    image = uneven(np.full((64, 64, 3), 0.9 / 255, np.float32))
    assert Restorer(Telling()).noise(image).level == 0
    assert np.array_equal(Restorer(Telling()).denoise(image), image)
    assert not np.array_equal(Restorer(Telling()).denoise(2 * image), 2 * image)


def test_holes_are_not_looked_at_by_a_network():
    image = uneven(np.full((64, 64, 3), 0.1, np.float32))
    hole = np.zeros((64, 64), bool)
    hole[:32] = True
    found = Restorer(Telling()).noise(np.where(hole[..., None], np.nan, image), hole)
    assert np.isfinite(found.sigma).all()
    assert found.sigma[40:] == pytest.approx(0.1, rel=1e-4)


class Loud(Telling):
    """Tells a level that no image has, as of one that it has never seen the like of."""

    def log_sigma(self, observation):
        return torch.full_like(super().log_sigma(observation), 3.0)


def test_whatever_a_network_tells_is_a_level():
    image = np.random.default_rng(0).random((64, 64, 3), np.float32)
    assert Restorer(Loud()).noise(image).sigma.max() == 1
    assert np.isfinite(Restorer(Loud()).denoise(image)).all()


def test_what_is_drawn_stays_whatever_a_network_tells():
    page = np.full((96, 96, 3), 255, np.uint8)
    page[20:24, 10:80] = page[40:44, 10:60] = 0
    assert Restorer(Loud()).noise(page).level == 0
    assert np.array_equal(Restorer(Loud()).denoise(page), page)


def test_a_photograph_in_a_coarse_jpeg_file_is_not_taken_for_drawn():
    photograph = (255 * draw_photograph()[0].permute(1, 2, 0).numpy()).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(photograph).save(file, "JPEG", quality=5)
    decoded = np.moveaxis(np.array(Image.open(file)), -1, 0) / np.float32(255)
    nowhere = np.zeros(decoded.shape[1:], bool)
    assert is_drawn(decoded, nowhere)
    assert not is_rendered(decoded, nowhere)


def test_noise_in_a_tenth_of_an_image_is_noise():
    image = np.full((160, 160, 3), 1 / 255, np.float32)
    image[:24] = 6 / 255
    found = Restorer(Telling()).noise(uneven(image))
    assert np.median(found.sigma) < 1.5 / 255
    assert found.level > 2 / 255


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3), (5, 40)])
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_images_a_few_pixels_wide_are_denoised(size, value):
    for image in (np.full((*size, 3), value, np.float32), uneven(np.full((*size, 3), value, np.float32))):
        assert Restorer(Telling()).denoise(image).shape == image.shape
