"""Plausible fills that may copy from other images as well."""

import numpy as np
import pytest
import torch
from PIL import Image

from restore.errors import UserError
from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.likeness import most_alike
from restore.inference.plausible.pyramid import RADIUS, scales_of
from restore.inference.plausible.reference import POSES, Reference
from restore.inference.restorer import Restorer
from restore.networks import UNet
from tests.inference.test_plausible import CENTRE, HEIGHT, WIDTH, box, weave

SIDES = ~box(slice(0, HEIGHT), slice(28, 92))
"""Left and right of a stripe that is as wide as the hole, and the rims that say what should go on in it."""


@pytest.fixture(scope="module")
def restorer():
    return Restorer(UNet(widths=(4, 8), depths=(1, 1)))  # untrained: it expects a smooth fill


def stripe():
    """The texture in a stripe of which too little is seen to copy from, with something else on both of its sides."""
    image = weave()
    image[SIDES] = 0.1
    return image


def gray_noise(seed, height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(seed).random((height, width, 1), dtype=np.float32)
    return np.repeat(noise, 3, axis=2)


HIDDEN = box(slice(8, 88), slice(34, 86))


def test_what_only_a_reference_has_fills_the_hole(restorer):
    others = [gray_noise(0), weave(110, 90)]
    filled, sources = restorer.inpaint(stripe(), HIDDEN, fill="plausible", like=others, return_sources=True)
    alone = restorer.inpaint(stripe(), HIDDEN, fill="plausible")
    assert np.abs(filled - stripe())[HIDDEN].mean() < 0.02
    assert np.abs(alone - stripe())[HIDDEN].mean() > 0.05
    assert np.array_equal(filled[~HIDDEN], stripe()[~HIDDEN])
    assert (sources[HIDDEN][:, 0] == 2).mean() > 0.9


def test_sources_tell_the_image_the_row_and_the_column(restorer):
    other = weave(110, 90) * np.float32(0.9) + gray_noise(1, 110, 90) * np.float32(0.1)
    filled, sources = restorer.inpaint(stripe(), HIDDEN, fill="plausible", like=[other], return_sources=True)
    number, row, column = np.moveaxis(sources, 2, 0)
    rows, columns = np.indices((HEIGHT, WIDTH))
    assert np.array_equal(sources[~HIDDEN], np.stack([0 * rows, rows, columns], axis=2)[~HIDDEN])
    there = HIDDEN & (number == 1)
    assert there.sum() > 0.9 * HIDDEN.sum()
    assert (row[there].min(), column[there].min()) >= (0, 0)
    assert (row[there].max() < 110) & (column[there].max() < 90)
    # The difference of neighbours that were copied together is that of their sources, but for the low frequencies.
    inner = box(slice(14, 82), slice(40, 80))
    pairs = inner & there
    together = pairs[:, 1:] & pairs[:, :-1] & (np.diff(sources, axis=1) == (0, 0, 1)).all(2)
    theirs = other[np.where(there, row, 0), np.where(there, column, 0)]
    assert together.sum() > 200
    assert np.corrcoef(*(np.diff(x, axis=1)[together].flatten() for x in (filled, theirs)))[0, 1] > 0.98


@pytest.mark.parametrize("pose", POSES)
def test_a_reference_is_turned_and_mirrored_as_it_fits(restorer, pose):
    quarters, mirrored = pose
    y, x = np.mgrid[:120, :120]
    slant = (0.5 + 0.3 * np.sin((x + 2 * y) / 3) + 0.002 * (x - y))[..., None].astype(np.float32).repeat(3, 2)
    image, hole = slant[:HEIGHT], box(slice(20, 92), slice(16, 116))
    other = np.rot90(slant[:, ::-1] if mirrored else slant, quarters).copy()
    filled, sources = restorer.inpaint(image, hole, fill="plausible", like=[other], return_sources=True)
    assert np.abs(filled - image)[hole].mean() < 0.03
    there = sources[hole][sources[hole][:, 0] == 1]
    assert len(there) > 0.8 * hole.sum()
    found = other[tuple(there.T[1:])][:, 0]
    assert np.abs(found - image[hole][sources[hole][:, 0] == 1][:, 0]).mean() < 0.1


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1), (3, 2)])
def test_a_reference_may_lie_between_the_pixels_of_coarser_scales(restorer, shift):
    down, right = shift
    other = weave(HEIGHT + down, WIDTH + right)[down:, right:]
    filled = restorer.inpaint(stripe(), HIDDEN, fill="plausible", like=[other])
    assert np.abs(filled - stripe())[HIDDEN].mean() < 0.05  # a pixel off everywhere: 0.07 to 0.12


def test_the_seed_decides(restorer):
    others = [gray_noise(0), gray_noise(1)]
    first, again, other = (
        restorer.inpaint(gray_noise(2), CENTRE, fill="plausible", seed=seed, like=others) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_is_transparent_of_a_reference_is_not_copied(restorer):
    clear = box(slice(0, 110), slice(0, 40), 110, 90)
    other = np.dstack([weave(110, 90), np.where(clear, 0, 1)]).astype(np.float32)
    other[clear, :3] = np.nan
    filled, sources = restorer.inpaint(stripe(), HIDDEN, fill="plausible", like=[other], return_sources=True)
    assert np.isfinite(filled).all()
    there = sources[HIDDEN][sources[HIDDEN][:, 0] == 1]
    assert len(there) > 1000
    assert not clear[tuple(there.T[1:])].any()


def test_references_of_other_kinds_are_the_same(restorer):
    other = (weave(110, 90) * 255).round()
    kinds = [
        (other / 255).astype(np.float64),
        (other * 257).astype(np.uint16),
        Image.fromarray(other.astype(np.uint8)),
        torch.from_numpy(other.astype(np.uint8)).permute(2, 0, 1),
    ]
    fills = [restorer.inpaint(stripe(), HIDDEN, fill="plausible", like=[one]) for one in kinds]
    assert all(np.allclose(one, fills[0], atol=1e-5) for one in fills)


def test_a_gray_image_stays_gray(restorer):
    gray = stripe()[..., 0]
    filled, sources = restorer.inpaint(gray, HIDDEN, fill="plausible", like=[weave(110, 90)], return_sources=True)
    assert filled.shape == gray.shape
    assert (sources[HIDDEN][:, 0] == 1).any()
    colours = np.repeat(gray[..., None], 3, axis=2)
    filled = restorer.inpaint(colours, HIDDEN, fill="plausible", like=[weave(110, 90)])
    assert np.array_equal(filled, np.repeat(filled[..., :1], 3, axis=2))


@pytest.mark.parametrize("size", [(5, 5), (8, 200), (40, 7), (1, 1)])
def test_a_reference_of_any_size_is_taken(restorer, size):
    filled, sources = restorer.inpaint(
        weave(), CENTRE, fill="plausible", like=[gray_noise(0, *size)], return_sources=True
    )
    assert np.array_equal(filled[~CENTRE], weave()[~CENTRE])
    assert (sources[CENTRE] >= 0).all()


@pytest.mark.parametrize("hole", [box(slice(0, 60), slice(70, WIDTH)), box(slice(30, HEIGHT), slice(0, 90))])
def test_at_every_scale_no_patch_leaves_its_picture(hole):
    sizes = [(50, 60), (131, 77), (64, 300), (500, 500)]
    others = [
        Reference.of(np.full((3, *size), number / 4, np.float32), np.ones(size, bool), number)
        for number, size in enumerate(sizes, 1)
    ]
    atlas = Atlas.of(np.zeros((3, HEIGHT, WIDTH), np.float32), hole, ~hole, others)
    assert [int((atlas.origin[0] == number).sum()) for number in range(5)] == [
        HEIGHT * WIDTH,
        *(height * width for height, width in sizes),
    ]
    scales = scales_of(atlas)
    assert len(scales) > 2
    for scale in scales:
        reach = 2 * RADIUS + 1
        patches = np.lib.stride_tricks.sliding_window_view(scale.colours[..., 0], (reach, reach))
        inner = scale.source[RADIUS:-RADIUS, RADIUS:-RADIUS]
        assert scale.source.sum() == inner.sum() > 0
        # Each picture is of one level, so that a patch of several levels would be of several pictures.
        assert (patches.max((2, 3)) == patches.min((2, 3)))[inner].all()


def test_those_most_alike_are_chosen_in_their_pose():
    _, x = np.mgrid[:96, :96]
    lines = np.stack([(0.5 + 0.5 * np.sin(x / 2)).astype(np.float32)] * 3)
    hole = box(slice(30, 60), slice(30, 60), 96, 96)
    others = [np.zeros_like(lines), lines.transpose(0, 2, 1), np.full_like(lines, 0.9)]
    references = [Reference.of(one, np.ones_like(hole), number) for number, one in enumerate(others, 1)]
    chosen = most_alike(lines, hole, references, most=1)
    assert [int(one.origin[0, 0, 0]) for one in chosen] == [2]
    assert np.array_equal(chosen[0].pixels, lines) or np.array_equal(chosen[0].pixels, lines[..., ::-1])


def test_of_a_reference_that_is_too_large_a_part_is_searched():
    hole = box(slice(40, 60), slice(40, 60), 64, 64)
    large = Reference.of(np.zeros((3, 3000, 2000), np.float32), np.ones((3000, 2000), bool), 1)
    (part,) = most_alike(np.zeros((3, 64, 64), np.float32), hole, [large])
    assert 3_900_000 < part.allowed.size <= 4_000_000
    rows, columns = part.origin[1], part.origin[2]
    assert rows.min() <= 0.78 * 3000 <= rows.max()
    assert columns.min() <= 0.78 * 2000 <= columns.max()


def test_a_batch_is_no_reference(restorer):
    with pytest.raises(UserError, match="reference 2 is a batch of 3 images"):
        restorer.inpaint(weave(), CENTRE, fill="plausible", like=[weave(), np.stack([weave()] * 3)])
