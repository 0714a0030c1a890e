"""A report that travels: one HTML file that holds all there is to see of a run, and opens anywhere."""

import base64
import io
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from restore.dashboard.curves import Curve, draw_curves, read_curves
from restore.dashboard.run_folder import RunFolder
from restore.files import write_whole

NAME = "report.html"

LIMIT = 9_000_000
"""Bytes of pictures in a report; what would be more is left out, and the report says so."""

WIDEST = 1400
"""Width that the pictures of scorecards and pose sweeps are made smaller to, in pixels."""

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
        ValueError: It is no run, or one of the others is no report.
    """
    path = run.path / NAME
    write_whole(render(run, others).encode(), path, overwrite=True)
    return path


def render(run: RunFolder, others: Sequence[Path] = ()) -> str:
    """The page as text; arguments and errors are those of `write_report`."""
    card = run.card()
    if not card:
        raise ValueError(f"{run.path}: no run; its folder would hold a run.json")
    room = _Room(LIMIT)
    curves = read_curves(run.path)
    found = [path.parent for path in sorted(run.path.rglob("summary.json"))]
    measured = [_measured(folder, room) for folder in dict.fromkeys([*others, *found])]
    pictures = list(_pictures(run, room))
    images = _images(run, room)
    facts = {
        "card": card,
        "title": card.get("name") or card.get("id") or run.path.name,
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(card.get("started", 0))),
        "minutes": (card.get("seen", 0) - card.get("started", 0)) / 60,
        "settings": _main(run.settings()),
        "config": run.config(),
        "diagrams": [draw_curves(group) for group in _grouped(curves)],
        "pictures": pictures,
        "images": images,
        "measured": measured,
        "left_out": room.left_out,
    }
    loader = jinja2.FileSystemLoader(Path(__file__).with_name("page"))
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["figure"] = _figure
    return environment.get_template("report.html").render(facts)


class _Room:
    """Lets pictures into a report as long as there is room for them."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.left_out = 0

    def take(self, content: bytes) -> str | None:
        """A WebP picture as an address that holds it; nothing where there is no more room."""
        encoded = base64.b64encode(content).decode()
        if len(encoded) > self._left:
            self.left_out += 1
            return None
        self._left -= len(encoded)
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
    """The last pictures of each set."""
    for key, steps in run.picture_steps().items():
        entries = []
        for entry in run.pictures(key, steps[-1]) if steps else []:
            content = run.file(entry["file"])
            source = room.take(content)
            if source is not None:
                width, height = Image.open(io.BytesIO(content)).size
                parts = entry["parts"] or [""]
                entries.append({**entry, "source": source, "parts": parts, "ratio": width / len(parts) / height})
        if entries:
            yield {"key": key, "step": steps[-1], "entries": entries}


def _images(run: RunFolder, room: _Room) -> dict[str, Any] | None:
    """The table of images of the last validation, the worst first."""
    steps = run.image_steps()
    kept = run.images(steps[-1]) if steps else {}
    if not kept.get("rows"):
        return None
    rows = [{**row, "place": place} for place, row in enumerate(kept["rows"])]
    rows.sort(key=lambda row: row["psnr_hole" if row["hole"] else "psnr"] or 0.0)  # None: no number, a network diverged
    return {**kept, "rows": rows, "columns_of": list(kept["rows"][0]), "source": room.take(run.file(kept["sheet"]))}


def _measured(folder: Path, room: _Room) -> dict[str, Any]:
    """What `restore evaluate` or `restore robustness` left in a folder."""
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        command = str(summary["command"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder}: no report of `restore evaluate` or `restore robustness`") from error
    table = folder / "table.md"
    sources = []
    for path in sorted(folder.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((WIDEST, 4 * WIDEST))
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=85)
        sources.append(room.take(buffer.getvalue()))
    return {
        "command": command,
        "table": table.read_text(encoding="utf-8") if table.is_file() else "",
        "drops": summary.get("psnr_drop", {}),
        "sources": [source for source in sources if source is not None],
    }


def _main(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that say most: what is trained, from where, on what, how long."""
    wanted = ("class_path", "weights", "learning_rate", "folder", "crop", "batch_size", "max_steps", "precision")
    return {
        key: value
        for key, value in settings.items()
        if key.rpartition(".")[2] in wanted and "callbacks" not in key and "logger" not in key and value is not None
    }


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "" if value is None else str(value)
