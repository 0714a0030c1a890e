"""Recipes: trainings in a row, each of which starts from the weights that the one before it ended with."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from restore.config import find_config
from restore.errors import FileError, UserError
from restore.training.cli import resolved_settings

SECTIONS = ("model", "data", "trainer", "seed_everything", "config")
"""What settings of `restore fit` start with; no stage can have such a name."""


@dataclass(frozen=True)
class Stage:
    """One training of a recipe.

    Args:
        name: Also the name of its folder.
        config: A config of `restore fit`.
        options: Settings that replace those of the config, as `restore fit` takes them: `--trainer.max_steps=100`.
    """

    name: str
    config: Path
    options: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The stage as after `restore fit`."""
        return [f"--config={self.config}", *self.options]

    def settings(self) -> dict[str, Any]:
        """Every setting, with all defaults.

        Raises:
            UserError: The config or the options do not fit what they are for, or leave open when the stage ends.
        """
        try:
            settings = resolved_settings(self.arguments)
        except UserError as error:
            raise UserError(f"stage {self.name}: {error}") from error
        if settings["trainer"]["max_steps"] < 1:
            raise UserError(f"stage {self.name}: trainer.max_steps must say when the stage and its schedule end")
        return settings


def read_recipe(path: Path, settings: Sequence[str] = ()) -> list[Stage]:
    """Read a recipe: a YAML file with a list of `stages`, each with a name, a config and perhaps overrides.

    Args:
        path: Configs are those of the package by their names, or files relative to its folder.
        settings: Further overrides, as for `override`.

    Raises:
        UserError: The file is no recipe.
    """
    match read_yaml(path):
        case {"stages": entries, **others} if not others:
            return override(parse_stages(entries, path), settings)
    raise UserError(f"{path}: a recipe has a list of `stages`, and nothing else")


def parse_stages(entries: Any, path: Path) -> list[Stage]:
    """Stages as they stand in a YAML file.

    Raises:
        UserError: They are no list, one of them is not a stage, two have the same name, or there is no such config.
    """
    stages: list[Stage] = []
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{path}: stages are a list of at least one, unlike {entries}")
    for entry in entries:
        match entry:
            case {"name": str(name), "config": str(config), **others} if set(others) <= {"overrides"}:
                try:
                    stages.append(Stage(name, find_config(config, beside=path.parent)))
                except UserError as error:
                    raise UserError(f"{path}: {error}") from error
            case _:
                raise UserError(f"{path}: a stage has a `name`, a `config` and perhaps `overrides`, unlike {entry}")
        if not re.fullmatch(r"\w[\w-]*", name) or name in {*SECTIONS, *(stage.name for stage in stages[:-1])}:
            raise UserError(f"{path}: {name!r} cannot be the name of a stage, or not of another one")
        stages[-1:] = override(stages[-1:], assignments(others.get("overrides", {}), path))
    return stages


def override(stages: Sequence[Stage], settings: Iterable[str]) -> list[Stage]:
    """Replace settings of stages.

    Args:
        stages: The later options of a stage win.
        settings: `trainer.precision=32-true` for all stages, `pretrain.trainer.max_steps=100` for that of the name.

    Raises:
        UserError: One of the settings has no value.
    """
    stages = list(stages)
    for setting in settings:
        if not re.match(r"[^=]+=", setting):
            raise UserError(f"a setting looks like trainer.max_steps=100, unlike {setting!r}")
        name, _, rest = setting.partition(".")
        named = [stage for stage in stages if stage.name == name]
        option = f"--{rest if named else setting}"
        stages = [
            replace(stage, options=(*stage.options, option)) if stage in (named or stages) else stage
            for stage in stages
        ]
    return stages


def assignments(overrides: Any, path: Path) -> list[str]:
    """Overrides of a YAML file as `override` takes them.

    Raises:
        UserError: They are not settings with values.
    """
    if not isinstance(overrides, Mapping):
        raise UserError(f"{path}: overrides are settings with values, unlike {overrides}")
    return [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in overrides.items()]


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise FileError.of(path, error) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileError(path, f"not YAML: {' '.join(str(error).split())}") from error
