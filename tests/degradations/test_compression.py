import io

import numpy as np
import pytest
import torch
from PIL import Image

from restore.degradations import GaussianNoise, JpegCompression
from restore.observation import Observation


def draw_smooth(n: int, height: int, width: int) -> torch.Tensor:
    coarse = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)


def rms(error: torch.Tensor) -> torch.Tensor:
    return error.square().mean((1, 2, 3)).sqrt()


def test_sigma_is_the_root_mean_square_error_of_each_image():
    image = draw_smooth(3, 33, 47)
    observation = JpegCompression(5.0, 60.0)(image, torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        observation.sigma, rms(observation.degraded - image)[:, None, None, None].expand(3, 1, 33, 47)
    )


def test_sigma_adds_to_the_noise_in_quadrature():
    noisy = GaussianNoise(25.0, 25.0)(draw_smooth(1, 32, 32), torch.Generator().manual_seed(0))
    observation = JpegCompression(30.0, 30.0).degrade(noisy, torch.tensor([30.0]))
    expected = (noisy.sigma[0, 0, 0, 0] ** 2 + rms(observation.degraded - noisy.degraded)[0] ** 2).sqrt()
    torch.testing.assert_close(observation.sigma, expected.expand(1, 1, 32, 32))


def test_lower_quality_is_further_from_the_image():
    image = draw_smooth(1, 48, 48).expand(3, -1, -1, -1)
    observation = JpegCompression(1.0, 100.0).degrade(Observation.of(image), torch.tensor([5.0, 40.0, 95.0]))
    sigma = observation.sigma[:, 0, 0, 0]
    assert sigma[0] > sigma[1] > sigma[2] > 0


@pytest.mark.parametrize("quality", [10, 50, 90])
def test_result_is_nearer_to_libjpegs_than_to_the_image(quality):
    image = torch.rand((1, 3, 48, 48), generator=torch.Generator().manual_seed(0)) * 0.3 + 0.7 * draw_smooth(1, 48, 48)
    file = io.BytesIO()
    pixels = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as reopened:
        reference = torch.from_numpy(np.array(reopened)).permute(2, 0, 1)[None] / 255
    ours = JpegCompression(1.0, 100.0).degrade(Observation.of(image), torch.tensor([float(quality)])).degraded
    assert rms(ours - reference) < 0.6 * rms(image - reference)
    torch.testing.assert_close(rms(ours - image), rms(reference - image), rtol=0.15, atol=0)


def test_result_has_eight_bits():
    degraded = JpegCompression(50.0, 50.0)(draw_smooth(1, 32, 32), torch.Generator().manual_seed(0)).degraded
    torch.testing.assert_close(degraded * 255, (degraded * 255).round(), rtol=0, atol=1e-4)
    assert degraded.min() >= 0
    assert degraded.max() <= 1


def test_error_of_hidden_pixels_does_not_count():
    image = draw_smooth(1, 32, 32)
    sigma = torch.zeros(1, 1, 32, 32)
    sigma[..., 16:] = torch.inf
    observation = JpegCompression(10.0, 10.0)(image, torch.Generator().manual_seed(0))
    half = JpegCompression(10.0, 10.0).degrade(Observation(image, sigma), torch.tensor([10.0]))
    torch.testing.assert_close(half.sigma[0, 0, 0, 0], rms((half.degraded - image)[..., :16])[0])
    assert half.sigma[0, 0, 0, 0] < 3 * observation.sigma[0, 0, 0, 0]


@pytest.mark.parametrize(("low", "high"), [(0.0, 50.0), (50.0, 101.0), (60.0, 50.0)])
def test_impossible_qualities_are_refused(low, high):
    with pytest.raises(ValueError, match=f"quality_min={low} and quality_max={high}"):
        JpegCompression(low, high)
