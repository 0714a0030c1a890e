import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from restore.synthetic.leaves.camera import draw_shadows
from restore.synthetic.leaves.ingredients import ALL
from restore.synthetic.leaves.repetition import draw_lattice
from restore.synthetic.leaves.scene import SHAPES, draw_arrangement
from restore.synthetic.leaves.shapes import draw_boxes, draw_curves, draw_sizes, draw_waves

PLAIN = replace(ALL, repetition=False)


def arrange(ingredients, seed=0, has_ground=True):
    return draw_arrangement(np.random.default_rng(seed), 64, 0.2, has_ground, ingredients)


@pytest.mark.parametrize("power_law", [True, False])
def test_leaves_cover_what_they_should(power_law):
    radii = draw_sizes(np.random.default_rng(0), 0.005, 0.4, 3.0, power_law)
    assert (np.pi * radii**2).sum() == pytest.approx(3 * math.log2(0.4 / 0.005), rel=0.3)


def test_each_octave_of_a_power_law_covers_the_same():
    radii = draw_sizes(np.random.default_rng(0), 0.01, 0.32, 20.0, power_law=True)
    areas, _ = np.histogram(np.log2(radii), np.log2([0.01, 0.02, 0.04, 0.08, 0.16, 0.32]), weights=radii**2)
    assert areas.max() < 1.5 * areas.min()


def test_without_the_power_law_sizes_are_about_the_same():
    radii = draw_sizes(np.random.default_rng(0), 0.005, 0.4, 3.0, power_law=False)
    assert radii.max() < 2.5 * radii.min()


@pytest.mark.parametrize("draw", SHAPES)
def test_outlines_are_around_the_origin_with_a_radius_near_one(draw):
    corners = draw(np.random.default_rng(0), 200)
    assert len(corners) == 200
    assert np.abs(corners.mean((0, 1))).max() < 0.2
    assert 0.5 < np.median(np.linalg.norm(corners, axis=-1)) < 3


def test_outlines_vary_unless_they_are_discs():
    def unevenness(outline):
        distance = np.linalg.norm(outline - outline.mean(0), axis=1)
        return distance.std() / distance.mean()

    leaves = arrange(PLAIN, has_ground=False).outlines
    discs = arrange(replace(PLAIN, outlines=False), has_ground=False).outlines
    assert max(map(unevenness, discs)) < 1e-6 < 0.1 < max(map(unevenness, leaves))


def test_curves_bend():
    ends = draw_curves(np.random.default_rng(0), 50)
    chord = np.linalg.norm(ends[:, 0] - ends[:, ends.shape[1] // 2 - 1], axis=1)
    assert chord.min() < 0.8 * chord.max()


def test_waves_have_unit_variance_and_no_trend():
    waves = draw_waves(np.random.default_rng(0), 500, 48, steepness=1.5)
    assert waves.std() == pytest.approx(1, rel=0.1)
    assert np.abs(waves.mean(1)).max() < 1e-6


def test_groups_are_repeated_elements():
    repeated = [np.bincount(arrange(ALL, seed).group).max() for seed in range(12)]
    assert max(repeated) > 3
    assert all(np.bincount(arrange(PLAIN, seed).group).max() == 1 for seed in range(12))


def test_a_lattice_recedes_only_in_perspective():
    def spread(in_perspective, seed):
        outlines = np.stack(draw_lattice(np.random.default_rng(seed), 64, [draw_boxes], in_perspective))
        width = np.linalg.norm(outlines[:, 0] - outlines[:, 1], axis=1)
        return width.max() / width.min()

    assert max(spread(False, seed) for seed in range(8)) == pytest.approx(1)
    assert max(spread(True, seed) for seed in range(8)) > 1.3


@pytest.mark.parametrize("seed", range(6))
def test_each_leaf_has_a_region_of_the_ground_and_a_place_in_the_image(seed):
    scene = arrange(ALL, seed)
    lengths = {len(scene.outlines), *map(len, (scene.group, scene.centres, scene.radii, scene.region))}
    assert len(lengths) == 1
    assert scene.region.min() == 0
    assert scene.region.max() < 4
    assert scene.centres.min() >= 0
    assert scene.centres.max() <= 64


def test_there_is_a_scene_even_where_all_leaves_lie_outside():
    scenes = [draw_arrangement(np.random.default_rng(seed), 64, 1e-6, False, PLAIN) for seed in range(40)]
    assert all(len(scene.outlines) == 1 for scene in scenes)


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
