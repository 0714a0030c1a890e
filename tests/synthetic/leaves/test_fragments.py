import numpy as np
import pytest

from restore.synthetic.leaves.fragments import find_fragments, paint

SIZE = 32


def disc(x, y, radius):
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], -1) + [x, y]


def square(low, high):
    return np.array([[low, low], [high, low], [high, high], [low, high]], float)


GROUND = square(-1, SIZE + 1)


@pytest.fixture
def pile():
    rng = np.random.default_rng(1)
    return [GROUND, *(disc(*rng.uniform(0, SIZE, 2), rng.uniform(2, 8)) for _ in range(12))]


def test_shares_of_a_covered_pixel_sum_to_one(pile):
    fragments = find_fragments(pile, SIZE)
    assert (fragments.blend(np.ones((1, len(fragments.leaf)), np.float32)) == 1).all()
    assert (fragments.weight > 0).all()


def test_a_disc_covers_its_area():
    fragments = find_fragments([disc(16.0, 15.0, 8.0)], SIZE)
    assert fragments.weight.sum() == pytest.approx(np.pi * 8**2, rel=0.06)


def test_pixels_on_a_border_mix_both_sides_and_others_do_not(pile):
    fragments = find_fragments(pile, SIZE)
    per_pixel = np.bincount(fragments.pixel, minlength=SIZE**2)
    assert set(np.unique(per_pixel)) == {1, 2}


def test_the_nearer_hides_the_farther():
    fragments = find_fragments([GROUND, square(4, 20), square(8, 30)], SIZE)
    shown = dict(zip(fragments.pixel.tolist(), fragments.leaf.tolist(), strict=False))
    assert [shown[row * SIZE + row] for row in (1, 6, 12, 25)] == [0, 1, 2, 2]


def test_nothing_shows_where_there_is_nothing():
    fragments = find_fragments([square(8, 16)], SIZE)
    covered = fragments.blend(np.ones((1, len(fragments.leaf))))[0]
    assert covered[10:15, 10:15].min() == 1
    assert covered[:7].max() == covered[:, 18:].max() == 0


def test_positions_are_the_middles_of_pixels(pile):
    fragments = find_fragments(pile, SIZE)
    means = fragments.blend(fragments.position.astype(float))
    assert np.allclose(means[0], np.arange(SIZE) + 0.5)
    assert np.allclose(means[1], np.arange(SIZE)[:, None] + 0.5)


def test_more_leaves_than_sixteen_bits_count_are_painted():
    canvas = paint([square(0, 1)] * 2**16 + [square(2, 6)], 8)
    assert canvas[4, 4] == 2**16 + 1
