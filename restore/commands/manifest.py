"""A list of images to restore, far too many for a command line, which several processes share: `--manifest`."""

import csv
import hashlib
import io
import logging
import re
import time
from argparse import ArgumentError
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import signature
from pathlib import Path
from typing import Any

from tqdm import tqdm

from restore.commands.loading import kept_restorers
from restore.commands.options import FAILED, Command, CommandParser
from restore.commands.outputs import picture_output
from restore.errors import FileError, UserError, check_known
from restore.images.codec import read_bytes
from restore.images.writes import IN_THE_WAY, WriteError, check_folder, write_whole
from restore.parser import one_line
from restore.plain import shown

_logger = logging.getLogger(__name__)

PLAIN = ("mask", "not_from", "sources")
"""Options that are names of files."""

PATHS = ("image", "output", "like", *PLAIN)
"""Columns with names of files; where they are no absolute ones, they start at the folder of the manifest."""

OF_ALL = ("manifest", "shard", "report", "images", "output", "overwrite", "skip_existing", "proposals", "receipt")
"""Options that are the same for all rows."""

RESTORED, SKIPPED, BROKEN, LEFT = "restored", "skipped", "failed", "not come to"
"""What became of a row."""


@dataclass(frozen=True)
class Row:
    """One image, with options of its own.

    Args:
        image: The file.
        output: Its result.
        name: Of the result as the manifest has it, wherever that is read from.
        options: Others of the command, as texts.
    """

    image: str
    output: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Args:
        row: Which.
        status: `RESTORED`, `SKIPPED` as its result existed, or `BROKEN`.
        reason: One line, of what failed.
        seconds: It took.
    """

    row: Row
    status: str
    reason: str = ""
    seconds: float = 0.0


def check_alone(shard: str | None, report: str | None) -> None:
    """Refuse what only goes with a manifest where there is none.

    Raises:
        UserError: One of the options is given.
    """
    if shard is not None or report is not None:
        raise UserError("--shard and --report are for --manifest")


def read_manifest(path: Path) -> list[Row]:
    """The rows of a CSV or a Parquet file with the columns `image` and `output`, and any options of the command.

    Args:
        path: The file. Names in it that are no absolute ones start from its folder.

    Raises:
        FileError: It cannot be read, lacks a column, an output is no file that is written, or two rows have one output.
    """
    table = list(_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path))
    rows = []
    for number, line in enumerate(table, 1):
        for name in ("image", "output"):
            if not line.get(name):
                raise FileError(path, f"row {number} has no {name}")
        beside = {name: _beside(path, name, text) for name, text in line.items() if text}
        image, output = beside.pop("image"), str(picture_output(beside.pop("output")))
        rows.append(Row(image, output, line["output"], beside))
    if not rows:
        raise FileError(path, "a manifest without rows")
    output, count = Counter(row.output for row in rows).most_common(1)[0]
    if count > 1:
        raise FileError(path, f"{count} rows have the output {output}")
    return rows


def _csv(path: Path) -> Iterator[dict[str, str]]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(path, "no UTF-8, in which a CSV file has to be") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for line in reader:
            if None in line or None in line.values():
                raise FileError(path, f"line {reader.line_num} has other columns than the first")
            yield {_option(name): value for name, value in line.items()}
    except csv.Error as error:
        raise FileError(path, f"line {reader.line_num}: {error}") from None


def _parquet(path: Path) -> Iterator[dict[str, str]]:
    try:
        from pyarrow import ArrowException, BufferReader, parquet
    except ModuleNotFoundError:
        raise FileError(path, "to read Parquet, pip install 'restore[parquet]'") from None
    try:
        table = parquet.read_table(BufferReader(read_bytes(path)))
    except (ArrowException, OSError) as error:
        raise FileError(path, f"no Parquet file that can be read: {shown(str(error).splitlines()[0])}") from None
    for line in table.to_pylist():
        yield {_option(name): "" if value is None else str(value) for name, value in line.items()}


def _option(name: str) -> str:
    return name.strip().lstrip("-").replace("-", "_")


def _beside(path: Path, name: str, text: str) -> str:
    return text if name not in PATHS or text == "alpha" else str(path.parent / text)


def share(rows: Sequence[Row], shard: str | None) -> list[Row]:
    """Those rows that are one worker's, by a hash of their names: the same whatever other rows there are.

    Args:
        rows: All.
        shard: `I/N`, the I-th of N, counted from 1; all if not given.

    Raises:
        UserError: There is no such share.
    """
    if shard is None:
        return list(rows)
    found = re.fullmatch(r"(\d+)/(\d+)", shard)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UserError(f"--shard is I/N, the I-th of N, counted from 1, not {shard!r}")
    which, count = int(found[1]), int(found[2])
    return [row for row in rows if _hash(row.name) % count == which - 1]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest())


def restore_row(command: Command, options: Mapping[str, Any], row: Row) -> Outcome:
    """Restore the image of one row, unless its result exists; what fails is no error, but the outcome.

    Args:
        command: `inpaint` or `denoise`.
        options: Of the command, for all rows; those of the row come before them.
        row: Which.
    """
    if Path(row.output).exists() and not options.get("overwrite"):
        return Outcome(row, SKIPPED)
    start = time.perf_counter()
    with _said() as lines:
        try:
            own = options_of(command, row.options)
            status = command(**{**options, **own, "images": [row.image], "output": row.output})
        except (UserError, MemoryError, OSError) as error:
            _logger.error("%s: %s", row.image, str(error) or "not enough memory")  # noqa: TRY400  one line
            status = FAILED
    seconds = time.perf_counter() - start
    if status and lines[-1:] and lines[-1].endswith(str(WriteError(Path(row.output), IN_THE_WAY))):
        return Outcome(row, SKIPPED)  # another worker was quicker
    return Outcome(row, BROKEN if status else RESTORED, "; ".join(lines) if status else "", seconds)


def options_of(command: Command, texts: Mapping[str, str]) -> dict[str, Any]:
    """Options of a command from the texts of a row.

    Raises:
        UserError: The command has no such option for a row, or not with that value.
    """
    check_known("option of a row", texts, sorted({*signature(command).parameters} - {*OF_ALL}))
    others = tuple((name, text) for name, text in texts.items() if name not in PLAIN)
    return {**{name: texts[name] for name in PLAIN if name in texts}, **_parsed(command, others)}


@lru_cache
def _parsed(command: Command, texts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    parser = CommandParser(command)  # parses once
    parser.exit_on_error = False
    try:
        found = parser.parse_args([word for name, text in texts for word in parser.words(name, text)])
    except ArgumentError as error:
        raise UserError(one_line(str(error), parser.actions)) from None
    return {name: found[name] for name, _ in texts}


def work_off(command: Command, asked: Mapping[str, Any]) -> int:
    """Restore the images of a manifest, or this worker's share of them, and report what became of each.

    Args:
        command: `inpaint` or `denoise`.
        asked: Its options.

    Returns:
        Exit status: 0 all results are there, 1 some rows failed.

    Raises:
        UserError: The manifest, the share or the report cannot be used.
    """
    options = {name: value for name, value in asked.items() if name not in ("manifest", "shard", "report")}
    if options.pop("images") or options.pop("output"):
        raise UserError("with --manifest, images and outputs are its columns")
    if options["skip_existing"]:
        raise UserError("with --manifest, what exists is left out anyway")
    if options.get("proposals", 1) != 1:
        raise UserError("with --manifest, each row has one output, and --proposals has several")
    rows = share(read_manifest(Path(asked["manifest"])), asked["shard"])
    report = None if asked["report"] is None else Path(asked["report"])
    if report is not None:
        check_folder(report.parent)
    outcomes: list[Outcome] = []
    try:
        with kept_restorers():
            for row in tqdm(rows, unit="image", disable=None):
                outcomes.append(restore_row(command, options, row))
    finally:
        if report is not None:
            write_whole(told(outcomes, rows), report, overwrite=True)
    failed = sum(one.status == BROKEN for one in outcomes)
    skipped = sum(one.status == SKIPPED for one in outcomes)
    _logger.info("%d restored, %d skipped, as they exist, %d failed", len(outcomes) - failed - skipped, skipped, failed)
    return FAILED if failed else 0


def told(outcomes: Sequence[Outcome], rows: Sequence[Row]) -> bytes:
    """A report as a CSV file: a line for each row, also for those that were not come to."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["image", "output", "status", "seconds", "reason"])
    for one in outcomes:
        writer.writerow([one.row.image, one.row.output, one.status, f"{one.seconds:.2f}", one.reason])
    writer.writerows([row.image, row.output, LEFT, "", ""] for row in rows[len(outcomes) :])
    return file.getvalue().encode("utf-8", "surrogateescape")


@contextmanager
def _said() -> Iterator[list[str]]:
    """The errors that the package logs meanwhile."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, logger = Handler(logging.ERROR), logging.getLogger("restore")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
