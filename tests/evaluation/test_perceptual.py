import sys

import pytest
import torch

from restore.evaluation import perceptual
from restore.evaluation.perceptual import ShiftTolerantLPIPS, perceptual_distance, unavailable

needs_weights = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))


def draw(height=64, width=80):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((1, 3, 16, 20), generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")


def region(height=64, width=80):
    region = torch.zeros(1, 1, height, width, dtype=torch.bool)
    region[..., 20:40, 20:50] = True
    return region


def test_the_least_size_can_be_looked_at():
    small = draw(perceptual.LEAST, perceptual.LEAST)
    network = ShiftTolerantLPIPS()
    for weight in network.weights:
        weight.data.fill_(1)
    distance = network(small, small.flip(3))
    assert distance.shape == (1, 1, perceptual.LEAST, perceptual.LEAST)
    assert (distance > 0).all()
    assert (network(small, small) == 0).all()


def test_what_is_missing_is_said_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(perceptual, "find_spec", lambda _: None)
    assert perceptual.weights_file() is None
    assert "pip install --no-deps stlpips-pytorch==0.0.2" in unavailable()


@needs_weights
def test_the_weights_are_read_and_their_package_is_not_imported():
    perceptual.published.cache_clear()
    perceptual.published()
    assert perceptual.PACKAGE not in sys.modules


@needs_weights
def test_a_blur_is_farther_from_the_truth_than_a_shift_by_a_pixel():
    image = torch.rand(1, 3, 64, 80, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(image, 9, 1, 4)
    same, shifted, smooth = (
        perceptual_distance(torch.where(region(), other, image), image, region()).item()
        for other in (image, image.roll(1, 3), blurred)
    )
    assert same == 0
    assert 0 < shifted < smooth / 2


@needs_weights
def test_what_lies_far_from_the_region_does_not_matter():
    image, far = draw(160, 200), draw(160, 200)
    far[..., 100:, 110:] = 0
    some = region(160, 200)
    noisy = (image + 0.1 * torch.randn(image.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    assert perceptual_distance(noisy, image, some) > 0
    near, other = (torch.where(some, noisy, x) for x in (image, far))
    assert perceptual_distance(other, far, some).item() == pytest.approx(perceptual_distance(near, image, some).item())
