"""Studies: variants of one training, each over the same seeds, trained and then measured alike."""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from string import Template
from typing import Any

from restore.evaluation.battery import drawn_holes, white_noise
from restore.evaluation.methods import OURS
from restore.evaluation.results import Result, read_results, write_results
from restore.evaluation.scorecard import Sample, score_images
from restore.inference.restorer import Restorer
from restore.training.cli import UserError
from restore.training.recipe import Stage, assignments, override, parse_stages, read_yaml
from restore.training.run import Run

SIGMA = 25.0
"""Of the noise that is measured on, in 0..255 units."""

HOLE = "brush 20-30 %"
"""The holes that are measured on: one kind out of the battery, so that measuring does not outlast a short training."""


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Args:
        name: Its row in the table.
        stages: What is trained.
        seed: Of the first weights, and of what is seen in which order with which damage.
    """

    name: str
    stages: Sequence[Stage]
    seed: int

    def run(self, folder: Path) -> Run:
        """Its training, below the folder of the study."""
        name = re.sub(r"\W+", "-", self.name)
        return Run(self.stages, folder / "runs" / f"{name}-{self.seed}")


def read_study(path: Path, values: Mapping[str, str], settings: Sequence[str] = ()) -> list[Variant]:
    """Read a study: a YAML file with `variants`, `seeds`, and the `stages` of all variants that have none of their own.

    Args:
        path: Configs are named relative to its folder.
        values: What `$NAME` stands for in it.
        settings: Overrides for all variants.

    Returns:
        Every variant with every seed: first all variants with the first seed, so that a table can soon be read.

    Raises:
        UserError: The file is no study, or a name in it has no value.
    """
    study = _substitute(read_yaml(path), values, path)
    match study:
        case {"variants": [*entries], **others} if entries and set(others) <= {"stages", "seeds"}:
            seeds = others.get("seeds", [0])
        case _:
            raise UserError(f"{path}: a study has `variants` and perhaps `stages` and `seeds`, lists, and nothing else")
    if not isinstance(seeds, list) or not all(isinstance(seed, int) for seed in seeds):
        raise UserError(f"{path}: seeds are a list of whole numbers, unlike {seeds}")
    trained = {}
    for entry in entries:
        match entry:
            case {"name": str(name), **own} if set(own) <= {"stages", "overrides"} and name not in trained:
                stages = parse_stages(own.get("stages", others.get("stages")), path)
                trained[name] = override(stages, [*assignments(own.get("overrides", {}), path), *settings])
            case _:
                raise UserError(
                    f"{path}: a variant has a `name` of its own, and perhaps `stages` and `overrides`, unlike {entry}"
                )
    return [
        Variant(name, override(stages, [f"seed_everything={seed}", f"data.seed={seed}"]), seed)
        for seed in seeds
        for name, stages in trained.items()
    ]


def conduct(
    variants: Sequence[Variant], folder: Path, samples: Sequence[Sample], deadline: float, device: str | None = None
) -> Iterator[str]:
    """Train and measure what is not in the results yet, and tell the progress.

    Args:
        variants: From `read_study`.
        folder: Holds the runs, `results.csv` and `table.md`.
        samples: The images to measure on.
        deadline: On the clock of `time.monotonic`. What remains is done by further calls.
        device: Where to measure.

    Raises:
        UserError: The settings of a variant are unusable, or the folder holds runs with others, or results on others.
    """
    names = list(dict.fromkeys(variant.name for variant in variants))
    digest = _digest(samples)
    runs = [variant.run(folder) for variant in variants]  # all of them now: an error in the last is no surprise then
    for variant, run in zip(variants, runs, strict=True):
        title = f"{variant.name}, seed {variant.seed}"
        results = read_results(folder)
        for result in results:
            if result.digest != digest:
                raise UserError(f"{folder}: holds results on {result.images} images, not on these {len(samples)}")
        if any((result.variant, result.seed) == (variant.name, variant.seed) for result in results):
            continue
        trained = False
        for progress in run.advance(deadline):
            trained = True
            yield f"{title} · {progress}"
        if not run.is_done or (trained and time.monotonic() >= deadline):
            return
        result = _measure(variant, run, samples, digest, device)
        write_results([*results, result], folder, names)
        yield f"{title}: {result}"
        if time.monotonic() >= deadline:
            return


def _digest(samples: Sequence[Sample]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for sample in samples:
        digest.update(f"{sample.index} ".encode())  # the damage follows from it
        digest.update(sample.path.read_bytes())
    return digest.hexdigest()


def _measure(variant: Variant, run: Run, samples: Sequence[Sample], digest: str, device: str | None) -> Result:
    restorer = Restorer.load(run.weights, device)
    settings = [*(one for one in drawn_holes() if one.name == HOLE), *white_noise([SIGMA])]
    scores = [score for score in score_images(restorer, samples, settings, against=()) if score.method == OURS]
    return Result(
        variant.name,
        variant.seed,
        run.steps,
        round(run.seconds),
        sum(parameter.numel() for parameter in restorer.network.parameters()),
        len(samples),
        fmean(score.figure for score in scores if score.task == "noise"),
        fmean(score.figure for score in scores if score.task == "hole"),
        digest,
    )


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
