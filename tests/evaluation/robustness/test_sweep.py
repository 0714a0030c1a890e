import math

import numpy as np
import pytest
import torch

from restore.evaluation.battery import HOLES, Drawn, white_noise
from restore.evaluation.methods import OURS
from restore.evaluation.robustness import SWEEPS, Move, judged, moves_of, parts, photograph, psnr_drop, score_poses
from restore.evaluation.robustness.figure import draw_figure
from restore.evaluation.robustness.subjects import came_from_sight, stays_in_sight
from restore.evaluation.scorecard import find_samples, score_images
from restore.images.codec import Picture, write_picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.observation import Observation
from restore.pose import Pose

BRUSH = Drawn("hole", "brush 20-30 %", HOLES["brush 20-30 %"])


@pytest.fixture(scope="module")
def restorer():
    torch.manual_seed(0)
    return Restorer(UNet(widths=(4, 4), depths=(1, 1)))


@pytest.fixture
def folder(tmp_path):
    """Three smooth images of 48 x 48 pixels."""
    y, x = np.mgrid[:48, :48] / 6
    for i in range(3):
        pixels = 128 + 60 * np.sin(x + i)[..., None] * np.cos(y * (1 + i))[..., None] + np.zeros(3)
        write_picture(Picture(pixels.astype(np.uint8)), tmp_path / f"{i}.png")
    return tmp_path


def photographs(folder, size=48):
    return [photograph(sample, size) for sample in find_samples(folder)[0]]


def sweep(restorer, subjects, moves, follows=True, setting=BRUSH, name="shift"):
    return list(score_poses(judged({"ours": restorer}, setting.task), subjects, setting, {name: moves}, follows))


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_starts_in_no_pose_and_visits_each_once(name):
    moves = moves_of(name, 128, 16)
    assert moves[0] == Move()
    assert len(set(moves)) == len(moves) > 7


def test_sweeps_reach_what_they_promise():
    assert [(m.right, m.down) for m in moves_of("phase", 64, 16)] == [(k, k) for k in range(16)]
    assert max(m.right for m in moves_of("shift", 128, 16)) == max(m.right for m in moves_of("map", 128, 16)) == 64
    assert {m.scale for m in moves_of("scale", 64, 16)} >= {0.5, 1, 2}
    with pytest.raises(ValueError, match="no such sweep: tilt"):
        moves_of("tilt", 64, 16)


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("setting", [BRUSH, *white_noise([25.0])], ids=lambda setting: setting.name)
def test_in_no_pose_the_figures_are_those_of_the_scorecard(restorer, folder, setting, follows):
    scores = sweep(restorer, photographs(folder), [Move()], follows, setting)
    expected = [s.figure for s in score_images(restorer, find_samples(folder)[0], [setting], []) if s.method == OURS]
    assert [score.psnr for score in scores] == expected
    assert all(score.change == 0 or (math.isnan(score.change) and setting.task == "hole") for score in scores)


def test_a_restorer_that_does_not_care_where_things_lie_changes_nothing(restorer, folder, monkeypatch):
    monkeypatch.setattr(restorer, "inpaint", lambda degraded, hole: np.full_like(degraded, 0.5))
    quarter_turns = [Move(rotation=angle) for angle in (90.0, 180.0, 270.0)]
    whole_pixels = [Move(right=5.0, down=3.0), Move(right=24.0)]
    scores = sweep(restorer, photographs(folder), quarter_turns + whole_pixels)
    assert [score.change for score in scores] == pytest.approx([0] * len(scores), abs=1e-4)
    assert psnr_drop(scores) == pytest.approx(0, abs=1e-4)


def test_a_fill_that_knows_no_place_from_another_has_no_drop_over_phases(restorer):
    methods = judged({"ours": restorer}, "hole", ["biharmonic", "nlm"])  # the latter fills no holes
    assert list(methods) == ["ours", "biharmonic"]
    with pytest.raises(ValueError, match="none of these peers fills holes: nlm"):
        judged({"ours": restorer}, "hole", ["nlm"])
    moves = {"phase": moves_of("phase", 96, 8)}
    scores = list(score_poses(methods, parts(["cable", "coin"], 2, 96, seed=0), BRUSH, moves, follows=True))
    assert psnr_drop(one for one in scores if one.method == "biharmonic") < 0.05


def test_of_hardly_anything_no_change_is_told(restorer, folder):
    (image, *_) = photographs(folder)
    near, far = sweep(restorer, [image], [Move(right=12.0), Move(right=36.0)])
    assert math.isfinite(near.change)
    assert math.isnan(far.change)
    assert math.isfinite(far.psnr)


def test_a_restorer_that_does_care_is_found_out(restorer, folder, monkeypatch):
    def only_upright(degraded, hole):
        is_upright = degraded[:24].mean() > degraded[24:].mean()
        return np.full_like(degraded, 0.5 if is_upright else 1)

    for i in range(3):
        pixels = np.full((48, 48, 3), 100 + 10 * i, np.uint8)
        pixels[:24] += 40
        write_picture(Picture(pixels), folder / f"{i}.png", overwrite=True)
    monkeypatch.setattr(restorer, "inpaint", only_upright)
    scores = sweep(restorer, photographs(folder), [Move(), Move(rotation=180.0)], name="rotation")
    assert psnr_drop(scores) > 3


def test_parts_are_drawn_anew_and_photographs_say_what_warping_costs(restorer, folder):
    turned = Move(rotation=33.0, right=2.5)
    (part,) = parts(["coin"], 1, 48, seed=0)
    assert [s.interpolation for s in sweep(restorer, [part], [turned])] == [math.inf]
    image = photographs(folder)[0]
    assert 25 < image.interpolation(turned.pose) < 60
    assert image.interpolation(Move(rotation=90.0).pose) == math.inf
    assert image.interpolation(Move(right=7.0).pose) == math.inf


def test_a_part_that_moves_shows_the_same_things(restorer):
    (part,) = parts(["gear"], 1, 64, seed=1)
    still, moved = part.posed(Move().pose), part.posed(Move(right=10.0, down=6.0).pose)
    torch.testing.assert_close(moved[..., 6:, 10:], still[..., :-6, :-10], atol=1e-4, rtol=0)


def test_what_both_images_show_is_told_apart():
    pose = Move(right=10.0, down=-4.0).pose
    stays, came = stays_in_sight(pose, 32)[0, 0], came_from_sight(pose, 32)[0, 0]
    assert stays.nonzero().min(0).values.tolist() == [8, 4]  # four pixels within both
    assert stays.nonzero().max(0).values.tolist() == [27, 17]
    assert came.nonzero().min(0).values.tolist() == [4, 14]
    assert came.nonzero().max(0).values.tolist() == [23, 27]


def test_holes_that_stay_hide_other_things_so_that_no_change_is_told(restorer, folder):
    scores = sweep(restorer, photographs(folder), [Move(), Move(rotation=90.0)], follows=False)
    assert all(math.isnan(score.change) for score in scores)
    assert math.isnan(psnr_drop(scores))


def test_scales_are_no_part_of_the_drop(restorer, folder):
    moves = {"scale": [Move(), Move(scale=2.0)], "rotation": [Move()]}
    scores = list(score_poses(judged({"ours": restorer}, "hole"), photographs(folder), BRUSH, moves, follows=True))
    assert any(score.change != 0 for score in scores)
    assert psnr_drop(scores) == 0


def test_a_pose_and_its_inverse_meet():
    pose = Pose(torch.tensor([33.0]), torch.tensor([[3.0, -7.0]]), torch.tensor([1.5]), torch.tensor([False]))
    points = torch.rand(1, 9, 2, dtype=torch.float64) * 50 - 25
    torch.testing.assert_close(pose.source(pose.target(points)), points)
    torch.testing.assert_close(pose.inverse().target(pose.target(points)), points, atol=1e-4, rtol=0)
    mirrored = Pose(pose.angle, pose.shift, pose.scale, torch.tensor([True]))
    torch.testing.assert_close(mirrored.source(mirrored.target(points)), points)


def test_what_stays_in_sight_is_what_came_from_sight():
    pose = Move(right=6.0, down=-3.0, rotation=30.0).pose
    stays, came = stays_in_sight(pose, 48), came_from_sight(pose, 48)
    assert 0.4 < stays.float().mean() < 0.95
    assert abs(stays.float().mean() - came.float().mean()) < 0.01
    shown = pose.warp(stays.float().expand(1, 3, 48, 48))[:, :1]
    assert shown[came].mean() > 0.95


def test_a_hole_that_covers_all_that_is_seen_has_no_figures(restorer):
    class Middle(Drawn):
        def damage(self, image, seed, index):
            hole = torch.ones_like(image[:, :1], dtype=torch.bool)
            hole[..., :2, :] = False
            return Observation.hide(image, hole)

    (part,) = parts(["coin"], 1, 32, seed=0)
    scores = sweep(restorer, [part], [Move(), Move(scale=2.0)], setting=Middle("hole", "most", HOLES["box"]))
    assert [math.isnan(score.psnr) for score in scores] == [False, True]
    assert math.isnan(psnr_drop(scores[1:]))


def test_the_picture_has_every_curve_and_every_map(restorer):
    (part,) = parts(["coin"], 1, 32, seed=0)
    moves = {"phase": [Move(), Move(right=1.0, down=1.0)], "map": [Move(), Move(rotation=30.0)]}
    scores = list(score_poses(judged({"one": restorer, "other": restorer}, "hole"), [part], BRUSH, moves, follows=True))
    figure = draw_figure(scores, "title")
    assert sum(len(axis.lines) for axis in figure.axes) == 2
    assert sum(len(axis.images) for axis in figure.axes) == 2
    assert [axis.get_title() for axis in figure.axes if axis.images] == ["one", "other"]
