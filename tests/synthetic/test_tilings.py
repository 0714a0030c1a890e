import numpy as np
import pytest
import torch

from restore.synthetic import Tilings
from restore.synthetic.tilings import Tiling, look_up, project


def test_seed_and_index_fix_an_image():
    first, again, other = Tilings(4, 64), Tilings(4, 64), Tilings(4, 64, seed=1)
    assert torch.equal(first[2], again[2])
    assert not torch.equal(first[2], first[3])
    assert not torch.equal(first[2], other[2])


def test_images_are_rgb():
    image = Tilings(1, 48)[0]
    assert image.shape == (3, 48, 48)
    assert 0 <= image.min() < image.max() <= 1


def test_there_is_no_image_beyond_the_last():
    with pytest.raises(IndexError):
        Tilings(3, 32)[3]


def checked(pitch: float) -> Tiling:
    """A surface seen from the front, with cells of so many pixels, and another one in its right third."""
    rows, columns = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    surface = (columns >= 32).long()
    return Tiling(torch.zeros(3, 48, 48), surface, torch.stack([columns, rows]), torch.full((2, 2), pitch))


def test_what_repeats_lies_whole_cells_away_on_the_same_surface():
    (repeats,) = checked(10.0).repeats(torch.tensor([4]), torch.tensor([3]), alike=0.0)
    expected = torch.zeros(48, 48, dtype=torch.bool)
    expected[4::10, 3:32:10] = True
    assert torch.equal(repeats, expected)


def test_what_is_alike_may_be_some_pixels_off():
    (repeats,) = checked(20.0).repeats(torch.tensor([40]), torch.tensor([33]), alike=1.0)
    expected = torch.zeros(48, 48, dtype=torch.bool)
    for row in (0, 1, 19, 20, 21, 39, 40, 41):
        expected[row, 32:35] = True
    assert torch.equal(repeats, expected)


@pytest.mark.parametrize("index", range(8))
def test_repeats_look_alike(index):
    tiling = Tilings(8, 128, seed=3).tiling(index)
    generator = torch.Generator().manual_seed(index)
    rows, columns = torch.randint(16, 112, (2, 60), generator=generator)
    repeats = tiling.repeats(rows, columns, alike=0.5)
    here = tiling.image[:, rows, columns].T
    same = torch.stack(
        [(tiling.image[:, one] - mine[:, None]).abs().mean() for one, mine in zip(repeats, here, strict=True)]
    )
    others = torch.stack(
        [
            (tiling.image[:, (tiling.surface == tiling.surface[row, column])] - mine[:, None]).abs().mean()
            for row, column, mine in zip(rows, columns, here, strict=True)
        ]
    )
    assert same.mean() < 0.6 * others.mean()


def test_a_cell_goes_on_without_end():
    cell = np.random.default_rng(0).random((3, 5, 7), dtype=np.float32)
    places = np.array([[1.25, 1.25 + 7, 1.25 - 14], [2.5, 2.5 - 5, 2.5 + 10]], np.float32)
    seen = look_up(cell, places)
    expected = 0.5 * (0.75 * cell[:, 2, 1] + 0.25 * cell[:, 2, 2]) + 0.5 * (0.75 * cell[:, 3, 1] + 0.25 * cell[:, 3, 2])
    np.testing.assert_allclose(seen, np.stack([expected] * 3, 1), atol=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_what_lies_in_a_line_does_so_on_a_surface(seed):
    line = np.stack([np.linspace(0, 64, 9), np.linspace(10, 50, 9)])
    x, y = project(np.random.default_rng(seed), line, 64).astype(np.float64)
    directions = np.diff(np.stack([x, y]), axis=1)
    turned = directions[0, 1:] * directions[1, :-1] - directions[1, 1:] * directions[0, :-1]
    assert np.abs(turned).max() < 1e-3 * np.square(directions).sum(0).max()
