import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from research.study import Photographs, conduct, read_study
from research.study.__main__ import main
from research.study.measures import measure_of, read_scores
from research.study.results import Result, read_results, write_results
from restore.errors import UserError
from restore.evaluation.report import as_csv
from restore.evaluation.robustness.sweep import COLUMNS
from restore.evaluation.scorecard import find_samples
from restore.images.codec import read_picture
from restore.networks import MaskedAutoencoder
from restore.networks.weights import describe, save_weights
from tests.training.conftest import CONFIG

STUDIES = sorted(
    path
    for path in (Path(__file__).parents[2] / "research" / "studies").glob("*.yaml")
    if "variants:" in path.read_text()
)

TINY = [
    "data.crop=32",
    "data.batch_size=2",
    "data.num_workers=0",
    "data.val_share=0.4",
    "trainer.accelerator=cpu",
    "trainer.precision=32-true",
    "trainer.max_steps=1",
    "trainer.limit_val_batches=2",
    "trainer.enable_progress_bar=false",
    "trainer.enable_model_summary=false",
]

# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
pytestmark = [
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of two variants, of one step and of two; the working folder is a temporary one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "study.yaml").write_text("""
stages:
  - {name: restore, config: config.yaml, overrides: {trainer.max_steps: 1}}
variants:
  - name: slow
    overrides: {model.optimizer.lr: $RATE}
  - name: in two stages
    stages:
      - {name: first, config: config.yaml, overrides: {trainer.max_steps: 1}}
      - {name: second, config: config.yaml, overrides: {trainer.max_steps: 1}}
""")
    (tmp_path / "images").mkdir()
    for i in range(2):
        pixels = np.random.default_rng(i).integers(0, 255, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{i}.png")
    return tmp_path / "study.yaml"


def command(study, *options):
    return [str(study), "-o", "results", "--images", "images", "--let", "RATE=1.0e-4", *options]


def test_a_study_is_continued_until_every_variant_has_its_row(study, tmp_path, capsys):
    rows = []
    for _ in range(5):  # a step or a measurement a call
        assert main(command(study, "--minutes", "0")) == 0
        rows.append([(row.variant, row.seed, row.steps) for row in read_results(tmp_path / "results")])
    slow, staged = ("slow", 0, 1), ("in two stages", 0, 2)
    assert rows == [[], [slow], [slow], [slow], [slow, staged]]
    table = (tmp_path / "results" / "table.md").read_text()
    assert capsys.readouterr().out.endswith(f"{table}\n")
    before = (tmp_path / "results" / "results.csv").stat().st_mtime_ns
    assert main(command(study)) == 0
    assert (tmp_path / "results" / "results.csv").stat().st_mtime_ns == before

    study.write_text("seeds: [0, 1]\n" + study.read_text())
    assert main(command(study)) == 0
    results = read_results(tmp_path / "results")
    assert [(one.variant, one.seed) for one in results[2:]] == [("slow", 1), ("in two stages", 1)]
    assert all(5 < figure < 40 for one in results for figure in one.figures.values())
    assert all(set(one.figures) == {"noise", "holes"} for one in results)
    assert results[0].figures["noise"] != results[2].figures["noise"]
    assert all(one.images == 2 and one.parameters > 0 and one.seconds >= 0 for one in results)


def test_a_variant_may_have_seeds_of_its_own(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "{seeds: [4], stages: [{name: s, config: inpaint}], variants: [{name: a}, {name: b, seeds: [3, 4]}]}"
    )
    variants = read_study(tmp_path / "study.yaml", {}).variants
    assert [(variant.name, variant.seed) for variant in variants] == [("a", 4), ("b", 4), ("b", 3)]


def test_results_of_other_settings_or_images_do_not_mix(study, tmp_path, capsys):
    assert main(command(study)) == 0
    assert main(command(study, "--limit", "1")) == 2
    assert "holds results on other images than these 1" in capsys.readouterr().err.splitlines()[-1]
    assert main(command(study, "--set", "data.crop=48")) == 2
    assert "began with restore.data.crop = 32, not 48" in capsys.readouterr().err.splitlines()[-1]
    image = tmp_path / "images" / "0.png"
    Image.fromarray(255 - np.asarray(Image.open(image))).save(image)
    assert main(command(study)) == 2
    assert "holds results on other images than these 2" in capsys.readouterr().err.splitlines()[-1]


def test_results_that_are_none_are_one_line(study, tmp_path, capsys):
    head = "variant,at,seed,steps,seconds,parameters,images,digest,noise"
    (tmp_path / "results").mkdir()
    for content in ("variant,seed\nslow,0", f"{head}\nslow,,0,1,1,1,2", f"{head}\nslow,,0,1,1,1,2,0f,good"):
        (tmp_path / "results" / "results.csv").write_text(f"{content}\n")
        assert main(command(study)) == 2
        assert "results.csv: not the results of a study" in capsys.readouterr().err.splitlines()[-1]


def test_a_name_without_a_value_is_one_line(study, capsys):
    assert main([str(study), "-o", "results", "--images", "images"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("study.yaml: say what $RATE stands for: --let RATE=…")
    assert main(command(study, "--let", "RATE")) == 2
    assert "--let takes NAME=VALUE, not 'RATE'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("3", "a study has `variants`"),
        ("{stages: []}", "a study has `variants`"),
        ("{variants: []}", "a study has `variants`"),
        ("{variants: [{name: a}], steps: 3}", "a study has `variants`"),
        (
            "{stages: [{name: s, config: inpaint}], variants: [{name: a}], seeds: 3}",
            "seeds are a list of whole",
        ),
        (
            "{stages: [{name: s, config: inpaint}], variants: [{name: a}], seeds: [x]}",
            "seeds are a list of whole",
        ),
        (
            "{stages: [{name: s, config: inpaint}], variants: [{name: a, seeds: 1}]}",
            "seeds are a list of whole",
        ),
        ("{variants: [{name: a}]}", "stages are a list"),
        ("{variants: [{stages: [{name: a, config: b}]}]}", "a variant has a `name`"),
        ("{variants: [{name: a, stages: [{name: a, config: b}], steps: 3}]}", "a variant has a `name`"),
        ("{stages: [{name: s, config: inpaint}], variants: [{name: a}, {name: a}]}", "a variant has a `name`"),
        ("{variants: [{name: $}]}", "a $ that no name follows"),
        ("{variants: [{name: a}], along: data.limit}", "`along` is one setting with a list of numbers"),
        ("{variants: [{name: a}], along: {data.limit: [few]}}", "`along` is one setting with a list of numbers"),
        ("{variants: [{name: a}], along: {a: [1, 0]}}", "`along` is one setting with a list of numbers above 0"),
        ("{variants: [{name: a}], along: {a: [true]}}", "`along` is one setting with a list of numbers above 0"),
        ("{variants: [{name: a}], along: {a: [1], b: [2]}}", "`along` is one setting with a list of numbers"),
        ("{variants: [{name: a}], poses: cable}", "poses are those of drawn parts"),
    ],
)
def test_what_is_no_study_is_refused_by_name(tmp_path, content, reason):
    (tmp_path / "study.yaml").write_text(content)
    with pytest.raises(UserError, match=r"study\.yaml: ") as error:
        read_study(tmp_path / "study.yaml", {})
    assert reason in str(error.value)


def test_a_value_may_hold_what_yaml_would_read_otherwise(study):
    variants = read_study(study, {"RATE": "a: b # c"}).variants
    assert "--model.optimizer.lr=a: b # c" in variants[0].stages[0].options


def test_an_unusable_variant_is_found_before_the_first_is_trained(study, tmp_path):
    study.write_text(study.read_text() + "  - {name: misspelt, overrides: {data.crp: 3}}\n")
    samples, _ = find_samples(tmp_path / "images")
    with pytest.raises(UserError, match="crp"):
        next(conduct(read_study(study, {"RATE": "1"}), tmp_path / "results", Photographs(samples), time.monotonic()))
    assert not list((tmp_path / "results").rglob("*.ckpt"))


def a_result(variant, seed, noise, at=None):
    return Result(variant, at, seed, 100, 60, 1000, 4, "0f", {"noise": noise, "holes": 20.0})


def test_the_table_has_means_spreads_and_differences_to_the_first_variant(tmp_path):
    results = [
        a_result(variant, seed, noise + seed)
        for seed in (0, 1)
        for variant, noise in (("b", 31.0), ("a", 30.0), ("gone", 29.0))
    ]
    write_results(results[:-1], tmp_path, ["a", "b", "later"], "PSNR")
    assert read_results(tmp_path) == results[:-1]
    rows = (tmp_path / "table.md").read_text().splitlines()
    assert rows[2:4] == [
        "| a | 1,000 | 100 | 60 | 30.50 ± 0.71 |  | 20.00 ± 0.00 |  | 2 |",
        "| b | 1,000 | 100 | 60 | 31.50 ± 0.71 | +1.00 | 20.00 ± 0.00 | +0.00 | 2 |",
    ]


def test_the_table_of_what_is_varied_step_by_step_compares_at_each_step(tmp_path):
    results = [a_result(name, 0, noise + at, at) for name, noise in (("a", 20.0), ("b", 21.0)) for at in (5.0, 2.0)]
    write_results(results, tmp_path, ["a", "b"], "PSNR")
    assert read_results(tmp_path) == results
    rows = (tmp_path / "table.md").read_text().splitlines()
    assert [row.count("|") for row in rows[:6]] == [rows[0].count("|")] * 6
    assert rows[2].startswith("| a | 2 | 1,000 | 100 | 60 | 22.00 |  |")
    assert rows[5].startswith("| b | 5 | 1,000 | 100 | 60 | 26.00 | +1.00 |")


def test_a_setting_is_varied_step_by_step(study, tmp_path):
    study.write_text("along: {trainer.max_steps: [1, 2]}\n" + study.read_text())
    assert main(command(study)) == 0
    results = read_results(tmp_path / "results")
    assert [(one.variant, one.at, one.steps) for one in results] == [
        ("slow", 1, 1),
        ("in two stages", 1, 2),
        ("slow", 2, 2),
        ("in two stages", 2, 4),
    ]
    assert read_picture(tmp_path / "results" / "curves.png").pixels.shape[1] == 1200
    before = (tmp_path / "results" / "results.csv").stat().st_mtime_ns
    assert main(command(study)) == 0
    assert (tmp_path / "results" / "results.csv").stat().st_mtime_ns == before


def test_parts_are_measured_in_all_poses(study, tmp_path, capsys):
    study.write_text("poses: {families: [coin], count: 1, size: 32, patch: 8}\n" + study.read_text())
    assert main(command(study)) == 2
    assert "measures on drawn parts, not --images" in capsys.readouterr().err
    drawn = [str(study), "-o", "results", "--let", "RATE=1.0e-4"]
    assert main(drawn) == 0
    results = read_results(tmp_path / "results")
    assert [set(one.figures) for one in results] == [{"as they lie", "in all poses", "drop"}] * 2
    scores = read_scores(tmp_path / "results" / "poses.csv")
    again = tmp_path / "again.csv"
    again.write_bytes(as_csv(scores.assign(subject="NA")))
    pd.testing.assert_frame_equal(read_scores(again), scores.assign(subject="NA"), rtol=1e-5)
    assert set(scores["method"]) == {"slow, seed 0", "in two stages, seed 0"}
    assert set(scores["sweep"]) == {"shift", "phase", "rotation"}
    assert read_picture(tmp_path / "results" / "poses.png").pixels.shape[1] == 1200


def test_places_and_poses_are_kept_apart(study, tmp_path):
    study.write_text(
        "along: {trainer.max_steps: [1, 2]}\nposes: {families: [coin], count: 1, size: 32}\n" + study.read_text()
    )
    assert main([str(study), "-o", "results", "--let", "RATE=1.0e-4"]) == 0
    methods = read_scores(tmp_path / "results" / "poses.csv")["method"].unique()
    assert list(methods) == [f"{name} at {at}, seed 0" for at in (1, 2) for name in ("slow", "in two stages")]


def test_a_variant_that_diverges_has_a_row_that_says_so_and_stops_no_other(study, tmp_path):
    study.write_text(study.read_text().replace("$RATE", "1.0e+30"))
    for _ in range(2):
        assert main([str(study), "-o", "results", "--images", "images"]) == 0
        slow, staged = read_results(tmp_path / "results")
        assert all(math.isnan(figure) for figure in slow.figures.values())
        assert slow.parameters > 0
        assert all(math.isfinite(figure) for figure in staged.figures.values())


@pytest.mark.parametrize("content", ["", "method,subject\nslow\n", f"{','.join(COLUMNS)}\n{'good,' * 11}\n"])
def test_other_files_are_no_scores_of_poses(content, tmp_path):
    (tmp_path / "poses.csv").write_text(content)
    with pytest.raises(UserError, match=r"poses\.csv: not the scores of a robustness report"):
        read_scores(tmp_path / "poses.csv")


def test_broken_scores_of_poses_are_one_line_and_no_row(study, tmp_path, capsys):
    study.write_text("poses: {families: [coin], count: 1, size: 32}\n" + study.read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "poses.csv").write_text("method,subject\nslow\n")
    assert main([str(study), "-o", "results", "--let", "RATE=1.0e-4"]) == 2
    assert "poses.csv: not the scores of a robustness report" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "results" / "results.csv").exists()


def test_large_places_are_found_again(tmp_path):
    results = [a_result("a", 0, 30.0, at=1234567)]
    write_results(results, tmp_path, ["a"], "PSNR")
    assert read_results(tmp_path) == results


def test_photographs_are_asked_for(study, capsys):
    assert main([str(study), "-o", "results", "--let", "RATE=1"]) == 2
    assert "measures on photographs: give --images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("poses", "reason"),
    [
        ({"families": ["spoon"], "count": 1, "size": 32}, "unlike 1 of spoon"),
        ({"families": ["coin"], "count": 0, "size": 32}, "unlike 0 of coin"),
        ({"families": ["coin"], "count": 1, "size": 8}, "of 8 pixels"),
        ({"families": ["coin"], "number": 1}, "poses have families"),
    ],
)
def test_impossible_poses_are_refused(poses, reason):
    with pytest.raises(UserError, match=reason):
        measure_of(poses, [])


@pytest.mark.slow
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_can_be_conducted(path, study, tmp_path):
    """All variants are resolved; the last is trained and measured."""
    pretrained = MaskedAutoencoder("nano")
    save_weights(pretrained.state_dict(), describe(pretrained), tmp_path / "w.safetensors")
    described = read_study(path, {"PHOTOGRAPHS": "images", "FOLDER": "images", "PRETRAINED": "w.safetensors"}, TINY)
    variants = [one for one in described.variants if one.seed == 0]
    assert len(variants) > 1
    for variant in variants[:-1]:
        for stage in variant.stages:
            stage.settings()
    samples, _ = find_samples(tmp_path / "images")
    last = replace(described, variants=variants[-1:])
    poses = described.poses and {**described.poses, "count": 1, "size": 32}
    list(conduct(last, tmp_path / "results", measure_of(poses, samples), time.monotonic() + 600, "cpu"))
    (result,) = read_results(tmp_path / "results")
    assert result.variant == variants[-1].name
