import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.evaluation.results import Result, read_results, write_results
from restore.evaluation.scorecard import find_samples
from restore.evaluation.study import conduct, read_study
from restore.training.cli import UserError

from ..training.conftest import CONFIG

STUDIES = sorted(
    path
    for path in (Path(__file__).parents[2] / "configs" / "studies").glob("*.yaml")
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
    overrides: {model.optimizer.learning_rate: $RATE}
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
    return ["study", str(study), "-o", "results", "--images", "images", "--let", "RATE=1.0e-4", *options]


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
    assert all(5 < figure < 40 for one in results for figure in (one.noise, one.hole))
    assert results[0].noise != results[2].noise
    assert all(one.images == 2 and one.parameters > 0 and one.seconds >= 0 for one in results)


def test_results_of_other_settings_or_images_do_not_mix(study, tmp_path, capsys):
    assert main(command(study)) == 0
    assert main(command(study, "--limit", "1")) == 2
    assert "holds results on 2 images, not on these 1" in capsys.readouterr().err.splitlines()[-1]
    assert main(command(study, "--set", "data.crop=48")) == 2
    assert "began with restore.data.crop = 32, not 48" in capsys.readouterr().err.splitlines()[-1]
    image = tmp_path / "images" / "0.png"
    Image.fromarray(255 - np.asarray(Image.open(image))).save(image)
    assert main(command(study)) == 2
    assert "holds results on 2 images, not on these 2" in capsys.readouterr().err.splitlines()[-1]


def test_results_that_are_none_are_one_line(study, tmp_path, capsys):
    for row in ("slow,0,1,1,1,2,30.0,20.0", "slow,0,1,1,1,2,30.0,good,0f"):
        (tmp_path / "results").mkdir(exist_ok=True)
        (tmp_path / "results" / "results.csv").write_text(f"variant,seed\n{row}\n")
        assert main(command(study)) == 2
        assert "results.csv: not the results of a study" in capsys.readouterr().err.splitlines()[-1]


def test_a_name_without_a_value_is_one_line(study, capsys):
    assert main(["study", str(study), "-o", "results", "--images", "images"]) == 2
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
        ("{variants: [{name: a}], seeds: 3}", "seeds are a list of whole numbers"),
        ("{variants: [{name: a}], seeds: [x]}", "seeds are a list of whole numbers"),
        ("{variants: [{name: a}]}", "stages are a list"),
        ("{variants: [{stages: [{name: a, config: b}]}]}", "a variant has a `name`"),
        ("{variants: [{name: a, stages: [{name: a, config: b}], steps: 3}]}", "a variant has a `name`"),
        ("{stages: [{name: s, config: c}], variants: [{name: a}, {name: a}]}", "a variant has a `name`"),
        ("{variants: [{name: $}]}", "a $ that no name follows"),
    ],
)
def test_what_is_no_study_is_refused_by_name(tmp_path, content, reason):
    (tmp_path / "study.yaml").write_text(content)
    with pytest.raises(UserError, match=r"study\.yaml: ") as error:
        read_study(tmp_path / "study.yaml", {})
    assert reason in str(error.value)


def test_a_value_may_hold_what_yaml_would_read_otherwise(study):
    variants = read_study(study, {"RATE": "a: b # c"})
    assert "--model.optimizer.learning_rate=a: b # c" in variants[0].stages[0].options


def test_an_unusable_variant_is_found_before_the_first_is_trained(study, tmp_path):
    study.write_text(study.read_text() + "  - {name: misspelt, overrides: {data.crp: 3}}\n")
    samples, _ = find_samples(tmp_path / "images")
    with pytest.raises(UserError, match="crp"):
        next(conduct(read_study(study, {"RATE": "1"}), tmp_path / "results", samples, time.monotonic()))
    assert not list((tmp_path / "results").rglob("*.ckpt"))


def test_the_table_has_means_spreads_and_differences_to_the_first_variant(tmp_path):
    results = [
        Result(variant, seed, 100, 60, 1000, 4, noise + seed, 20.0, "0f")
        for seed in (0, 1)
        for variant, noise in (("b", 31.0), ("a", 30.0), ("gone", 29.0))
    ]
    write_results(results[:-1], tmp_path, ["a", "b", "later"])
    assert read_results(tmp_path) == results[:-1]
    rows = (tmp_path / "table.md").read_text().splitlines()
    assert rows[2:4] == [
        "| a | 1,000 | 100 | 60 | 30.50 ± 0.71 |  | 20.00 ± 0.00 |  | 2 |",
        "| b | 1,000 | 100 | 60 | 31.50 ± 0.71 | +1.00 | 20.00 ± 0.00 | +0.00 | 2 |",
    ]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_can_be_conducted(path, study, tmp_path):
    """All variants are resolved; the last is trained and measured."""
    variants = [one for one in read_study(path, {"PHOTOGRAPHS": "images"}, TINY) if one.seed == 0]
    assert len(variants) > 1
    for variant in variants[:-1]:
        for stage in variant.stages:
            stage.settings()
    samples, _ = find_samples(tmp_path / "images")
    list(conduct(variants[-1:], tmp_path / "results", samples, time.monotonic() + 600, "cpu"))
    (result,) = read_results(tmp_path / "results")
    assert result.variant == variants[-1].name
