"""Experiment tracking in a folder of one's own: nothing leaves the machine, and no account is needed."""

import io
import math
import secrets
import shlex
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float, Int, UInt8
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info, rank_zero_only
from numpy import ndarray
from PIL import Image

from restore.dashboard import RunFolder
from restore.plain import flat
from restore.training.terminal import announce
from restore.training.tracking.guard import never_fatal
from restore.training.tracking.records import SUMMARIES, ImageRow, Panel, Records

QUALITY = 90
"""Of the WebP files of pictures, 0 to 100."""

LOCK = threading.RLock()
"""Pictures are told of by a thread of their own, beside the metrics."""

EVERY = 2.0
"""Seconds from one writing of the run's card to the next, at least."""


class LocalTracker(TensorBoardLogger, Records):
    """Keeps a run in a folder that `restore dashboard` shows and `restore report` sums up.

    Curves and histograms are written as TensorBoard's event files, and pictures, figures of images, config and state
    beside them (see `restore.dashboard.run_folder`). The folder is `SAVE_DIR/PROJECT/ID`; checkpoints go there as well
    where this is the first of a trainer's loggers.

    Args:
        save_dir: Folder for runs.
        project: Folder in it for the runs that belong to one project.
        name: Display name of the run; the id if not given.
        id: Name of the run's folder; of the time it began if not given. A run with this id is continued.
        group: Runs that belong together.
        tags: Labels.
        notes: A sentence about the run.
        report: Leave `report.html` in the folder when a training ends.
    """

    def __init__(
        self,
        save_dir: str = "runs",
        project: str = "restore",
        name: str | None = None,
        id: str | None = None,  # noqa: A002  as for `Tracker`
        group: str | None = None,
        tags: list[str] | None = None,
        notes: str | None = None,
        report: bool = True,
    ) -> None:
        super().__init__(save_dir, name=project, version=id or new_id())
        self._is_chosen = id is not None
        self._facts = {"name": name, "group": group, "tags": tags or [], "notes": notes}
        self._reports = report
        self._card: dict[str, Any] = {}
        self._written = 0.0

    @property
    def folder(self) -> RunFolder:
        """Of this run."""
        return RunFolder(Path(self.log_dir))

    @never_fatal
    @rank_zero_only
    def log_hyperparams(self, params: Any, metrics: Any = None, step: int | None = None) -> None:  # noqa: ARG002
        """Keep the resolved config; TensorBoard can sort runs by its plain values.

        Args:
            params: The settings; what stands under `images` and `versions` goes to the card of the run.
            metrics: Left out: they are logged when they are known.
            step: Left out as well.
        """
        config = dict(params)
        self._update({name: config.pop(name) for name in ("images", "versions") if name in config})
        self.folder.write_config(yaml.safe_dump(config, sort_keys=False))
        _log_hparams(self.experiment, config)

    @never_fatal
    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add to the curves, and keep the last and the best value of each."""
        super().log_metrics(dict(metrics), step)
        with LOCK:
            summary = self._begun()["metrics"]
            for key, value in metrics.items():
                if "/" in key:  # ours; Lightning adds the epoch
                    _note(summary, key, float(value), step or 0)
            self._update({"step": max(step or 0, self._card.get("step", 0))}, at_once=False)

    @never_fatal
    @rank_zero_only
    def log_panels(self, key: str, panels: Sequence[Panel], step: int) -> None:
        """Keep pictures."""
        entries = [{"name": one.name, "caption": one.caption, "parts": list(one.parts)} for one in panels]
        self.folder.write_pictures(key, step, entries, [_webp(one.picture) for one in panels])
        self._update({})

    @never_fatal
    @rank_zero_only
    def log_rows(self, key: str, rows: Sequence[ImageRow], step: int) -> None:  # noqa: ARG002 (there is one table)
        """Keep the figures of each image, and all thumbnails as one picture."""
        tile = max(max(row.thumbnail.shape[:2]) for row in rows)
        columns = math.ceil(math.sqrt(len(rows)))
        sheet = np.zeros((tile * math.ceil(len(rows) / columns), tile * columns, 3), np.uint8)
        for i, row in enumerate(rows):
            top, left = tile * (i // columns), tile * (i % columns)
            height, width = row.thumbnail.shape[:2]
            sheet[top : top + height, left : left + width] = row.thumbnail
        figures = [{"name": row.name, "hole": row.hole, "sigma": row.sigma, **row.figures} for row in rows]
        self.folder.write_images(step, figures, tile, columns, _webp(sheet))
        self._update({})

    @never_fatal
    @rank_zero_only
    def log_histogram(
        self, key: str, counts: Int[ndarray, " bins"], edges: Float[ndarray, " bins+1"], step: int
    ) -> None:
        """Tell how many of something fell between which values."""
        middles = (edges[1:] + edges[:-1]) / 2
        self.experiment.add_histogram_raw(
            key,
            min=float(edges[0]),
            max=float(edges[-1]),
            num=int(counts.sum()),
            sum=float(counts @ middles),
            sum_squares=float(counts @ middles**2),
            bucket_limits=edges[1:].tolist(),
            bucket_counts=counts.tolist(),
            global_step=step,
        )
        self._update({})

    @never_fatal
    @rank_zero_only
    def log_weights(self, weights: Path, card: str, aliases: Sequence[str], facts: Mapping[str, Any]) -> None:
        """Note what the weights are; where they lie in this folder, their card is laid beside them."""
        noted = dict(facts)
        if weights.resolve().is_relative_to(self.folder.path.resolve()):
            noted["file"] = weights.resolve().relative_to(self.folder.path.resolve()).as_posix()
            weights.with_name("MODEL_CARD.md").write_text(card, encoding="utf-8")
        self._update({"weights": {**self._begun().get("weights", {}), **dict.fromkeys(aliases, noted)}})

    def join(self, run: str, group: str | None = None) -> None:
        """Go on with the run of this id, if it has begun already, unless the config chose others."""
        if not self._is_chosen:
            self._version = run
        self._facts["group"] = self._facts["group"] or group

    @never_fatal
    def close(self) -> None:
        """Nothing is left open once a trainer has ended."""

    @never_fatal
    @rank_zero_only
    def save(self) -> None:
        """Write out what is waiting to be."""
        self.experiment.flush()

    @never_fatal
    @rank_zero_only
    def finalize(self, status: str) -> None:
        """End the curves, note how it ended, and leave a report of a training."""
        if not self._card:
            return
        super().finalize("ended")  # which writes out and closes; Lightning would also leave a file of its own
        self._experiment = None
        self._update({"state": "finished" if status == "success" else "failed"})
        is_training = "train/loss" in self._card["metrics"]
        self._card = {}
        if self._reports and is_training:
            from restore.dashboard.report import write_report

            announce(f"report: {write_report(self.folder)}")

    def _begun(self) -> dict[str, Any]:
        """The card of the run, which begins or goes on with it."""
        if not self._card:
            before = self.folder.card()
            self._card = {
                "id": self.version,
                **self._facts,
                "command": command_line(),
                "state": "running",
                "started": before.get("started", time.time()),
                "seen": time.time(),
                "step": before.get("step", 0),
                "metrics": before.get("metrics", {}),
                "weights": before.get("weights", {}),
            }
            rank_zero_info(f"to follow this run: restore dashboard {self.save_dir}")
        return self._card

    def _update(self, facts: Mapping[str, Any], at_once: bool = True) -> None:
        with LOCK:
            card = self._begun()
            card |= facts
            if at_once or time.time() - self._written >= EVERY:
                card["seen"] = self._written = time.time()
                self.folder.write_card(card)


def new_id() -> str:
    """A name for a run that is new, and sorts by age."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def command_line() -> str:
    """How this process was called, for a shell."""
    program = Path(sys.argv[0]).name
    return shlex.join(["restore" if program == "__main__.py" else program, *sys.argv[1:]])


def _note(summary: dict[str, Any], key: str, value: float, step: int) -> None:
    known = summary.setdefault(key, {})
    known["last"] = value
    goal = SUMMARIES.get(key)
    if goal is None or math.isnan(value):
        return
    best = known.get("best")
    if best is None or (value > best if goal == "max" else value < best):
        known |= {"best": value, "best_step": step}


def _log_hparams(writer: Any, config: dict[str, Any]) -> None:
    """Tell TensorBoard the plain values of a config, and which metrics runs are to be sorted by."""
    from torch.utils.tensorboard.summary import hparams

    events = writer._get_file_writer()
    plain = {key: value for key, value in flat(config).items() if isinstance(value, bool | int | float | str)}
    for event in hparams(plain, dict.fromkeys(SUMMARIES, 0)):  # type: ignore[no-untyped-call]
        events.add_summary(event)


def _webp(picture: UInt8[ndarray, "h w 3"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()
