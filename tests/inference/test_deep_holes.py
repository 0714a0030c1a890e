import math

import numpy as np
import pytest
import torch

from restore.fill import push_pull_fill
from restore.inference.deep_holes import GUESS_SIGMA, DeepHoles
from restore.inference.restorer import Restorer
from restore.inference.tensors import arrays_of, tensors_of
from restore.networks import UNet
from restore.observation import Observation

TILE = 32


def draw_image(height, width):
    """Shading within [0.6, 0.9], far from the gray that stands for nothing at all."""
    rows = torch.linspace(0, 0.15, height)[:, None]
    columns = torch.linspace(0, 0.15, width)
    return (0.6 + rows + columns).expand(1, 3, -1, -1).clone()


def observe(height, width, *holes):
    """An image with holes, each given as a pair of slices."""
    observation = Observation.of(draw_image(height, width))
    for hole in holes:
        observation.sigma[..., *hole] = math.inf
    return Observation(observation.degraded.masked_fill(observation.hole, math.nan), observation.sigma)


def look_deep(observation, tile=TILE):
    """What stands in for the depths of the holes, over the whole image."""
    height, width = observation.sigma.shape[-2:]
    deep = DeepHoles(arrays_of(observation), tile)
    deep.guess = fill(tensors_of(deep.from_afar)).numpy()
    return tensors_of(deep.complete(arrays_of(observation), (slice(0, height), slice(0, width)))), deep


def fill(observation):
    assert max(observation.sigma.shape[-2:]) <= TILE
    return push_pull_fill(observation.degraded, observation.hole)


LARGE = (slice(10, 90), slice(12, 104))


def test_only_the_depths_of_holes_get_a_guess():
    observation = observe(97, 110, LARGE)
    completed, deep = look_deep(observation)
    guessed = completed.sigma != observation.sigma
    assert guessed.any()
    assert observation.hole[guessed].all()
    visible = ~observation.hole
    assert torch.equal(completed.degraded.where(visible, 0), observation.degraded.where(visible, 0))
    rows, columns = guessed[0, 0].nonzero().T
    reach = TILE // 4
    assert rows.min() >= 10 + reach - deep.factor
    assert rows.max() < 90 - reach + deep.factor
    assert columns.min() >= 12 + reach - deep.factor
    assert columns.max() < 104 - reach + deep.factor


@pytest.mark.parametrize(
    ("size", "hole"),
    [
        ((97, 110), LARGE),
        ((40, 400), (slice(0, 40), slice(64, 64 + TILE + 4))),
        ((40, 400), (slice(0, 40), slice(73, 73 + TILE + 4))),
        ((500, 35), (slice(201, 201 + TILE + 4), slice(0, 35))),
    ],
)
def test_every_window_without_a_visible_pixel_gets_a_guess(size, hole):
    completed, _ = look_deep(observe(*size, hole))
    for top in range(0, size[0] - TILE + 1, 3):
        for left in range(0, size[1] - TILE + 1, 3):
            window = (slice(top, top + TILE), slice(left, left + TILE))
            assert not completed[..., *window].hole.all()


def test_the_guess_is_a_noisy_observation_near_to_what_was_there():
    observation = observe(97, 110, LARGE)
    completed, _ = look_deep(observation)
    guessed = completed.sigma != observation.sigma
    assert (completed.sigma[guessed] == GUESS_SIGMA).all()
    error = (completed.degraded - draw_image(97, 110)).abs().where(guessed, 0)
    assert error.max() < 0.1


def test_the_border_of_the_guess_leaves_no_line():
    y, x = np.mgrid[0:200, 0:200] / 200
    image = np.stack([0.3 + 0.4 * x, 0.6 - 0.3 * y, 0.4 + 0.2 * x * y], -1).astype(np.float32)
    hole = np.zeros((200, 200), bool)
    hole[30:170, 30:170] = True
    filled = Restorer.load(tile=64, overlap=16).inpaint(image, hole)[36:164, 36:164]
    bends = [np.abs(np.diff(filled, 2, axis=axis)).mean((1 - axis, 2)) for axis in (0, 1)]
    assert max(bend.max() for bend in bends) < 1.5 / 255


def test_windows_show_parts_of_one_guess():
    observation = observe(97, 110, LARGE)
    whole, deep = look_deep(observation)
    for window in ((slice(3, 35), slice(40, 72)), (slice(65, 97), slice(78, 110)), (slice(0, 32), slice(0, 32))):
        part = tensors_of(deep.complete(arrays_of(observation[..., *window]), window))
        assert torch.equal(part.sigma, whole[..., *window].sigma)
        torch.testing.assert_close(part.degraded, whole[..., *window].degraded, equal_nan=True)


def test_holes_that_a_tile_sees_across_are_left_to_it():
    observation = observe(97, 110, (slice(20, 32), slice(0, 110)), (slice(0, 97), slice(50, 56)))
    completed, _ = look_deep(observation)
    assert torch.equal(completed.sigma, observation.sigma)


def test_noise_averages_out_in_the_view_from_afar():
    observation = observe(96, 96, (slice(8, 88), slice(8, 88)))
    noisy = Observation(observation.degraded, observation.sigma.masked_fill(observation.sigma == 0, 0.3))
    from_afar = tensors_of(DeepHoles(arrays_of(noisy), TILE).from_afar)
    assert from_afar.sigma.shape == (1, 1, 32, 32)
    torch.testing.assert_close(from_afar.sigma[0, 0, 0], torch.full((32,), 0.1))
    assert from_afar.hole.any()


def test_images_of_a_batch_are_looked_at_apart():
    one, other = observe(97, 110, LARGE), observe(97, 110, (slice(40, 97), slice(0, 80)))
    together, _ = look_deep(Observation.cat([one, other]))
    for i, alone in enumerate([look_deep(one)[0], look_deep(other)[0]]):
        assert torch.equal(together[i : i + 1].sigma, alone.sigma)
        torch.testing.assert_close(together[i : i + 1].degraded, alone.degraded, equal_nan=True)


@pytest.mark.parametrize("size", [(96, 96), (97, 110), (40, 200), (131, 33)])
def test_a_hole_much_larger_than_a_tile_is_filled_smoothly_from_around_it(size):
    height, width = size
    observation = observe(height, width, (slice(6, height - 5), slice(7, width - 8)))
    restorer = Restorer(UNet((4, 8), (1, 1)), tile=TILE, overlap=8)
    restored = restorer.restore(observation)
    known = ~observation.hole.expand_as(restored)
    assert torch.equal(restored[known], observation.degraded[known])
    assert restored.min() >= observation.degraded[known].min() - 1e-5
    assert restored.max() <= observation.degraded[known].max() + 1e-5
    steps = max(restored.diff(dim=-1).abs().max(), restored.diff(dim=-2).abs().max())
    assert steps < 0.05
