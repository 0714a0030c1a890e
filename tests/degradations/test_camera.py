import pytest
import torch
from torch import Tensor

from restore.degradations import CameraNoise
from restore.degradations.camera import blurred
from restore.degradations.level import local_level
from restore.degradations.mosaic import colour_sites, demosaic
from restore.errors import UserError
from restore.observation import Observation


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gray(level: float, n: int = 16, side: int = 64) -> Tensor:
    return torch.full((n, 3, side, side), level)


def neighbours(error: Tensor) -> Tensor:
    """Correlation of horizontal neighbours in each image."""
    error = error - error.mean((2, 3), keepdim=True)
    return (error[..., 1:] * error[..., :-1]).mean((1, 2, 3)) / error.square().mean((1, 2, 3))


@pytest.mark.parametrize("phase", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_mosaic_has_two_green_sites_for_one_of_each_other_colour(phase):
    sites = colour_sites(torch.tensor([phase]), 8, 8)
    assert sites.sum(1).eq(1).all()
    assert sites.sum((0, 2, 3)).tolist() == [16, 32, 16]
    assert sites[0, 0, phase[0], phase[1]]  # from the phase on, red is where both are even


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("phase", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_demosaicking_gives_back_what_is_gray_and_changes_evenly(phase, corrected):
    ramp = (torch.arange(12.0)[:, None] / 20 + torch.arange(14.0) / 30).expand(1, 3, -1, -1)
    sites = colour_sites(torch.tensor([phase]), 12, 14)
    raw = torch.where(sites, ramp, 0).sum(1, keepdim=True)
    image = demosaic(raw, sites, torch.tensor([corrected]))
    torch.testing.assert_close(image[..., 2:-2, 2:-2], ramp[..., 2:-2, 2:-2])


def test_gradients_of_what_is_seen_make_demosaicking_better():
    generator = seeded(0)
    luma = blurred(torch.randn((1, 1, 64, 64), generator=generator), torch.tensor([[1.0]]))
    image = luma + torch.rand((1, 3, 1, 1), generator=generator)  # brightness varies, colour does not
    sites = colour_sites(torch.zeros(1, 2, dtype=torch.int64), 64, 64)
    raw = torch.where(sites, image, 0).sum(1, keepdim=True)
    errors = [(demosaic(raw, sites, torch.tensor([kind])) - image).square().mean() for kind in (False, True)]
    assert errors[1] < 0.3 * errors[0]


def test_noise_has_no_colour_of_its_own():
    image = gray(0.5, n=64)
    error = CameraNoise(1e-3, 1e-3)(image, seeded(0)).degraded - image
    assert error.mean((0, 2, 3)).abs().max() < 1 / 255


def test_more_light_is_needed_where_more_noise_is_drawn():
    image = gray(0.4)
    weak, strong = (CameraNoise(shot, shot)(image, seeded(0)).sigma.mean() for shot in (1e-4, 1e-2))
    assert 4 < strong / weak < 20  # the variance of the shot noise is 100 times as large, that of the read noise more


def test_shadows_have_more_noise_than_lights_and_white_has_little():
    camera = CameraNoise(2e-3, 2e-3, compressed=0.0)
    dark, light, white = (camera(gray(level, n=64), seeded(0)).sigma.mean() for level in (0.15, 0.85, 1.0))
    assert dark > 1.2 * light
    assert white < light


def test_noise_of_neighbours_goes_together_as_it_does_in_photographs():
    image = gray(0.5, n=64)
    error = CameraNoise(1e-3, 1e-2, compressed=0.0)(image, seeded(0)).degraded - image
    correlation = neighbours(error)
    assert 0.4 < correlation.median() < 0.8  # 0.63 to 0.79 in real pairs of five cameras
    assert correlation.min() > 0.1


def test_sigma_is_the_root_mean_square_error_around_each_pixel():
    image = torch.rand((3, 3, 40, 40), generator=seeded(3)) * 0.3 + 0.3
    observation = CameraNoise()(image, seeded(0))
    torch.testing.assert_close(
        observation.sigma[:, 0, 20, 20],
        (observation.degraded - image)[:, :, 12:29, 12:29].square().mean((1, 2, 3)).sqrt(),
    )


def test_result_has_eight_bits():
    degraded = CameraNoise()(gray(0.9), seeded(0)).degraded * 255
    torch.testing.assert_close(degraded, degraded.round().clamp(0, 255), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "arguments",
    [{"shot_min": 0.0}, {"shot_min": 0.1, "shot_max": 0.01}, {"quality_min": 0.0}, {"compressed": 1.5}],
)
def test_impossible_cameras_are_refused(arguments):
    with pytest.raises(UserError):
        CameraNoise(**arguments)


def test_level_is_that_of_the_square_around_a_pixel():
    error = torch.zeros(1, 3, 20, 20)
    error[..., :10] = 0.2
    level = local_level(error, torch.zeros(1, 1, 20, 20, dtype=torch.bool), radius=2)
    torch.testing.assert_close(
        level[0, 0, 10],
        torch.tensor(
            [0.2] * 8
            + [0.2 * (4 / 5) ** 0.5, 0.2 * (3 / 5) ** 0.5]
            + [0.2 * (2 / 5) ** 0.5, 0.2 * (1 / 5) ** 0.5]
            + [0.0] * 8
        ),
    )


def test_level_does_not_count_holes():
    error = torch.full((1, 3, 20, 20), 0.1)
    hole = torch.zeros(1, 1, 20, 20, dtype=torch.bool)
    hole[..., 5:12] = True
    level = local_level(error.masked_fill(hole, torch.nan), hole, radius=2)
    torch.testing.assert_close(level, torch.full((1, 1, 20, 20), 0.1).masked_fill(level == 0, 0))
    assert (level == 0).nonzero()[:, 3].unique().tolist() == [7, 8, 9]


def test_blur_keeps_the_mean_and_has_the_width_it_was_given():
    dot = torch.zeros(2, 1, 31, 31)
    dot[..., 15, 15] = 1
    wide = blurred(dot, torch.tensor([[0.0], [1.5]]))
    assert torch.equal(wide[0], dot[0])
    place = torch.arange(31.0) - 15
    assert wide[1].sum() == pytest.approx(1, abs=1e-5)
    assert float((wide[1, 0].sum(0) * place.square()).sum()) == pytest.approx(1.5**2, rel=0.02)


def test_what_is_known_of_the_noise_before_joins_in_quadrature():
    image, camera = gray(0.5, n=2), CameraNoise()
    parameters = camera.draw(2, 64, 64, seeded(0))
    alone = camera.degrade(Observation.of(image), parameters)
    both = camera.degrade(Observation(image, torch.full((2, 1, 64, 64), 0.1)), parameters)
    torch.testing.assert_close(both.sigma, torch.hypot(alone.sigma, torch.tensor(0.1)))
