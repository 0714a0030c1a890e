import pytest
import torch
from torch.utils.data import DataLoader

from restore.errors import UserError
from restore.pose import Pose
from restore.synthetic import Parts
from restore.synthetic.parts import FAMILIES


def test_same_seed_and_index_give_the_same_image():
    assert torch.equal(Parts(5, size=32, seed=3)[4], Parts(9, size=32, seed=3)[4])


def test_another_index_or_seed_gives_another_image():
    image = Parts(6, size=32)[0]
    assert not torch.equal(image, Parts(6, size=32)[5])
    assert not torch.equal(image, Parts(6, size=32, seed=1)[0])


def test_number_of_workers_does_not_matter():
    alone, shared = (torch.cat(list(DataLoader(Parts(4, size=16), 2, num_workers=n))) for n in (0, 2))
    assert torch.equal(alone, shared)


def test_global_random_state_is_untouched():
    before = torch.get_rng_state()
    Parts(1, size=16)[0]
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [16, 33])
def test_images_have_the_size_asked_for_and_stay_in_range(size):
    for image in (Parts(5, size)[index] for index in range(5)):
        assert image.shape == (3, size, size)
        assert image.dtype == torch.float32
        assert image.min() >= 0
        assert image.max() <= 1
        assert image.std() > 0.02


def test_image_is_its_part_in_its_pose_and_scene():
    objects = Parts(3, size=32)
    drawn = objects.part(2).draw(objects.pose(2), 32, objects.scene(2))
    assert torch.equal(objects[2], drawn[0])


def test_families_take_turns():
    objects = Parts(5, size=16)
    assert [type(objects.part(index)).__name__.lower() for index in range(5)] == list(FAMILIES)
    chosen = Parts(4, size=16, families=["gear"])
    assert {type(chosen.part(index)).__name__ for index in range(4)} == {"Gear"}


def test_few_parts_come_in_many_poses():
    objects = Parts(9, size=16, families=["screw"], parts=2)
    assert all(objects.part(index) is objects.part(index % 2) for index in range(9))
    assert objects.part(0) is not objects.part(1)
    assert len({float(objects.pose(index).angle) for index in range(9)}) == 9


def test_without_a_number_of_parts_every_image_shows_another():
    objects = Parts(4, size=16, families=["screw"])
    assert len({objects.part(index).radius for index in range(4)}) == 4


def test_poses_reach_all_angles_positions_and_scales():
    objects = Parts(200, size=100)
    poses = [objects.pose(index) for index in range(200)]
    turned = torch.cat([pose.angle for pose in poses])
    shifted = torch.cat([pose.shift for pose in poses])
    scaled = torch.cat([pose.scale for pose in poses])
    assert turned.min() < 20
    assert turned.max() > 340
    assert 20 < shifted.abs().max() <= 25
    assert 0.5 <= scaled.min() < 0.55
    assert 1.8 < scaled.max() <= 2
    assert 0.9 < scaled.median() < 1.1


@pytest.mark.parametrize("index", [-1, 2])
def test_index_beyond_the_ends_is_refused(index):
    with pytest.raises(IndexError, match=str(index)):
        Parts(2, size=16)[index]


@pytest.mark.parametrize(("arguments", "reason"), [({"families": []}, "families"), ({"parts": 0}, "parts .* not 0")])
def test_settings_that_leave_nothing_to_draw_are_refused(arguments, reason):
    with pytest.raises(UserError, match=reason):
        Parts(2, **arguments)


def test_aligned_parts_lie_in_the_middle_and_upright():
    objects = Parts(4, size=32, parts=2, aligned=True)
    assert float(objects.pose(3).angle) == 0
    expected = objects.part(3).draw(Pose.identity(1), 32, objects.scene(3))
    assert torch.equal(objects[3], expected[0])
    assert not torch.equal(objects[3], Parts(4, size=32, parts=2)[3])
