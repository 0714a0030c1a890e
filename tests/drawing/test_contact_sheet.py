import numpy as np
import pytest

from restore.drawing.contact_sheet import LINE, MARGIN, contact_sheet

RED, GREEN, BLUE = np.eye(3)


def plain(colour, height=20, width=20):
    return np.broadcast_to(colour, (height, width, 3)).copy()


def sheet_of(images, columns, captions=None, cell=40):
    captions = [""] * len(images) if captions is None else captions
    return np.asarray(contact_sheet(images, captions, columns, cell))


def test_images_lie_row_by_row_unchanged():
    sheet = sheet_of([plain(RED), plain(GREEN), plain(BLUE)], columns=2)
    right, below = MARGIN + 40 + MARGIN, MARGIN + 20 + LINE + MARGIN
    for (top, left), colour in zip(
        [(MARGIN, MARGIN), (MARGIN, right), (below, MARGIN)], (RED, GREEN, BLUE), strict=True
    ):
        assert (sheet[top : top + 20, left : left + 20] == 255 * colour).all()


def test_the_sheet_is_as_wide_as_its_columns_and_as_high_as_its_rows():
    sheet = sheet_of([plain(RED)] * 5, columns=3)
    assert sheet.shape == (2 * (20 + LINE + MARGIN) + MARGIN, 3 * (40 + MARGIN) + MARGIN, 3)


def test_large_images_shrink_into_their_cells_and_keep_their_shape():
    sheet = sheet_of([plain(RED, 80, 160)], columns=1)
    red = (sheet == 255 * RED).all(-1)
    assert red.sum() == 20 * 40


def test_values_beyond_the_range_are_clipped():
    sheet = sheet_of([plain(3 * RED - 1)], columns=1)
    assert (sheet[MARGIN : MARGIN + 20, MARGIN : MARGIN + 20] == 255 * RED).all()


@pytest.mark.parametrize("caption", ["number one", "two\nlines", "far too long for a cell of that width"])
def test_captions_stay_below_their_images(caption):
    sheet = sheet_of([plain(RED)] * 2, columns=2, captions=[caption, ""])
    dark = (sheet < 128).all(-1)
    rows, columns = np.nonzero(dark)
    assert len(rows)
    assert rows.min() >= MARGIN + 20
    assert columns.max() < MARGIN + 40
