import pytest
import torch

from restore.inference.subimages import restore_in_sub_images
from restore.observation import Observation


def draw(n, height, width):
    generator = torch.Generator().manual_seed(0)
    return Observation(torch.rand((n, 3, height, width), generator=generator), torch.full((n, 1, height, width), 0.1))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [(12, 18), (13, 11), (3, 40)])
def test_what_changes_nothing_changes_nothing(stride, size):
    observation = draw(2, *size)
    restored = restore_in_sub_images(lambda given: given.degraded, observation, stride)
    assert torch.equal(restored, observation.degraded)


def test_each_sub_image_holds_every_second_pixel_of_one_image_and_its_sigma():
    observation, seen = draw(2, 6, 8), []

    def restore(given):
        seen.append(given)
        return given.degraded

    restore_in_sub_images(restore, observation, 2)
    parts, whole = seen
    for image in range(2):
        for row in range(2):
            for column in range(2):
                expected = observation.degraded[image, :, row::2, column::2]
                assert torch.equal(parts.degraded[4 * image + 2 * row + column], expected)
    assert torch.equal(parts.sigma, torch.full((8, 1, 3, 4), 0.1))
    assert torch.equal(whole.sigma, torch.full((2, 1, 6, 8), 0.05))


def test_an_image_of_which_a_sub_image_shows_nothing_is_restored_whole():
    observation = draw(1, 8, 8)
    observation.sigma[..., 0::2, 0::2] = torch.inf
    seen = []
    restore_in_sub_images(lambda given: seen.append(given) or given.degraded, observation, 2)
    assert [given.sigma.shape for given in seen] == [(1, 1, 8, 8)]
