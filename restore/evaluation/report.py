"""Reports: folders of files that appear together, or not at all."""

import csv
import io
import math
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from restore.evaluation.means import Mean
from restore.evaluation.scorecard import Score
from restore.plain import as_json

FILES = ("scores.csv", "contact_sheet.png", "table.md", "summary.json")
"""Of a scorecard."""


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


def write_folder(folder: Path, files: Mapping[str, bytes], outdated: Collection[str] = ()) -> None:
    """Write the files of a report.

    They are written in a folder beside it, which then becomes the report. Where there is a folder already, they
    replace the files of an earlier report, whose other contents stay; the last comes last.

    Args:
        folder: Made if it is not there.
        files: Their contents by name.
        outdated: Files that an earlier report may have and this one has not; they are removed.
    """
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.absolute().parent) as temporary:
        complete = Path(temporary) / "report"
        complete.mkdir()
        for name, content in files.items():
            (complete / name).write_bytes(content)
        if folder.exists():
            for name in files:
                (complete / name).replace(folder / name)
            for name in outdated:
                (folder / name).unlink(missing_ok=True)
        else:
            complete.rename(folder)


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
