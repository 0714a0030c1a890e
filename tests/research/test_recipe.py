from pathlib import Path

import pytest

from research.recipe.stages import Stage, override, read_recipe
from restore.config import FOLDER
from restore.errors import UserError

STAGES = [Stage("first", Path("a.yaml")), Stage("second", Path("b.yaml"), ("--trainer.max_steps=1",))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recipe.yaml"


def test_configs_are_found_by_name_or_beside_the_recipe_and_later_settings_come_later(path):
    (path.parent / "b.yaml").touch()
    path.write_text("""
stages:
  - name: first
    config: inpaint
    overrides: {trainer.max_steps: 7, data.folder: null, model.network: {class_path: UNet}}
  - {name: second, config: b.yaml}
""")
    first, second = read_recipe(path, ["trainer.max_steps=8", "second.data.crop=32"])
    assert first.arguments == [
        f"--config={FOLDER / 'inpaint.yaml'}",
        "--trainer.max_steps=7",
        "--data.folder=null",
        '--model.network={"class_path": "UNet"}',
        "--trainer.max_steps=8",
    ]
    assert second.arguments == [f"--config={path.parent / 'b.yaml'}", "--trainer.max_steps=8", "--data.crop=32"]


def test_a_setting_goes_to_all_stages_or_to_the_one_it_names():
    first, second = override(STAGES, ["data.crop=32", "second.trainer.callbacks+=Panels"])
    assert first.options == ("--data.crop=32",)
    assert second.options == ("--trainer.max_steps=1", "--data.crop=32", "--trainer.callbacks+=Panels")
    assert STAGES[0].options == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "not YAML"),
        ("3", "a recipe has a list of `stages`"),
        ("stages: []\nsteps: 3", "a recipe has a list of `stages`"),
        ("stages: []", "at least one"),
        ("stages: 3", "at least one"),
        ("stages: [{name: a}]", "a stage has a `name`, a `config`"),
        ("stages: [{name: a, config: inpaint, steps: 3}]", "a stage has a `name`, a `config`"),
        ("stages: [{name: trainer, config: inpaint}]", "'trainer' cannot be the name"),
        ("stages: [{name: ../a, config: inpaint}]", "'../a' cannot be the name"),
        ("stages: [{name: a, config: inpaint}, {name: a, config: inpaint}]", "'a' cannot be the name"),
        ("stages: [{name: a, config: inpaint, overrides: [x]}]", "overrides are settings with values"),
    ],
)
def test_what_is_no_recipe_is_refused_by_name(path, content, reason):
    path.write_text(content)
    with pytest.raises(UserError, match=r"recipe\.yaml: ") as error:
        read_recipe(path)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_recipe_that_is_not_there_is_refused_by_name(path):
    with pytest.raises(UserError, match=r"recipe\.yaml: no such file"):
        read_recipe(path)


def test_a_setting_without_a_value_is_refused():
    with pytest.raises(UserError, match=r"unlike 'trainer\.max_steps'"):
        override(STAGES, ["trainer.max_steps"])
