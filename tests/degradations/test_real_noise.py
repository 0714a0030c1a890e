"""Noise as it is found in pictures: has it the statistics that it was drawn with, and are they told?"""

import math

import pytest
import torch
from torch import Tensor

from restore.degradations import Banding, Degradation, FilmGrain, ScanNoise, SignalNoise, Speckle
from restore.degradations.fields import correlate, draw_white
from restore.observation import Observation

SIDE = 192


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flat(value: float, n: int = 1, side: int = SIDE) -> Tensor:
    return torch.full((n, 3, side, side), value)


def noise_at(degradation: Degradation, value: float, n: int = 8, seed: int = 0) -> Tensor:
    image = flat(value, n)
    return degradation(image, seeded(seed)).degraded - image


def correlation(noise: Tensor, distance: int) -> float:
    """Of pixels at a horizontal distance, over the whole batch."""
    return float((noise[..., :-distance] * noise[..., distance:]).mean() / noise.square().mean())


def luma(noise: Tensor) -> Tensor:
    return noise.mean(1, keepdim=True)


PLAIN = SignalNoise(10.0, 10.0, 30.0, 30.0, 0.0, 0.0, 0.0, 0.0)
COLOURED = SignalNoise(10.0, 10.0, 30.0, 30.0, 0.5, 0.5, 0.0, 0.0)
FINE_GRAIN = FilmGrain(20.0, 20.0, 0.0, 0.0)


@pytest.mark.parametrize("radius", [0.8, 1.5, 3.0])
def test_correlated_noise_has_variance_one_and_the_correlation_of_a_gaussian(radius):
    field = correlate(draw_white(16, SIDE, SIDE, seeded()), torch.full((16, 1, 1, 1), radius))
    assert field.square().mean().sqrt() == pytest.approx(1, rel=0.03)
    for distance in (1, 2, 3):
        assert correlation(field, distance) == pytest.approx(math.exp(-((distance / radius) ** 2) / 4), abs=0.03)


def test_correlated_noise_has_variance_one_at_the_border_too():
    field = correlate(draw_white(4000, 12, 12, seeded(), 1), torch.full((4000, 1, 1, 1), 2.0))
    torch.testing.assert_close(field.square().mean((0, 1)), torch.ones(12, 12), rtol=0.12, atol=0)


def test_noise_of_radius_zero_stays_as_it_was():
    white = draw_white(2, 9, 31, seeded())
    torch.testing.assert_close(correlate(white, torch.zeros(2, 1, 1, 1)), white)


@pytest.mark.parametrize("value", [0.0, 0.25, 0.5, 1.0])
def test_variance_of_signal_noise_is_linear_in_the_signal(value):
    variance = 10**2 + (30**2 - 10**2) * value
    assert noise_at(PLAIN, value).std() * 255 == pytest.approx(variance**0.5, rel=0.03)
    # Chroma of half the strength adds a quarter of the variance to each channel.
    assert noise_at(COLOURED, value).std() * 255 == pytest.approx((1.25 * variance) ** 0.5, rel=0.03)


def test_signal_noise_may_fall_with_the_signal():
    falling = SignalNoise(20.0, 20.0, 5.0, 5.0, 0.0, 0.0)
    assert noise_at(falling, 1.0).std() * 255 == pytest.approx(5, rel=0.1)
    assert noise_at(falling, 0.0).std() * 255 == pytest.approx(20, rel=0.1)


def test_luma_is_the_same_in_all_channels_and_chroma_sums_to_zero():
    noise = noise_at(COLOURED, 0.5)
    level = ((10**2 + 30**2) / 2) ** 0.5 / 255
    assert luma(noise).std() == pytest.approx(level, rel=0.03)
    assert (noise - luma(noise)).std() == pytest.approx(0.5 * level, rel=0.03)
    gray = noise_at(PLAIN, 0.5)
    assert torch.allclose(gray, luma(gray), atol=1e-6)


def test_every_channel_has_the_noise_of_its_own_value():
    image = torch.tensor([0.0, 0.5, 1.0]).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    spread = (COLOURED(image, seeded()).degraded - image).std((0, 2, 3)) * 255 / 1.25**0.5
    torch.testing.assert_close(spread, torch.tensor([10.0, 500**0.5, 30.0]), rtol=0.04, atol=0)


def test_a_drawn_share_of_signal_noise_is_gray():
    noise = SignalNoise(10.0, 10.0, 10.0, 10.0, gray_share=0.25)(flat(0.5, 400, 16), seeded()).degraded
    gray = (noise - luma(noise)).flatten(1).abs().amax(1) < 1e-6
    assert gray.float().mean() == pytest.approx(0.25, abs=0.07)


def test_luma_and_chroma_are_drawn_apart():
    noise = noise_at(SignalNoise(5.0, 20.0, 5.0, 20.0, 1.0, 1.0), 0.0, n=32)
    gray = luma(noise).flatten(1).std(1)
    colour = (noise - luma(noise)).flatten(1).std(1)
    assert abs(torch.corrcoef(torch.stack([gray, colour]))[0, 1]) < 0.5
    # Chroma reaches further: luma's radius is at most 1, chroma's at most 4.
    assert correlation(noise - luma(noise), 2) > correlation(luma(noise), 2) + 0.2


@pytest.mark.parametrize("value", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("radius", [0.0, 1.0])
def test_grain_goes_with_the_root_of_what_is_covered_times_what_is_not(value, radius):
    spread = noise_at(FilmGrain(20.0, 20.0, radius, radius), value, n=16).std() * 255
    assert spread == pytest.approx(20 * 2 * (value * (1 - value)) ** 0.5, rel=0.04)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_have_no_grain(value):
    assert (noise_at(FINE_GRAIN, value) == 0).all()


def test_grain_is_as_coarse_as_its_radius():
    fine, coarse = (noise_at(FilmGrain(20.0, 20.0, radius, radius), 0.5) for radius in (0.6, 1.2))
    assert math.exp(-1 / 4 / 0.6**2) - 0.03 < correlation(fine, 1) < correlation(coarse, 1) < 0.95
    assert correlation(noise_at(FINE_GRAIN, 0.5), 1) == pytest.approx(0, abs=0.02)


def test_channels_share_some_of_the_grain_and_all_of_it_on_black_and_white_film():
    noise = noise_at(FilmGrain(20.0, 20.0, 0.5, 0.5, gray_share=0.0), 0.5, n=24)
    shared = (noise[:, 0] * noise[:, 1]).mean((1, 2)) / noise.square().mean((1, 2, 3))
    assert -0.1 < shared.min() < 0.25
    assert 0.75 < shared.max() < 1
    gray = noise_at(FilmGrain(20.0, 20.0, gray_share=1.0), 0.5)
    assert torch.allclose(gray, luma(gray).expand_as(gray), atol=1e-6)


@pytest.mark.parametrize("gray_share", [0.0, 1.0])
def test_banding_is_constant_along_rows_or_columns_or_is_their_sum(gray_share):
    noise = noise_at(Banding(10.0, 10.0, 0.0, gray_share), 0.5, n=48)
    rows, columns = noise.mean(3, keepdim=True), noise.mean(2, keepdim=True)
    both = rows + columns - noise.mean((2, 3), keepdim=True)
    torch.testing.assert_close(noise, both, rtol=0, atol=1e-5)
    of_columns, of_rows = (part.flatten(1).std(1) > 1 / 255 for part in (columns, rows))
    for kind in (of_rows & ~of_columns, of_columns & ~of_rows, of_rows & of_columns):
        assert 4 < kind.sum() < 30
        assert noise[kind].square().mean().sqrt() * 255 == pytest.approx(10, rel=0.08)
    assert torch.allclose(noise, luma(noise).expand_as(noise), atol=1e-6) == bool(gray_share)


def test_bands_can_be_wider_than_a_line():
    lines = Banding(10.0, 10.0, 3.0, 1.0).draw(64, 256, 256, seeded())
    alone = Banding(10.0, 10.0, 0.0, 1.0).draw(64, 256, 256, seeded())
    assert correlation(lines.columns, 1) > 0.6
    assert correlation(alone.columns, 1) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("value", [0.0, 0.2, 1.0])
def test_speckle_is_proportional_to_the_value(value):
    assert noise_at(Speckle(40.0, 40.0), value).std() * 255 == pytest.approx(40 * value, rel=0.03)


@pytest.mark.parametrize(
    ("degradation", "value"),
    [(COLOURED, 0.5), (COLOURED, 0.2), (FINE_GRAIN, 0.5), (FINE_GRAIN, 0.2), (Speckle(30.0, 30.0), 0.6)],
)
def test_the_sigma_told_is_that_of_the_noise(degradation, value):
    observation = degradation(flat(value, 8), seeded())
    told = observation.sigma.square().mean().sqrt()
    assert told == pytest.approx(float((observation.degraded - value).square().mean().sqrt()), rel=0.04)


@pytest.mark.parametrize("degradation", [COLOURED, FINE_GRAIN, Speckle(60.0, 60.0)])
def test_the_sigma_told_comes_from_the_noisy_values_and_no_noise_passes_for_none(degradation):
    image = torch.rand((1, 3, SIDE, SIDE), generator=seeded())
    observation = degradation(image, seeded(1))
    noisy = observation.degraded.clamp(0, 1)
    variance = {
        COLOURED: 1.25 * (10**2 + (30**2 - 10**2) * noisy),
        FINE_GRAIN: (2 * 20) ** 2 * (noisy.clamp(1 / 255, 254 / 255) * (1 - noisy.clamp(1 / 255, 254 / 255))),
    }.get(degradation, (60 * observation.degraded.abs().clamp_min(1 / 255)) ** 2)
    torch.testing.assert_close(observation.sigma * 255, variance.mean(1, keepdim=True).sqrt())
    assert observation.sigma.min() > 0


def test_banding_tells_its_level():
    observation = Banding(3.0, 12.0)(flat(0.5, 64), seeded())
    level = observation.sigma[:, 0, 0, 0]
    torch.testing.assert_close(observation.sigma, level.view(-1, 1, 1, 1).expand_as(observation.sigma))
    assert 3 / 255 <= level.min() < level.max() <= 12 / 255
    scaled = (observation.degraded - 0.5) / observation.sigma
    assert scaled.square().mean() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("degradation", [COLOURED, FilmGrain(60.0, 60.0), Banding(60.0, 60.0), Speckle(99.0, 99.0)])
def test_noise_is_not_clipped(degradation):
    assert degradation(flat(0.9, 4), seeded()).degraded.max() > 1


@pytest.mark.parametrize("degradation", [COLOURED, FINE_GRAIN, Banding(10.0, 10.0), Speckle(30.0, 30.0)])
def test_levels_add_in_quadrature(degradation):
    image, before = flat(0.5, 2, 32), 0.1
    parameters = degradation.draw(2, 32, 32, seeded())
    alone = degradation.degrade(Observation.of(image), parameters)
    after = degradation.degrade(Observation(image, torch.full((2, 1, 32, 32), before)), parameters)
    torch.testing.assert_close(after.sigma, (alone.sigma.square() + before**2).sqrt())
    assert torch.equal(after.degraded, alone.degraded)


@pytest.mark.parametrize(
    "degradation", [COLOURED, FINE_GRAIN, Banding(10.0, 10.0), Speckle(30.0, 30.0), ScanNoise(10.0, 10.0)]
)
def test_half_precision_is_kept(degradation):
    observation = Observation.of(flat(0.5, 2, 32).bfloat16())
    noisy = degradation.degrade(observation, degradation.draw(2, 32, 32, seeded()))
    assert noisy.degraded.dtype == noisy.sigma.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: SignalNoise(0.0, 5.0, 1.0, 5.0), "black_min and white_min must be more than 0"),
        (lambda: SignalNoise(1.0, 5.0, 6.0, 5.0), "white_min=6.0"),
        (lambda: SignalNoise(1.0, 5.0, 1.0, 5.0, 2.0, 1.0), "chroma_min=2.0"),
        (lambda: SignalNoise(1.0, 5.0, 1.0, 5.0, gray_share=1.1), r"gray_share must lie in \[0, 1\], got 1.1"),
        (lambda: FilmGrain(9.0, 5.0), "sigma_min=9.0"),
        (lambda: FilmGrain(1.0, 5.0, -1.0, 1.0), "radius_min=-1.0"),
        (lambda: Banding(1.0, 5.0, -2.0), "radius_max=-2.0"),
        (lambda: Speckle(-1.0, 5.0), "sigma_min=-1.0"),
        (lambda: Speckle(1.0, 5.0, math.nan), "gray_share"),
    ],
)
def test_impossible_noise_is_refused(build, says):
    with pytest.raises(ValueError, match=says):
        build()
