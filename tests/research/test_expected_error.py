import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from research.expected_error import KINDS, calibration, factors, holes, main, spread, table
from research.expected_error_picture import draw
from restore.images.codec import write_picture
from restore.images.picture import Picture
from restore.inference.expected_error import FACTORS
from restore.inference.probe_errors import LEVEL
from tests.small import write_small_weights

SIDE = 96


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(write_small_weights(tmp_path_factory.mktemp("weights")))


def scores(n=199, factor=1.0, kind="blob"):
    """Holes whose errors are those of their probes times factors spread evenly from one half to three halves."""
    ratios = factor * np.linspace(0.5, 1.5, n)
    of_probes = np.geomspace(0.01, 0.2, n)[np.random.default_rng(0).permutation(n)]
    true = ratios * (of_probes + LEVEL) - LEVEL
    numbers = {"pixels_true": true, "pixels_probes": of_probes, "squares_true": true, "squares_probes": of_probes}
    return pd.DataFrame({"fill": "expected", "hole": kind, "is_cut": False, "probes": 8, **numbers})


def test_factors_are_the_quantiles_that_leave_one_in_twenty_on_either_side():
    found = factors(scores()).loc[("expected", False, "pixels")]
    assert found["holes"] == 199
    assert found["low"] == pytest.approx(0.5 + 9 / 198, abs=0.006)
    assert found["middle"] == pytest.approx(1)
    assert found["high"] == pytest.approx(1.5 - 9 / 198, abs=0.006)


def test_of_few_holes_the_least_and_the_largest_have_to_do():
    found = factors(scores(9)).loc[("expected", False, "pixels")]
    assert (found["low"], found["high"]) == (0.5, 1.5)


def test_the_table_counts_what_lies_inside():
    low, _, high = FACTORS["expected", False].pixels
    some = scores(101)
    found = table(some).loc[("expected", "pixels", "blob")]
    ratios = np.linspace(0.5, 1.5, 101)
    assert found["coverage"] == pytest.approx(((low <= ratios) & (ratios <= high)).mean(), abs=0.011)
    assert found["below"] + found["coverage"] + found["above"] == pytest.approx(1, abs=0.011)
    assert found["rank correlation"] > 0.8
    assert table(scores(101, 1000.0)).loc[("expected", "pixels", "blob"), "coverage"] == 0


def test_holes_are_those_of_the_seed_and_leave_something():
    image = np.random.default_rng(1).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    first, again, other = (holes("a", image, seed) for seed in (0, 0, 1))
    assert tuple(first) == KINDS
    assert all(np.array_equal(first[kind], again[kind]) and 0 < first[kind].mean() < 0.3 for kind in KINDS)
    assert not np.array_equal(first["blob"], other["blob"])


def test_calibration_needs_nothing_but_the_package_and_scikit_image():
    pictures = list(calibration(64))
    assert len({name for name, _ in pictures}) == len(pictures) == 63
    assert {image.shape for _, image in pictures} == {(64, 64, 3)}


def test_some_of_many_are_spread_over_all():
    assert spread(list(range(9)), 3) == [0, 4, 8]
    assert spread([1, 2], 5) == [1, 2]


def test_the_plot_shows_each_fill_and_measure():
    told = scores(20).assign(**{f"{m}_{w}": 0.1 for m in ("pixels", "squares") for w in ("expected", "low", "high")})
    with Image.open(io.BytesIO(draw(told))) as plot:
        assert plot.width > plot.height > 300


def test_errors_are_measured_told_and_told_again(tmp_path, weights, capsys):
    for index in range(2):
        pixels = np.random.default_rng(index).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
        write_picture(Picture(pixels), tmp_path / "in" / f"{index}.png")
    arguments = ["-o", str(tmp_path / "out"), "--images", str(tmp_path / "in"), "--fills", "expected", "--alone"]
    arguments += ["--weights", weights, "--side", str(SIDE), "--picture", str(tmp_path / "plot.png")]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "2 images" in told
    assert "times the time of the fills" in told
    assert "times the error of probes hidden alone" in told
    assert (tmp_path / "plot.png").exists()
    kept = pd.read_csv(tmp_path / "out" / "errors.csv")
    assert list(kept["hole"]) == [*KINDS, *KINDS]
    assert main([*arguments, "--again", "--weights", "gone.safetensors"]) == 0
    assert capsys.readouterr().out == told
