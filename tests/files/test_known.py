"""What of a page is found again in its result, and what is found to differ."""

from dataclasses import replace

import numpy as np
import pytest

from restore.errors import UserError
from restore.files.known import Known, compare, kept
from restore.images.codec import decode, encode
from restore.images.formats import FORMATS
from restore.images.metadata import Metadata
from restore.images.picture import Picture

HOLE = np.zeros((20, 30), bool)
HOLE[4:9, 10:22] = True
KNOWN = int((~HOLE).sum())


def pixels(*shape, dtype=np.uint8):
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def filled(picture):
    array = picture.array.copy()
    array[HOLE] ^= 7
    return picture.with_array(array)


def changed(picture, row, column, channel=0, by=1):
    array = picture.array.copy()
    array[row, column, channel] ^= array.dtype.type(by)
    return picture.with_array(array)


@pytest.mark.parametrize("one", [one for one in FORMATS if one.written and one.lossless], ids=lambda one: one.name)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_lossless_file_keeps_what_is_known_and_shows_one_changed_pixel(one, orientation):
    alpha = np.where(HOLE, 255, pixels(20, 30)) // 128 * 255 if one.alpha else None
    before = Picture(pixels(20, 30, 3), alpha, metadata=Metadata(orientation=orientation))
    after = decode(encode(filled(before), f"x{one.suffixes[0]}"))
    assert compare(before, after, HOLE) == Known(KNOWN)
    x, y = (3, 2) if orientation == 1 else (20 - 1 - 2, 3)
    worse = decode(encode(changed(filled(before), 2, 3, by=4), f"x{one.suffixes[0]}"))
    assert compare(before, worse, HOLE) == Known(KNOWN, 1, 4.0, (x, y))


@pytest.mark.parametrize("dtype", [np.uint16, np.uint8])
def test_gray_that_became_rgb_is_the_same_and_an_opacity_that_is_full_may_be_left_out(dtype):
    white = np.full((20, 30), np.iinfo(dtype).max, dtype)
    gray = pixels(20, 30, dtype=dtype)
    before, after = Picture(gray, white), Picture(gray[..., None].repeat(3, 2))
    assert compare(before, after, HOLE) == Known(KNOWN)
    assert compare(before, changed(after, 0, 0), HOLE) == Known(KNOWN, 1, 1.0, (0, 0))


def test_opacity_and_channels_of_other_meaning_are_known_as_well():
    alpha, extra = pixels(20, 30), pixels(20, 30, 1)
    before = Picture(pixels(20, 30, 3), alpha, extra)
    assert compare(before, changed(before, 1, 2, channel=3, by=16), HOLE) == Known(KNOWN, 1, 16.0, (2, 1))
    other = extra.copy()
    other[5, 11] ^= 1  # in the hole, where nothing may touch it either
    assert compare(before, replace(before, extra=other), HOLE) == Known(KNOWN, 1, 1.0, (11, 5))


def test_where_noise_is_removed_what_is_transparent_and_all_opacity_are_known():
    alpha = np.where(HOLE, 0, 200).astype(np.uint8)
    before = Picture(pixels(20, 30, 3), alpha)
    after = before.with_array(np.where((HOLE | (np.arange(30) < 0))[..., None], before.array, before.array ^ 1))
    after = replace(after, alpha=alpha)
    assert compare(before, after, None) == Known(int(HOLE.sum()))
    assert compare(before, changed(after, 5, 12, by=32), None) == Known(int(HOLE.sum()), 1, 32.0, (12, 5))
    assert compare(before, changed(after, 0, 1, channel=3), None).first == (1, 0)


def test_other_sizes_and_depths_are_no_result_of_the_input():
    before = Picture(pixels(20, 30))
    with pytest.raises(UserError, match="its size is 20 x 30 pixels, and that of the input 30 x 20"):
        compare(before, Picture(pixels(30, 20)), HOLE)
    with pytest.raises(UserError, match="its values are uint16, and those of the input uint8"):
        compare(before, Picture(pixels(20, 30, dtype=np.uint16)), HOLE)


def test_of_what_the_input_says_each_is_kept_or_not():
    before = Picture(pixels(20, 30), metadata=Metadata(xmp=b"<x/>", texts={"Title": "a"}, resolution=(300.0, 300.0)))
    assert kept(before, filled(before)) == dict.fromkeys(["size", "depth", "xmp", "texts", "resolution"], True)
    after = replace(filled(before), metadata=replace(before.metadata, xmp=b"<y/>", texts={}))
    assert kept(before, after) == {"size": True, "depth": True, "xmp": False, "texts": False, "resolution": True}
