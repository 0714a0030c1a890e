import numpy as np
import pytest

from restore.errors import NO_HOLE
from restore.images.grow import grow
from restore.inference.probes import GAP, REACH, TOO_LARGE, place_probes


def blank(height=160, width=200):
    return np.zeros((height, width), bool)


def filled(box, size=(160, 200)):
    hole = blank(*size)
    hole[box] = True
    return hole


def scattered():
    hole = blank()
    for step in range(0, 160, 40):
        hole[step : step + 6, :] = True
    return hole


def bent():
    hole = blank()
    hole[60:90, 80:86] = True
    hole[84:90, 80:120] = True
    return hole


HOLES = {
    "box": filled(np.s_[60:80, 90:120]),
    "bent": bent(),
    "lines": scattered(),
    "wide": filled(np.s_[40:120, 50:150]),
    "corner": filled(np.s_[:30, :30]),
    "pixel": filled(np.s_[80, 100]),
}


def place(hole, known=None, count=8, passes=2, seed=0):
    return place_probes(hole, ~hole if known is None else known, count, passes, np.random.default_rng(seed))


@pytest.mark.parametrize("name", HOLES)
def test_probes_hide_known_pixels_apart_from_the_hole_and_from_each_other(name):
    hole = HOLES[name]
    known = ~hole
    known[:, 170:] = False
    placed = place(hole, known)
    assert placed.passes
    assert not placed.reason
    for some in placed.passes:
        taken = hole.copy()
        for probe in some:
            own = np.zeros_like(hole)
            own[probe.window] = probe.shape
            assert own.any()
            assert not (own & ~known).any()
            assert not (own & grow(taken, GAP)).any()
            taken |= own


@pytest.mark.parametrize("name", ["box", "bent", "pixel", "corner"])
def test_they_have_the_shape_of_the_hole_where_it_fits(name):
    hole = HOLES[name]
    rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
    shape = hole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    placed = place(hole)
    assert not placed.is_cut
    assert np.array_equal(placed.passes[0][0].shape, shape)
    assert all(probe.shape.sum() == shape.sum() for some in placed.passes for probe in some)
    assert sum(map(len, placed.passes)) >= 3


def test_a_hole_that_fits_only_turned_is_turned():
    hole = filled(np.s_[30:150, 20:30])
    known = blank()
    known[2:28, 50:190] = True
    placed = place(hole, known)
    assert not placed.is_cut
    assert placed.passes[0][0].shape.shape == (10, 120)


def test_what_fits_nowhere_is_cut_into_parts_that_do():
    placed = place(HOLES["wide"])
    assert placed.is_cut
    assert all(probe.shape.sum() < HOLES["wide"].sum() for some in placed.passes for probe in some)


@pytest.mark.parametrize(
    ("hole", "reason"),
    [
        (blank(), NO_HOLE),
        (~blank(), TOO_LARGE),
        (filled(np.s_[4:156, 4:196]), TOO_LARGE),
        (filled(np.s_[20:140, 20:180]), TOO_LARGE),
    ],
)
def test_where_nothing_like_the_hole_is_left_the_reason_is_said(hole, reason):
    placed = place(hole)
    assert placed.passes == ()
    assert placed.reason == reason


def test_a_second_pass_is_for_holes_of_which_few_fit_at_once():
    assert len(place(HOLES["box"]).passes) == 1
    assert len(place(filled(np.s_[50:100, 70:120])).passes) == 2


def test_in_large_images_they_lie_near_the_hole():
    hole = filled(np.s_[1000:1030, 1500:1540], (2000, 3000))
    placed = place(hole)
    assert [len(some) for some in placed.passes] == [8]
    near = np.s_[1000 - REACH : 1030 + REACH, 1500 - REACH : 1540 + REACH]
    for probe in placed.passes[0]:
        assert all(one.start <= own.start and own.stop <= one.stop for one, own in zip(near, probe.window, strict=True))


def test_holes_over_all_of_a_large_image_are_looked_at_in_cells():
    hole = filled(np.s_[400:420, 100:1900], (1500, 2000))
    placed = place(hole)
    assert not placed.is_cut
    assert all(probe.shape.sum() == hole.sum() for some in placed.passes for probe in some)


def test_the_same_seed_finds_the_same_places():
    first, again, other = ([(p.top, p.left) for p in place(HOLES["box"], seed=s).passes[0]] for s in (0, 0, 1))
    assert first == again != other
