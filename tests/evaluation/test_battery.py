import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from restore.degradations import Holes
from restore.errors import UserError
from restore.evaluation.battery import BATTERY, FAMILIES, damage_families, damage_named, mask_folders, white_noise
from restore.evaluation.noise import noisy
from restore.images.codec import write_picture
from restore.images.picture import Picture
from restore.metrics import psnr
from restore.pose import Pose
from restore.seeding import seeded_generator

IMAGE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=[*BATTERY, white_noise(25.0)], ids=lambda damage: damage.name)
def damage(request):
    return request.param


def both(observation):
    return torch.cat([observation.degraded, observation.sigma], 1)


def degrade(damage, seed=0, index=0, image=IMAGE, pose=None):
    return both(damage.degrade(image, seed, index, pose))


def test_damage_follows_from_seed_and_index_alone(damage):
    first = degrade(damage)
    assert torch.equal(first.nan_to_num(-1), degrade(damage).nan_to_num(-1))
    if damage.family in ("jpeg", "centre"):
        return  # there is nothing to draw
    for others in ([degrade(damage, seed=seed) for seed in range(1, 9)], [degrade(damage, 0, i) for i in range(1, 9)]):
        assert any(not torch.equal(first, other) for other in others)


def test_something_is_damaged_and_something_is_left(damage):
    has_noise = any(not isinstance(one, Holes) for one in damage.degradations) and damage.family != "salt-and-pepper"
    for index in range(8):
        observation = damage.degrade(IMAGE, 0, index)
        assert (observation.hole | noisy(observation)).any()
        assert not observation.hole.all()
        assert bool(noisy(observation).any()) == has_noise
        assert bool(observation.sigma.isnan().any()) != damage.told


@pytest.mark.parametrize("name", ["brush 20-30 %", "text", "lines"])
def test_published_holes_are_drawn_from_the_words_that_they_were_published_with(name):
    drawn = damage_named(name)
    (holes,) = drawn.degradations
    expected = holes(IMAGE, seeded_generator("scorecard", "hole", name, 3, 7))
    assert torch.equal(degrade(drawn, 3, 7), both(expected))


def test_published_noise_is_drawn_from_the_words_that_it_was_published_with():
    (noise,) = white_noise(25.0).degradations
    assert torch.equal(
        degrade(white_noise(25.0), 3, 7), both(noise(IMAGE, seeded_generator("scorecard", "noise", "25", 3, 7)))
    )


def test_no_two_rows_share_a_name_or_the_words_of_their_draw():
    rows = [*BATTERY, white_noise(25.0)]
    assert len({row.name for row in rows}) == len({row.words or (row.family, row.name) for row in rows}) == len(rows)


def test_brush_strokes_cover_the_share_in_their_name():
    for damage in damage_families(["brush"]):
        low, high = map(int, damage.name.removeprefix("brush ").removesuffix(" %").split("-"))
        shares = [damage.degrade(IMAGE, 0, index).hole.double().mean().item() * 100 for index in range(8)]
        assert low <= min(shares) < max(shares) <= high + 0.1


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 96), (45, 33)])
def test_the_centre_is_half_of_each_side_in_the_middle(height, width):
    hole = damage_named("centre").degrade(torch.zeros(1, 3, height, width), 0, 5).hole[0, 0]
    rows, columns = (hole.any(axis).nonzero()[:, 0] for axis in (1, 0))
    assert hole.sum() == len(rows) * len(columns)
    for places, size in ((rows, height), (columns, width)):
        assert len(places) == pytest.approx(size / 2, abs=1)
        assert places.float().mean().item() == pytest.approx((size - 1) / 2, abs=0.5)


def test_wide_strokes_are_wider_than_those_of_a_brush_that_cover_as_much():
    image = torch.zeros(1, 3, 128, 128)

    def depth(name):
        holes = torch.cat([damage_named(name).degrade(image, 0, index).hole.float() for index in range(8)])
        cores = [-torch.nn.functional.max_pool2d(-holes, side, 1, side // 2) for side in (1, 9)]
        return (cores[1].sum() / cores[0].sum()).item()

    assert depth("wide") > depth("brush 10-20 %") + 0.2


def test_rows_are_damaged_apart():
    first, second = (white_noise(sigma).degrade(IMAGE, 0, 0).degraded - IMAGE for sigma in (25.0, 50.0))
    assert (second / first).std() > 0.5  # the same noise, scaled, would give 2 everywhere


def test_the_noise_is_white_unclipped_and_of_its_sigma():
    observation = white_noise(60.0).degrade(torch.ones(1, 3, 96, 96), 0, 0)
    noise = observation.degraded - 1
    assert noise.std().item() == pytest.approx(60 / 255, rel=0.03)
    assert noise.mean().abs() < 0.01
    assert torch.allclose(observation.sigma, torch.tensor(60 / 255))


@pytest.mark.parametrize("family", ["jpeg", "poisson-gaussian", "sigma-map"])
def test_what_sigma_says_is_about_what_is_wrong(family):
    smooth = torch.nn.functional.interpolate(IMAGE[..., :8, :12], size=(64, 96), mode="bilinear")
    for damage in damage_families([family]):
        observation = replace(damage, told=True).degrade(smooth, 0, 0)
        said = -10 * observation.sigma.square().mean().log10()
        assert psnr(observation.degraded, smooth).item() == pytest.approx(said.item(), abs=0.5)


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_jpeg_is_what_the_codec_makes_of_it(quality):
    file = io.BytesIO()
    pixels = (IMAGE[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    degraded = damage_named(f"jpeg {quality}").degrade(IMAGE, 0, 0).degraded
    assert np.array_equal((degraded[0].permute(1, 2, 0) * 255).round().byte().numpy(), np.asarray(Image.open(file)))


def test_of_noise_that_is_not_told_only_the_level_is_unknown():
    mixed = damage_named("text + sigma 15")
    told, untold = (replace(mixed, told=is_told).degrade(IMAGE, 0, 0) for is_told in (True, False))
    assert torch.equal(told.degraded, untold.degraded)
    assert torch.equal(told.hole, untold.hole)
    assert torch.equal(untold.sigma.isnan(), ~told.hole)
    known = replace(damage_named("dead-lines"), told=False).degrade(IMAGE, 0, 0)
    assert not known.sigma.isnan().any()


def test_with_the_image_the_hole_moves_and_noise_does_not():
    image = IMAGE[..., :64]
    pose = Pose(torch.tensor([90.0]), torch.zeros(1, 2), torch.ones(1), torch.tensor([False]))
    mixed = damage_named("text + sigma 15")
    still, moved = (mixed.degrade(image, 0, 0, one) for one in (None, pose))
    assert torch.equal(moved.hole, pose.transform(still).hole)
    assert not torch.equal(moved.hole, still.hole)
    visible = ~(moved.hole | still.hole)
    assert torch.equal(moved.degraded.where(visible, 0), still.degraded.where(visible, 0))


def test_families_are_chosen_by_name():
    assert damage_families(FAMILIES) == BATTERY
    assert len(damage_families(["brush"])) == 6
    assert [damage.name for damage in damage_families(["text", "box"])] == ["box", "text"]
    with pytest.raises(UserError, match="no such damage: blob; there are brush, "):
        damage_families(["box", "blob"])
    with pytest.raises(UserError, match="no such damage: brush; there are brush 0-10 %, "):
        damage_named("brush")


def test_masks_are_dealt_out_in_turn_and_scaled(masks):
    large, small = mask_folders(masks)
    assert (large.name, small.name) == ("masks large", "masks small")
    assert {large.family, small.family} == {"masks"}
    shares = [large.degrade(IMAGE, 0, index).hole.double().mean().item() for index in range(4)]
    assert shares == pytest.approx([(20 / 64) ** 2, (24 / 64) ** 2] * 2, abs=0.01)
    hole = small.degrade(IMAGE, 0, 0).hole[0, 0]
    assert hole.any(1).nonzero().flatten().tolist() == list(range(10, 16))
    assert hole.any(0).nonzero().flatten().tolist() == list(range(18, 27))


def test_a_folder_of_masks_is_a_row_of_its_name(masks):
    assert [damage.name for damage in mask_folders(masks / "small")] == ["masks small"]


def test_a_broken_mask_is_named_at_once(masks):
    (masks / "small" / "1.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(UserError, match=r"1\.png"):
        mask_folders(masks)


@pytest.mark.parametrize("width", [5, 8, 13])
def test_masks_of_any_width_are_kept(tmp_path, width):
    mask = np.random.default_rng(0).random((9, width)) < 0.5
    write_picture(Picture(mask.astype(np.uint8) * 255), tmp_path / "mask.png")
    (damage,) = mask_folders(tmp_path)
    assert torch.equal(damage.degrade(torch.zeros(1, 3, 9, width), 0, 0).hole[0, 0], torch.from_numpy(mask))
