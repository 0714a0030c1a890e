import weakref
from itertools import pairwise

import numpy as np
import pytest

from restore.errors import UserError
from restore.inference.tiling import MARGIN, STEP, TILE, Tiling, blend, windows

TILINGS = [Tiling(8, 0), Tiling(8, 2), Tiling(8, 3), Tiling(9, 4), Tiling(32, 8), Tiling(2, 0), Tiling(3, 1)]
SIZES = [1, 2, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 50, 64, 97, 200]


@pytest.fixture(params=TILINGS, ids=lambda tiling: f"{tiling.tile}-{tiling.overlap}")
def tiling(request):
    return request.param


def draw_image(height, width):
    return np.random.default_rng(0).random((3, height, width), np.float32)


def everywhere(height, width):
    return np.ones((height, width), bool)


def draw_damage(height, width, seed, kinds=("specks", "boxes", "line")):
    """Where something is to be done: some of specks, boxes, and a slanted line."""
    generator, damage = np.random.default_rng(seed), np.zeros((height, width), bool)
    kind = generator.choice(kinds)
    for _ in range(generator.integers(1, 5)):
        y, x = generator.integers(height), generator.integers(width)
        down, right = generator.integers(1, 40, 2) if kind == "boxes" else (1, 1)
        damage[y : y + down, x : x + right] = True
        if kind == "line":
            along = np.linspace(0, 1, height + width)
            ends = generator.integers((height, width), size=(2, 2))
            places = (ends[0] + along[:, None] * (ends[1] - ends[0])).astype(int)
            damage[tuple(places.T)] = True
    return damage


def tiles_of(bands, image):
    return (image[..., *window] for window in windows(bands))


def joined(height, width, bands, tiles, count=3):
    image = np.zeros((count, height, width), np.float32)
    for rows, pixels in blend(bands, width, tiles):
        image[:, rows] = pixels
    return image


@pytest.mark.parametrize("size", SIZES)
def test_spans_cover_everything_in_order_and_share_the_overlap(tiling, size):
    spans = tiling.spans(np.ones(size, bool))
    assert spans[0].start == 0
    assert spans[-1].stop == size
    assert all(span.stop - span.start == spans[0].stop for span in spans)
    assert spans[0].stop <= tiling.tile
    for one, other in pairwise(spans):
        assert one.start < other.start
        assert one.stop - other.start >= tiling.overlap


@pytest.mark.parametrize("size", SIZES)
def test_there_is_no_tile_too_many(tiling, size):
    count = len(tiling.spans(np.ones(size, bool)))
    one_less = tiling.tile + (count - 2) * (tiling.tile - tiling.overlap)
    assert count == 1 or one_less < size


@pytest.mark.parametrize("size", [513, 768, 1024, 1080, 1920, 3000, 4000])
def test_tiles_are_no_larger_than_needed_and_of_few_sizes(size):
    tiling = Tiling.of()
    spans = tiling.spans(np.ones(size, bool))
    side = spans[0].stop
    assert side % STEP == 0
    assert side - STEP < (size + (len(spans) - 1) * tiling.overlap) / len(spans)


def test_a_small_hole_is_one_small_tile_around_it():
    asked = np.zeros((1024, 1024), bool)
    asked[500:530, 300:340] = True
    ((rows, columns),) = windows(Tiling.of().cover(asked))
    assert 500 - rows.start >= MARGIN
    assert rows.stop - 530 >= MARGIN
    assert (rows.stop - rows.start, columns.stop - columns.start) == (160, 192)


def test_a_thin_scratch_across_an_image_takes_tiles_along_it():
    asked = np.zeros((1024, 1024), bool)
    np.fill_diagonal(asked, True)
    pixels = sum((r.stop - r.start) * (c.stop - c.start) for r, c in windows(Tiling.of().cover(asked)))
    assert pixels < 1024**2


def test_holes_that_lie_apart_have_tiles_of_their_own():
    asked = np.zeros((200, 2000), bool)
    asked[100, [10, 1000, 1990]] = True
    ((rows, _), (again, _), (and_again, _)) = found = windows(Tiling.of().cover(asked))
    assert rows == again == and_again
    assert [columns for _, columns in found] == [slice(0, 96), slice(936, 1096), slice(1904, 2000)]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("tile", [32, 50, 64, 128])
def test_all_that_is_asked_is_seen_with_what_is_around_it(tile, seed):
    height, width = np.random.default_rng(seed).integers(1, 400, 2).tolist()
    tiling, asked = Tiling.of(tile), draw_damage(height, width, seed)
    bands = tiling.cover(asked)
    image = draw_image(height, width)
    found = joined(height, width, bands, tiles_of(bands, image))
    np.testing.assert_allclose(found[:, asked], image[:, asked], atol=1e-6)
    seen, around = np.zeros((height, width), bool), min(tiling.margin, tiling.overlap)
    for rows, columns in windows(bands):
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        assert max(rows.stop - rows.start, columns.stop - columns.start) <= tile
        assert asked[rows, columns].any()
        seen[rows, columns] = True
    for y, x in zip(*asked.nonzero(), strict=True):
        assert seen[max(y - around, 0) : y + around + 1, x].all()
        assert seen[y, max(x - around, 0) : x + around + 1].all()


def test_where_nothing_is_asked_there_is_no_tile():
    for size in ((1, 1), (40, 700)):
        assert Tiling.of().cover(np.zeros(size, bool)) == []
    assert list(blend([], 700, [])) == []


def test_weights_fade_from_one_tile_into_the_next_without_a_jump():
    for rows, weights in (band.rows for band in Tiling(32, 8).cover(everywhere(80, 5))):
        assert (weights > 0).all()
        assert rows.start == 0 or weights[0] < 0.1
        assert rows.stop == 80 or weights[-1] < 0.1
        assert np.abs(np.diff(weights)).max() < 0.2


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (5, 90), (90, 5), (33, 70), (17, 9)])
def test_blending_what_is_unchanged_gives_the_image(tiling, size):
    image, bands = draw_image(*size), tiling.cover(everywhere(*size))
    np.testing.assert_allclose(joined(*size, bands, tiles_of(bands, image)), image, atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (33, 70), (17, 9), (90, 5)])
def test_bands_follow_one_another_from_top_to_bottom(tiling, size):
    cover = tiling.cover(everywhere(*size))
    bands = list(blend(cover, size[1], tiles_of(cover, draw_image(*size))))
    edges = [0, *(rows.stop for rows, _ in bands)]
    assert [rows.start for rows, _ in bands] == edges[:-1]
    assert edges[-1] == size[0]
    assert all(pixels.shape == (3, rows.stop - rows.start, size[1]) for rows, pixels in bands)


def test_what_follows_the_tiles_of_an_image_is_left_for_the_next():
    cover = Tiling(16, 4).cover(everywhere(33, 70))
    first, second = draw_image(33, 70), 1 - draw_image(33, 70)
    tiles = iter([*tiles_of(cover, first), *tiles_of(cover, second)])
    for image in (first, second):
        np.testing.assert_allclose(joined(33, 70, cover, tiles), image, atol=1e-6)


def test_what_one_tile_shows_is_given_back_bit_identical():
    image, bands = draw_image(7, 8), Tiling(8, 2).cover(everywhere(7, 8))
    assert np.array_equal(joined(7, 8, bands, [image]), image)


def test_never_more_than_one_row_of_tiles_is_held():
    tiling, (height, width) = Tiling(16, 4), (200, 60)
    image, bands = draw_image(height, width), tiling.cover(everywhere(height, width))
    tiles = []

    def restored():
        for window in windows(bands):
            tiles.append((window[0], weakref.ref(pixels := image[..., *window].copy())))
            yield pixels

    for rows, pixels in blend(bands, width, restored()):
        assert (pixels if pixels.base is None else pixels.base).nbytes <= 16 * width * 3 * 4
        # No tile was worked on before it was needed, and none is kept.
        assert tiles[-1][0].start == rows.start
        del pixels
        assert sum(tile() is not None for _, tile in tiles) <= 1


@pytest.mark.parametrize(("tile", "overlap"), [(8, 4), (8, 8), (8, -1)])
def test_overlaps_that_do_not_fit_the_tile_are_refused(tile, overlap):
    with pytest.raises(UserError, match=f"overlap of {overlap} does not fit tiles of {tile}"):
        Tiling(tile, overlap)


@pytest.mark.parametrize("tile", [32, 33, 100, 128, 512])
def test_the_overlap_is_an_eighth_of_a_tile_of_any_size_unless_said_otherwise(tile):
    assert Tiling.of(tile).overlap == tile // 8
    assert Tiling.of(tile, 0).overlap == 0


@pytest.mark.parametrize("tile", [-8, 0, 1, 31])
def test_tiles_that_would_take_for_ever_are_refused_with_the_least(tile):
    with pytest.raises(UserError, match=f"tile is at least 32, not {tile}$"):
        Tiling.of(tile)


def test_the_tile_is_large_enough_for_a_hole_and_its_surroundings():
    asked = np.zeros((TILE, TILE), bool)
    asked[MARGIN + 1 : TILE - MARGIN, 10] = True
    ((rows, _),) = windows(Tiling.of().cover(asked))
    assert rows == slice(0, TILE)
