import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from skimage.metrics import structural_similarity as skimage_similarity

from restore.metrics import psnr, structural_similarity


def draw_pair(n=3, height=40, width=52, channels=3):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((n, channels, 6, 8), generator=generator)
    image = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")
    noise = torch.tensor([0.02, 0.1, 0.3])[:n, None, None, None]
    return (image + noise * torch.randn(image.shape, generator=generator)).clamp(0, 1), image


def test_psnr_equals_scikit_images_for_each_image():
    restored, image = draw_pair()
    expected = [
        peak_signal_noise_ratio(b.numpy(), a.numpy(), data_range=1) for a, b in zip(restored, image, strict=True)
    ]
    assert psnr(restored, image).tolist() == pytest.approx(expected, abs=1e-3)


def test_psnr_of_a_region_equals_scikit_images_of_its_pixels():
    restored, image = draw_pair()
    region = torch.rand(3, 1, 40, 52, generator=torch.Generator().manual_seed(1)) < 0.3
    expected = [
        peak_signal_noise_ratio(b[:, r[0]].numpy(), a[:, r[0]].numpy(), data_range=1)
        for a, b, r in zip(restored, image, region, strict=True)
    ]
    assert psnr(restored, image, region).tolist() == pytest.approx(expected, abs=1e-3)


def test_the_region_that_is_everything_changes_nothing():
    restored, image = draw_pair()
    everywhere = torch.ones(3, 1, 40, 52, dtype=torch.bool)
    torch.testing.assert_close(psnr(restored, image, everywhere), psnr(restored, image))


def test_what_lies_outside_the_region_does_not_count():
    restored, image = draw_pair()
    region = torch.zeros(3, 1, 40, 52, dtype=torch.bool)
    region[..., :10] = True
    spoiled = restored.where(region, math.nan)
    assert torch.equal(psnr(spoiled, image, region), psnr(restored, image, region))


def test_an_image_without_a_pixel_in_the_region_has_no_psnr():
    restored, image = draw_pair(2)
    region = torch.zeros(2, 1, 40, 52, dtype=torch.bool)
    region[1] = True
    figures = psnr(restored, image, region)
    assert figures[0].isnan()
    assert figures[1].isfinite()


def test_what_is_equal_has_infinite_psnr_and_similarity_one():
    _, image = draw_pair()
    image[0] = 0  # black is where the formula's denominator is smallest
    assert (psnr(image, image) == math.inf).all()
    torch.testing.assert_close(structural_similarity(image, image), torch.ones(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_similarity_equals_scikit_images_for_each_image(channels):
    restored, image = draw_pair(channels=channels)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
    expected = [
        skimage_similarity(b.numpy(), a.numpy(), channel_axis=0, **options)
        for a, b in zip(restored, image, strict=True)
    ]
    assert structural_similarity(restored, image).tolist() == pytest.approx(expected, abs=1e-4)


def test_figures_are_the_same_in_mixed_precision():
    restored, image = draw_pair()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = psnr(restored, image), structural_similarity(restored, image)
    torch.testing.assert_close(mixed, (psnr(restored, image), structural_similarity(restored, image)))


def test_images_of_a_batch_are_measured_apart():
    restored, image = draw_pair()
    for figure in (psnr, structural_similarity):
        alone = torch.cat([figure(restored[i : i + 1], image[i : i + 1]) for i in range(3)])
        torch.testing.assert_close(figure(restored, image), alone)
