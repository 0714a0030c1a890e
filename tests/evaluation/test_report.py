import csv
import json
import math

import pytest
from PIL import Image

from restore.evaluation.methods import OURS, UNTREATED
from restore.evaluation.report import FILES, fingerprint, provenance, write_report
from restore.evaluation.scores import average
from restore.evaluation.tables import markdown
from restore.networks import UNet
from tests.evaluation.scores import frame, noise_score

SCORES = frame(noise_score(OURS, 24.0), noise_score("nlm", 22.9999996), noise_score(UNTREATED, math.inf))


def write(folder, **facts):
    means = average(SCORES)
    write_report(folder, SCORES, means, markdown(means), Image.new("RGB", (5, 5)), facts)


def test_a_report_holds_every_score_the_means_and_the_facts(tmp_path):
    write(tmp_path / "new" / "report", seed=7)
    folder = tmp_path / "new" / "report"
    assert {path.name for path in folder.iterdir()} == set(FILES)
    with (folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == [OURS, "nlm", UNTREATED]
    assert (rows[1]["psnr"], rows[1]["seam"]) == ("23", "")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["seed"] == 7
    assert [mean["psnr"] for mean in summary["means"]] == pytest.approx([24, 23, None])
    assert "**24.00**" in (folder / "table.md").read_text()
    assert (folder.stat().st_mode & 0o777) == (tmp_path.joinpath("new").stat().st_mode & 0o777)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report"]


def test_an_earlier_report_is_replaced_and_other_files_stay(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "notes.txt").write_text("mine")
    (tmp_path / "report" / "table.md").write_text("old")
    write(tmp_path / "report")
    assert (tmp_path / "report" / "notes.txt").read_text() == "mine"
    assert "old" not in (tmp_path / "report" / "table.md").read_text()
    assert {path.name for path in (tmp_path / "report").iterdir()} == {*FILES, "notes.txt"}


def test_a_report_that_cannot_be_finished_leaves_the_earlier_one(tmp_path):
    write(tmp_path / "report", seed=1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()}
    with pytest.raises(TypeError):
        write(tmp_path / "report", seed=object())  # no JSON
    assert {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_the_fingerprint_is_that_of_the_weights_alone():
    first, second = UNet(widths=(4, 4), depths=(1, 1)), UNet(widths=(4, 4), depths=(1, 1))
    assert fingerprint(first) != fingerprint(second)
    second.load_state_dict(first.state_dict())
    assert fingerprint(first) == fingerprint(second)


def test_the_facts_are_plain_and_complete(restorer):
    facts = json.loads(json.dumps(provenance(restorer)))
    assert {"protocol", "weights_sha256", "device", "versions"} <= set(facts)
    assert {"restore", "torch", "numpy", "python"} <= set(facts["versions"])
