"""Laws of redrawing: a part in another pose is the same part, seen from elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from restore.pose import Pose
from restore.synthetic.parts import FAMILIES, draw_part, draw_scene

SIZE = 48
SCENE = draw_scene(np.random.default_rng(4))
CAMERA = {"background_moves": True, "light_moves": True}


def pose(angle=0.0, shift=(0.0, 0.0), scale=1.0, flip=False):
    return Pose(torch.tensor([angle]), torch.tensor([shift]), torch.tensor([scale]), torch.tensor([flip]))


def psnr(one, other):
    return -10 * torch.log10((one - other).square().mean())


@pytest.fixture(params=FAMILIES)
def part(request):
    return draw_part(request.param, seed=1)


def test_same_seed_draws_the_same_part(part):
    family = type(part).__name__.lower()
    draw_part.cache_clear()
    again, other = (draw_part(family, seed).draw(pose(20.0), SIZE, SCENE) for seed in (1, 2))
    assert torch.equal(again, part.draw(pose(20.0), SIZE, SCENE))
    assert psnr(again, other) < 40


def test_quarter_turns_of_the_camera_turn_the_image(part):
    for quarters, flip in ((1, False), (2, True)):
        turned = part.draw(pose(90.0 * quarters, flip=flip), SIZE, SCENE, **CAMERA)
        image = part.draw(pose(), SIZE, SCENE, **CAMERA)
        image = image.flip(3) if flip else image
        torch.testing.assert_close(turned, torch.rot90(image, quarters, (2, 3)), atol=1e-4, rtol=0)


def test_whole_pixel_shifts_of_the_camera_move_the_pixels(part):
    image = part.draw(pose(10.0), SIZE, SCENE, **CAMERA)
    moved = part.draw(pose(10.0, shift=(5.0, -3.0)), SIZE, SCENE, **CAMERA)
    torch.testing.assert_close(moved[..., :-3, 5:], image[..., 3:, :-5], atol=1e-4, rtol=0)


def test_shifts_by_parts_of_a_pixel_agree_with_a_band_limited_shift(part):
    shift = (0.37, -0.61)
    image = part.draw(pose(10.0), SIZE, SCENE, **CAMERA)
    moved = part.draw(pose(10.0, shift=shift), SIZE, SCENE, **CAMERA)
    phase = [-2j * torch.pi * step * torch.fft.fftfreq(SIZE) for step in shift]
    ramp = torch.exp(phase[0][None] + phase[1][:, None])
    window = torch.hann_window(SIZE, periodic=False).sqrt()
    window = (window * window[:, None]).expand(1, 3, SIZE, SIZE)
    shifted = torch.fft.ifft2(torch.fft.fft2(image * window) * ramp).real
    inside = (..., slice(8, -8), slice(8, -8))
    weight = torch.fft.ifft2(torch.fft.fft2(window) * ramp).real[inside]
    assert psnr(moved[inside], shifted[inside] / weight) > 35
    assert psnr(moved[inside], shifted[inside] / weight) > psnr(moved[inside], image[inside]) + 10


@pytest.mark.parametrize("flip", [False, True])
def test_poses_mean_what_they_mean_for_images(part, flip):
    here = pose(33.0, shift=(4.0, -2.5), scale=1.25, flip=flip)
    redrawn = part.draw(here, 2 * SIZE, SCENE, **CAMERA)
    warped = here.warp(part.draw(pose(), 2 * SIZE, SCENE, **CAMERA))
    inside = (..., slice(20, -20), slice(20, -20))
    assert psnr(redrawn[inside], warped[inside]) > psnr(redrawn[inside], redrawn[inside].roll(1, 3)) + 8


def test_finer_images_show_the_same(part):
    blurred = replace(SCENE, blur=4 * SCENE.blur)
    coarse, fine = (part.draw(pose(50.0, scale=0.5), k * SIZE, scene) for k, scene in ((2, SCENE), (8, blurred)))
    # A coarse pixel lies in the middle of 4 x 4 fine ones.
    assert psnr(coarse, functional.avg_pool2d(fine[..., 1:-1, 1:-1], 2, 4)) > 45


def test_lamp_and_table_stay_in_the_image_unless_told_to_move(part):
    still, moved = (part.draw(pose(90.0, scale=0.3), SIZE, SCENE, **moves) for moves in ({}, CAMERA))
    image = part.draw(pose(scale=0.3), SIZE, SCENE)
    corner = (..., slice(0, 6), slice(0, 6))
    torch.testing.assert_close(still[corner], image[corner], atol=5e-3, rtol=0)
    assert (moved[corner] - image[corner]).abs().max() > 0.02
    inside = part.outline(pose(90.0, scale=0.3), SIZE).expand(-1, 3, -1, -1) == 1
    assert (still - torch.rot90(image, 1, (2, 3)))[inside].abs().max() > 0.01


def test_outline_covers_the_part_and_nothing_else(part):
    poses = torch.stack([torch.tensor([0.0, 0.0]), torch.tensor([9.0, 4.0])])
    poses = Pose(torch.tensor([0.0, 40.0]), poses, torch.tensor([1.0, 0.5]), torch.tensor([False, False]))
    cover = part.outline(poses, SIZE)
    assert cover.shape == (2, 1, SIZE, SIZE)
    assert cover.min() == 0
    assert cover.max() == 1
    ratio = (cover[1].sum() / cover[0].sum()).item()
    assert ratio == pytest.approx(0.25, rel=0.02)
    grid = torch.arange(SIZE, dtype=torch.float32)
    middle = [(cover[1, 0].sum(axis) * grid).sum() / cover[1].sum() - (SIZE - 1) / 2 for axis in (0, 1)]
    assert abs(middle[0] - 9) < 2.5
    assert abs(middle[1] - 4) < 2.5


def test_part_outside_the_image_leaves_the_table(part):
    far = part.draw(pose(shift=(500.0, 0.0)), SIZE, SCENE)
    other = draw_part("gear", 9).draw(pose(shift=(0.0, 500.0)), SIZE, SCENE)
    torch.testing.assert_close(far, other, atol=1e-3, rtol=0)


def test_poses_are_drawn_one_by_one(part):
    poses = Pose(torch.tensor([0.0, 70.0]), torch.zeros(2, 2), torch.ones(2), torch.zeros(2, dtype=torch.bool))
    both = part.draw(poses, SIZE, SCENE)
    assert torch.equal(both[1:], part.draw(pose(70.0), SIZE, SCENE))
