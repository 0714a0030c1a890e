import pytest

from restore.errors import FileError
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
