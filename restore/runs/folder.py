"""A run as a folder: all that is known of a training, in files that outlive every tool.

- `run.json`: what ran, its state, the last and the best value of each metric.
- `config.yaml`: the resolved config; `restore fit -c config.yaml` does it again.
- `events.out.tfevents.*`: the curves, as TensorBoard knows them.
- `pictures/KEY/STEP.json`: pictures of a validation, their names, captions and parts; beside it their files.
- `images/STEP.json`: how each image of a validation came out; in `STEP.webp` all thumbnails as one picture.
- `checkpoints/`: Lightning's, and the weights.
- `report.html`: the run on one page that can be sent.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from restore.errors import FileError
from restore.images.writes import write_whole
from restore.plain import as_json, flat

CARD = "run.json"
CONFIG = "config.yaml"

FORMAT = "restore run 1"
"""What a card says that it is."""

SILENT_AFTER = 600.0
"""Seconds without a sign of life after which a run is no longer thought to be running; three times its longest silence
where that is more, as in long validations."""

DEPTH = 4
"""How deep below a folder runs are looked for."""

SKIPPED = ("wandb",)
"""Folders that hold many others and no run."""


class RunFolder:
    """The files of one run, for those who write them and those who read.

    Whatever cannot be written raises a `WriteError`; whatever cannot be read is as if it were not there.

    Args:
        path: The folder; it is made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def card(self) -> dict[str, Any]:
        """What is known of the run, as plain values; empty where nothing is.

        `state` is `running`, `paused` (a recipe between two sittings), `finished`, `interrupted` or `failed`; or
        `silent` where a run that did not end has said nothing for long: it was killed, or the machine was.
        """
        card = self._read(CARD)
        numbers = [card.get(name, 0) for name in ("started", "seen", "longest_silence")]
        if card.get("format") != FORMAT or not all(isinstance(number, int | float) for number in numbers):
            return {}
        _, seen, longest = numbers
        if card.get("state") == "running" and time.time() - seen > max(SILENT_AFTER, 3 * longest):
            card["state"] = "silent"
        return card

    def write_card(self, card: Mapping[str, Any]) -> None:
        """Replace what is known of the run.

        Args:
            card: Plain values, of which `id`, `state`, `started`, `seen`, `longest_silence` and `seconds` (times in
                seconds since 1970, lengths in seconds), `step`, `metrics`, `weights`, `commands`, `images`, `versions`,
                `name`, `group`, `tags`, `notes` and `reason` (of a failure) are shown.
        """
        self._write(CARD, as_json({"format": FORMAT, **card}))

    def write_config(self, config: str) -> None:
        """Keep the resolved config, in YAML."""
        self._write(CONFIG, config.encode())

    def config(self) -> str:
        """The resolved config, in YAML; empty where there is none."""
        try:
            return (self.path / CONFIG).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def settings(self) -> dict[str, Any]:
        """The resolved config as one level, by names with dots; empty where there is none that can be read.

        What YAML knows and JSON does not, such as dates, is given as text.
        """
        try:
            settings = flat(yaml.safe_load(self.config()) or {})
        except (yaml.YAMLError, ValueError):  # the latter of dates that are none
            return {}
        plain = (bool, int, float, str, list, dict, type(None))
        return {key: value if isinstance(value, plain) else str(value) for key, value in settings.items()}

    def write_pictures(self, key: str, step: int, entries: Sequence[Mapping[str, Any]], files: Sequence[bytes]) -> None:
        """Keep pictures of a step.

        Args:
            key: Of the set of pictures, such as `val/panels`.
            step: Step of the training.
            entries: Of each picture `name`, `caption`, and the names of the `parts` that lie side by side in it.
            files: The pictures, as WebP.
        """
        folder = f"pictures/{key}"
        listed = []
        for i, (entry, content) in enumerate(zip(entries, files, strict=True)):
            name = f"{folder}/{step}-{i}.webp"
            self._write(name, content)
            listed.append({**entry, "file": name})
        self._write(f"{folder}/{step}.json", as_json({"key": key, "step": step, "pictures": listed}))

    def picture_steps(self) -> dict[str, list[int]]:
        """The steps that pictures were kept of, by the key of their set."""
        root = self.path / "pictures"
        found = {}
        for folder, _, names in os.walk(root):
            steps = _steps(names)
            if steps:
                found[Path(folder).relative_to(root).as_posix()] = steps
        return dict(sorted(found.items()))

    def pictures(self, key: str, step: int) -> list[dict[str, Any]]:
        """The pictures of a step, with the names of their files in this folder; none where nothing was kept."""
        return list(self._read(f"pictures/{key}/{step}.json").get("pictures", []))

    def write_images(self, step: int, rows: Sequence[Mapping[str, Any]], tile: int, columns: int, sheet: bytes) -> None:
        """Keep how each image came out.

        Args:
            step: Step of the training.
            rows: The figures of each image, with its `name`.
            tile: Side of the square that each thumbnail lies in, in pixels.
            columns: Thumbnails in a row of the sheet; they are in the order of the rows.
            sheet: The thumbnails, as WebP.
        """
        name = f"images/{step}.webp"
        self._write(name, sheet)
        kept = {"step": step, "sheet": name, "tile": tile, "columns": columns, "rows": rows}
        self._write(f"images/{step}.json", as_json(kept))

    def image_steps(self) -> list[int]:
        """The steps whose images were kept."""
        return _steps(path.name for path in (self.path / "images").glob("*.json"))

    def images(self, step: int) -> dict[str, Any]:
        """What `write_images` was given, with the name of the sheet's file; empty where nothing was kept."""
        return self._read(f"images/{step}.json")

    def history(self, image: str) -> list[dict[str, Any]]:
        """How an image came out in each step: its row, and where its thumbnail lies."""
        return [
            {**{name: kept[name] for name in ("step", "sheet", "tile", "columns")}, "place": place, "row": row}
            for kept in map(self.images, self.image_steps())
            for place, row in enumerate(kept.get("rows", []))
            if row.get("name") == image
        ]

    def file(self, name: str) -> bytes:
        """A picture that this folder lists.

        Raises:
            FileError: It is no picture of this run.
        """
        path = self._inside(name)
        if path is None or path.suffix != ".webp":
            raise FileError(self.path / name, "no picture of this run")
        return path.read_bytes()

    def _inside(self, name: str) -> Path | None:
        """A file of this folder, whatever was asked for."""
        try:
            path = (self.path / name).resolve()
            return path if path.is_relative_to(self.path.resolve()) and path.is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None

    def _read(self, name: str) -> dict[str, Any]:
        path = self._inside(name)
        try:
            content = json.loads(path.read_bytes()) if path else {}
        except (OSError, ValueError):  # JSON that is none, or text that is none
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, name: str, content: bytes) -> None:
        write_whole(content, self.path / name, overwrite=True)


def find_runs(root: Path) -> dict[str, RunFolder]:
    """The runs in a folder and up to four levels below, by their path in it, the youngest first.

    Hidden folders are left out, and those that W&B keeps.

    Args:
        root: The folder; there are no runs in one that does not exist or cannot be read.
    """
    return dict(sorted(_walk(root, root, set()), key=lambda entry: entry[1].card().get("started", 0), reverse=True))


def find_run(root: Path, name: str) -> RunFolder:
    """A run by its path in a folder.

    Raises:
        KeyError: There is none.
    """
    path = PurePosixPath(name)
    run = RunFolder(root / path)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not run.card():
        raise KeyError(name)
    return run


def _walk(root: Path, folder: Path, visited: set[Path]) -> Iterator[tuple[str, RunFolder]]:
    real = folder.resolve()
    if real in visited:
        return  # a link to a folder above, or to another run
    visited.add(real)
    run, place = RunFolder(folder), folder.relative_to(root)
    if run.card():
        yield place.as_posix(), run
        return
    if len(place.parts) == DEPTH:
        return
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 (names are enough)
    except OSError:  # not ours to read, or not there
        return
    for name in names:
        if name not in SKIPPED and os.path.isdir(folder / name):  # noqa: PTH112 (which is false of a link in a circle)
            yield from _walk(root, folder / name, visited)


def _steps(names: Iterable[str]) -> list[int]:
    stems = (Path(name).stem for name in names if name.endswith(".json"))
    return sorted(int(stem) for stem in stems if stem.isdigit())
