import torch

from restore.networks.standardisation import CHANNELS, LEVEL, mean_colour, standardise
from restore.observation import Observation


def draw_noisy(sigma, n=2, size=32):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((n, 3, size, size), generator=generator)
    return Observation(image, torch.full((n, 1, size, size), sigma))


def standardised(observation):
    return standardise(observation.degraded, observation, mean_colour(observation))


def test_the_mean_colour_is_zero_where_something_was_observed(draw_observation):
    observation = draw_observation(3, 40, 48)
    channels, unit = standardised(observation)
    assert channels.shape == (3, CHANNELS, 40, 48)
    observed = channels[:, :3].masked_fill(observation.hole, torch.nan).nanmean((2, 3))
    torch.testing.assert_close(observed, torch.zeros(3, 3), atol=1e-5, rtol=0)
    assert unit.shape == (3, 1, 1, 1)


def test_noise_gets_one_level_whatever_its_own():
    levels = [float(standardised(draw_noisy(sigma)).channels[:, 3].mean()) for sigma in (0.05, 0.1, 0.2)]
    assert levels == sorted(levels)
    assert 0.7 * LEVEL < levels[0] < levels[-1] < LEVEL


def test_more_contrast_under_as_much_more_noise_looks_almost_the_same():
    weak = draw_noisy(0.1)
    strong = Observation(2 * weak.degraded, 2 * weak.sigma)
    one, other = standardised(weak), standardised(strong)
    torch.testing.assert_close(other.channels, one.channels, rtol=0.1, atol=1e-6)
    assert 1.8 < float(other.unit[0] / one.unit[0]) < 2


def test_brightness_and_cast_are_not_seen():
    observation = draw_noisy(0.1)
    cast = torch.tensor([0.3, -0.2, 0.1])[:, None, None]
    brighter = Observation(observation.degraded + cast, observation.sigma)
    torch.testing.assert_close(standardised(brighter), standardised(observation), atol=1e-5, rtol=0)


def test_a_correction_is_in_units_of_the_input():
    observation = draw_noisy(0.1)
    channels, unit = standardised(observation)
    mean = observation.degraded.mean((2, 3), keepdim=True)
    torch.testing.assert_close(mean + unit * channels[:, :3], observation.degraded)


def test_any_sigma_leaves_numbers():
    for sigma in (1e3, 1e30):
        strong = draw_noisy(sigma)
        mixed = Observation(strong.degraded, torch.where(torch.eye(32).bool(), strong.sigma, 0.1))
        for observation in (strong, mixed):
            channels, unit = standardised(observation)
            assert channels.isfinite().all()
            assert 0 < float(unit.max()) < 10


def test_images_of_a_batch_have_units_of_their_own():
    both = standardised(Observation.cat([draw_noisy(0.1, n=1), draw_noisy(0.3, n=1)]))
    alone = [standardised(draw_noisy(sigma, n=1)) for sigma in (0.1, 0.3)]
    torch.testing.assert_close(both.channels, torch.cat([one.channels for one in alone]))
    assert both.unit[0] < both.unit[1]


def test_holes_are_marked_and_exact_pixels_are_not():
    image = draw_noisy(0.0, n=1, size=8).degraded
    channels, unit = standardised(Observation.hide(image, torch.eye(8).bool()[None, None]))
    assert torch.equal(channels[0, 4], torch.eye(8))
    assert torch.equal(channels[0, 3] > 0, torch.eye(8).bool())
    exact = standardised(draw_noisy(0.0))
    assert exact.channels.isfinite().all()
    assert exact.channels[:, 3:].eq(0).all()
    assert 0 < float(exact.unit[0]) < float(unit)


def test_what_a_hole_contains_is_not_in_the_mean_colour():
    hole = torch.eye(8).bool()[None, None]
    image = torch.full((1, 3, 8, 8), 0.25).masked_fill(hole, torch.nan)
    sigma = torch.zeros(1, 1, 8, 8).masked_fill(hole, torch.inf)
    assert mean_colour(Observation(image, sigma)).unique().tolist() == [0.25]
    unseen = Observation(image, torch.full_like(sigma, torch.inf))
    assert mean_colour(unseen).unique().tolist() == [0.5]


def test_half_precision_has_room_for_the_sum_of_an_image():
    white = Observation(torch.ones(1, 3, 300, 300, dtype=torch.float16), torch.zeros(1, 1, 300, 300))
    assert mean_colour(white).unique().tolist() == [1.0]
