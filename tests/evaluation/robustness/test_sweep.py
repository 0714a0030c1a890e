import math

import numpy as np
import pytest
import torch

from restore.errors import UserError
from restore.evaluation.battery import Damage, damage_named, white_noise
from restore.evaluation.peers import peers_named
from restore.evaluation.peers.peer import Peer
from restore.evaluation.robustness.figure import draw_figure
from restore.evaluation.robustness.moves import SWEEPS, Move, moves_of
from restore.evaluation.robustness.subjects import came_from_sight, parts, photograph, stays_in_sight
from restore.evaluation.robustness.sweep import psnr_drop, score_poses, some_failed
from restore.evaluation.scorecard import find_samples, score_images
from restore.images.codec import write_picture
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.observation import Observation
from restore.pose import Pose

BRUSH = damage_named("brush 20-30 %")


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


def sweep(method, subjects, moves, damage=BRUSH, name="shift"):
    return score_poses({"ours": method}, subjects, damage, {name: moves})


def gray(observation):
    return torch.full_like(observation.degraded, 0.5)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_starts_in_no_pose_and_visits_each_once(name):
    moves = moves_of(name, 128, 16)
    assert moves[0] == Move()
    assert len(set(moves)) == len(moves) > 7


def test_sweeps_reach_what_they_promise():
    assert [(m.right, m.down) for m in moves_of("phase", 64, 16)] == [(k, k) for k in range(16)]
    assert max(m.right for m in moves_of("shift", 128, 16)) == max(m.right for m in moves_of("map", 128, 16)) == 64
    assert {m.scale for m in moves_of("scale", 64, 16)} >= {0.5, 1, 2}
    with pytest.raises(UserError, match="no such sweep: tilt"):
        moves_of("tilt", 64, 16)


@pytest.mark.parametrize(
    "damage", [BRUSH, white_noise(25.0), damage_named("text + sigma 15"), damage_named("jpeg 10")], ids=lambda d: d.name
)
def test_in_no_pose_the_scores_are_those_of_the_scorecard(restorer, folder, damage):
    scores = sweep(restorer.restore, photographs(folder), [Move()], damage)
    expected = score_images({"ours": restorer.restore}, find_samples(folder)[0], [damage])
    assert scores["psnr_damaged"].to_list() == expected["psnr_damaged"].to_list()
    assert (scores["change"] == 0).all()


def test_a_method_that_does_not_care_where_things_lie_changes_nothing(folder):
    quarter_turns = [Move(rotation=angle) for angle in (90.0, 180.0, 270.0)]
    whole_pixels = [Move(right=5.0, down=3.0), Move(right=24.0)]
    scores = sweep(gray, photographs(folder), quarter_turns + whole_pixels)
    assert scores["change"].to_list() == pytest.approx([0] * len(scores), abs=1e-4)
    assert psnr_drop(scores) == pytest.approx(0, abs=1e-4)


def test_a_fill_that_knows_no_place_from_another_has_no_drop_over_phases():
    methods = {peer.name: peer for peer in peers_named(["biharmonic", "nlm"])}  # the latter fills no holes
    subjects = list(parts(["cable", "coin"], 2, 96, seed=0))
    scores = score_poses(methods, subjects, BRUSH, {"phase": moves_of("phase", 96, 8)})
    assert set(scores["method"]) == {"biharmonic"}
    assert psnr_drop(scores) < 0.05


def test_of_hardly_anything_no_change_is_told(restorer, folder):
    (image, *_) = photographs(folder)
    scores = sweep(restorer.restore, [image], [Move(right=12.0), Move(right=36.0)])
    assert np.isfinite(scores["change"]).to_list() == [True, False]
    assert np.isfinite(scores["psnr_damaged"]).all()


def test_a_method_that_does_care_is_found_out(folder):
    def only_upright(observation):
        is_upright = observation.degraded[..., :24, :].mean() > observation.degraded[..., 24:, :].mean()
        return torch.full_like(observation.degraded, 0.5 if is_upright else 1.0)

    for i in range(3):
        pixels = np.full((48, 48, 3), 100 + 10 * i, np.uint8)
        pixels[:24] += 40
        write_picture(Picture(pixels), folder / f"{i}.png", overwrite=True)
    scores = sweep(only_upright, photographs(folder), [Move(), Move(rotation=180.0)], name="rotation")
    assert psnr_drop(scores) > 3


@pytest.mark.parametrize("damage", [BRUSH, white_noise(25.0), damage_named("text + sigma 15")], ids=lambda d: d.name)
def test_holes_move_with_the_image_and_noise_stays_with_the_camera(folder, damage):
    seen = []
    (image, *_) = photographs(folder)
    move = Move(rotation=90.0)
    sweep(lambda observation: seen.append(observation) or observation.degraded, [image], [move], damage)
    still, moved = seen
    assert torch.equal(moved.hole, move.pose.transform(still).hole)
    noise = [o.degraded - clean for o, clean in ((still, image.posed(Move().pose)), (moved, image.posed(move.pose)))]
    visible = ~(still.hole | moved.hole)
    assert torch.allclose(*(one.where(visible, 0) for one in noise), atol=1e-6)


def test_parts_are_drawn_anew_and_photographs_say_what_warping_costs(folder):
    turned = Move(rotation=33.0, right=2.5)
    (part,) = parts(["coin"], 1, 48, seed=0)
    assert sweep(gray, [part], [turned])["interpolation"].to_list() == [math.inf]
    image = photographs(folder)[0]
    assert 25 < image.interpolation(turned.pose) < 60
    assert image.interpolation(Move(rotation=90.0).pose) == math.inf
    assert image.interpolation(Move(right=7.0).pose) == math.inf


def test_a_part_that_moves_shows_the_same_things():
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


def test_scales_are_no_part_of_the_drop(restorer, folder):
    moves = {"scale": [Move(), Move(scale=2.0)], "rotation": [Move()]}
    scores = score_poses({"ours": restorer.restore}, photographs(folder), BRUSH, moves)
    assert (scores["change"] != 0).any()
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


def test_a_hole_that_covers_all_that_is_seen_has_no_scores():
    class Most(Damage):
        def degrade(self, image, seed, index, pose=None):
            hole = torch.ones_like(image[:, :1], dtype=torch.bool)
            hole[..., :2, :] = pose is not None and pose.scale > 1
            return Observation.hide(image, hole)

    (part,) = parts(["coin"], 1, 32, seed=0)
    scores = sweep(gray, [part], [Move(), Move(scale=2.0)], Most("most", "most", []))
    assert scores["psnr_damaged"].isna().to_list() == [False, True]
    assert math.isnan(psnr_drop(scores[1:]))


def test_the_picture_has_every_curve_and_every_map(restorer):
    (part,) = parts(["coin"], 1, 32, seed=0)
    moves = {"phase": [Move(), Move(right=1.0, down=1.0)], "map": [Move(), Move(rotation=30.0)]}
    scores = score_poses({"one": restorer.restore, "other": gray}, [part], BRUSH, moves)
    figure = draw_figure(scores, "title")
    assert sum(len(axis.lines) for axis in figure.axes) == 2
    assert sum(len(axis.images) for axis in figure.axes) == 2
    assert [axis.get_title() for axis in figure.axes if axis.images] == ["one", "other"]


class Failing(Peer):
    """A peer that cannot do what it says."""

    name = "failing"

    def treats(self, observation):
        return True

    def __call__(self, observation):
        raise ZeroDivisionError("no neighbours")


def test_a_peer_that_fails_ends_no_sweep(restorer, folder, caplog):
    moves = {"shift": [Move(), Move(right=6.0)]}
    methods = {"restore": restorer.restore, "failing": Failing()}
    scores = score_poses(methods, photographs(folder), BRUSH, moves)
    assert scores.groupby("method")["change"].count().to_dict() == {"failing": 0, "restore": len(scores) // 2}
    assert all("failing failed: no neighbours" in message for message in caplog.messages)
    assert some_failed(scores)
    assert not some_failed(scores[scores["method"] == "restore"])
    assert not some_failed(scores[scores["method"] == "failing"]), "where none has a score, the pose left the frame"
