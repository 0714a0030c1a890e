import os
import stat

import pytest

from restore.images.writes import WriteError, check_folder, whole_file, write_folder, write_whole

AS_ROOT = os.geteuid() == 0
"""Root may write everywhere."""


def listing(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_existing_files_need_overwrite(tmp_path):
    write_whole(b"mine", tmp_path / "deep" / "a")
    with pytest.raises(WriteError, match="a: exists; --overwrite replaces it"):
        write_whole(b"other", tmp_path / "deep" / "a")
    assert listing(tmp_path) == {"deep/a": b"mine"}
    write_whole(b"other", tmp_path / "deep" / "a", overwrite=True)
    assert listing(tmp_path) == {"deep/a": b"other"}


@pytest.mark.parametrize("name", ["taken", "file/a", "x" * 300, "file/deeper/a"])
def test_a_place_that_cannot_be_written_is_named_and_left_as_it_is(tmp_path, name):
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").write_bytes(b"no folder")
    with pytest.raises(WriteError, match=f"{name}: cannot be written"):
        write_whole(b"data", tmp_path / name, overwrite=True)
    assert listing(tmp_path) == {"file": b"no folder"}


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(WriteError, match="a: cannot be written: permission denied"):
        write_whole(b"data", tmp_path / "closed" / "a")
    with pytest.raises(WriteError, match="closed: nothing can be written there"):
        check_folder(tmp_path / "closed" / "report")
    with pytest.raises(WriteError, match="report: cannot be written: permission denied"):
        write_folder(tmp_path / "closed" / "report", {"a": b"data"})


def test_permissions_follow_the_umask_and_then_the_replaced_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(b"", tmp_path / "a")
        write_folder(tmp_path / "report", {"a": b""})
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == mode(tmp_path / "report" / "a") == 0o640
    assert mode(tmp_path / "report") == 0o750
    for path in (tmp_path / "a", tmp_path / "report" / "a"):
        path.chmod(0o604)
    write_whole(b"", tmp_path / "a", overwrite=True)
    write_folder(tmp_path / "report", {"a": b""})
    assert mode(tmp_path / "a") == mode(tmp_path / "report" / "a") == 0o604


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, OSError(28, "No space left on device")])
def test_a_file_that_a_library_fails_to_finish_leaves_the_earlier_one(tmp_path, failure):
    def write(path):
        path.write_bytes(b"ha")
        assert listing(tmp_path) == {"a": b"mine", path.name: b"ha"}
        raise failure

    write_whole(b"mine", tmp_path / "a")
    expected = WriteError if isinstance(failure, OSError) else failure
    with pytest.raises(expected), whole_file(tmp_path / "a", overwrite=True) as path:
        write(path)
    assert listing(tmp_path) == {"a": b"mine"}


def test_a_file_that_a_library_writes_appears_when_it_is_done(tmp_path):
    with whole_file(tmp_path / "deep" / "a") as path:
        path.write_bytes(b"half")
        assert not (tmp_path / "deep" / "a").exists()
        path.write_bytes(b"whole")
    assert listing(tmp_path) == {"deep/a": b"whole"}


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(WriteError, match="report: cannot be written"):
        write_folder(tmp_path / "new" / "report", {"a": b"1", "no/folder": b"2"})
    assert listing(tmp_path) == {}
    write_folder(tmp_path / "new" / "report", {"a": b"1", "b": b"2"})
    assert listing(tmp_path) == {"new/report/a": b"1", "new/report/b": b"2"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report"]


def test_files_of_an_earlier_folder_are_replaced_and_others_stay(tmp_path):
    write_folder(tmp_path, {"a": b"1", "b": b"2", "mine": b"3"})
    with pytest.raises(WriteError):
        write_folder(tmp_path, {"a": b"4", "x" * 300: b"5"})
    assert listing(tmp_path) == {"a": b"1", "b": b"2", "mine": b"3"}
    write_folder(tmp_path, {"a": b"4", "c": b"5"})
    assert listing(tmp_path) == {"a": b"4", "b": b"2", "c": b"5", "mine": b"3"}


def test_a_place_where_no_folder_can_go_is_refused_before_the_work(tmp_path):
    (tmp_path / "taken").write_text("")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "deeper"):
        with pytest.raises(WriteError, match="taken: not a folder"):
            check_folder(folder)
        with pytest.raises(WriteError, match="cannot be written"):
            write_folder(folder, {"a": b""})
    check_folder(tmp_path / "new" / "report")
    assert not (tmp_path / "new").exists()
