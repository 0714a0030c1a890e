"""What a study trains, as a YAML file says it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import Template
from typing import Any

from research.recipe.run import Run
from research.recipe.stages import Stage, assignments, override, parse_stages, read_yaml
from restore.errors import UserError

KEYS = {"stages", "seeds", "along", "poses"}
"""What a study may have beside its variants."""


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Args:
        name: Its row in the table.
        at: Its place along what the study varies step by step; `None` where it varies nothing so.
        stages: What is trained.
        seed: Of the first weights, and of what is seen in which order with which damage.
    """

    name: str
    at: float | int | None
    stages: Sequence[Stage]
    seed: int

    def __str__(self) -> str:
        place = "" if self.at is None else f" at {self.at:g}"
        return f"{self.name}{place}, seed {self.seed}"

    def run(self, folder: Path) -> Run:
        """Its training, below the folder of the study."""
        words = [self.name, *([] if self.at is None else [str(self.at)]), str(self.seed)]
        return Run(self.stages, folder / "runs" / re.sub(r"[^\w.]+", "-", "-".join(words)))


@dataclass(frozen=True)
class Study:
    """What is trained, and what it is about.

    Args:
        variants: Every variant with each of its seeds: first all with the first seed, so that a table can soon be read.
        along: The setting that is varied step by step, such as `data.limit`.
        poses: The drawn parts to measure on in all poses, as arguments of `Poses`; `None` for photographs.
    """

    variants: Sequence[Variant]
    along: str | None
    poses: dict[str, Any] | None


def read_study(path: Path, values: Mapping[str, str], settings: Sequence[str] = ()) -> Study:
    """Read a study: a YAML file with `variants`, and perhaps `stages`, `seeds`, `along` and `poses`.

    `stages` and `seeds` are those of all variants that have none of their own. `along: {data.limit: [5, 10]}` trains
    each variant with each of these values.

    Args:
        path: Configs are named relative to its folder.
        values: What `$NAME` stands for in it.
        settings: Overrides for all variants.

    Raises:
        UserError: The file is no study, or a name in it has no value.
    """
    match _substitute(read_yaml(path), values, path):
        case {"variants": [*entries], **others} if entries and set(others) <= KEYS:
            pass
        case _:
            raise UserError(f"{path}: a study has `variants` and perhaps {', '.join(sorted(KEYS))}, and nothing else")
    along, places = _along(others.get("along"), path)
    poses = others.get("poses")
    if not (poses is None or isinstance(poses, dict)):
        raise UserError(f"{path}: poses are those of drawn parts: families, count and size, unlike {poses}")
    trained: dict[str, tuple[list[Stage], list[int]]] = {}
    for entry in entries:
        match entry:
            case {"name": str(name), **own} if set(own) <= {"stages", "overrides", "seeds"} and name not in trained:
                stages = parse_stages(own.get("stages", others.get("stages")), path)
                stages = override(stages, [*assignments(own.get("overrides", {}), path), *settings])
                trained[name] = stages, _seeds(own.get("seeds", others.get("seeds", [0])), path)
            case _:
                raise UserError(
                    f"{path}: a variant has a `name` of its own, and perhaps `stages`, `overrides` and `seeds`, "
                    f"unlike {entry}"
                )
    variants = []
    every_seed = dict.fromkeys(seed for _, seeds in trained.values() for seed in seeds)
    for seed, at, (name, (stages, seeds)) in product(every_seed, places, trained.items()):
        if seed not in seeds:
            continue
        last = [f"seed_everything={seed}", f"data.seed={seed}", *([] if at is None else [f"{along}={at}"])]
        variants.append(Variant(name, at, override(stages, last), seed))
    return Study(variants, along, poses)


def _seeds(entry: Any, path: Path) -> list[int]:
    if not isinstance(entry, list) or not all(isinstance(seed, int) for seed in entry):
        raise UserError(f"{path}: seeds are a list of whole numbers, unlike {entry}")
    return entry


def _along(entry: Any, path: Path) -> tuple[str | None, list[float | int | None]]:
    match entry:
        case None:
            return None, [None]
        case dict() if len(entry) == 1:
            ((setting, places),) = entry.items()
            if (
                isinstance(places, list)
                and places
                and all(type(place) in (int, float) and place > 0 for place in places)
            ):
                return str(setting), places
    raise UserError(f"{path}: `along` is one setting with a list of numbers above 0, unlike {entry}")


def _substitute(content: Any, values: Mapping[str, str], path: Path) -> Any:
    """Replace `$NAME` wherever it stands in a string."""
    match content:
        case str():
            try:
                return Template(content).substitute(values)
            except KeyError as error:
                raise UserError(f"{path}: say what ${error.args[0]} stands for: --let {error.args[0]}=…") from error
            except ValueError as error:
                raise UserError(f"{path}: a $ that no name follows is written $$: {content}") from error
        case list():
            return [_substitute(value, values, path) for value in content]
        case dict():
            return {key: _substitute(value, values, path) for key, value in content.items()}
    return content
