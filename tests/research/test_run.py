import json
import time
from pathlib import Path

import pytest
import torch

from research.recipe.__main__ import main
from research.recipe.run import Progress, Run
from research.recipe.stages import read_recipe
from restore.errors import UserError
from restore.networks import RestorationNetwork
from restore.networks.weights import load_network
from restore.training.cli import TOLD_TO_END

RECIPES = sorted((Path(__file__).parents[2] / "research" / "recipes").glob("*.yaml"))

TINY = [
    "model.network.encoder=nano",
    "data.crop=32",
    "data.batch_size=2",
    "data.num_workers=0",
    'data.synthetic={"class_path": "restore.synthetic.Leaves", "init_args": {"count": 5, "size": 32}}',
    "data.val_share=0.4",
    "trainer.accelerator=cpu",
    "trainer.precision=32-true",
    "trainer.max_steps=1",
    "trainer.logger=false",
    "trainer.enable_progress_bar=false",
    "trainer.enable_model_summary=false",
]

# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
pytestmark = pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")


def test_a_recipe_in_chunks_ends_where_an_uninterrupted_one_does(recipe, tmp_path, capsys):
    assert main([str(recipe), "-o", "whole"]) == 0
    whole = capsys.readouterr().out
    assert "to use it: restore inpaint IMAGE --mask MASK -o OUT --weights whole/weights.safetensors" in whole

    lines = []
    for i in range(4):
        assert main([str(recipe), "-o", "chunks", "--minutes", "0"]) == 0
        lines.append(capsys.readouterr().out.splitlines()[0])
        assert (tmp_path / "chunks" / "weights.safetensors").exists() == (i == 3)
    assert [line.split(" · ")[0] for line in lines] == [
        "stage 1 of 2 (first): step 1 of 2",
        "stage 1 of 2 (first): step 2 of 2",
        "stage 2 of 2 (second): step 1 of 2",
        "stage 2 of 2 (second): step 2 of 2",
    ]
    assert [line.split(" · ")[1] for line in lines] == [f"{share} % of the recipe" for share in (25, 50, 75, 100)]
    assert all("val/psnr " in line for line in lines)
    for weights in ("first/weights.safetensors", "weights.safetensors"):
        ours, theirs = (load_network(tmp_path / run / weights).state_dict() for run in ("whole", "chunks"))
        for name, value in ours.items():
            assert torch.equal(value, theirs[name]), name
    assert not list(tmp_path.rglob("*.ckpt"))

    before = (tmp_path / "chunks" / "weights.safetensors").stat().st_mtime_ns
    assert main([str(recipe), "-o", "chunks"]) == 0
    assert "min of training: chunks/weights.safetensors" in capsys.readouterr().out
    assert (tmp_path / "chunks" / "weights.safetensors").stat().st_mtime_ns == before


def test_a_stage_starts_from_the_weights_of_the_one_before(recipe, tmp_path):
    still = ["first.trainer.max_steps=1", "second.trainer.max_steps=1", "second.model.optimizer.lr=0"]
    list(Run(read_recipe(recipe, still), tmp_path / "run").advance())
    first, second = (
        load_network(tmp_path / "run" / name) for name in ("first/weights.safetensors", "weights.safetensors")
    )
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    assert json.loads((tmp_path / "run" / "second" / "summary.json").read_text())["figures"]["val/psnr"] > 0


def test_other_settings_than_the_run_began_with_are_refused(recipe, tmp_path, capsys):
    Run(read_recipe(recipe), tmp_path / "run")
    Run(read_recipe(recipe, ["trainer.max_steps=2"]), tmp_path / "run")  # the same
    assert main([str(recipe), "-o", "run", "--set", "second.data.crop=48", "--set", "data.seed=0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "restore: run: began with second.data.crop = 32, not 48; name another folder for that"
    recipe.write_text(recipe.read_text().replace("first", "zeroth"))
    with pytest.raises(UserError, match="began with the stages first, second, not zeroth, second"):
        Run(read_recipe(recipe), tmp_path / "run")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("second.data.crp=3", "stage second: .*data.crp"),
        ("first.trainer.max_steps=-1", "stage first: trainer.max_steps must say when"),
        ("first.config=missing.yaml", "stage first: .*missing.yaml"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_is_trained(recipe, tmp_path, setting, reason):
    with pytest.raises(UserError, match=reason) as error:
        Run(read_recipe(recipe, [setting]), tmp_path / "run")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_what_shows_only_in_training_is_one_line(recipe, capsys):
    wrong = ["--set", "data.synthetic=null", "--set", "data.folder=nowhere"]
    assert main([str(recipe), "-o", "run", *wrong]) == 2
    assert "nowhere" in capsys.readouterr().err.splitlines()[-1]


def test_a_folder_of_something_else_is_refused(recipe, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.yaml").write_text("stages: []")
    with pytest.raises(UserError, match=r"run\.yaml: not what a run notes"):
        Run(read_recipe(recipe), tmp_path / "run")


def test_the_progress_is_a_plain_line():
    progress = Progress("stage 2 of 2 (restore)", 1250, 3300, 0.43, {"val/psnr": 30.1}, 0.62, 1271.0)
    assert str(progress) == (
        "stage 2 of 2 (restore): step 1,250 of 3,300 · 43 % of the recipe · val/psnr 30.10 · 0.62 s/step, "
        "about 21 min left"
    )


def test_a_run_with_time_left_goes_on_with_the_next_stage(recipe, tmp_path):
    run = Run(read_recipe(recipe), tmp_path / "run")
    assert [progress.share for progress in run.advance(time.monotonic() + 600)] == [0.5, 1.0]
    assert run.is_done
    assert run.steps == 4
    assert run.seconds > 0


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where what is drawn is kept
    run = Run(read_recipe(path, TINY), tmp_path / "run")
    shares = [progress.share for progress in run.advance()]
    assert shares[-1] == 1
    assert isinstance(load_network(run.weights), RestorationNetwork)


def test_a_recipe_that_is_told_to_end_is_not_done(recipe, tmp_path, capsys, monkeypatch):
    def told(*_):
        raise TOLD_TO_END

    monkeypatch.setattr("research.recipe.run.Run.advance", told)
    assert main([str(recipe), "-o", str(tmp_path / "run")]) == 143
    assert "the same command goes on" in capsys.readouterr().out
