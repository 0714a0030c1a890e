import numpy as np
import pytest

from restore.drawing.pieces import PIECE_COLOURS, enlarged, pieces_of, ways

BOX = (slice(16, 24), slice(24, 32))
"""A patch of 8 x 8 pixels."""

YELLOW, GREEN, _ = (np.array(colour) / np.float32(255) for colour in PIECE_COLOURS)


@pytest.fixture
def sources():
    """Of an image of 40 x 64 pixels: in the patch five rows from the right, two from above, one from nowhere."""
    sources = np.stack([np.zeros((40, 64), dtype=np.int64), *np.indices((40, 64))], axis=2)
    sources[16:21, 24:32, 2] += 20
    sources[21:23, 24:32, 1] -= 12
    sources[23, 24:32] = -1
    sources[24:30, 24:32, 2] -= 20  # below the patch
    return sources


def test_pieces_are_what_was_copied_from_as_far_away_the_largest_first(sources):
    first, second = pieces_of(sources, BOX)
    assert (first.down, first.right, first.share) == (0, 20, 5 / 7)
    assert (second.down, second.right, second.share) == (-12, 0, 2 / 7)
    assert np.argwhere(second.where).tolist() == [[row, column] for row in (21, 22) for column in range(24, 32)]
    assert np.argwhere(second.source).tolist() == [[row, column] for row in (9, 10) for column in range(24, 32)]
    assert second.told == "29% of the patch, from\n12 px up"


def test_what_is_visible_or_from_another_image_is_no_piece(sources):
    assert pieces_of(sources, (slice(0, 8), slice(0, 8))) == []
    sources[16:21, 24:32, 0] = 1
    (piece,) = pieces_of(sources, BOX)
    assert (piece.down, piece.right, piece.share) == (-12, 0, 1)


def test_a_patch_may_reach_beyond_the_image(sources):
    sources[36:40, 60:64, 2] -= 30
    (piece,) = pieces_of(sources, (slice(32, 48), slice(48, 64)))
    assert piece.where.sum() == 16


def test_lines_lead_from_the_source_of_each_piece_to_the_rim_of_the_patch(sources):
    picture = ways(np.zeros((40, 64, 3), np.float32), [], pieces_of(sources, BOX), BOX, 640)
    assert picture.shape == (400, 640, 3)
    middle = 10 * 20
    right_of_patch, source = 10 * 40, 10 * (28 + 20)
    assert np.allclose(picture[middle, right_of_patch], YELLOW)
    assert np.allclose(picture[middle, source], YELLOW)
    assert np.allclose(picture[10 * (20 - 12), 10 * 28], GREEN)
    assert not picture[10 * 16 : 10 * 24, 10 * 24 : 10 * 32].any()  # the patch stays free
    assert not picture[middle, source + 20 :].any()


def test_a_piece_is_enlarged_pixel_by_pixel_where_it_comes_from(sources):
    image = np.random.default_rng(0).random((40, 64, 3)).round().astype(np.float32)
    piece = pieces_of(sources, BOX)[0]
    plain = enlarged(image, [], BOX, (piece.down, piece.right), 480)
    assert plain.shape == (480, 480, 3)
    assert np.array_equal(plain[10::20, 10::20], image[8:32, 36:60])
    rimmed = enlarged(image, [(piece.source, PIECE_COLOURS[0])], BOX, (piece.down, piece.right), 480)
    inside = np.zeros((480, 480), dtype=bool)
    inside[8 * 20 : 13 * 20, 8 * 20 : 16 * 20] = True
    assert np.array_equal(rimmed[~inside], plain[~inside])
    assert np.allclose(rimmed[8 * 20, 8 * 20 : 16 * 20], YELLOW)
    assert np.array_equal(rimmed[10 * 20 + 10, 12 * 20 + 10], image[18, 48])


def test_what_lies_beyond_the_border_is_white(sources):
    picture = enlarged(np.zeros((40, 64, 3), np.float32), [], BOX, (-20, -24), 240)
    assert (picture[: 10 * 12] == 1).all()
    assert (picture[:, : 10 * 8] == 1).all()
    assert not picture[10 * 12 :, 10 * 8 :].any()
