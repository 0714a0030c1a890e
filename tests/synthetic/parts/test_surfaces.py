import numpy as np
import pytest
import torch

from restore.pose import Pose
from restore.synthetic.parts.backgrounds import BACKGROUNDS
from restore.synthetic.parts.grid import Grid
from restore.synthetic.parts.raster import Raster
from restore.synthetic.parts.scene import draw_scene
from restore.synthetic.parts.surface import Lamp, Surface, shade
from restore.synthetic.parts.waves import draw_waves


def grid(angle=0.0, size=24, blur=0.5, samples=1):
    pose = Pose(torch.tensor([angle]), torch.tensor([[1.3, -0.4]]), torch.tensor([1.2]), torch.tensor([False]))
    return Grid.of(pose, size, (0, 0, size, size), samples, blur)


def level(points, **looks):
    flat = np.zeros(points.shape, np.float32)
    return Surface((flat, flat), np.ones((3, *points.shape), np.float32), gloss=0.0, **looks)


def lamp(**changes):
    given = {"azimuth": 30.0, "elevation": 50.0, "ambient": 0.4, "falloff": 0.0}
    return Lamp(**(given | changes), tint=np.ones(3, np.float32))


def test_waves_are_the_sum_of_their_cosines():
    waves, points = draw_waves(np.random.default_rng(0), 1.0, 10.0, count=20), grid(25.0, blur=0.0)
    turns = waves.frequency[:, 0, None, None] * points.x + waves.frequency[:, 1, None, None] * points.y
    expected = (waves.amplitude[:, None, None] * np.cos(2 * np.pi * (turns + waves.phase[:, None, None]))).sum(0)
    np.testing.assert_allclose(waves(points), expected, atol=2e-4)
    assert 0.5 < expected.std() < 1.5


def test_waves_that_a_sample_cannot_resolve_fade():
    waves = draw_waves(np.random.default_rng(0), 20.0, 40.0)
    assert np.abs(waves(grid(blur=8.0))).max() < 1e-3 * np.abs(waves(grid(blur=0.0))).max()


def test_window_holds_the_disc_and_little_more():
    points = grid(30.0, size=40)
    rows, columns = points.window(0.2, -0.1, 0.3)
    inside = np.hypot(points.x - 0.2, points.y + 0.1) <= 0.3
    held = np.zeros_like(inside)
    held[rows, columns] = True
    assert inside.any()
    assert (held | ~inside).all()
    assert held.sum() < 1.5 * inside.sum()
    part = points.cut(rows, columns)
    np.testing.assert_allclose(part.x, points.x[rows, columns], atol=1e-6)


def test_slopes_are_those_of_the_height_in_the_directions_of_the_image():
    points = grid(30.0)
    found = points.slopes(0.3 * points.x - 0.2 * points.y)
    expected = points.in_image(0.3, -0.2)
    for slope, value in zip(found, expected, strict=True):
        np.testing.assert_allclose(slope[1:-1, 1:-1], value, atol=1e-5)


def test_directions_go_to_the_image_and_back():
    points = grid(70.0)
    assert points.on_surface(*points.in_image(0.6, -0.8)) == pytest.approx((0.6, -0.8))


def test_rasters_give_their_pixels_back():
    picture = np.random.default_rng(0).random((2, 16, 32), np.float32)
    raster = Raster(picture, width=2.0, height=1.0)
    x, y = np.meshgrid((np.arange(32) + 0.5) / 16 - 1, (np.arange(16) + 0.5) / 16 - 0.5)
    found = raster(x.astype(np.float32), y.astype(np.float32), blur=1e-6)
    np.testing.assert_allclose(found, picture, atol=1e-5)


def test_rasters_seen_from_afar_are_means():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (1, 64, 32))
    raster = Raster(stripes, width=1.0, height=1.0)
    x = np.array([[0.5, 1.5, 2.5]], np.float32) / 64
    np.testing.assert_allclose(raster(x, 0 * x, blur=1e-6), [[[0, 1, 0]]], atol=1e-4)
    np.testing.assert_allclose(raster(x, 0 * x, blur=10.0), 0.5, atol=1e-4)


def test_level_white_gets_all_light_wherever_the_lamp_stands():
    for azimuth in (0.0, 77.0, 200.0):
        np.testing.assert_allclose(shade(level(grid()), lamp(azimuth=azimuth)), 1, atol=1e-5)


def test_slopes_towards_the_lamp_are_brighter():
    points = grid()
    tilt = np.full(points.shape, 0.3, np.float32)
    white = np.ones((3, *points.shape), np.float32)
    right, left = (Surface((sign * tilt, 0 * tilt), white) for sign in (-1, 1))
    assert shade(right, lamp(azimuth=0.0)).min() > shade(left, lamp(azimuth=0.0)).max()


def test_hollows_and_hollow_metal_are_darker():
    for metal in (0.0, 1.0):
        open_, hollow = (shade(level(grid(), openness=share, metal=metal), lamp()) for share in (1.0, 0.3))
        assert (hollow < open_).all()


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_backgrounds_are_neither_empty_nor_loud(background):
    light = shade(background(np.random.default_rng(3))(grid(size=64)), lamp())
    assert light.shape == (3, 64, 64)
    assert light.min() >= 0
    assert 0.001 < light.std() < 0.3


def test_later_scenes_show_another_place_of_the_same_table():
    scene = draw_scene(np.random.default_rng(0))
    one, other = (scene.later(np.random.default_rng(seed)) for seed in (1, 2))
    colours = [each.background(grid(size=64)).colour for each in (one, other)]
    assert np.abs(colours[0] - colours[1]).max() > 0.01
    assert np.abs(colours[0].mean((1, 2)) - colours[1].mean((1, 2))).max() < 0.15
    assert one.lamp.elevation == other.lamp.elevation
