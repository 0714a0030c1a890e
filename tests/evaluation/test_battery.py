import numpy as np
import pytest
import torch

from restore.evaluation.battery import HOLES, KINDS, drawn_holes, mask_folders, white_noise
from restore.images.codec import Picture, write_picture

IMAGE = torch.full((1, 3, 64, 96), 0.5)


@pytest.fixture(params=[*drawn_holes(), *white_noise([25.0])], ids=lambda setting: setting.name)
def setting(request):
    return request.param


def damage(setting, seed=0, index=0):
    observation = setting.damage(IMAGE, seed, index)
    return torch.cat([observation.degraded, observation.sigma], 1)


def test_damage_follows_from_seed_and_index_alone(setting):
    assert torch.equal(damage(setting), damage(setting))
    for other in ([damage(setting, seed=seed) for seed in range(1, 9)], [damage(setting, 0, i) for i in range(1, 9)]):
        assert any(not torch.equal(damage(setting), one) for one in other)


@pytest.mark.parametrize("setting", drawn_holes(), ids=lambda setting: setting.name)
def test_holes_hide_something_and_not_everything(setting):
    for index in range(8):
        hole = setting.damage(IMAGE, 0, index).hole
        assert hole.any()
        assert not hole.all()


def test_brush_strokes_cover_the_share_in_their_name():
    for setting in drawn_holes(["brush"]):
        low, high = map(int, setting.name.removeprefix("brush ").removesuffix(" %").split("-"))
        shares = [setting.damage(IMAGE, 0, index).hole.double().mean().item() * 100 for index in range(8)]
        assert low <= min(shares) < max(shares) <= high + 0.1


def test_settings_are_damaged_apart():
    first, second = white_noise([25.0, 50.0])
    ratio = (damage(second)[:, :3] - 0.5) / (damage(first)[:, :3] - 0.5)
    assert ratio.std() > 0.5  # the same noise, scaled, would give 2 everywhere


def test_the_noise_is_white_unclipped_and_of_its_sigma():
    (setting,) = white_noise([60.0])
    observation = setting.damage(torch.ones(1, 3, 96, 96), 0, 0)
    noise = observation.degraded - 1
    assert noise.std().item() == pytest.approx(60 / 255, rel=0.03)
    assert noise.mean().abs() < 0.01
    assert torch.allclose(observation.sigma, torch.tensor(60 / 255))


def test_kinds_are_chosen_by_name():
    assert [setting.name for setting in drawn_holes(KINDS)] == list(HOLES)
    assert len(drawn_holes(["brush"])) == 6
    assert [setting.name for setting in drawn_holes(["text", "box"])] == ["box", "text"]
    with pytest.raises(ValueError, match="no such kind of hole: blob; there are brush, "):
        drawn_holes(["box", "blob"])


def test_masks_are_dealt_out_in_turn_and_scaled(masks):
    large, small = mask_folders(masks)
    assert (large.name, small.name) == ("masks large", "masks small")
    shares = [large.damage(IMAGE, 0, index).hole.double().mean().item() for index in range(4)]
    assert shares == pytest.approx([(20 / 64) ** 2, (24 / 64) ** 2] * 2, abs=0.01)
    hole = small.damage(IMAGE, 0, 0).hole[0, 0]
    assert hole.any(1).nonzero().flatten().tolist() == list(range(10, 16))
    assert hole.any(0).nonzero().flatten().tolist() == list(range(18, 27))


def test_a_folder_of_masks_is_a_setting_of_its_name(masks):
    assert [setting.name for setting in mask_folders(masks / "small")] == ["masks small"]


def test_a_broken_mask_is_named_at_once(masks):
    (masks / "small" / "1.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ValueError, match=r"1\.png"):
        mask_folders(masks)


@pytest.mark.parametrize("width", [5, 8, 13])
def test_masks_of_any_width_are_kept(tmp_path, width):
    mask = np.random.default_rng(0).random((9, width)) < 0.5
    write_picture(Picture(mask.astype(np.uint8) * 255), tmp_path / "mask.png")
    (setting,) = mask_folders(tmp_path)
    assert torch.equal(setting.damage(torch.zeros(1, 3, 9, width), 0, 0).hole[0, 0], torch.from_numpy(mask))
