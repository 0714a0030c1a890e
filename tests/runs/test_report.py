import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from restore.cli import main
from restore.runs import report
from restore.runs.curves import read_curves
from restore.runs.folder import find_run
from tests.apps.dashboard.conftest import make_run, webp

ADDRESS = re.compile(r"""(?:src|href)=["']?([^"'> ]+)|url\(["']?([^"')]+)""")


def written(folder, *options):
    assert main(["report", str(folder), *options]) == 0
    (path,) = folder.rglob("report.html") if folder.name != "runs" else [next(folder.rglob("report.html"))]
    return path.read_text()


def test_it_holds_everything_and_needs_nothing(tmp_path):
    folder = tmp_path / "run"
    make_run(folder)
    writer = SummaryWriter(str(folder))
    for step in range(2000):
        writer.add_scalar("train/loss", 1 / (1 + step), step)
        if step % 100 == 0:
            writer.add_scalar("val/psnr", 20 + step / 100, step)
    writer.close()
    page = written(folder)
    HTMLParser().feed(page)
    assert all(one.startswith(("data:", "#")) for pair in ADDRESS.findall(page) for one in pair if one)
    assert "<script src" not in page
    assert page.count("<svg") == 2
    assert page.count('class="tile"') == 2  # those of the last step
    for text in (
        "restore fit -c a.yaml",
        "lr: 0.001",
        "val/panels, step 20",
        "1.png",
        ">24<",  # dB, of one image
        "width=device",
    ):
        assert text in page
    assert "<b>mine</b>" not in page  # a name is no markup
    assert "trained for 60 s" in page
    assert len(page) < 500_000


def test_of_a_folder_of_runs_it_takes_the_youngest(runs, capsys):
    assert main(["report", str(runs)]) == 0
    assert capsys.readouterr().out == f"{runs / 'restore' / 'new' / 'report.html'}\n"
    assert not (runs / "restore" / "old" / "report.html").exists()


def test_scorecards_and_pose_sweeps_go_in(runs, tmp_path):
    inside, outside = runs / "restore" / "new" / "scorecard", tmp_path / "poses"
    for folder, summary in (
        (inside, {"command": "restore evaluate --images a"}),
        (outside, {"command": "restore robustness --objects coin", "psnr_drop": {"default": {"all": 0.2213}}}),
    ):
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps(summary))
        Image.new("RGB", (3000, 200)).save(folder / "picture.png")
    (inside / "table.md").write_text(
        "| method | dB |\n|---|---|\n| <noise> [x](javascript:a) ![y](http://b) | **31.00** |"
    )
    page = written(runs / "restore" / "new", "--include", str(outside))
    for text in (
        "restore evaluate --images a",
        "<td>&lt;noise&gt; [x](javascript:a) ![y](http://b)</td>",
        "<strong>31.00</strong>",
        "restore robustness --objects coin",
        "0.2213 dB",
    ):
        assert text in page
    assert page.count('alt="of this report"') == 2


def test_pictures_that_find_no_room_are_told_of(runs, monkeypatch):
    run = find_run(runs, "restore/new")
    whole = len(report.render(run).encode())
    lefts = []
    for limit in range(whole - 700, whole + 6000, 500):
        monkeypatch.setattr(report, "LIMIT", limit)
        page = report.render(run)
        assert len(page.encode()) <= limit
        lefts.append(page.count("found no room"))
    assert (lefts[0], lefts[-1]) == (1, 0)


def test_broken_and_missing_files_leave_holes_and_no_more(runs):
    run = find_run(runs, "restore/new")
    (run.path / "pictures" / "val" / "panels" / "20-0.webp").write_bytes(b"no picture")
    (run.path / "images" / "20.webp").unlink()
    (run.path / "summary.json").write_text("[]")  # somebody else's
    run.write_pictures("poses", 3, [{"name": "poses", "caption": "one picture"}], [webp(50, 50)])
    (run.path / "config.yaml").write_text("a: [")
    page = report.render(run)
    assert page.count('class="tile"') == 1
    assert "1 pictures found no room in this file, or are broken" in page
    assert "1.png" in page
    assert "one picture" in page
    run.write_card({"id": "bare"})
    assert "bare" in report.render(run)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "no such folder"),
        (lambda path: path.mkdir(), "no run, nor a folder of runs"),
        (lambda path: path.touch(), "no such folder"),
    ],
)
def test_without_a_run_there_is_one_line(tmp_path, capsys, make, reason):
    make(tmp_path / "runs")
    assert main(["report", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err == f"restore: {tmp_path / 'runs'}: {reason}\n"


def test_what_is_no_report_is_refused_before_anything_is_written(runs, tmp_path, capsys):
    assert main(["report", str(runs), "--include", str(tmp_path)]) == 2
    assert "no report of `restore evaluate` or `restore robustness`" in capsys.readouterr().err
    assert not list(runs.rglob("report.html"))


def test_images_that_diverged_come_first(runs):
    run = find_run(runs, "restore/new")
    rows = [
        {"name": f"{i}.png", "hole": 0.1, "psnr_hole": value, "quality": value}
        for i, value in enumerate([-3.0, None, 5.0])
    ]
    run.write_images(30, rows, tile=8, columns=2, sheet=webp(16, 16))
    page = report.render(run)
    places = [page.index(f"<bdi>{name}</bdi></td>") for name in ("1.png", "0.png", "2.png")]
    assert places == sorted(places)


def test_of_a_step_that_was_made_twice_the_later_value_counts(tmp_path):
    for part, steps in enumerate([range(6), range(3, 8)]):
        writer = SummaryWriter(str(tmp_path), filename_suffix=f".{'zy'[part]}")  # not in the order of their names
        for step in steps:
            writer.add_scalar("val/psnr", step + 10 * part, step, walltime=100.0 * part + step)
        writer.close()
    assert read_curves(tmp_path)["val/psnr"] == [(0, 0), (1, 1), (2, 2), (3, 13), (4, 14), (5, 15), (6, 16), (7, 17)]


def test_images_of_several_sources_are_described_part_by_part(runs):
    run = find_run(runs, "restore/new")
    photographs = {"folder": "photographs", "images": 20, "sizes": [256, 256, 320]}
    generated = {"kind": "OnDisk", "images": 300}
    card = {**run.card(), "images": {"train": {"images": 320, "parts": [photographs, generated]}, "val": generated}}
    run.write_card(card)
    page = report.render(run)
    assert "images 320, parts (folder photographs, images 20, sizes 256 to 320) + (kind OnDisk, images 300)" in page
    assert "kind OnDisk, images 300" in page
