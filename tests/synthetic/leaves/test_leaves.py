import pytest
import torch
from jsonargparse import ArgumentParser
from torch.utils.data import DataLoader, Dataset

from restore.synthetic.leaves.dataset import Leaves, draw_leaves


def chroma(images):
    return images.amax(1) - images.amin(1)


def roughness(images):
    return images.diff(n=2, dim=-1).abs().median()  # within leaves, where most pixels are


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
    assert 0.02 < chroma(images).median() < 0.25


@pytest.mark.parametrize("left_out", ["colours", "textures"])
def test_what_is_left_out_leaves_outlines_where_they_are(images, left_out):
    def alikeness(images, others):
        edges, other_edges = (image.mean(1).diff(dim=-1).abs().flatten(1) for image in (images, others))
        pairs = zip(edges, other_edges, strict=True)
        return torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs]).median()

    without = torch.stack([Leaves(24, 64, **{left_out: False})[index] for index in range(24)])
    assert alikeness(images, without) > 0.3
    assert alikeness(images.roll(1, 0), without) < 0.1
    if left_out == "textures":
        assert roughness(without) < 0.8 * roughness(images)
    else:
        assert chroma(without).median() > 1.5 * chroma(images).median()


def test_colour_is_coarser_than_brightness_in_half_of_the_images(images):
    colour = images - images.mean(1, keepdim=True)
    finest = [(part.diff(n=2, dim=-1).abs().mean((1, 2, 3))) for part in (colour, images.mean(1, keepdim=True))]
    ratio = (finest[0] / finest[1]).sort().values
    assert ratio[-4:].mean() > 2 * ratio[:4].mean()


def test_both_are_options_of_the_command_line():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--images", type=Dataset)
    config = parser.parse_args(["--images=restore.synthetic.Leaves", "--images.count=3", "--images.textures=false"])
    assert repr(parser.instantiate(config).images) == repr(Leaves(3, textures=False))
