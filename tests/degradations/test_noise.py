import pytest
import torch

from restore.degradations import Compose, GaussianNoise, NoiseRamp, PoissonGaussianNoise, SaltAndPepper
from restore.observation import Observation


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_gaussian_noise_has_the_level_that_sigma_tells():
    image = torch.full((4, 3, 64, 64), 0.5)
    observation = GaussianNoise(10.0, 60.0)(image, seeded())
    measured = (observation.degraded - image).flatten(1).std(1)
    torch.testing.assert_close(measured, observation.sigma[:, 0, 0, 0], rtol=0.03, atol=0)
    assert len(observation.sigma.unique()) == 4


def test_gaussian_sigma_is_given_in_255ths():
    observation = GaussianNoise(25.0, 25.0)(torch.zeros(1, 3, 8, 8), seeded())
    torch.testing.assert_close(observation.sigma, torch.full((1, 1, 8, 8), 25 / 255))


def test_a_ramp_goes_from_one_level_to_the_other_and_the_noise_follows():
    observation = NoiseRamp(10.0, 50.0)(torch.full((4, 3, 128, 96), 0.5), seeded())
    sigma = observation.sigma
    assert torch.allclose(sigma.amin((1, 2, 3)), torch.tensor(10 / 255), atol=1e-4)
    assert torch.allclose(sigma.amax((1, 2, 3)), torch.tensor(50 / 255), atol=1e-4)
    scaled = (observation.degraded - 0.5) / sigma
    for part in (sigma < 25 / 255, sigma > 35 / 255):
        assert scaled[part.expand_as(scaled)].std() == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("noise", [GaussianNoise(50.0, 50.0), PoissonGaussianNoise(50.0, 50.0, 20.0, 20.0)])
def test_noise_is_not_clipped(noise):
    assert noise(torch.zeros(1, 3, 32, 32), seeded()).degraded.min() < 0
    assert noise(torch.ones(1, 3, 32, 32), seeded()).degraded.max() > 1


def test_no_noise_is_the_identity():
    image = torch.rand((2, 3, 9, 9), generator=seeded())
    observation = GaussianNoise(0.0, 0.0)(image, seeded())
    assert torch.equal(observation.degraded, image)
    assert (observation.sigma == 0).all()


def test_sigmas_add_in_quadrature():
    twice = Compose([GaussianNoise(30.0, 30.0), GaussianNoise(40.0, 40.0)])(torch.zeros(1, 3, 64, 64), seeded())
    torch.testing.assert_close(twice.sigma, torch.full((1, 1, 64, 64), 50 / 255))
    torch.testing.assert_close(twice.degraded.std(), torch.tensor(50 / 255), rtol=0.03, atol=0)


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_variance_grows_with_the_signal(value):
    image = torch.full((1, 3, 128, 128), value)
    observation = PoissonGaussianNoise(40.0, 40.0, 5.0, 5.0)(image, seeded())
    expected = ((40**2 * value + 5**2) ** 0.5) / 255
    torch.testing.assert_close((observation.degraded - image).std(), torch.tensor(expected), rtol=0.03, atol=0)
    # Clamping noisy values at black makes black look a little noisier than it is.
    torch.testing.assert_close(observation.sigma.square().mean().sqrt(), torch.tensor(expected), rtol=0.15, atol=0)


def test_signal_dependent_sigma_comes_from_the_noisy_values_alone():
    image = torch.rand((2, 3, 16, 16), generator=seeded())
    observation = PoissonGaussianNoise(40.0, 40.0, 5.0, 5.0)(image, seeded())
    gray = observation.degraded.mean(1, keepdim=True).clamp_min(0)
    torch.testing.assert_close(observation.sigma, ((40**2 * gray + 5**2) ** 0.5) / 255)


def test_struck_pixels_are_black_or_white_and_worthless():
    image = 0.1 + 0.8 * torch.rand((2, 3, 64, 64), generator=seeded())
    observation = SaltAndPepper(0.2, 0.2)(image, seeded())
    struck = observation.hole.expand(-1, 3, -1, -1)
    assert abs(observation.hole.float().mean() - 0.2) < 0.03
    assert torch.equal((observation.degraded == 0) | (observation.degraded == 1), struck)
    assert torch.equal(observation.degraded[~struck], image[~struck])
    assert abs(observation.degraded[struck].mean() - 0.5) < 0.05
    assert torch.equal(
        observation.degraded.amax(1)[observation.hole[:, 0]], observation.degraded.amin(1)[observation.hole[:, 0]]
    )


def test_struck_pixels_leave_something_visible():
    tiny = SaltAndPepper(0.95, 0.95).draw(2000, 2, 2, seeded()).struck
    assert not tiny.flatten(1).all(1).any()


def test_noise_keeps_half_precision():
    observation = Observation.of(torch.zeros(1, 3, 8, 8, dtype=torch.bfloat16))
    noise = GaussianNoise(25.0, 25.0)
    assert noise.degrade(observation, noise.draw(1, 8, 8, seeded())).degraded.dtype == torch.bfloat16


@pytest.mark.parametrize(
    "arguments", [(5.0, 1.0, 1.0, 2.0), (-1.0, 5.0, 1.0, 2.0), (0.0, 5.0, 0.0, 2.0), (0.0, 5.0, 3.0, 2.0)]
)
def test_impossible_sensors_are_refused(arguments):
    with pytest.raises(ValueError, match=r"(shot|read)_min.* got"):
        PoissonGaussianNoise(*arguments)
