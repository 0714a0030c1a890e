import math

import numpy as np
import pytest
import torch

from restore.synthetic.leaves.camera import draw_shadows
from restore.synthetic.leaves.repetition import draw_lattice
from restore.synthetic.leaves.scene import draw_arrangement
from restore.synthetic.leaves.shapes import SHAPES, draw_curves, draw_sizes, draw_waves


def arrange(seed, has_ground=True, cover=0.2):
    return draw_arrangement(np.random.default_rng(seed), 64, cover, has_ground)


def test_leaves_cover_what_they_should():
    radii = draw_sizes(np.random.default_rng(0), 0.005, 0.4, 3.0)
    assert (np.pi * radii**2).sum() == pytest.approx(3 * math.log2(0.4 / 0.005), rel=0.3)


def test_each_octave_of_a_power_law_covers_the_same():
    radii = draw_sizes(np.random.default_rng(0), 0.01, 0.32, 20.0)
    areas, _ = np.histogram(np.log2(radii), np.log2([0.01, 0.02, 0.04, 0.08, 0.16, 0.32]), weights=radii**2)
    assert areas.max() < 1.5 * areas.min()


@pytest.mark.parametrize("draw", SHAPES)
def test_outlines_are_around_the_origin_with_a_radius_near_one(draw):
    corners = draw(np.random.default_rng(0), 200)
    assert len(corners) == 200
    assert np.abs(corners.mean((0, 1))).max() < 0.2
    assert 0.5 < np.median(np.linalg.norm(corners, axis=-1)) < 3


def test_curves_bend():
    ends = draw_curves(np.random.default_rng(0), 50)
    chord = np.linalg.norm(ends[:, 0] - ends[:, ends.shape[1] // 2 - 1], axis=1)
    assert chord.min() < 0.8 * chord.max()


def test_waves_have_unit_variance_and_no_trend():
    waves = draw_waves(np.random.default_rng(0), 500, 48, steepness=1.5)
    assert waves.std() == pytest.approx(1, rel=0.1)
    assert np.abs(waves.mean(1)).max() < 1e-6


def test_some_leaves_are_repeated_and_others_stand_alone():
    counts = [np.bincount(arrange(seed).group) for seed in range(12)]
    assert max(map(max, counts)) > 3
    assert all((count == 1).any() for count in counts)


def test_a_lattice_recedes():
    def spread(seed):
        outlines = np.stack(draw_lattice(np.random.default_rng(seed), 64))
        width = np.linalg.norm(outlines[:, 0] - outlines[:, 1], axis=1)
        return width.max() / width.min()

    assert max(map(spread, range(8))) > 1.3


@pytest.mark.parametrize("seed", range(3))
def test_each_leaf_has_a_region_of_the_ground_and_a_place_in_the_image(seed):
    scene = arrange(seed)
    lengths = {len(scene.outlines), *map(len, (scene.group, scene.centres, scene.radii, scene.region))}
    assert len(lengths) == 1
    assert scene.region.min() == 0
    assert scene.region.max() < 4
    assert scene.centres.min() >= 0
    assert scene.centres.max() <= 64


def test_there_is_a_scene_even_where_all_leaves_lie_outside():
    assert min(len(arrange(seed, has_ground=False, cover=1e-6).outlines) for seed in range(40)) == 1


def test_calm_regions_have_fewer_leaves():
    def density(seed):
        scene = arrange(seed)
        return np.bincount(scene.region) / len(scene.region)

    assert min(density(seed).min() for seed in range(12)) < 0.02


def test_shadows_fall_away_from_the_light():
    nearness = torch.zeros(1, 1, 48, 48)
    nearness[..., 16:32, 16:32] = 1
    from_left, from_right = (
        sum(draw_shadows(np.random.default_rng(seed), nearness, light) for seed in range(8)) / 8
        for light in (math.pi, 0.0)
    )
    assert from_left.max() <= 1
    assert from_left.min() > 0
    assert from_left[..., 24, 34] < from_left[..., 24, 13]
    assert from_right[..., 24, 13] < from_right[..., 24, 34]
    assert from_left[0, 0, 18:30, 18:30].min() > 0.99
