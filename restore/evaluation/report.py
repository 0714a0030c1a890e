"""The files of a report."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from restore.evaluation.means import Mean
from restore.evaluation.scorecard import Score
from restore.images.writes import write_folder
from restore.plain import as_json

FILES = ("scores.csv", "contact_sheet.png", "table.md", "summary.json")
"""Of a scorecard."""


def write_report(
    folder: Path,
    scores: Sequence[Score],
    means: Sequence[Mean],
    tables: str,
    sheet: Image.Image,
    facts: Mapping[str, Any],
) -> None:
    """Write `scores.csv`, `contact_sheet.png`, `table.md` and `summary.json` of a scorecard.

    Args:
        folder: Made if it is not there.
        scores: Every one becomes a row.
        means: Go into the summary.
        tables: In Markdown.
        sheet: The examples.
        facts: What else the summary says, as plain JSON values.
    """
    summary = {**facts, "means": [_flat(mean) for mean in means]}
    contents = (as_csv([_flat(score) for score in scores]), as_png(sheet), f"{tables}\n".encode(), as_json(summary))
    write_folder(folder, dict(zip(FILES, contents, strict=True)))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows of the same keys, which become the header; numbers have six digits, and NaN is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _text(value) for name, value in row.items()})
    return text.getvalue().encode()


def as_png(image: Image.Image) -> bytes:
    """The file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _flat(entry: Score | Mean) -> dict[str, Any]:
    """All values by name, the figures in place of what holds them."""
    values = asdict(entry)
    figures, seconds = values.pop("figures"), values.pop("seconds")
    return {**values, **figures, "seconds": seconds}


def _text(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.6g}"
