from dataclasses import fields
from functools import cache

import pytest
import torch
from jsonargparse import ArgumentError, ArgumentParser
from torch.utils.data import DataLoader, Dataset

from restore.synthetic.leaves.dataset import Leaves, draw_leaves
from restore.synthetic.leaves.ingredients import ALL, Ingredients

NAMES = [field.name for field in fields(Ingredients)]

FLAT = ("textures", "shading", "shadows", "depth_of_field", "blur", "antialiasing", "subsampling")
"""Without these, a leaf has one colour from border to border."""


@cache
def draw_without(*names):
    return torch.stack(list(Leaves(12, 48, ingredients=Ingredients(**dict.fromkeys(names, False)))))


def share_of_equal_neighbours(images):
    return (images[..., 1:] == images[..., :-1]).all(1).float().mean()


def chroma(images):
    return images.amax(1) - images.amin(1)


def roughness(images):
    return images.diff(n=2, dim=-1).abs().mean()


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


def test_nothing_is_left_out_unless_asked_for(images):
    assert torch.equal(draw_leaves(32, torch.Generator()), draw_leaves(32, torch.Generator(), Ingredients()))
    assert all(getattr(ALL, name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_ingredient_left_out_changes_images_that_stay_valid(name):
    without = draw_without(name)
    assert not torch.equal(without, draw_without())
    assert without.min() >= 0
    assert without.max() <= 1


@pytest.mark.parametrize("name", ["textures", "shading", "colours", "blur", "antialiasing"])
def test_what_is_left_out_leaves_outlines_where_they_are(name):
    def alikeness(images, others):
        edges, other_edges = (image.mean(1).diff(dim=-1).abs().flatten(1) for image in (images, others))
        pairs = zip(edges, other_edges, strict=True)
        return torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs]).median()

    assert alikeness(draw_without(), draw_without(name)) > 0.3
    assert alikeness(draw_without().roll(1, 0), draw_without(name)) < 0.1


def test_leaves_without_texture_and_light_have_one_colour_each():
    assert share_of_equal_neighbours(draw_without(*FLAT)) > 0.6


@pytest.mark.parametrize("name", ["textures", "shading"])
def test_textures_and_shading_vary_the_colour_within_leaves(name):
    without = [other for other in FLAT if other != name]
    assert share_of_equal_neighbours(draw_without(*without)) < 0.6 * share_of_equal_neighbours(draw_without(*FLAT))


def test_blur_and_depth_of_field_smooth():
    assert roughness(draw_without()) < 0.9 * roughness(draw_without("blur"))
    assert roughness(draw_without("blur")) < roughness(draw_without("blur", "depth_of_field"))


def test_without_antialiasing_pixels_show_one_leaf_each():
    mixed = draw_without(*(name for name in FLAT if name != "antialiasing"))
    assert 1 - share_of_equal_neighbours(mixed) > 1.3 * (1 - share_of_equal_neighbours(draw_without(*FLAT)))


def test_calm_regions_have_fewer_edges():
    assert share_of_equal_neighbours(draw_without(*FLAT, "calm")) < share_of_equal_neighbours(draw_without(*FLAT))


def test_subsampling_takes_detail_from_colour_and_none_from_brightness():
    images, others = draw_without(), draw_without("subsampling")
    torch.testing.assert_close(images.mean(1), others.mean(1), atol=2e-2, rtol=0)
    colour, full = (drawn - drawn.mean(1, keepdim=True) for drawn in (images, others))
    changed = (colour != full).flatten(1).any(1)
    assert 0.2 < changed.float().mean() < 0.8
    assert roughness(colour[changed]) < 0.6 * roughness(full[changed])


def test_any_colour_at_all_is_less_muted():
    assert chroma(draw_without("colours")).median() > 1.5 * chroma(draw_without()).median()


def test_without_ground_one_flat_colour_shows_between_leaves():
    def commonest(*names):
        images = draw_without(*names, "shading", "blur", "repetition")
        return torch.stack([image.flatten(1).unique(dim=1, return_counts=True)[1].max() for image in images])

    assert commonest("ground").median() > 0.2 * 48**2
    assert commonest().median() < 0.5 * commonest("ground").median()


def parse_leaves(*arguments):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--images", type=Dataset)
    config = parser.parse_args(["--images=restore.synthetic.Leaves", "--images.count=3", *arguments])
    return parser.instantiate(config).images


def test_ingredients_are_options_of_the_command_line():
    assert parse_leaves().ingredients == ALL
    assert parse_leaves("--images.ingredients.textures=false").ingredients == Ingredients(textures=False)
    with pytest.raises(ArgumentError, match="sparkle"):
        parse_leaves("--images.ingredients.sparkle=false")
