import math

import pytest
import torch

from restore.data.augmentation import Augmentation
from restore.observation import Observation
from restore.pose import Pose

STILL = {"rotation": 0.0, "shift": 0.0, "scale": (1.0, 1.0), "flip": False}
SAME_LIGHT = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n=4, height=32, width=32):
    return torch.rand(n, 3, height, width, generator=generator())


def smooth_images(n=4, size=32):
    y, x = torch.meshgrid(torch.linspace(0, 3, size), torch.linspace(0, 3, size), indexing="ij")
    return (0.5 + 0.3 * torch.sin(x + 2 * y))[None, None].expand(n, 3, size, size)


def pose(angle=0.0, x=0.0, y=0.0, scale=1.0, flip=False, n=4):
    shift = torch.tensor([[x, y]]).float().expand(n, 2)
    return Pose(torch.full((n,), float(angle)), shift, torch.full((n,), float(scale)), torch.full((n,), flip))


def any_poses(n=16):
    return Augmentation(resampled=0.7).draw(n, generator()).pose


def damaged(n=16, size=24, inside=0.0):
    hole = torch.rand(n, 1, size, size, generator=generator(1)) < 0.4
    sigma = torch.where(torch.rand(n, 1, size, size, generator=generator(2)) < 0.5, 0.0, 0.1)
    degraded = torch.where(hole, inside, images(n, size, size))
    return Observation(degraded, torch.where(hole, math.inf, sigma))


@pytest.mark.parametrize("size", [31, 32])
@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("flip", [False, True])
def test_quarter_turns_and_mirroring_copy_pixels(size, turns, flip):
    image = images(height=size, width=size)
    expected = torch.rot90(image.flip(-1) if flip else image, turns, dims=(2, 3))
    assert torch.equal(pose(90 * turns, flip=flip).warp(image), expected)


def test_half_turns_copy_pixels_of_any_rectangle():
    image = images(height=17, width=30)
    assert torch.equal(pose(180).warp(image), image.flip(-1, -2))


def test_whole_pixel_shifts_move_right_and_down_and_copy_pixels():
    image = images()
    warped = pose(x=3, y=-2).warp(image)
    assert torch.equal(warped[..., :-2, 3:], image[..., 2:, :-3])


@pytest.mark.parametrize("size", [15, 16])
def test_the_cut_is_the_middle_of_the_whole_result(size):
    image = images()
    for posed in (any_poses(4), pose(90), pose(x=2)):
        offset = (32 - size) // 2
        middle = posed.warp(image)[..., offset : offset + size, offset : offset + size]
        assert torch.allclose(posed.warp(image, size), middle, atol=1e-4)


def test_turning_there_and_back_returns_a_smooth_image():
    image = smooth_images()
    there_and_back = pose(-30).warp(pose(30).warp(image))
    assert (there_and_back - image)[..., 8:-8, 8:-8].abs().max() < 0.01


def test_scale_magnifies():
    image = smooth_images(size=33)
    assert (pose(scale=2.0).warp(image)[..., ::2, ::2] - image[..., 8:25, 8:25]).abs().max() < 0.01


def test_each_image_has_its_own_pose():
    image = images(2)
    mixed = Pose(torch.tensor([0.0, 90.0]), torch.zeros(2, 2), torch.ones(2), torch.tensor([True, False]))
    assert torch.equal(mixed.warp(image), torch.stack([image[0].flip(-1), image[1].rot90(1, (1, 2))]))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_observations_turn_exactly_by_quarters(turns):
    observation = damaged()
    turned = pose(90 * turns, n=16).transform(observation)
    assert torch.equal(turned.degraded, torch.rot90(observation.degraded, turns, dims=(2, 3)))
    assert torch.equal(turned.sigma, torch.rot90(observation.sigma, turns, dims=(2, 3)))


def test_sigma_keeps_its_values_under_any_pose():
    sigma = any_poses().transform(damaged()).sigma
    assert set(sigma.unique().tolist()) == {torch.tensor(0.0).item(), torch.tensor(0.1).item(), math.inf}


@pytest.mark.parametrize("inside", [math.nan, math.inf, 1e6])
def test_what_lies_in_a_hole_cannot_leak_out_of_it(inside):
    clean, dirty = (any_poses().transform(damaged(inside=value)) for value in (0.0, inside))
    assert torch.equal(dirty.degraded, clean.degraded)
    assert dirty.degraded.min() >= 0
    assert dirty.degraded.max() <= 1 + 1e-5


def test_a_flat_image_stays_flat_beside_its_holes():
    observation = damaged()
    flat = torch.where(observation.hole, 0.0, 0.7).expand(-1, 3, -1, -1)
    posed = any_poses().transform(Observation(flat, observation.sigma))
    assert torch.allclose(torch.where(posed.hole, 0.7, posed.degraded), torch.tensor(0.7), atol=1e-5)


def test_augmentation_with_every_range_closed_is_the_identity():
    image = images()
    assert torch.equal(Augmentation(**STILL, **SAME_LIGHT)(image, generator()), image)


def test_identity_pose_is_the_identity():
    image = images()
    assert torch.equal(Pose.identity(4).warp(image), image)


def test_the_generator_decides_everything():
    augmentation, image = Augmentation(), images()
    torch.manual_seed(0)
    first = augmentation(image, generator(1))
    torch.manual_seed(1)
    assert torch.equal(augmentation(image, generator(1)), first)
    assert not torch.equal(augmentation(image, generator(2)), first)


def test_augmented_images_stay_images():
    varied = Augmentation(brightness=0.5, contrast=0.5, saturation=0.5, hue=180.0)(images(16), generator())
    assert varied.shape == (16, 3, 32, 32)
    assert varied.min() >= 0
    assert varied.max() <= 1


@pytest.mark.parametrize("field", ["brightness", "contrast", "saturation", "hue"])
def test_each_change_of_light_changes_the_image(field):
    light = SAME_LIGHT | {field: 0.5}
    image = images()
    assert not torch.allclose(Augmentation(**STILL, **light)(image, generator()), image, atol=1e-4)


def test_images_that_are_not_resampled_keep_their_pixels():
    image, augmentation = images(16), Augmentation(resampled=0.0, **SAME_LIGHT)
    varied = augmentation(image, generator())
    assert not torch.equal(varied, image)
    assert torch.isin(varied, image).all()


def test_what_is_copied_keeps_its_values_wherever_they_lie():
    noise = torch.randn(8, 8, 24, 24, generator=generator())
    copied = Augmentation(shift=0.0).copying()(noise, generator())
    assert not torch.equal(copied, noise)
    assert torch.equal(copied.flatten(1).sort(1).values, noise.flatten(1).sort(1).values)


def test_draws_stay_within_their_ranges_and_fill_them():
    drawn = Augmentation(rotation=30.0, shift=4.0, scale=(0.5, 2.0), resampled=1.0).draw(500, generator()).pose
    assert 28 < drawn.angle.abs().max() <= 30
    assert 3.8 < drawn.shift.abs().max() <= 4
    assert 0.5 <= drawn.scale.min() < 0.55
    assert 1.8 < drawn.scale.max() <= 2
    assert 0.4 < drawn.flip.float().mean() < 0.6


def test_quarter_turns_are_drawn_alike():
    angle = Augmentation(resampled=0.0).draw(4000, generator()).pose.angle
    shares = [(angle % 360 == 90 * turns).float().mean() for turns in range(4)]
    assert sum(shares) == pytest.approx(1)
    assert all(0.22 < share < 0.28 for share in shares)


@pytest.mark.parametrize(
    "options", [{}, {"rotation": 20.0}, {"scale": (0.5, 1.0)}, {"shift": 20.0}, {"resampled": 0.0}]
)
def test_nothing_beyond_the_borders_is_seen(options):
    augmentation = Augmentation(**{"resampled": 1.0} | options, **SAME_LIGHT)
    size = augmentation.source_size(24)
    # Between the image and its reflection lies a frame of other pixels: it must stay out of sight.
    image = torch.full((64, 3, size, size), 0.5)
    variation = augmentation.draw(64, generator())
    framed = torch.nn.functional.pad(image, (40, 40, 40, 40), value=1.0)
    assert augmentation.apply(framed, variation, 24).sub(0.5).abs().max() < 0.1


@pytest.mark.parametrize(
    "options",
    [
        {"scale": (0.0, 1.0)},
        {"scale": (2.0, 1.0)},
        {"resampled": 1.5},
        {"contrast": -0.1},
        {"rotation": 181.0},
        {"shift": -1.0},
    ],
)
def test_impossible_ranges_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Augmentation(**options)
