import os
import re
import time

import pytest

from restore.runs import RunFolder, find_runs
from restore.runs.folder import find_run
from tests.apps.dashboard.conftest import make_run, webp


def test_what_is_written_is_read_back(runs):
    run = find_run(runs, "restore/new")
    assert run.picture_steps() == {"val/panels": [10, 20]}
    pictures = run.pictures("val/panels", 20)
    assert [one["name"] for one in pictures] == ["0.png", "1.png"]
    assert run.file(pictures[1]["file"]) == webp(96, 32)
    assert run.image_steps() == [10, 20]
    assert [row["name"] for row in run.images(20)["rows"]] == ["0.png", "1.png", "2.png"]
    assert run.settings() == {"model.optimizer.lr": 3e-4, "data.folder": "images"}
    assert run.card()["metrics"]["train/loss"]["last"] is None  # JSON knows no NaN
    assert run.pictures("val/panels", 15) == []
    assert run.images(15) == {}


def test_the_history_of_an_image_goes_through_all_steps(runs):
    history = find_run(runs, "restore/old").history("2.png")
    assert [(entry["step"], entry["place"], entry["row"]["psnr_hole"]) for entry in history] == [
        (10, 2, 23),
        (20, 2, 24),
    ]
    assert find_run(runs, "restore/old").history("9.png") == []


def test_runs_are_found_at_any_depth_the_youngest_first(runs):
    (runs / "wandb" / "offline").mkdir(parents=True)
    RunFolder(runs / "wandb" / "offline").write_card({"started": 5000})
    assert list(find_runs(runs)) == ["restore/new", "restore/old"]
    assert list(find_runs(runs / "restore" / "new")) == ["."]
    assert find_runs(runs / "missing") == {}


@pytest.mark.parametrize(
    ("root", "name"), [("restore/new", "../old"), (".", "missing"), (".", "/etc"), (".", "restore")]
)
def test_only_runs_of_the_folder_are_opened(runs, root, name):
    with pytest.raises(KeyError):
        find_run(runs / root, name)


@pytest.mark.parametrize("name", ["../old/images/10.webp", "run.json", "config.yaml", "missing.webp", "/etc/passwd"])
def test_only_pictures_of_the_run_are_handed_out(runs, name):
    with pytest.raises(ValueError, match=f"{re.escape(name)}: no picture of this run"):
        find_run(runs, "restore/new").file(name)


def test_a_run_that_says_nothing_for_long_is_silent(tmp_path):
    run = RunFolder(tmp_path)
    run.write_card({"state": "running", "seen": time.time() - 5})
    assert run.card()["state"] == "running"
    run.write_card({"state": "running", "seen": time.time() - 3600})
    assert run.card()["state"] == "silent"
    run.write_card({"state": "running", "seen": time.time() - 3600, "longest_silence": 1300})
    assert run.card()["state"] == "running"  # its validations take long
    run.write_card({"state": "failed", "seen": 0})
    assert run.card()["state"] == "failed"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_broken_files_are_as_if_there_were_none(tmp_path, content):
    run = RunFolder(tmp_path)
    for name in ("run.json", "config.yaml", "images/5.json", "pictures/val/panels/5.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert run.card() == {}
    assert run.images(5) == {}
    assert run.pictures("val/panels", 5) == []
    assert run.history("a.png") == []
    assert isinstance(run.settings(), dict)


def test_sets_of_pictures_keep_their_names(tmp_path):
    run = RunFolder(tmp_path / "run")
    for key in ("val/x.y/z", "val", "poses"):
        run.write_pictures(key, 1, [{"name": "a", "caption": "", "parts": []}], [webp(4, 4)])
    assert run.picture_steps() == {"poses": [1], "val": [1], "val/x.y/z": [1]}
    RunFolder(tmp_path / "other").write_pictures("val", 1, [{"name": "b", "caption": ""}], [webp(4, 4)])
    assert run.pictures("../../other/pictures/val", 1) == []


def test_links_to_runs_are_followed_once(runs, tmp_path):
    elsewhere = make_run(tmp_path / "elsewhere" / "linked", started=3000.0)
    (runs / "linked").symlink_to(elsewhere.path)
    (runs / "restore" / "loop").symlink_to(runs)
    (runs / "restore" / "itself").symlink_to(runs / "restore" / "itself")
    (runs / "restore" / "nowhere").symlink_to(runs / "missing")
    (runs / ".hidden").mkdir()
    make_run(runs / ".hidden" / "run")
    assert list(find_runs(runs)) == ["linked", "restore/new", "restore/old"]
    linked = find_run(runs, "linked")
    assert linked.picture_steps() == {"val/panels": [10, 20]}
    assert linked.file(linked.pictures("val/panels", 10)[0]["file"])


def test_folders_of_others_that_hold_a_run_json_are_no_runs(runs):
    (runs / "theirs").mkdir()
    (runs / "theirs" / "run.json").write_text('{"state": "running", "started": "yesterday", "seen": "x"}')
    assert list(find_runs(runs)) == ["restore/new", "restore/old"]


def test_what_cannot_be_read_is_left_out(runs):
    closed = runs / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        assert len(find_runs(runs)) == 2 or os.geteuid() == 0
    finally:
        closed.chmod(0o755)
