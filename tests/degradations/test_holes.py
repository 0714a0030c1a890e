"""The laws of single kinds of hole."""

import pytest
import torch
from skimage.measure import label
from skimage.morphology import convex_hull_image

from restore.degradations import (
    AlternateLines,
    Blobs,
    Boxes,
    BrushStrokes,
    DeadLines,
    HalfImage,
    OutpaintingFrame,
    RandomPatches,
    Scratches,
    Writing,
)
from restore.degradations.degradation import leave_some_visible
from restore.degradations.polylines import fold_into, squared_distance


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def share(hole: torch.Tensor) -> torch.Tensor:
    return hole.float().mean((1, 2, 3))


@pytest.mark.parametrize("mask_ratio", [0.0, 0.3, 0.75, 0.99])
def test_every_image_loses_exactly_the_asked_share_of_patches(mask_ratio):
    hole = RandomPatches(8, mask_ratio).draw(5, 32, 48, seeded())
    per_patch = hole.float().unfold(2, 8, 8).unfold(3, 8, 8).mean((4, 5)).flatten(1)
    assert ((per_patch == 0) | (per_patch == 1)).all()
    assert (per_patch.sum(1) == min(round(mask_ratio * 24), 23)).all()


def test_patches_at_the_border_are_cut_off():
    hole = RandomPatches(16, 0.5).draw(5, 33, 47, seeded())
    corners = hole[:, 0, ::16, ::16]
    assert torch.equal(corners.repeat_interleave(16, 1).repeat_interleave(16, 2)[:, :33, :47], hole[:, 0])
    assert (corners.flatten(1).sum(1) == round(0.5 * 9)).all()


@pytest.mark.parametrize("size", [(64, 64), (33, 47), (16, 90)])
def test_brush_strokes_cover_the_asked_share(size):
    ratio = share(BrushStrokes(0.1, 0.5).draw(32, *size, seeded()))
    assert ratio.min() >= 0.1 - 0.002
    assert ratio.max() <= 0.5 + 0.002
    assert ratio.max() - ratio.min() > 0.3


def test_brush_strokes_of_no_share_hide_nothing():
    assert not BrushStrokes(0.0, 0.0).draw(4, 32, 32, seeded()).any()


def test_thin_brush_strokes_do_not_break_up_into_dots():
    hole = BrushStrokes(0.02, 0.05).draw(64, 64, 64, seeded()).float()
    neighbours = torch.nn.functional.avg_pool2d(hole, 3, stride=1, padding=1) * 9 - 1
    assert (neighbours[hole == 1] < 0.5).float().mean() < 0.01


def test_thick_brush_strokes_do_not_swell_into_a_blob():
    hole = BrushStrokes(0.2, 0.2).draw(256, 64, 64, seeded())
    blob = torch.nn.functional.avg_pool2d(hole.float(), 20, stride=1) == 1
    assert blob.flatten(1).any(1).float().mean() < 0.02


def test_narrow_brush_strokes_are_narrow_whatever_they_cover():
    wide, narrow = (BrushStrokes(0.08, 0.08, 12, width).draw(8, 192, 192, seeded()) for width in (0.15, 0.02))
    assert torch.equal(share(wide), share(narrow))
    inner = [1 - torch.nn.functional.max_pool2d(1 - hole.float(), 5, stride=1, padding=2) for hole in (wide, narrow)]
    assert inner[0].mean() > 2 * inner[1].mean()


def test_a_line_of_writing_is_as_tall_as_its_letters_and_long():
    hole = Writing(0.1, 0.1, lines_max=1, slant_max=0.0).draw(16, 200, 300, seeded())
    height, length = hole.any(3).sum((1, 2)), hole.any(2).sum((1, 2))
    assert 0.5 * 20 <= height.min() <= height.max() <= 1.3 * 20
    assert length.min() > 60


def test_larger_letters_and_more_lines_hide_more():
    few, many, large = (
        share(Writing(size, size, lines_max=lines).draw(24, 128, 128, seeded())).mean()
        for size, lines in [(0.06, 1), (0.06, 6), (0.12, 6)]
    )
    assert 0.01 < few < many < large < 0.4


def test_slanted_writing_leaves_its_rows():
    straight, slanted = (
        Writing(0.1, 0.1, lines_max=1, slant_max=slant).draw(16, 200, 200, seeded()).any(3).sum((1, 2)).float()
        for slant in (0.0, 45.0)
    )
    assert slanted.mean() > 1.5 * straight.mean()


def test_even_many_broad_scratches_leave_something_visible():
    assert not Scratches(200, 3.0, 6.0).draw(8, 8, 8, seeded()).flatten(1).all(1).any()


def test_walks_are_reflected_at_the_border():
    position = torch.tensor([[3.0, 5.0], [-2.0, 21.0], [11.0, 45.0]])
    assert fold_into(position, 10, 20).tolist() == [[3.0, 5.0], [2.0, 19.0], [9.0, 5.0]]


def test_line_is_as_wide_as_asked_and_tapers():
    vertices, radius = torch.tensor([[[[8.0, 0.0], [8.0, 40.0]]]]), torch.tensor([[[2.0, 4.0]]])
    widths = (squared_distance(vertices, radius, 16, 40) <= 1)[0].sum(0)
    assert widths[0] == 4
    assert widths[-1] == 8
    assert (widths.diff() >= 0).all()


def test_scratches_are_thin_and_long():
    hole = Scratches(count_max=1, width_min=1.0, width_max=3.0).draw(16, 64, 64, seeded())
    opened = torch.nn.functional.avg_pool2d(hole.float(), 6, stride=1) == 1
    assert not opened.any()
    rows, columns = hole.any(3).sum((1, 2)), hole.any(2).sum((1, 2))
    assert torch.maximum(rows, columns).float().median() > 20


def test_dead_lines_run_from_border_to_border():
    hole = DeadLines(count_max=4, width_max=3).draw(32, 33, 47, seeded())[:, 0]
    rows, columns = hole.all(2), hole.all(1)
    assert torch.equal(hole, rows[:, :, None] | columns[:, None, :])
    assert rows.any(1).any()
    assert columns.any(1).any()
    assert rows.sum(1).max() <= 12


def test_single_dead_lines_have_the_asked_width():
    hole = DeadLines(count_max=1, width_max=3).draw(200, 33, 33, seeded())
    widths = (hole.sum((1, 2, 3)) / 33).unique().tolist()
    assert widths == [1, 2, 3]


def test_every_second_line_is_hidden():
    hole = AlternateLines().draw(32, 36, 24, seeded())
    assert torch.equal(share(hole), torch.full((32,), 0.5))
    assert len(torch.unique(hole.flatten(1), dim=0)) == 4


def test_all_four_halves_are_drawn_and_are_halves():
    hole = HalfImage().draw(64, 32, 48, seeded())
    assert (share(hole) == 0.5).all()
    assert len(torch.unique(hole.flatten(1), dim=0)) == 4


def test_frame_surrounds_a_visible_centre():
    hole = OutpaintingFrame(0.25, 0.25).draw(1, 32, 48, seeded())
    expected = torch.ones(1, 1, 32, 48, dtype=torch.bool)
    expected[..., 8:24, 12:36] = False
    assert torch.equal(hole, expected)


def test_one_box_is_a_rectangle_of_the_asked_sides():
    hole = Boxes(count_max=1, side_min=0.25, side_max=0.5).draw(64, 32, 64, seeded())[:, 0]
    rows, columns = hole.any(2), hole.any(1)
    assert torch.equal(hole, rows[:, :, None] & columns[:, None, :])
    for sides, low, high in ((rows.sum(1), 8, 16), (columns.sum(1), 16, 32)):
        assert sides.min() >= low
        assert sides.max() <= high
    assert hole[:, 0].any()
    assert hole[:, -1].any()


def test_a_blob_lies_within_the_image_and_is_as_wide_as_asked():
    hole = Blobs(count_max=1, side_min=0.3, side_max=0.4).draw(64, 80, 120, seeded())[:, 0]
    for sides, most in ((hole.any(2).sum(1), 80), (hole.any(1).sum(1), 120)):
        assert (sides < most).all()
        assert sides.max() <= 0.4 * 80 + 1
    diameter = [
        (places - places.float().mean(0)).norm(dim=1).max().item() for places in (one.nonzero() for one in hole)
    ]
    assert min(diameter) > 0.3 * 80 / 4  # the middle of a blob is not the place that its radius is told from
    areas = hole.flatten(1).sum(1)
    assert areas.min() < 0.6 * areas.max()


def test_a_blob_is_one_piece_with_bays():
    hole = Blobs(count_max=1, side_min=0.4, side_max=0.4).draw(8, 96, 96, seeded())[:, 0].numpy()
    assert [label(one).max() for one in hole] == [1] * 8
    convex = [convex_hull_image(one).sum() / one.sum() for one in hole]
    assert max(convex) > 1.1


def test_only_full_holes_are_uncovered():
    hole = torch.rand((3, 1, 9, 9), generator=seeded()) < 0.5
    hole[1] = True
    uncovered = leave_some_visible(hole)
    assert torch.equal(uncovered[[0, 2]], hole[[0, 2]])
    assert uncovered[1].float().mean() == pytest.approx(5 / 9)


@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda: RandomPatches(0), "not 0"),
        (lambda: RandomPatches(8, 1.0), "got 1.0"),
        (lambda: BrushStrokes(0.5, 0.4), "hole_ratio_min=0.5"),
        (lambda: BrushStrokes(0.5, 1.0), "hole_ratio_max=1.0"),
        (lambda: BrushStrokes(strokes_max=0), "not 0"),
        (lambda: BrushStrokes(width_max=0.0), "got 0.0"),
        (lambda: Writing(0.2, 0.1), "size_min=0.2"),
        (lambda: Writing(size_max=0.6), "size_max=0.6"),
        (lambda: Writing(lines_max=0), "not 0"),
        (lambda: Writing(slant_max=-5.0), "slant_min=5.0"),
        (lambda: Blobs(6, 0.1, 0.5), "count_max=6 with side_max=0.5"),
        (lambda: Boxes(4, 0.1, 0.5), "count_max=4 with side_max=0.5"),
        (lambda: Boxes(0), "count_max=0"),
        (lambda: Boxes(1, -0.1, 0.5), "side_min=-0.1"),
        (lambda: Scratches(width_min=0.0), "width_min=0.0"),
        (lambda: Scratches(count_max=0), "not 0"),
        (lambda: DeadLines(count_max=0), "not 0"),
        (lambda: DeadLines(width_max=0), "width_max is at least 1, not 0"),
        (lambda: OutpaintingFrame(0.1, 0.5), "margin_max=0.5"),
    ],
)
def test_impossible_arguments_are_refused_by_value(build, value):
    with pytest.raises(ValueError, match=value):
        build()
