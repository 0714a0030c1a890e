"""Experiment tracking in a folder of one's own: nothing leaves the machine, and no account is needed."""

import math
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float, Int
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.exceptions import SIGTERMException
from numpy import ndarray

from restore.errors import UserError
from restore.images.writes import write_whole
from restore.plain import flat
from restore.runs import RunFolder
from restore.runs.card import SUMMARIES, Card
from restore.runs.webp import as_webp
from restore.training.terminal import announce
from restore.training.tracking.tracker import ExperimentTracker, ImageRow, Panel, never_fatal


class LocalTracker(TensorBoardLogger, ExperimentTracker):
    """Keeps a run in a folder that `restore dashboard` shows and `restore report` sums up.

    Curves and histograms are written as TensorBoard's event files, and pictures, figures of images, config and state
    beside them (see `restore.runs.folder`). The folder is `SAVE_DIR/PROJECT/ID`; checkpoints go there as well
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

    Raises:
        UserError: The project or the id is no name for a folder.
    """

    def __init__(
        self,
        save_dir: str = "runs",
        project: str = "restore",
        name: str | None = None,
        id: str | None = None,  # noqa: A002  as for `WandbTracker`
        group: str | None = None,
        tags: list[str] | None = None,
        notes: str | None = None,
        report: bool = True,
    ) -> None:
        for part in (project, id or "id"):
            if part in {"", ".."} or Path(part).name != part:
                raise UserError(f"{part!r} is no name for a folder, which a project and an id have to be")
        super().__init__(save_dir, name=project, version=id or new_id(), flush_secs=5)
        self._is_chosen = id is not None
        self._facts = {"name": name, "group": group, "tags": tags or [], "notes": notes}
        self._reports = report
        self._is_in_parts = False
        self._card: Card | None = None

    @property
    def folder(self) -> RunFolder:
        """Of this run."""
        return RunFolder(Path(self.log_dir))

    @never_fatal
    def log_hyperparams(self, params: Any, metrics: Any = None, step: int | None = None) -> None:  # noqa: ARG002
        """Keep the resolved config; TensorBoard can sort runs by its plain values.

        Args:
            params: The settings; what stands under `images` and `versions` goes to the card of the run.
            metrics: Left out: they are logged when they are known.
            step: Left out as well.
        """
        config = dict(params)
        config.pop("ckpt_path", None)  # to do it again is not to resume what is done
        self._begun().update({name: config.pop(name) for name in ("images", "versions") if name in config})
        self.folder.write_config(yaml.safe_dump(config, sort_keys=False))
        self._log_hparams(config)

    @never_fatal
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add to the curves, and keep the last and the best value of each.

        Args:
            metrics: By name.
            step: The last step that was made, counted from 0, as Lightning does; the run's card counts steps.
        """
        self._begun().note_metrics(metrics, 0 if step is None else step + 1)
        try:
            super().log_metrics(dict(metrics), step)
        except ValueError as error:  # Lightning's name for whatever went wrong
            self._experiment = None  # the writer of events is dead; the next line begins another file
            raise OSError(f"{self.log_dir}: {error.__cause__ or error}") from error

    @never_fatal
    def log_panels(self, key: str, panels: Sequence[Panel], step: int) -> None:
        """Keep pictures."""
        entries = [{"name": one.name, "caption": one.caption, "parts": list(one.parts)} for one in panels]
        self.folder.write_pictures(key, step, entries, [as_webp(one.picture) for one in panels])
        self._begun().update({})

    @never_fatal
    def log_rows(self, key: str, rows: Sequence[ImageRow], step: int) -> None:  # noqa: ARG002 (there is one table)
        """Keep the figures of each image, and all thumbnails as one picture."""
        tile = max(max(row.thumbnail.shape[:2]) for row in rows)
        columns = math.ceil(math.sqrt(len(rows)))
        sheet = np.zeros((tile * math.ceil(len(rows) / columns), tile * columns, 3), np.uint8)
        for i, row in enumerate(rows):
            top, left = tile * (i // columns), tile * (i % columns)
            height, width = row.thumbnail.shape[:2]
            sheet[top : top + height, left : left + width] = row.thumbnail
        figures = [
            {"name": row.name, "hole": row.hole, "sigma": row.sigma, **row.metrics, "quality": row.quality}
            for row in rows
        ]
        self.folder.write_images(step, figures, tile, columns, as_webp(sheet))
        self._begun().update({})

    @never_fatal
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
        self._begun().update({})

    @never_fatal
    def log_weights(self, weights: Path, card: str, aliases: Sequence[str], facts: Mapping[str, Any]) -> None:
        """Note what the weights are; where they lie in this folder, their card is laid beside them."""
        noted = dict(facts)
        if weights.resolve().is_relative_to(self.folder.path.resolve()):
            noted["file"] = weights.resolve().relative_to(self.folder.path.resolve()).as_posix()
            write_whole(card.encode(), weights.with_name("MODEL_CARD.md"), overwrite=True)
        self._begun().note_weights(dict.fromkeys(aliases, noted))

    def join(self, run: str, group: str | None = None, in_parts: bool = False) -> None:
        """Go on with the run of this id, if it has begun already, unless the config chose others."""
        if not self._is_chosen:
            self._version = run
        self._facts["group"] = self._facts["group"] or group
        self._is_in_parts = in_parts

    @never_fatal
    def close(self, is_done: bool = True) -> None:
        """Where a run is trained in parts: note that the last one has ended, and leave the report."""
        if self._is_in_parts and is_done:
            self._finish("finished")

    @never_fatal
    def save(self) -> None:
        """Leave it to the writer of events, which writes all that waits every few seconds, and at the end."""

    @never_fatal
    def finalize(self, status: str) -> None:
        """End the curves, note how it ended, and leave a report of a training."""
        if self._card is None and self._experiment is None:
            return
        error = sys.exception()  # that the trainer is handling
        if status == "success":
            self._finish("paused" if self._is_in_parts else "finished")
        elif isinstance(error, KeyboardInterrupt | SIGTERMException):
            self._finish("interrupted")
        else:
            self._finish("failed", "" if error is None else " ".join(f"{type(error).__name__}: {error}".split()))

    def _finish(self, state: str, reason: str = "") -> None:
        try:
            if state == "finished":
                self._log_hparams(None)
            super().finalize("ended")  # which writes out and closes; Lightning would also leave a file of its own
        finally:
            card, self._card, self._experiment = self._card or self._new_card(), None, None
            card.update({"state": state, "reason": reason})
        if self._reports and card.is_of_training and state != "paused":
            from restore.runs.report import write_report

            announce(f"report: {write_report(self.folder)}")

    def _begun(self) -> Card:
        """The card of the run, which begins or goes on with it."""
        if self._card is None:
            self._card = self._new_card()
            rank_zero_info(f"to follow this run: restore dashboard {self.save_dir}")
        return self._card

    def _new_card(self) -> Card:
        return Card(self.folder, {"id": self.version, **self._facts})

    def _log_hparams(self, config: dict[str, Any] | None) -> None:
        """Tell TensorBoard the plain values of a config, and what to sort runs by; without one, that all went well."""
        from torch.utils.tensorboard.summary import hparams

        plain = {key: value for key, value in flat(config or {}).items() if isinstance(value, bool | int | float | str)}
        metrics, start, end = hparams(plain, dict.fromkeys(SUMMARIES, 0))  # type: ignore[no-untyped-call]
        events = self.experiment._get_file_writer()
        for event in (end,) if config is None else (metrics, start):
            events.add_summary(event)


def new_id() -> str:
    """A name for a run that is new, and sorts by age."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
