import numpy as np
import pytest

from research.like import DIAMETER, LEARNED, holes, main, split
from restore.images.codec import write_picture
from restore.images.picture import Picture


def disc(row, column, size=(60, 80)):
    """A striped disc on a flat table."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside = (rows - row) ** 2 + (columns - column) ** 2 < 10**2
    pixels = np.where(inside, 128 + 100 * np.sign(np.sin(columns)), 90)
    return np.repeat(pixels[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(("row", "column"), [(20, 20), (35, 60)])
def test_holes_lie_over_the_part(row, column):
    (whole, disc_hole), (half, half_hole) = holes(disc(row, column), 0, "a.png")
    assert (whole, half) == ("whole", "half")
    middle = np.argwhere(disc_hole).mean(0)
    assert np.abs(middle - (row, column)).max() < 8
    assert disc_hole.sum() == pytest.approx(np.pi * (DIAMETER * 60 / 2) ** 2, rel=0.1)
    assert not (half_hole & ~disc_hole).any()
    assert half_hole.sum() == pytest.approx(disc_hole.sum() / 2, rel=0.15)


def test_the_same_seed_draws_the_same_holes():
    first, again, other = (list(holes(disc(30, 40), seed, "a.png")) for seed in (0, 0, 1))
    assert all(np.array_equal(one[1], two[1]) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[1][1], other[1][1])


def test_none_is_learned_from_and_restored(tmp_path):
    paths = [tmp_path / f"{index:02}.png" for index in range(30)]
    learned, others = split(paths[::-1], 6)
    assert len(learned) == LEARNED
    assert len(others) == 6
    assert not set(learned) & set(others)


def test_too_few_images_are_one_line(tmp_path, capsys):
    write_picture(Picture(disc(30, 40)), tmp_path / "images" / "0.png")
    assert main([str(tmp_path / "images"), "-o", str(tmp_path / "out")]) == 2
    assert "20 images to learn from and 8 to restore are more than the 1 there" in capsys.readouterr().err
