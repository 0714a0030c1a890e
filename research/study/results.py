"""The results of a study, as a file of rows and as a table to read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import pandas as pd

from restore.errors import FileError
from restore.evaluation.report import as_csv
from restore.images.writes import write_whole

FACTS = ("variant", "at", "seed", "steps", "seconds", "parameters", "images", "digest")
"""The columns of the file before those of the figures."""


@dataclass(frozen=True)
class Result:
    """What one variant came to with one seed.

    Args:
        variant: Its name.
        at: Its place along what the study varies step by step, if it does.
        seed: Of the training.
        steps: Of all its stages.
        seconds: Of training, with validations.
        parameters: Of the network.
        images: How many it was measured on.
        digest: Tells those images from any others.
        figures: By name, in dB.
    """

    variant: str
    at: float | int | None
    seed: int
    steps: int
    seconds: int
    parameters: int
    images: int
    digest: str
    figures: dict[str, float]

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {figure:.2f} dB" for name, figure in self.figures.items())
        return f"{figures} after {self.steps:,} steps in {self.seconds} s"


def read_results(folder: Path) -> list[Result]:
    """The rows of `results.csv`; none where there is no such file.

    Raises:
        FileError: It is not as `write_results` writes it.
    """
    path = folder / "results.csv"
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [_result(row) for row in csv.DictReader(file)]
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(path, "not the results of a study, or those of an earlier version") from error


def _result(row: dict[str, str]) -> Result:
    seed, steps, seconds, parameters, images = (int(row[name]) for name in FACTS[2:7])
    figures = {name: float(value or "nan") for name, value in row.items() if name not in FACTS}
    at = float(row["at"]) if row["at"] else None
    if None in row.values():
        raise ValueError("a row is cut short")
    return Result(row["variant"], at, seed, steps, seconds, parameters, images, row["digest"], figures)


def write_results(results: Sequence[Result], folder: Path, variants: Sequence[str], caption: str) -> None:
    """Write `results.csv`, and `table.md` of the means.

    Args:
        results: At least one.
        folder: Made if it is not there.
        variants: The rows of the table, in order.
        caption: What the figures are, in a sentence without its dot.
    """
    rows = [
        {
            **{name: getattr(one, name) for name in FACTS},
            "at": "" if one.at is None else repr(one.at),
            **one.figures,
        }
        for one in results
    ]
    write_whole((_table(results, variants, caption) + "\n").encode(), folder / "table.md", overwrite=True)
    write_whole(as_csv(pd.DataFrame(rows)), folder / "results.csv", overwrite=True)


def _table(results: Sequence[Result], variants: Sequence[str], caption: str) -> str:
    places = sorted({one.at for one in results}, key=lambda at: (at is not None, at or 0))
    figures = list(results[0].figures)
    heads = ["variant", *([] if places == [None] else ["at"]), "parameters", "steps", "seconds"]
    heads += [cell for name in figures for cell in (f"{name}, dB", "difference")]
    lines = [f"| {' | '.join([*heads, 'seeds'])} |", "|---" * (len(heads) + 1) + "|"]
    for variant in variants:
        for at in places:
            group, first = ([r for r in results if (r.variant, r.at) == (one, at)] for one in (variant, variants[0]))
            if group:
                lines.append(f"| {' | '.join(_cells(group, [] if variant == variants[0] else first, figures))} |")
    note = "differences are to the first variant" if places == [None] else "differences are to the first variant there"
    return "\n".join(
        [
            *lines,
            "",
            f"{caption}, on {results[0].images} images: the mean over the seeds, with their deviation; {note}.",
        ]
    )


def _cells(group: Sequence[Result], first: Sequence[Result], figures: Sequence[str]) -> list[str]:
    """A row of the table: the results of a variant at a place, beside those that it is compared with."""
    one = group[0]
    cells = [one.variant, *([] if one.at is None else [f"{one.at:g}"]), f"{one.parameters:,}", f"{one.steps:,}"]
    cells.append(f"{fmean(result.seconds for result in group):.0f}")
    for name in figures:
        values = [result.figures[name] for result in group]
        spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
        difference = f"{fmean(values) - fmean(result.figures[name] for result in first):+.2f}" if first else ""
        cells += [f"{fmean(values):.2f}{spread}", difference]
    return [*cells, str(len(group))]
