import logging

import pytest
import torch
from PIL import Image

from restore.data.partners import Partners, scene_of
from restore.errors import UserError

from .test_alignment import noisy, scene


def write(image, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(4):
        write(noisy(scene(i)), tmp_path / "noisy" / f"{i}.png")
        write(scene(i), tmp_path / "clean" / f"{i}.png")
    return tmp_path


def test_a_noisy_image_lies_on_top_of_its_clean_one(folders):
    pairs = Partners.with_clean("noisy", "clean")
    assert pairs.names == ["0.png", "1.png", "2.png", "3.png"]
    assert pairs[2].shape == (6, 160, 160)
    assert (pairs[2][3:] - scene(2)).abs().max() < 0.003
    assert 0.05 < float((pairs[2][:3] - pairs[2][3:]).std()) < 0.12
    train, val = pairs.split(0.25)
    assert isinstance(train, Partners)
    assert torch.equal(val[0], pairs[pairs.names.index(val.names[0])])


def test_misaligned_pairs_are_left_out_and_named_in_one_line(folders, caplog):
    write(scene(1).roll(3, 2), folders / "clean" / "1.png")
    write(scene(9), folders / "clean" / "3.png")
    with caplog.at_level(logging.WARNING):
        assert Partners.with_clean("noisy", "clean").aligned().names == ["0.png", "2.png"]
    (line,) = caplog.messages
    assert line.startswith(
        "left out 2 of 4 pairs: noisy/1.png and clean/1.png: not aligned, one lies +2.9 pixels across"
    )
    assert "noisy/3.png and clean/3.png: not" in line


def test_nothing_aligned_is_an_error(folders):
    for i in range(4):
        write(scene(i).roll(2, 1), folders / "clean" / f"{i}.png")
    with pytest.raises(UserError, match=r"noisy/0\.png and clean/0\.png: not aligned.*noisy/3\.png"):
        Partners.with_clean("noisy", "clean").aligned()


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("hall_1.png", "_*", "/hall"),
        ("a_b/hall_12.png", "_*", "/a_b/hall"),
        ("a_b/hall.png", "_*", None),
        ("hall/1.png", "/*", "/hall"),
        ("shot3_hall.png", "shot*_", "/hall.png"),
        ("3_hall_2.png", "*_", "/hall_2.png"),
        ("scene_01_7.png", "scene_01_*.png", "/"),
        ("hall.png", "-*", None),
    ],
)
def test_what_is_left_of_a_name_is_the_scene(name, pattern, expected):
    assert scene_of(name, pattern) == expected


@pytest.mark.parametrize("pattern", ["", "*", "_", "_*_*"])
def test_a_pattern_has_one_star_and_some_text(pattern):
    with pytest.raises(UserError, match="a pattern of shots has one"):
        scene_of("hall_1.png", pattern)


def test_each_shot_comes_with_the_next_one_of_its_scene_and_scenes_stay_together(tmp_path):
    for i in range(3):
        for shot in (1, 2, 3):
            write(noisy(scene(i), seed=10 * i + shot), tmp_path / f"s{i}_{shot}.png")
    write(scene(5), tmp_path / "alone_1.png")
    shots = Partners.of_shots(tmp_path, "_*")
    assert len(shots) == 9
    assert torch.equal(shots[0][3:], shots[1][:3])
    assert torch.equal(shots[2][3:], shots[0][:3])
    train, val = shots.split(0.3)
    assert len(val) == 3
    assert len({name[:2] for name in val.names}) == 1
    assert not {name[:2] for name in val.names} & {name[:2] for name in train.names}


def test_shots_that_are_none_or_of_other_sizes_are_one_line(tmp_path):
    write(scene(0), tmp_path / "a_1.png")
    with pytest.raises(UserError, match=r"no two images are shots of one scene by the pattern _\*"):
        Partners.of_shots(tmp_path, "_*")
    write(scene(0)[:, :100], tmp_path / "a_2.png")
    with pytest.raises(UserError, match=r"a_1\.png: is not as large as .*a_2\.png"):
        Partners.of_shots(tmp_path, "_*")
