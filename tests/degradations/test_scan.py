"""Scans: grain or paper, and dirt that is told or is not."""

import pytest
import torch
from torch import Tensor

from restore.degradations import ScanNoise
from restore.degradations.dirt import draw_dust, draw_hairs, draw_scratches
from restore.observation import Observation

KINDS = [draw_dust, draw_scratches, draw_hairs]
CLEAN = {"dust_max": 0, "scratches_max": 0, "hairs_max": 0}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flat(value: float, n: int = 24, side: int = 96) -> Tensor:
    return torch.full((n, 3, side, side), value)


def boxes(cover: Tensor) -> Tensor:
    """Height and width of what is covered in each image, px."""
    present = cover[:, 0] > 0.3
    return torch.stack([present.any(2).sum(1), present.any(1).sum(1)], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_dirt_covers_a_little_of_most_images_and_nothing_of_some(kind):
    cover = kind(64, 2, 96, 96, seeded())
    assert cover.shape == (64, 1, 96, 96)
    assert cover.min() == 0
    assert cover.max() > 0.9
    assert cover.mean() < 0.05
    empty = (cover.flatten(1).amax(1) == 0).float().mean()
    assert 0.15 < empty < 0.55
    assert (kind(4, 0, 20, 20, seeded()) == 0).all()


def test_a_speck_is_small_a_scratch_is_upright_and_a_hair_is_long_and_thin():
    dust, scratch, hair = (kind(200, 1, 96, 96, seeded()) for kind in KINDS)
    assert boxes(dust).amax() <= 16
    height, width = boxes(scratch).float().mean(0)
    assert height > 8 * width
    length = boxes(hair).amax(1)[hair.flatten(1).amax(1) > 0].float()
    assert 10 < length.median() < 60
    # Thin: no pixel of a hair has all its neighbours at a distance of two covered.
    assert -torch.nn.functional.max_pool2d(-(hair > 0.3).float(), 5, stride=1).amax() == 0


def test_unknown_dirt_changes_pixels_and_no_hole_tells_of_it():
    noise = ScanNoise(10.0, 10.0, told_share=0.0)
    parameters = noise.draw(24, 96, 96, seeded())
    observation = noise.degrade(Observation.of(flat(0.5)), parameters)
    covered = parameters.cover.amax(1, keepdim=True) > 0.5
    assert covered.flatten(1).any(1).float().mean() > 0.7
    assert not observation.hole.any()
    # At the least half way from mid-gray to the dirt's own, against grain of 10.
    assert ((observation.degraded - 0.5).abs().amin(1, keepdim=True)[covered] * 255).median() > 50
    assert observation.sigma[covered].max() <= observation.sigma[~covered].max()


def test_told_dirt_is_a_hole_and_the_rest_is_not():
    noise = ScanNoise(10.0, 10.0, told_share=1.0)
    parameters = noise.draw(24, 96, 96, seeded())
    observation = noise.degrade(Observation.of(flat(0.5)), parameters)
    assert torch.equal(observation.hole, parameters.cover.amax(1, keepdim=True) > 0.1)
    assert (observation.degraded.where(observation.hole, 0) == 0).all()
    visible = (observation.degraded - 0.5).abs().where(~observation.hole, 0) * 255
    assert visible.max() < 10 * 6 + 0.1 * 128


def test_a_drawn_share_of_the_images_is_told():
    hole = ScanNoise(10.0, 10.0, told_share=0.3).draw(600, 32, 32, seeded()).hole
    covered = ScanNoise(10.0, 10.0, told_share=1.0).draw(600, 32, 32, seeded()).hole
    share = hole.flatten(1).any(1).sum() / covered.flatten(1).any(1).sum()
    assert share == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize("value", [0.1, 0.5, 0.9])
def test_film_is_grainy_in_the_mid_tones_and_paper_where_it_is_light(value):
    film = ScanNoise(20.0, 20.0, paper_share=0.0, **CLEAN)(flat(value), seeded()).degraded - value
    paper = ScanNoise(20.0, 20.0, paper_share=1.0, **CLEAN)(flat(value), seeded()).degraded - value
    assert film.std() * 255 == pytest.approx(20 * 2 * (value * (1 - value)) ** 0.5, rel=0.05)
    assert paper.std() * 255 == pytest.approx(20 * value, rel=0.05)
    assert torch.allclose(paper, paper[:, :1].expand_as(paper), atol=1e-6)


def test_the_sigma_told_is_that_of_the_grain():
    for paper_share in (0.0, 1.0):
        observation = ScanNoise(20.0, 20.0, paper_share=paper_share, **CLEAN)(flat(0.4), seeded())
        told = float(observation.sigma.square().mean().sqrt())
        assert told == pytest.approx(float((observation.degraded - 0.4).square().mean().sqrt()), rel=0.05)


def test_dirt_never_hides_all_of_a_tiny_image():
    hole = ScanNoise(10.0, 10.0, dust_max=60, scratches_max=20, told_share=1.0).draw(200, 4, 4, seeded()).hole
    assert not hole.flatten(1).all(1).any()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"paper_share": 1.5}, "paper_share must lie in"),
        ({"told_share": -0.1}, "told_share must lie in"),
        ({"dust_max": -1}, "dust_max is at least 0"),
        ({"radius_min": 2.0}, "radius_min=2.0"),
    ],
)
def test_impossible_scans_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        ScanNoise(5.0, 10.0, **wrong)
