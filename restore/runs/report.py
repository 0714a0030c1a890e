"""A report that travels: one HTML file that holds all there is to see of a run, and opens anywhere."""

import base64
import contextlib
import html
import io
import json
import math
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import markdown
from PIL import Image

from restore.errors import FileError
from restore.images.writes import write_whole
from restore.plain import duration
from restore.runs.curves import Curve, draw_curves, read_curves
from restore.runs.folder import RunFolder
from restore.runs.webp import as_webp

NAME = "report.html"

LIMIT = 9_500_000
"""Bytes of a report. Pictures that would be too many are left out, and the report says so."""

AROUND = 1000
"""Bytes that the page spends on a picture beside it, at most."""

ROWS = 500
"""The most images in the table, the worst ones."""

WIDEST = 2000
"""Longer side that the pictures of scorecards and pose sweeps are made smaller to, in pixels."""

LINKS = ["link", "image_link", "reference", "image_reference", "short_reference", "short_image_ref"]
LINKS += ["autolink", "automail"]
"""What Markdown makes addresses of."""

TOGETHER = {"train/loss": "loss", "val/loss": "loss"}
"""Metrics that share a diagram."""


def write_report(run: RunFolder, others: Sequence[Path] = ()) -> Path:
    """Write `report.html` in the folder of a run, over that of an earlier time.

    Args:
        run: What is reported on.
        others: Folders that `restore evaluate` or `restore robustness` have written. Those within the run's folder are
            found anyway.

    Returns:
        The file.

    Raises:
        FileError: It is no run, one of the others is no report, or the file cannot be written.
    """
    path = run.path / NAME
    write_whole(render(run, others).encode(errors="replace"), path, overwrite=True)
    return path


def render(run: RunFolder, others: Sequence[Path] = ()) -> str:
    """The page as text; arguments and errors are those of `write_report`."""
    if not run.card():
        raise FileError(run.path, "no run; its folder would hold a run.json")
    diagrams = [draw_curves(group) for group in _grouped(read_curves(run.path))]
    measured = {folder.resolve(): _measured(folder) for folder in others}
    for path in sorted(run.path.rglob("summary.json")):
        with contextlib.suppress(FileError):  # others than ours may have the name
            measured.setdefault(path.parent.resolve(), _measured(path.parent))
    page = partial(_page, run, diagrams, list(measured.values()))
    return page(_Room(LIMIT - len(page(_Room(0)).encode(errors="replace"))))


def _page(run: RunFolder, diagrams: Sequence[str], measured: Sequence[dict[str, Any]], room: "_Room") -> str:
    """The page with as many pictures as there is room for, the run's own first."""
    card = run.card()
    pictures = list(_pictures(run, room))
    facts = {
        "card": {"step": 0, "metrics": {}, "seconds": 0.0, **card},
        "title": card.get("name") or card.get("id") or run.path.name,
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(card.get("started", 0))),
        "settings": _main(run.settings()),
        "config": run.config(),
        "diagrams": diagrams,
        "pictures": pictures,
        "measured": [{**one, "sources": list(filter(None, map(room.take, one["pictures"])))} for one in measured],
        "trained": duration(card.get("seconds", 0.0)),
        "images": _images(run, room),
        "left_out": room.left_out,
    }
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"figure": _figure, "described": _described}
    return environment.get_template("report.html").render(facts)


class _Room:
    """Lets pictures into a report as long as there is room for them."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.left_out = 0

    def take(self, content: bytes) -> str | None:
        """A WebP picture as an address that holds it; nothing where there is no more room, or no picture."""
        encoded = base64.b64encode(content).decode()
        if len(encoded) + AROUND > self._left:
            self.left_out += 1
            return None
        self._left -= len(encoded) + AROUND
        return f"data:image/webp;base64,{encoded}"


def _grouped(curves: dict[str, Curve]) -> Iterator[list[tuple[str, Curve]]]:
    """What shares a diagram; what a validation says first, speed last."""
    groups: dict[str, list[tuple[str, Curve]]] = {}
    order = ["val", "robustness", "train", "speed"]
    names = [name for name in curves if name.partition("/")[0] in order]
    for name in sorted(names, key=lambda name: order.index(name.partition("/")[0])):
        groups.setdefault(TOGETHER.get(name, name), []).append((name, curves[name]))
    yield from groups.values()


def _pictures(run: RunFolder, room: _Room) -> Iterator[dict[str, Any]]:
    """The last pictures of each set; those whose files are broken are left out."""
    for key, steps in run.picture_steps().items():
        entries = []
        for entry in run.pictures(key, steps[-1]):
            try:
                content = run.file(entry["file"])
                width, height = Image.open(io.BytesIO(content)).size
            except (FileError, OSError, KeyError, TypeError):  # no such file, no picture, or an entry that lists none
                room.left_out += 1
                continue
            source, parts = room.take(content), entry.get("parts") or [""]
            if source is not None:
                shown = {"name": entry.get("name", ""), "caption": entry.get("caption", "")}
                entries.append({**shown, "source": source, "parts": parts, "ratio": width / len(parts) / height})
        if entries:
            yield {"key": key, "step": steps[-1], "entries": entries}


def _images(run: RunFolder, room: _Room) -> dict[str, Any] | None:
    """The table of images of the last validation, the worst first."""
    steps = run.image_steps()
    kept = run.images(steps[-1]) if steps else {}
    if not kept.get("rows"):
        return None
    rows = [{**row, "place": place} for place, row in enumerate(kept["rows"])]
    # None is worse than any: a network that diverged.
    rows.sort(key=lambda row: -math.inf if row.get("quality") is None else row["quality"])
    source = None
    with contextlib.suppress(FileError, OSError):  # the thumbnails are missing
        source = room.take(run.file(kept["sheet"]))
    columns = [name for name in kept["rows"][0] if name != "quality"]
    return {**kept, "rows": rows[:ROWS], "of": len(rows), "columns_of": columns, "source": source}


def _measured(folder: Path) -> dict[str, Any]:
    """What `restore evaluate` or `restore robustness` left in a folder, with its pictures."""
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        command = str(summary["command"])
        table = folder / "table.md"
        pictures = [_shrunk(path) for path in sorted(folder.glob("*.png"))]
        text = table.read_text(encoding="utf-8") if table.is_file() else ""
    except (OSError, ValueError, KeyError, TypeError) as error:  # all that a file of somebody else's may hold
        raise FileError(folder, "no report of `restore evaluate` or `restore robustness`") from error
    return {"command": command, "table": _table(text), "drops": summary.get("psnr_drop", {}), "pictures": pictures}


def _table(text: str) -> str:
    """Tables in Markdown as HTML, of which nothing leads anywhere."""
    converter = markdown.Markdown(extensions=["tables"])
    for pattern in LINKS:
        converter.inlinePatterns.deregister(pattern)
    converted: str = converter.convert(html.escape(text, quote=False))
    return converted


def _shrunk(path: Path) -> bytes:
    with Image.open(path) as picture:
        return as_webp(picture.convert("RGB"), WIDEST, quality=85)


def _main(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that say most: what is trained, from where, on what, how long."""
    wanted = ("class_path", "weights", "lr", "folder", "crop", "batch_size", "max_steps", "precision")
    return {
        key.replace(".init_args", "").removesuffix(".class_path"): value
        for key, value in settings.items()
        if key.rpartition(".")[2] in wanted and "callbacks" not in key and "logger" not in key and value is not None
    }


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "" if value is None else str(value)


def _described(images: Any) -> str:
    """What tells images from others, in words; those of several sources part by part."""
    match images:
        case dict():
            return ", ".join(f"{key} {_described(value)}" for key, value in images.items())
        case [dict(), *_]:
            return " + ".join(f"({_described(part)})" for part in images)
        case list():
            return " to ".join(dict.fromkeys(map(str, images)))
    return str(images)
