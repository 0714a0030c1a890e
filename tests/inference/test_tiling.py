import weakref
from itertools import pairwise

import numpy as np
import pytest

from restore.errors import UserError
from restore.inference.tiling import Tiling

TILINGS = [Tiling(8, 0), Tiling(8, 2), Tiling(8, 3), Tiling(9, 4), Tiling(32, 8), Tiling(2, 0), Tiling(3, 1)]
SIZES = [1, 2, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 50, 64, 97, 200]


@pytest.fixture(params=TILINGS, ids=lambda tiling: f"{tiling.tile}-{tiling.overlap}")
def tiling(request):
    return request.param


def draw_image(height, width):
    return np.random.default_rng(0).random((1, 3, height, width), np.float32)


def tiles_of(tiling, image):
    return (image[..., *window] for window in tiling.windows(*image.shape[-2:]))


def joined(bands):
    return np.concatenate([pixels for _, pixels in bands], 2)


@pytest.mark.parametrize("size", SIZES)
def test_spans_cover_everything_in_order_and_share_the_overlap(tiling, size):
    spans = tiling.spans(size)
    assert spans[0].start == 0
    assert spans[-1].stop == size
    assert all(span.stop - span.start == min(size, tiling.tile) for span in spans)
    for one, other in pairwise(spans):
        assert one.start < other.start
        assert one.stop - other.start >= tiling.overlap


@pytest.mark.parametrize("size", SIZES)
def test_there_is_no_tile_too_many(tiling, size):
    count = len(tiling.spans(size))
    one_less = tiling.tile + (count - 2) * (tiling.tile - tiling.overlap)
    assert count == 1 or one_less < size


@pytest.mark.parametrize("size", SIZES)
def test_weights_are_positive_and_sum_to_one(tiling, size):
    total = np.zeros(size, np.float32)
    for span, weights in zip(tiling.spans(size), tiling.weights(size), strict=True):
        assert (weights > 0).all()
        total[span] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_weights_fade_from_one_tile_into_the_next_without_a_jump():
    tiling = Tiling(32, 8)
    for span, weights in zip(tiling.spans(80), tiling.weights(80), strict=True):
        assert span.start == 0 or weights[0] < 0.1
        assert span.stop == 80 or weights[-1] < 0.1
        assert np.abs(np.diff(weights)).max() < 0.2


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (5, 90), (90, 5), (33, 70), (17, 9)])
def test_blending_what_is_unchanged_gives_the_image(tiling, size):
    image = draw_image(*size)
    bands = list(tiling.blend(*size, tiles_of(tiling, image)))
    np.testing.assert_allclose(joined(bands), image, atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (33, 70), (17, 9), (90, 5)])
def test_bands_follow_one_another_from_top_to_bottom(tiling, size):
    bands = list(tiling.blend(*size, tiles_of(tiling, draw_image(*size))))
    edges = [0, *(rows.stop for rows, _ in bands)]
    assert [rows.start for rows, _ in bands] == edges[:-1]
    assert edges[-1] == size[0]
    assert all(pixels.shape == (1, 3, rows.stop - rows.start, size[1]) for rows, pixels in bands)


def test_images_of_a_batch_are_blended_apart():
    image = np.concatenate([draw_image(33, 70), 1 - draw_image(33, 70)])
    blended = joined(Tiling(16, 4).blend(33, 70, tiles_of(Tiling(16, 4), image)))
    np.testing.assert_allclose(blended, image, atol=1e-6)


def test_an_image_of_one_tile_is_given_back_bit_identical():
    image = draw_image(7, 8)
    assert np.array_equal(joined(Tiling(8, 2).blend(7, 8, [image])), image)


def test_never_more_than_one_row_of_tiles_is_held():
    tiling, (height, width) = Tiling(16, 4), (200, 60)
    image = draw_image(height, width)
    tiles = []

    def restored():
        for window in tiling.windows(height, width):
            tiles.append((window[0], weakref.ref(pixels := image[..., *window].copy())))
            yield pixels

    for rows, pixels in tiling.blend(height, width, restored()):
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
    assert Tiling.of(tile) == Tiling(tile, tile // 8)
    assert Tiling.of(tile, 0) == Tiling(tile, 0)


@pytest.mark.parametrize("tile", [-8, 0, 1, 31])
def test_tiles_that_would_take_for_ever_are_refused_with_the_least(tile):
    with pytest.raises(UserError, match=f"tile is at least 32, not {tile}$"):
        Tiling.of(tile)
