import math

import pytest
import torch

from restore.fill import push_pull_fill
from restore.observation import Observation, composite

SIZES = [(1, 1), (1, 7), (6, 1), (2, 2), (33, 70), (16, 16), (5, 120)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def draw_image(n, height, width, channels=3):
    return torch.rand((n, channels, height, width), generator=seeded())


def draw_hole(n, height, width, ratio=0.6):
    """Draws holes that leave at least the first pixel visible."""
    hole = torch.rand((n, 1, height, width), generator=seeded(1)) < ratio
    hole[..., 0, 0] = False
    return hole


def draw_sigma(n, height, width):
    sigma = torch.rand((n, 1, height, width), generator=seeded(2))
    sigma[torch.rand(sigma.shape, generator=seeded(3)) < 0.3] = 0
    return sigma.masked_fill(draw_hole(n, height, width, 0.3), torch.inf)


def test_every_pixel_of_an_image_observed_exactly_is_known():
    image = draw_image(2, 5, 6)
    observation = Observation.of(image)
    assert torch.equal(observation.degraded, image)
    assert torch.equal(observation.confidence, torch.ones(2, 1, 5, 6))
    assert not observation.hole.any()


def test_the_hole_is_where_sigma_is_infinite():
    hole = draw_hole(2, 8, 9)
    observation = Observation(draw_image(2, 8, 9), torch.zeros(2, 1, 8, 9).masked_fill(hole, torch.inf))
    assert torch.equal(observation.hole, hole)
    assert torch.equal(observation.confidence == 0, hole)


def test_confidence_falls_from_one_over_a_half_to_zero():
    sigma = torch.tensor([0.0, 1e-6, 0.01, 0.1, 0.5, 1.0, 100.0, math.inf])
    confidence = Observation(torch.zeros(1, 3, 1, 8), sigma.view(1, 1, 1, 8)).confidence.flatten()
    assert confidence[0] == 1
    assert confidence[3] == 0.5
    assert confidence[-1] == 0
    assert (confidence.diff() < 0).all()


def test_images_taken_out_of_a_batch_join_to_the_batch_again():
    observation = Observation(draw_image(3, 5, 6), draw_sigma(3, 5, 6))
    joined = Observation.cat(observation[i : i + 1] for i in range(3))
    assert torch.equal(joined.degraded, observation.degraded)
    assert torch.equal(joined.sigma, observation.sigma)
    picked = observation[torch.tensor([2, 0])]
    assert torch.equal(picked.degraded, observation.degraded[[2, 0]])
    assert torch.equal(picked.sigma, observation.sigma[[2, 0]])


@pytest.mark.parametrize("scale", [1, 7])
def test_known_pixels_come_back_bit_identical_in_or_out_of_range(scale):
    observation = Observation(scale * (draw_image(2, 8, 9) - 0.5), draw_sigma(2, 8, 9))
    known = (observation.sigma == 0).expand(-1, 3, -1, -1)
    restored = composite(torch.full((2, 3, 8, 9), 0.25), observation)
    assert torch.equal(restored[known], observation.degraded[known])
    assert (restored[~known] == 0.25).all()


def test_what_is_predicted_is_clamped():
    observation = Observation(draw_image(1, 1, 2), torch.full((1, 1, 1, 2), torch.inf))
    restored = composite(torch.tensor([-3.0, 4.0]).expand(1, 3, 1, 2), observation)
    assert torch.equal(restored, torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2))


def test_what_a_hole_contains_is_never_composited():
    observation = Observation(torch.full((1, 3, 2, 2), math.nan), torch.full((1, 1, 2, 2), torch.inf))
    assert composite(torch.full((1, 3, 2, 2), 0.5), observation).isfinite().all()


@pytest.mark.parametrize("size", SIZES)
def test_filling_leaves_visible_pixels_bit_identical(size):
    degraded, hole = 3 * draw_image(2, *size) - 1, draw_hole(2, *size)
    filled = push_pull_fill(degraded, hole)
    assert filled.shape == degraded.shape
    assert torch.equal(filled.where(~hole, 0), degraded.where(~hole, 0))


@pytest.mark.parametrize("ratio", [0.1, 0.6, 0.98, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_fill_lies_in_the_range_of_the_visible_values_of_its_image_and_channel(size, ratio):
    degraded, hole = draw_image(3, *size), draw_hole(3, *size, ratio)
    lowest = degraded.masked_fill(hole, math.inf).amin((2, 3), keepdim=True)
    highest = degraded.masked_fill(hole, -math.inf).amax((2, 3), keepdim=True)
    filled = push_pull_fill(degraded, hole)
    assert (filled >= lowest - 1e-6).all()
    assert (filled <= highest + 1e-6).all()


@pytest.mark.parametrize("size", [*SIZES, (700, 900), (9000, 3)])
def test_a_constant_is_filled_with_the_constant_however_little_is_visible(size):
    constant = torch.full((1, 1, *size), 0.7)
    filled = push_pull_fill(constant, draw_hole(1, *size, ratio=1.0))
    torch.testing.assert_close(filled, constant, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_an_image_that_is_all_hole_becomes_gray_and_leaves_the_others_alone(size):
    degraded, hole = draw_image(2, *size), draw_hole(2, *size)
    hole[0] = True
    filled = push_pull_fill(degraded, hole)
    assert (filled[0] == 0.5).all()
    assert torch.equal(filled[1:], push_pull_fill(degraded[1:], hole[1:]))


@pytest.mark.parametrize("size", SIZES)
def test_other_images_of_the_batch_cannot_influence_the_fill(size):
    degraded, hole = draw_image(3, *size), draw_hole(3, *size)
    hole[1] = False
    alone = torch.cat([push_pull_fill(degraded[i : i + 1], hole[i : i + 1]) for i in range(3)])
    assert torch.equal(push_pull_fill(degraded, hole), alone)


@pytest.mark.parametrize("secret", [5.0, math.nan, math.inf])
def test_hidden_pixels_cannot_influence_the_fill(secret):
    degraded, hole = draw_image(2, 33, 20), draw_hole(2, 33, 20)
    assert torch.equal(push_pull_fill(degraded.masked_fill(hole, secret), hole), push_pull_fill(degraded, hole))


def test_channels_are_filled_apart():
    degraded, hole = draw_image(1, 20, 30, channels=5), draw_hole(1, 20, 30)
    alone = torch.cat([push_pull_fill(degraded[:, i : i + 1], hole) for i in range(5)], dim=1)
    torch.testing.assert_close(push_pull_fill(degraded, hole), alone)


def test_a_mirrored_image_is_filled_with_the_mirror_image():
    degraded, hole = draw_image(1, 32, 64), draw_hole(1, 32, 64)
    mirrored = push_pull_fill(degraded.flip(-1), hole.flip(-1)).flip(-1)
    torch.testing.assert_close(mirrored, push_pull_fill(degraded, hole))


def test_a_ramp_is_continued_across_a_hole_far_better_than_by_its_mean():
    ramp = torch.linspace(0, 1, 64).expand(1, 1, 48, 64)
    hole = torch.zeros(1, 1, 48, 64, dtype=torch.bool)
    hole[..., 16:32, 20:44] = True
    error = (push_pull_fill(ramp, hole) - ramp).abs()[hole].mean()
    by_mean = (ramp[~hole].mean() - ramp).abs()[hole].mean()
    assert error < 0.25 * by_mean


def test_the_fill_is_the_same_in_mixed_precision():
    degraded, hole = draw_image(1, 40, 30), draw_hole(1, 40, 30)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = push_pull_fill(degraded, hole)
    assert torch.equal(mixed, push_pull_fill(degraded, hole))


def test_an_image_without_a_hole_comes_back_as_a_copy():
    image = draw_image(1, 20, 30)
    filled = push_pull_fill(image, torch.zeros(1, 1, 20, 30, dtype=torch.bool))
    assert torch.equal(filled, image)
    assert filled.data_ptr() != image.data_ptr()


def test_neither_argument_is_written_to():
    degraded, hole = draw_image(1, 20, 30), draw_hole(1, 20, 30)
    push_pull_fill(degraded, hole)
    assert torch.equal(degraded, draw_image(1, 20, 30))
    assert torch.equal(hole, draw_hole(1, 20, 30))
