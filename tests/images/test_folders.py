import os

import pytest

from restore.errors import FileError, UserError
from restore.images.folders import find_images


def test_folders_are_searched_in_order_without_hidden_files(tmp_path):
    for name in ["b.PNG", "a.jpg", "deep/c.tif", ".hidden.png", ".cache/d.png", "notes.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(relative) for _, relative in find_images([tmp_path])] == ["a.jpg", "b.PNG", "deep/c.tif"]


def test_patterns_keep_the_tree_below_their_first_wildcard(tmp_path):
    for name in ["x/one/a.png", "x/two/a.png", "x/two/a.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    assert [str(relative) for _, relative in find_images([tmp_path / "x" / "**" / "a.*"])] == ["one/a.png", "two/a.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_found(tmp_path):
    (tmp_path / "scan[1].png").touch()
    assert [relative.name for _, relative in find_images([tmp_path / "scan[1].png"])] == ["scan[1].png"]


@pytest.mark.parametrize("name", ["empty", "*.png"])
def test_where_no_image_lies_is_named(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no images here"):
        find_images([tmp_path / name])


def listed(folder, *others):
    return [str(relative) for _, relative in find_images([folder], *others)]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).touch()


def test_linked_files_and_folders_are_searched_and_each_folder_once(tmp_path):
    touch(tmp_path, "in/a/x.png", "in/z/y.png", "else/deep/w.png", "else/v.png")
    (tmp_path / "in" / "a" / "to-z").symlink_to("../z")
    (tmp_path / "in" / "b").symlink_to(tmp_path / "else")
    (tmp_path / "in" / "c").symlink_to(tmp_path / "else" / "deep")
    (tmp_path / "else" / "back").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "l.png").symlink_to(tmp_path / "else" / "v.png")
    (tmp_path / "in" / ".hidden").symlink_to(tmp_path)
    assert listed(tmp_path / "in") == ["a/x.png", "b/deep/w.png", "b/v.png", "l.png", "z/y.png"]
    (tmp_path / "linked").symlink_to("in")
    assert len(listed(tmp_path / "linked")) == 5


def test_a_link_that_leads_nowhere_is_listed_and_what_is_no_file_is_not(tmp_path):
    touch(tmp_path, "a.png", "dir.png/b.png")
    (tmp_path / "gone.png").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.png")
    assert listed(tmp_path) == ["a.png", "dir.png/b.png", "gone.png"]


@pytest.fixture
def unreadable(tmp_path):
    """A folder in a folder that nobody can read, root neither: its path is longer than the system takes."""
    name = "x" * 250
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(17):
        os.mkdir(name, dir_fd=place)
        inner = os.open(name, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
    return tmp_path


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_searched(unreadable, caplog):
    with pytest.raises(FileError, match="file name too long"):
        find_images([unreadable])
    touch(unreadable, "a.png", "y/b.png")
    assert listed(unreadable) == ["a.png", "y/b.png"]
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.endswith("file name too long; what lies in it is left out")
    told = []
    assert listed(unreadable, told.append) == ["a.png", "y/b.png"]
    assert len(told) == 1


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.png")
    with pytest.raises(UserError, match="an empty name"):
        find_images([""])
