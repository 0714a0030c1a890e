import csv
import json

import numpy as np
import pytest

from restore.commands.weights import evaluate
from restore.evaluation.peers import DENOISERS, FILLS
from restore.evaluation.scorecard import OURS, score_holes, score_noise
from restore.files import Picture, write_picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture
def images(tmp_path):
    for i in range(2):
        ramp = np.linspace(40, 200, 48)[:, None, None] + 10 * np.sin(np.arange(40) / 3 + i)[:, None] + np.zeros(3)
        write_picture(Picture(ramp.astype(np.uint8)), tmp_path / "images" / f"{i}.png")
    return tmp_path / "images"


@pytest.fixture
def masks(tmp_path):
    for name, side in [("large", 20), ("small", 6)]:
        mask = np.zeros((64, 64), np.uint8)
        mask[10 : 10 + side, 12 : 12 + side] = 255
        write_picture(Picture(mask), tmp_path / "masks" / name / "0.png")
    return tmp_path / "masks"


@pytest.fixture
def restorer():
    """The untrained network: push-pull fill, and no denoising."""
    return Restorer(UNet(widths=(4, 4), depths=(1, 1)))


def test_every_image_meets_every_folder_of_masks_and_every_method(images, masks, restorer):
    scores = list(score_holes(images, masks, restorer, list(FILLS)))
    assert len(scores) == 2 * 2 * (1 + len(FILLS))
    assert {score.setting for score in scores} == {"large", "small"}
    assert all(15 < score.psnr < 80 for score in scores)


def test_the_noise_is_what_it_is_said_to_be_for_all_methods(images, restorer):
    scores = list(score_noise(images, [25.0], restorer, list(DENOISERS), seed=0))
    noisy, ours, nlm = ([s.psnr for s in scores if s.method == name] for name in ("noisy", OURS, "nlm"))
    assert noisy == pytest.approx([-20 * np.log10(25 / 255)] * 2, abs=0.15)
    assert ours == pytest.approx(noisy, abs=0.1)  # untrained; only clipped to [0, 1]
    assert min(nlm) > max(noisy) + 3


def test_the_same_seed_gives_the_same_figures(images, restorer):
    def figures(seed):
        return [score.psnr for score in score_noise(images, [15.0], restorer, [], seed)]

    assert figures(3) == figures(3) != figures(4)


def test_a_report_holds_every_score_and_the_means(images, masks, tmp_path, capsys):
    network = UNet(widths=(4, 4), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    status = evaluate(
        str(images), str(tmp_path / "report"), str(masks), "25", str(tmp_path / "w.safetensors"), "telea,nlm"
    )
    assert status == 0
    with (tmp_path / "report" / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 2 + 2 * 3
    means = json.loads((tmp_path / "report" / "summary.json").read_text())["means"]
    telea = [float(row["psnr"]) for row in rows if (row["method"], row["setting"]) == ("telea", "small")]
    (mean,) = [m["psnr"] for m in means if (m["method"], m["setting"]) == ("telea", "small")]
    assert mean == pytest.approx(np.mean(telea))
    assert f"{mean:.2f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"against": "magic"}, "no such peer: magic"),
        ({"sigma": ""}, "nothing to judge"),
        ({"sigma": "15,inf"}, "sigma lies between 0 and 255, not at inf"),
        ({"sigma": "-3"}, "sigma lies between 0 and 255, not at -3"),
        ({"sigma": "abc"}, "sigma is a number, not 'abc'"),
        ({"weights": "none"}, "none"),
        ({"device": "foo"}, "the device 'foo' cannot be used"),
    ],
)
def test_what_cannot_be_judged_is_one_line(images, tmp_path, capsys, options, reason):
    network = UNet(widths=(4, 4), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    settings = {"weights": str(tmp_path / "w.safetensors"), **options}
    assert evaluate(str(images), str(tmp_path / "report"), **settings) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert not (tmp_path / "report").exists()
