import math

import pytest
import torch
from torch.nn.functional import avg_pool2d

from restore.data.alignment import check_aligned, shift_between
from restore.errors import UserError
from restore.pose import Pose


def scene(seed=0, size=160):
    """Blots of all sizes, as smooth as a photograph."""
    noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed))
    layers = [(avg_pool2d(noise, 2 * k + 1, 1, k, count_include_pad=False) - 0.5) * k for k in (1, 3, 7)]
    return (0.5 + sum(layers)).clamp(0, 1)[0]


def noisy(image, sigma=25.0, seed=1):
    return image + sigma / 255 * torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (1.0, 0.0), (-3.0, 5.0), (0.6, -0.3)])
def test_a_shift_is_found_through_noise(right, down):
    image = scene()[None]
    pose = Pose(torch.zeros(1), torch.tensor([[right, down]]), torch.ones(1), torch.zeros(1, dtype=torch.bool))
    shift = shift_between(noisy(image[0]), pose.warp(image)[0])
    assert shift is not None
    assert (shift.right, shift.down) == pytest.approx((right, down), abs=0.15)
    assert shift.length == pytest.approx(math.hypot(right, down), abs=0.2)


def test_a_shift_is_found_in_images_larger_than_a_window():
    image = scene(size=480)
    shift = shift_between(noisy(image[:, :-2, 3:]), image[:, 2:, :-3])
    assert (shift.right, shift.down) == pytest.approx((3.0, -2.0), abs=0.1)


@pytest.mark.parametrize("sigma", [5.0, 25.0, 60.0])
def test_images_of_one_scene_pass(sigma):
    check_aligned(noisy(scene(), sigma), scene(), "a and b")
    check_aligned(noisy(scene(), sigma), noisy(scene(), sigma, 2), "a and b")


def test_what_shows_nothing_passes():
    flat = torch.full((3, 96, 96), 0.5)
    check_aligned(noisy(flat), flat, "a and b")
    check_aligned(noisy(flat), noisy(flat, 25.0, 2), "a and b")
    check_aligned(flat[:, :5, :3], flat[:, :5, :3], "a and b")


def test_what_is_beside_is_refused_with_how_far():
    with pytest.raises(UserError, match=r"^a and b: not aligned, one lies \+2\.0 pixels across and -0\.0|\+0\.0 down$"):
        check_aligned(scene()[..., 2:].contiguous(), scene()[..., :-2].contiguous(), "a and b")


def test_another_scene_is_refused():
    with pytest.raises(UserError, match=r"^a and b: not"):
        check_aligned(noisy(scene(0)), scene(7), "a and b")
