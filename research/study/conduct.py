"""Carrying out a study: train and measure what has no result yet."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from research.recipe.run import Run
from research.study.figure import draw_curves
from research.study.measures import Measure
from research.study.results import Result, read_results, write_results
from research.study.variants import Study, Variant
from restore.errors import UserError
from restore.evaluation.methods import NotFiniteError
from restore.images.writes import write_whole
from restore.inference.restorer import Restorer
from restore.networks import Network
from restore.networks.weights import NETWORKS
from restore.training.divergence import DivergenceError


def conduct(study: Study, folder: Path, measure: Measure, deadline: float, device: str | None = None) -> Iterator[str]:
    """Train and measure what is not in the results yet, and tell the progress.

    Args:
        study: From `read_study`.
        folder: Holds the runs, `results.csv` and `table.md`, and `curves.png` where something is varied step by step.
        measure: What all are measured by.
        deadline: On the clock of `time.monotonic`. What remains is done by further calls.
        device: Where to measure.

    Raises:
        UserError: The settings of a variant are unusable, or the folder holds runs with others, or results on others.
    """
    names = list(dict.fromkeys(variant.name for variant in study.variants))
    runs = [variant.run(folder) for variant in study.variants]  # all now: an error in the last is no surprise then
    for variant, run in zip(study.variants, runs, strict=True):
        results = read_results(folder)
        for result in results:
            if result.digest != measure.digest:
                raise UserError(f"{folder}: holds results on other images than these {measure.images}")
        if any((one.variant, one.at, one.seed) == (variant.name, variant.at, variant.seed) for one in results):
            continue
        trained = has_diverged = False
        try:
            for progress in run.advance(deadline):
                trained = True
                yield f"{variant} · {progress}"
        except DivergenceError:  # its row says so
            has_diverged = True
        if not has_diverged and (not run.is_done or (trained and time.monotonic() >= deadline)):
            return
        result = _measured(variant, run, folder, measure, None if has_diverged else Restorer.load(run.weights, device))
        if study.along is not None:
            write_whole(draw_curves([*results, result], names, study.along), folder / "curves.png", overwrite=True)
        write_results([*results, result], folder, names, measure.caption)
        yield f"{variant}: {result}"
        if time.monotonic() >= deadline:
            return


def _measured(variant: Variant, run: Run, folder: Path, measure: Measure, restorer: Restorer | None) -> Result:
    """The row of a variant; without a restorer that of a training that diverged."""
    network = _drawn(run) if restorer is None else restorer.network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    figures = [math.nan] * len(measure.names)
    if restorer is not None:
        with suppress(NotFiniteError):  # weights that are numbers may still give none
            figures = measure.measure(restorer, variant, folder)
    return Result(
        variant.name,
        variant.at,
        variant.seed,
        run.steps,
        round(run.seconds),
        parameters,
        measure.images,
        measure.digest,
        dict(zip(measure.names, figures, strict=True)),
    )


def _drawn(run: Run) -> Network:
    """The network of the last stage as training begins, for what there are no weights of."""
    network = run.stages[-1].settings()["model"]["init_args"]["network"]
    return NETWORKS[network["class_path"].rpartition(".")[2]](**network["init_args"])
