"""The report of a scorecard: a folder of files that appear together, or not at all."""

import csv
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from restore.evaluation.means import Mean
from restore.evaluation.scorecard import Score

FILES = ("scores.csv", "contact_sheet.png", "table.md", "summary.json")


def check_folder(folder: Path) -> None:
    """Find out before the work whether a report could be written.

    Raises:
        ValueError: It could not.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(f"{existing}: not a folder, so that no report can go there")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ValueError(f"{existing}: no report can be written there")


def write_report(
    folder: Path,
    scores: Sequence[Score],
    means: Sequence[Mean],
    tables: str,
    sheet: Image.Image,
    facts: Mapping[str, Any],
) -> None:
    """Write `scores.csv`, `summary.json`, `table.md` and `contact_sheet.png`.

    They are written in a folder beside it, which then becomes the report. Where there is a folder already, they
    replace the files of an earlier report, whose other contents stay; the summary comes last.

    Args:
        folder: Made if it is not there.
        scores: Every one becomes a row.
        means: Go into the summary.
        tables: In Markdown.
        sheet: The examples.
        facts: What else the summary says, as plain JSON values.
    """
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.absolute().parent) as temporary:
        complete = Path(temporary) / "report"
        complete.mkdir()
        _write_csv(complete / "scores.csv", scores)
        sheet.save(complete / "contact_sheet.png")
        (complete / "table.md").write_text(tables + "\n")
        summary = {**facts, "means": [_finite(_flat(mean)) for mean in means]}
        (complete / "summary.json").write_text(json.dumps(summary, indent=1, allow_nan=False) + "\n")
        if folder.exists():
            for name in FILES:
                (complete / name).replace(folder / name)
        else:
            complete.rename(folder)


def _write_csv(path: Path, scores: Sequence[Score]) -> None:
    with path.open("w", newline="") as file:
        rows = [_flat(score) for score in scores]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _text(value) for name, value in row.items()})


def _flat(entry: Score | Mean) -> dict[str, Any]:
    """All values by name, the figures in place of what holds them."""
    values = asdict(entry)
    figures, seconds = values.pop("figures"), values.pop("seconds")
    return {**values, **figures, "seconds": seconds}


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "" if math.isnan(value) else f"{value:.6g}"


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows neither NaN nor infinity: null stands for both."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
