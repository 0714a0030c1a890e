"""The files of a report."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from restore.images.writes import write_folder
from restore.plain import as_json

FILES = ("scores.csv", "contact_sheet.png", "table.md", "summary.json")
"""Of a scorecard."""


def write_report(
    folder: Path, scores: pd.DataFrame, means: pd.DataFrame, tables: str, sheet: Image.Image, facts: Mapping[str, Any]
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
    summary = {**facts, "means": means.to_dict("records")}
    contents = (as_csv(scores), as_png(sheet), f"{tables}\n".encode(), as_json(summary))
    write_folder(folder, dict(zip(FILES, contents, strict=True)))


def as_csv(table: pd.DataFrame) -> bytes:
    """A file with the names of the columns as its head; numbers have six digits, and NaN is empty."""
    text: str = table.to_csv(index=False, float_format="%.6g")
    return text.encode()


def as_png(image: Image.Image) -> bytes:
    """The file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
