import io

import numpy as np
import pytest
import torch
from PIL import Image

from restore.cli import main
from restore.commands.draw import encoded
from restore.data import ImageFolder
from restore.synthetic import Graphics, Leaves

SMALL = ["--count=5", "--size=32"]


def draw(*arguments):
    try:
        return main(["draw", *map(str, arguments)])
    except SystemExit as stop:
        return stop.code


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_holds_the_images_by_number(tmp_path, capsys):
    assert draw("leaves", "-o", tmp_path / "leaves", *SMALL, "--seed=3") == 0
    assert sorted(files(tmp_path / "leaves")) == [f"{i:06}.png" for i in range(5)]
    pixels = np.asarray(Image.open(tmp_path / "leaves" / "000004.png"))
    assert np.abs(pixels / 255 - Leaves(5, 32, seed=3)[4].permute(1, 2, 0).numpy()).max() <= 0.5 / 255 + 1e-6
    assert "images/s" in capsys.readouterr().out


def test_the_contact_sheet_lies_beside_the_folder_and_is_not_trained_on(tmp_path):
    assert draw("leaves", "-o", tmp_path / "leaves", *SMALL) == 0
    assert (tmp_path / "leaves_contact_sheet.png").is_file()
    assert len(ImageFolder(str(tmp_path / "leaves"))) == 5


def test_graphics_are_drawn_as_well_and_have_no_ingredients(tmp_path, capsys):
    assert draw("graphics", "-o", tmp_path / "graphics", *SMALL) == 0
    pixels = np.asarray(Image.open(tmp_path / "graphics" / "000001.png"))
    assert np.array_equal(pixels, (255 * Graphics(5, 32)[1]).round().permute(1, 2, 0).numpy().astype(np.uint8))
    assert draw("graphics", "-o", tmp_path / "other", *SMALL, "--without=textures") == 2
    assert "graphics have none" in capsys.readouterr().err


def test_any_number_of_workers_draws_the_same_files(tmp_path):
    for workers in (0, 1, 2):
        assert draw("leaves", "-o", tmp_path / str(workers), *SMALL, f"--workers={workers}") == 0
    assert files(tmp_path / "0") == files(tmp_path / "1") == files(tmp_path / "2")


def test_a_longer_run_extends_a_shorter_one(tmp_path):
    assert draw("leaves", "-o", tmp_path / "x", "--count=2", "--size=32") == 0
    before = files(tmp_path / "x")
    assert draw("leaves", "-o", tmp_path / "x", *SMALL) == 0
    assert files(tmp_path / "x").items() > before.items()


def test_ingredients_left_out_give_other_images(tmp_path):
    drawn = []
    for number, without in enumerate(([], ["--without=textures"], ["--without=textures,colours"])):
        assert draw("leaves", "-o", tmp_path / str(number), *SMALL, *without) == 0
        drawn += files(tmp_path / str(number)).values()
    assert len(set(drawn)) == 15


def test_families_choose_among_objects(tmp_path):
    drawn = []
    for families in ("gear", "coin", "gear,coin"):
        arguments = ["objects", "-o", tmp_path / families, "--count=2", "--size=32", f"--families={families}"]
        assert draw(*arguments) == 0
        drawn.append(files(tmp_path / families))
    assert len({image["000000.png"] for image in drawn[:2]}) == 2
    assert drawn[2]["000000.png"] in (drawn[0]["000000.png"], drawn[1]["000000.png"])


def test_another_picture_in_the_way_is_kept_unless_overwritten(tmp_path, capsys):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, format="PNG")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "000000.png").write_bytes(picture.getvalue())
    assert draw("leaves", "-o", tmp_path / "x", *SMALL) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "000000.png: exists; --overwrite replaces it" in line
    assert files(tmp_path / "x") == {"000000.png": picture.getvalue()}
    assert draw("leaves", "-o", tmp_path / "x", *SMALL, "--overwrite") == 0
    assert files(tmp_path / "x")["000000.png"] != picture.getvalue()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["planets"], "planets"),
        (["leaves", "--count=0"], "count is at least 1, not 0"),
        (["leaves", "--size=3"], "size is at least 8, not 3"),
        (["leaves", "--workers=-1"], "workers is at least 0, not -1"),
        (["leaves", "--without=texture"], "no such ingredient: texture; there are colours, textures"),
        (["leaves", "--families=gear"], "--families and --parts are about objects"),
        (["objects", "--families=spoon"], "no such family: spoon; there are cable"),
        (["objects", "--without=colours"], "--without is about"),
    ],
)
def test_unusable_arguments_are_one_line_and_nothing_is_written(arguments, reason, tmp_path, capsys):
    assert draw(*arguments, "-o", tmp_path / "x") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert list(tmp_path.iterdir()) == []


def test_drawing_takes_one_thread_and_leaves_the_others_as_they_were():
    class Threads(torch.utils.data.Dataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            seen.append(torch.get_num_threads())
            return torch.zeros(3, 8, 8)

    seen, before = [], torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        list(encoded(Threads(), workers=0))
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)
