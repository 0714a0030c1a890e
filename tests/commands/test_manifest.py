"""Lists of images that several processes share, and what is reported of each."""

import csv
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.commands.denoise import denoise
from restore.commands.manifest import Row, read_manifest, restore_row, share
from restore.errors import UserError

SIDE = 40


@pytest.fixture
def folder(tmp_path):
    """Six photographs, as many masks, and a list of them."""
    (tmp_path / "photos").mkdir()
    for i in range(6):
        pixels = np.random.default_rng(i).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[3 + i, 5:20] = 255
        Image.fromarray(mask).save(tmp_path / "photos" / f"hole {i}.png")
    write(tmp_path, [{"image": f"photos/{i}.png", "mask": f"photos/hole {i}.png", "output": out(i)} for i in range(6)])
    return tmp_path


def out(i):
    return f"out/deep/{i}.png"


def write(folder, rows):
    with (folder / "list.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def run(folder, *options, name="inpaint"):
    return main([name, "--manifest", str(folder / "list.csv"), *options])


def test_each_row_has_its_result_which_is_that_of_the_command(folder, weights, capsys):
    assert run(folder, "--weights", weights, "--report", str(folder / "report.csv")) == 0
    assert capsys.readouterr().err == "restore: 6 restored, 0 skipped, as they exist, 0 failed\n"
    for i in range(6):
        alone = folder / f"alone-{i}.png"
        image, mask = folder / "photos" / f"{i}.png", folder / "photos" / f"hole {i}.png"
        assert main(["inpaint", str(image), "--mask", str(mask), "--weights", weights, "-o", str(alone)]) == 0
        assert (folder / out(i)).read_bytes() == alone.read_bytes()
    report = rows_of(folder / "report.csv")
    assert [(one["output"], one["status"], one["reason"]) for one in report] == [
        (str(folder / out(i)), "restored", "") for i in range(6)
    ]
    assert all(float(one["seconds"]) > 0 for one in report)


def test_a_row_may_have_options_of_its_own(folder, weights, caplog):
    rows = rows_of(folder / "list.csv")
    for i, row in enumerate(rows):
        row.update({"grow-mask": "2" if i == 1 else "", "mask_means": "keep" if i == 2 else "hole"})
    rows[3]["grow-mask"], rows[4]["mask_means"] = "wide", "black"
    write(folder, rows)
    assert run(folder, "--weights", weights, "--report", str(folder / "report.csv")) == 1
    changed = []
    for i in range(3):
        before, after = (np.asarray(Image.open(folder / name)) for name in (f"photos/{i}.png", out(i)))
        changed.append((before != after).any(2).sum())
    assert changed[0] <= 15 < changed[1] <= 5 * 19 < changed[2]
    reasons = [one["reason"] for one in rows_of(folder / "report.csv")]
    assert "--grow-mask is a whole number, not 'wide'" in reasons[3]
    assert '--mask-means is "hole" or "keep", not \'black\'' in reasons[4]
    assert reasons[5] == ""


def test_options_that_no_row_may_have_are_named(folder, weights):
    write(folder, [{**row, "overwrite": "true", "colour": "red"} for row in rows_of(folder / "list.csv")])
    assert run(folder, "--weights", weights, "--report", str(folder / "report.csv")) == 1
    reasons = {one["reason"].partition(": ")[2].partition(";")[0] for one in rows_of(folder / "report.csv")}
    assert reasons == {"no such option of a row: overwrite, colour"}


def test_what_is_no_option_of_the_command_is_named(folder, weights):
    assert run(folder, "--weights", weights, "--report", str(folder / "report.csv"), name="denoise") == 1
    assert all(
        "no such option of a row: mask; there are adapt, " in one["reason"] for one in rows_of(folder / "report.csv")
    )


def test_noise_may_be_told_row_by_row(folder, weights):
    images = rows_of(folder / "list.csv")[:2]
    rows = [
        {"image": one["image"], "output": one["output"], "sigma": sigma}
        for one, sigma in zip(images, ("0", "30"), strict=True)
    ]
    write(folder, rows)
    assert run(folder, "--weights", weights, name="denoise") == 0
    same = [(folder / out(i)).read_bytes() == (folder / "photos" / f"{i}.png").read_bytes() for i in range(2)]
    assert same == [True, False]


def test_what_fails_is_reported_and_the_same_command_goes_on_where_it_ended(folder, weights, capsys):
    (folder / "photos" / "2.png").rename(folder / "photos" / "away.png")
    (folder / "photos" / "4.png").write_bytes(b"hello")
    options = ("--weights", weights, "--report", str(folder / "report.csv"))
    assert run(folder, *options) == 1
    report = rows_of(folder / "report.csv")
    assert [one["status"] for one in report] == ["restored", "restored", "failed", "restored", "failed", "restored"]
    assert report[2]["reason"] == f"{folder}/photos/2.png: no such file or directory"
    assert report[4]["reason"] == f"{folder}/photos/4.png: text, not an image"
    (folder / "photos" / "away.png").rename(folder / "photos" / "2.png")
    shutil.copy(folder / "photos" / "2.png", folder / "photos" / "4.png")
    first = (folder / out(0)).stat().st_mtime_ns
    capsys.readouterr()
    assert run(folder, *options) == 0
    assert capsys.readouterr().err == "restore: 2 restored, 4 skipped, as they exist, 0 failed\n"
    assert (folder / out(0)).stat().st_mtime_ns == first
    assert [one["status"] for one in rows_of(folder / "report.csv")].count("skipped") == 4


def test_shares_have_every_row_once_whatever_other_rows_there_are():
    rows = [Row(f"{i}.png", f"out/{i}.png", f"out/{i}.png") for i in range(1000)]
    shares = [share(rows, f"{i}/7") for i in range(1, 8)]
    assert sorted(row.output for part in shares for row in part) == sorted(row.output for row in rows)
    assert min(map(len, shares)) > 100
    assert share(rows[::3], "2/7") == [row for row in shares[1] if row in rows[::3]]
    assert share(rows, None) == rows


def test_whose_a_row_is_does_not_follow_from_how_the_manifest_is_named(folder, monkeypatch):
    monkeypatch.chdir(folder)
    shares = [share(read_manifest(path), "1/2") for path in (Path("list.csv"), folder / "list.csv")]
    assert [row.name for row in shares[0]] == [row.name for row in shares[1]]
    assert 0 < len(shares[0]) < 6


def test_what_fails_after_its_result_is_written_is_no_result_that_was_there(folder, weights):
    (folder / "out" / "deep").mkdir(parents=True)
    (folder / f"{out(0)}.receipt.json").mkdir()
    assert run(folder, "--weights", weights, "--receipt", "--report", str(folder / "report.csv")) == 1
    assert [row["status"] for row in rows_of(folder / "report.csv")] == ["failed", *5 * ["restored"]]


def test_a_result_of_another_worker_that_was_quicker_is_skipped(folder, weights, monkeypatch):
    def restored_elsewhere(command, options, row):
        def late(**asked):
            shutil.copy(row.image, row.output)
            return command(**asked)

        return restore_row(late, options, row)

    write(folder, [{"image": row["image"], "output": row["output"]} for row in rows_of(folder / "list.csv")[:1]])
    (folder / "out" / "deep").mkdir(parents=True)
    (row,) = read_manifest(folder / "list.csv")
    options = {"weights": weights, "overwrite": False, "sigma": 20.0}
    assert restored_elsewhere(denoise, options, row).status == "skipped"


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "1/0", "a/b", "1/3/5", "-1/3"])
def test_shares_that_there_cannot_be_are_refused(shard):
    with pytest.raises(UserError, match="--shard is I/N, the I-th of N, counted from 1"):
        share([], shard)


def test_shares_of_a_manifest_together_make_all_of_it(folder, weights):
    for i in (1, 2, 3):
        assert run(folder, "--weights", weights, "--shard", f"{i}/3", "--report", str(folder / f"{i}.csv")) == 0
    outputs = [row["output"] for i in (1, 2, 3) for row in rows_of(folder / f"{i}.csv")]
    assert sorted(outputs) == [str(folder / out(i)) for i in range(6)]


def test_two_workers_with_the_same_share_make_each_result_once_and_whole(folder, weights):
    command = [sys.executable, "-m", "restore", "inpaint", "--manifest", str(folder / "list.csv"), "--weights", weights]
    workers = [
        subprocess.Popen([*command, "--report", str(folder / f"{i}.csv")], stderr=subprocess.PIPE, text=True)
        for i in range(2)
    ]
    for worker in workers:
        _, said = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    assert sorted(path.name for path in (folder / "out/deep").iterdir()) == [f"{i}.png" for i in range(6)]
    assert run(folder, "--weights", weights, "--overwrite", "--report", str(folder / "alone.csv")) == 0
    for i in range(6):
        Image.open(folder / out(i)).load()
    states = [[row["status"] for row in rows_of(folder / f"{i}.csv")] for i in range(2)]
    for both in zip(*states, strict=True):
        assert "restored" in both


def test_a_worker_that_is_told_to_end_reports_what_it_has_done(folder, weights):
    big = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    for i in range(1, 6):
        Image.fromarray(big).save(folder / "photos" / f"{i}.png")
    write(folder, [{"image": row["image"], "output": row["output"]} for row in rows_of(folder / "list.csv")])
    command = [sys.executable, "-m", "restore", "denoise", "--manifest", str(folder / "list.csv"), "--sigma", "20"]
    worker = subprocess.Popen([*command, "--report", str(folder / "report.csv")])
    while not (folder / out(0)).exists():
        time.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 143
    states = [row["status"] for row in rows_of(folder / "report.csv")]
    assert states[0] == "restored"
    assert states[-1] == "not come to"
    assert len(states) == 6
    assert all(path.suffix == ".png" for path in (folder / "out/deep").iterdir())  # nothing is left half-written


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a manifest without rows"),
        ("image,output\n", "a manifest without rows"),
        ("image,mask\na.png,b.png\n", "row 1 has no output"),
        ("image,output\na.png,b.png\n,c.png\n", "row 2 has no image"),
        ("image,output\na.png,b.png\nc.png\n", "line 3 has other columns than the first"),
        ("image,output\na.png,b.png,c.png\n", "line 2 has other columns than the first"),
        ("image,output\na.png,o.png\nb.png,o.png\n", "2 rows have the output o.png"),
        ("image,output\na.png,results\n", "a picture is needed here, whose name ends in "),
        ("image,output\na.png,o.heic\n", ".heic is not written"),
        ('image,output\n"a.png,o.png\n', "line 1: unexpected end of data"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_line(tmp_path, monkeypatch, text, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(text)
    assert main(["denoise", "--manifest", "list.csv"]) == 2
    with pytest.raises(UserError) as error:
        read_manifest(tmp_path.relative_to(tmp_path) / "list.csv")
    assert reason in str(error.value)


def test_a_manifest_in_another_encoding_is_refused(tmp_path, capsys):
    (tmp_path / "list.csv").write_bytes("image,output\nä.png,b.png\n".encode("latin-1"))
    assert main(["denoise", "--manifest", str(tmp_path / "list.csv")]) == 2
    assert capsys.readouterr().err.endswith("list.csv: no UTF-8, in which a CSV file has to be\n")


def test_names_are_what_they_are_from_the_folder_of_the_manifest(tmp_path):
    absolute = tmp_path / "x.png"
    (tmp_path / "list.csv").write_text(f'\ufeffimage,output,--mask\n"a,*b?.png",{absolute},alpha\n', "utf-8")
    (row,) = read_manifest(tmp_path / "list.csv")
    assert row == Row(str(tmp_path / "a,*b?.png"), str(absolute), str(absolute), {"mask": "alpha"})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--shard", "1/2"], "--shard and --report are for --manifest"),
        (["a.png", "--manifest", "list.csv"], "with --manifest, images and outputs are its columns"),
        (["--manifest", "list.csv", "-o", "x"], "with --manifest, images and outputs are its columns"),
        (["--manifest", "list.csv", "--skip-existing"], "with --manifest, what exists is left out anyway"),
        (
            ["--manifest", "list.csv", "--report", "no/r.csv"],
            "no: not a folder, so that nothing can be written there",
        ),
        (["--manifest", "none.csv"], "none.csv: no such file or directory"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(tmp_path, monkeypatch, capsys, options, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("image,output\na.png,b.png\n")
    (tmp_path / "no").touch()
    assert main(["denoise", *options]) == 2
    assert capsys.readouterr().err == f"restore: {reason}\n"


def test_several_proposals_of_a_row_are_refused(folder, weights, capsys):
    assert run(folder, "--weights", weights, "--fill", "plausible", "--proposals", "2") == 2
    assert "each row has one output, and --proposals has several" in capsys.readouterr().err


def test_a_manifest_may_be_a_parquet_file(folder, weights):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{**row, "grow_mask": i or None} for i, row in enumerate(rows_of(folder / "list.csv"))]
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "list.parquet")
    assert main(["inpaint", "--manifest", str(folder / "list.parquet"), "--weights", weights]) == 0
    assert run(folder, "--weights", weights) == 0  # all of it is there
    (folder / "list.parquet").write_bytes(b"PAR1 no more")
    assert main(["inpaint", "--manifest", str(folder / "list.parquet"), "--weights", weights]) == 2
