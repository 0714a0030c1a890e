import io

import numpy as np
import pytest
import torch
from PIL import Image

from restore.degradations import GaussianNoise, JpegCompression
from restore.degradations.compression import aligned
from restore.errors import UserError
from restore.observation import Observation


def draw_smooth(n: int, height: int, width: int) -> torch.Tensor:
    coarse = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)


def rms(error: torch.Tensor) -> torch.Tensor:
    return error.square().mean((1, 2, 3)).sqrt()


def libjpeg(image: torch.Tensor, quality: int, subsampling: str = "4:2:0") -> torch.Tensor:
    file = io.BytesIO()
    pixels = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(file) as reopened:
        return torch.from_numpy(np.array(reopened)).permute(2, 0, 1)[None] / 255


def test_sigma_is_the_root_mean_square_error_around_each_pixel():
    image = draw_smooth(3, 33, 47)
    observation = JpegCompression(5.0, 60.0)(image, torch.Generator().manual_seed(0))
    error = (observation.degraded - image)[:, :, 4:21, 10:27]  # 8 pixels on each side of (12, 18)
    torch.testing.assert_close(observation.sigma[:, 0, 12, 18], rms(error))


def test_sigma_adds_to_the_noise_in_quadrature():
    noisy = GaussianNoise(25.0, 25.0)(draw_smooth(1, 32, 32), torch.Generator().manual_seed(0))
    quality = aligned(torch.tensor([30.0]))
    observation = JpegCompression(30.0, 30.0).degrade(noisy, quality)
    alone = JpegCompression(30.0, 30.0).degrade(Observation.of(noisy.degraded), quality)
    torch.testing.assert_close(observation.sigma, (noisy.sigma**2 + alone.sigma**2).sqrt())


def test_lower_quality_is_further_from_the_image():
    image = draw_smooth(1, 48, 48).expand(3, -1, -1, -1)
    observation = JpegCompression(1.0, 100.0).degrade(Observation.of(image), aligned(torch.tensor([5.0, 40.0, 95.0])))
    sigma = observation.sigma.mean((1, 2, 3))
    assert sigma[0] > sigma[1] > sigma[2] > 0


@pytest.mark.parametrize("quality", [3, 10, 50, 75, 90, 100])
@pytest.mark.parametrize(("subsampling", "full_colour"), [("4:2:0", 0.0), ("4:4:4", 1.0)])
def test_error_is_that_of_libjpeg(quality, subsampling, full_colour):
    image = torch.rand((1, 3, 48, 72), generator=torch.Generator().manual_seed(0)) * 0.3 + 0.7 * draw_smooth(1, 48, 72)
    image = (image * 255).round() / 255
    reference = libjpeg(image, quality, subsampling)
    ours = JpegCompression(float(quality), float(quality), 0.0, full_colour)(image, torch.Generator().manual_seed(0))
    torch.testing.assert_close(rms(ours.degraded - image), rms(reference - image), rtol=0.02, atol=0.1 / 255)
    assert rms(ours.degraded - reference) < 2.5 / 255 + 0.2 * rms(image - reference)


def test_shifted_blocks_are_those_of_an_image_that_was_cut_out():
    image = (draw_smooth(1, 64, 64) * 255).round() / 255
    parameters = aligned(torch.tensor([10.0]))._replace(shift=torch.tensor([[3, 13]]))
    whole = torch.nn.functional.pad(image, (13, 0, 3, 0), mode="replicate")
    cut = JpegCompression(10.0, 10.0).degrade(Observation.of(whole), aligned(torch.tensor([10.0]))).degraded
    shifted = JpegCompression(10.0, 10.0).degrade(Observation.of(image), parameters).degraded
    torch.testing.assert_close(shifted, cut[..., 3:, 13:])


def test_shares_say_how_many_images_are_compressed_in_which_way():
    parameters = JpegCompression(50.0, 50.0, 0.25, 0.5).draw(4000, 8, 8, torch.Generator().manual_seed(0))
    assert (parameters.shift != 0).any(1).float().mean() == pytest.approx(0.25 * 255 / 256, abs=0.03)
    assert parameters.halved.float().mean() == pytest.approx(0.5, abs=0.03)


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
    half = JpegCompression(10.0, 10.0).degrade(Observation(image, sigma), aligned(torch.tensor([10.0])))
    torch.testing.assert_close(half.sigma[0, 0, 20, 15], rms((half.degraded - image)[..., 12:29, 7:16])[0])
    assert (half.sigma[..., :16] < 3 * observation.sigma[..., :16]).all()


@pytest.mark.parametrize(("low", "high"), [(0.0, 50.0), (50.0, 101.0), (60.0, 50.0)])
def test_impossible_qualities_are_refused(low, high):
    with pytest.raises(ValueError, match=f"quality_min={low} and quality_max={high}"):
        JpegCompression(low, high)


@pytest.mark.parametrize("shares", [(-0.1, 0.0), (0.0, 1.5)])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(UserError, match=r"lie in \[0, 1\]"):
        JpegCompression(10.0, 90.0, *shares)
