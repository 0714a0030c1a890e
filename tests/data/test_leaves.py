import pytest
import torch
from torch.utils.data import DataLoader

from restore.data.leaves import Leaves, draw_leaves


@pytest.fixture(scope="module")
def images():
    return torch.stack([Leaves(24, size=64)[index] for index in range(24)])


def test_same_seed_and_index_give_the_same_image():
    assert torch.equal(Leaves(5, size=32, seed=3)[4], Leaves(9, size=32, seed=3)[4])


def test_another_index_or_seed_gives_another_image():
    image = Leaves(2, size=32)[0]
    assert not torch.equal(image, Leaves(2, size=32)[1])
    assert not torch.equal(image, Leaves(2, size=32, seed=1)[0])


def test_same_generator_draws_the_same_image():
    first, second = (draw_leaves(32, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)


def test_one_generator_draws_different_images_in_turn():
    generator = torch.Generator().manual_seed(7)
    assert not torch.equal(draw_leaves(32, generator), draw_leaves(32, generator))


def test_global_random_state_is_untouched():
    before = torch.get_rng_state()
    draw_leaves(32, torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [16, 33, 96])
def test_images_have_the_size_asked_for_and_stay_in_range(size):
    image = draw_leaves(size, torch.Generator().manual_seed(size))
    assert image.shape == (3, size, size)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert image.max() <= 1


def test_index_beyond_the_end_is_refused():
    with pytest.raises(IndexError, match="2"):
        Leaves(2, size=32)[2]


def test_number_of_workers_does_not_matter():
    alone, shared = (torch.cat(list(DataLoader(Leaves(4, size=32), 2, num_workers=n))) for n in (0, 2))
    assert torch.equal(alone, shared)


def test_no_flat_ground_shows(images):
    blocks = images.unfold(2, 8, 8).unfold(3, 8, 8).flatten(4)
    flat = (blocks.amax(-1) == blocks.amin(-1)).all(1)
    assert flat.float().mean() < 0.02


def test_power_spectrum_falls_off_as_in_photographs(images):
    gray = images.mean(1)
    window = torch.hann_window(64)
    spectrum = (
        torch.fft.fft2((gray - gray.mean((1, 2), keepdim=True)) * window * window[:, None]).abs().square().mean(0)
    )
    frequency = torch.fft.fftfreq(64)
    radius = torch.hypot(frequency, frequency[:, None])
    band = (radius > 0.05) & (radius < 0.45)
    x, y = radius[band].log(), spectrum[band].log()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    assert -3.2 < slope < -1.6


def test_brightness_and_contrast_vary_from_image_to_image(images):
    luminance = images.mean(1).flatten(1)
    assert 0.35 < luminance.mean() < 0.6
    assert luminance.mean(1).std() > 0.05
    assert luminance.std(1).std() > 0.02


def test_colours_are_mostly_muted(images):
    chroma = images.amax(1) - images.amin(1)
    assert 0.02 < chroma.median() < 0.25
