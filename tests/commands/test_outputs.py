from pathlib import Path

import pytest

from restore.commands.outputs import Writing, folder_output, names_folder, picture_output
from restore.errors import FileError, UserError


@pytest.mark.parametrize("name", ["out", "v1.2", "2026.11.27", "deep/scans.final", ".hidden", "out.heic/", "out.png/"])
def test_what_has_no_suffix_of_a_file_is_a_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert names_folder(name)
    assert folder_output(name) == Path(name)


@pytest.mark.parametrize("name", ["out.heic", "out.jxl", "out.svg", "out.PDF", "result.txt", "out.gif", "out.dng"])
def test_the_suffix_of_a_file_that_is_not_written_makes_no_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match=r"is not written, but \.png, "):
        names_folder(name)
    (tmp_path / name).mkdir()
    assert names_folder(name), "one that is there is one"


def test_an_output_of_the_wrong_kind_is_said(tmp_path):
    with pytest.raises(FileError, match="a folder is needed"):
        folder_output(str(tmp_path / "a.png"))
    with pytest.raises(FileError, match=r"a picture is needed here, whose name ends in \.png"):
        picture_output(str(tmp_path / "a"))
    for nothing in ("", "-"):
        with pytest.raises(UserError):
            names_folder(nothing)


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "heic"},
        {"format": "gif"},
        {"quality": 0},
        {"quality": 101},
        {"overwrite": True, "skip_existing": True},
    ],
)
def test_what_cannot_be_written_so_is_refused(wrong):
    with pytest.raises(UserError, match="--"):
        Writing(**wrong)


def test_names_take_the_suffix_of_another_format_only():
    names = {
        "a.gif": "a.jpg",
        "b.jpeg": "b.jpeg",
        "C.JPG": "C.JPG",
        "deep/d.png": "deep/d.jpg",
        "2026.11.27": "2026.11.27.jpg",
    }
    assert {name: str(Writing("JPG").named(Path(name))) for name in names} == names
    assert all(str(Writing().named(Path(name))) == name for name in names)
