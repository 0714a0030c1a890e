"""Experiment tracking with Weights & Biases: with an account or without, and never in the way of training."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import wandb
from jaxtyping import Float, Int
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn
from numpy import ndarray

from restore.errors import UserError
from restore.runs.card import SUMMARIES
from restore.training.tracking.tracker import ExperimentTracker, ImageRow, Panel, never_fatal

SCHEME = "wandb:"
"""What weights that are an artifact begin with."""

WEIGHTS = "weights.safetensors"
"""Name of the weights in an artifact."""


class WandbTracker(WandbLogger, ExperimentTracker):
    """Lightning's W&B logger that goes offline by itself and survives whatever W&B does.

    Args:
        project: Name of the project at W&B.
        name: Display name of the run; W&B invents one if not given.
        save_dir: Folder for runs and checkpoints.
        mode: `auto` is what the variable `WANDB_MODE` says; without it, online where an account is configured and W&B
            answers, offline otherwise.
        id: Continue the run with this id.
        group: Runs that belong together.
        tags: Labels to filter by.
        notes: A sentence about the run.
        job_type: What kind of run it is, such as `pretraining`.
        log_model: Keep the best and the last weights as artifacts when training ends, where `ExportWeights` is among
            the callbacks.
    """

    def __init__(
        self,
        project: str = "restore",
        name: str | None = None,
        save_dir: str = "runs",
        mode: Literal["auto", "online", "offline"] = "auto",
        id: str | None = None,  # noqa: A002  W&B's name for it
        group: str | None = None,
        tags: list[str] | None = None,
        notes: str | None = None,
        job_type: str | None = None,
        log_model: bool = True,
    ) -> None:
        self._mode = mode
        self._keeps_weights = log_model
        super().__init__(
            project=project,
            name=name,
            save_dir=save_dir,
            id=id,
            group=group,
            tags=tags,
            notes=notes,
            job_type=job_type,
            settings=wandb.Settings(init_timeout=30, silent=True, disable_git=True),  # the config has the commit
        )

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The W&B run, started at the first use, on rank 0 only."""
        if self._experiment is None:
            self._start()
        return self._experiment

    def _start(self) -> None:
        """Start the run online if that is wanted and works, else offline, and at the very last not at all."""
        self._wandb_init.pop("anonymous", None)  # Lightning still passes what W&B now warns of
        wanted = os.environ.get("WANDB_MODE", "online") if self._mode == "auto" else self._mode
        modes = ("online", "offline", "disabled")
        older = {"run": "online", "shared": "online", "dryrun": "offline", "": "online"}  # names that W&B knows as well
        wanted = older.get(wanted, wanted)
        for mode in modes[modes.index(wanted) if wanted in modes else 1 :]:
            self._wandb_init["mode"] = mode
            try:
                if self._mode == "auto" and mode == "online" and not wandb.login(prompt=False):
                    continue  # no account: nothing to warn of
                run = super().experiment
            except Exception as error:  # whatever it is, training goes on
                rank_zero_warn(f"W&B cannot track this run {mode}: {error}")
                continue
            for metric, summary in SUMMARIES.items():
                run.define_metric(metric, step_metric="trainer/global_step", summary=summary)
            if mode == "offline":
                folder = str(run.dir).removesuffix("files")
                rank_zero_info(f"W&B: offline run in {folder} (to upload it: wandb sync {folder})")
            return

    @never_fatal
    def log_panels(self, key: str, panels: Sequence[Panel], step: int) -> None:
        """Show pictures as one set, which W&B has a slider through the steps for."""
        pictures: dict[str, Any] = {key: [wandb.Image(one.picture, caption=_caption(one)) for one in panels]}
        self.log_metrics(pictures, step)

    @never_fatal
    def log_rows(self, key: str, rows: Sequence[ImageRow], step: int) -> None:
        """Tell how each image came out, as a table."""
        names = list(rows[0].metrics)
        data = [
            [row.name, wandb.Image(row.thumbnail), row.hole, row.sigma, *(row.metrics[name] for name in names)]
            for row in rows
        ]
        self.log_table(key, ["image", "restored", "hole", "sigma", *names], data, step=step)

    @never_fatal
    def log_histogram(
        self, key: str, counts: Int[ndarray, " bins"], edges: Float[ndarray, " bins+1"], step: int
    ) -> None:
        """Tell how many of something fell between which values."""
        histogram: dict[str, Any] = {key: wandb.Histogram(np_histogram=(counts, edges))}
        self.log_metrics(histogram, step)

    @never_fatal
    def log_weights(self, weights: Path, card: str, aliases: Sequence[str], facts: Mapping[str, Any]) -> None:
        """Keep a weights file and its card as a version of the artifact `restore-ID`, ID being that of the run."""
        if not self._keeps_weights:
            return
        artifact = wandb.Artifact(f"restore-{self.experiment.id}", type="model", metadata=dict(facts))
        artifact.add_file(str(weights), name=WEIGHTS)
        with artifact.new_file("MODEL_CARD.md", encoding="utf-8") as file:
            file.write(card)
        self.experiment.log_artifact(artifact, aliases=list(aliases))

    def join(self, run: str, group: str | None = None, in_parts: bool = False) -> None:  # noqa: ARG002 (W&B sees that)
        """Go on with the run of this id, if it has begun already, unless the config chose others."""
        self._id = self._wandb_init["id"] = self._wandb_init["id"] or run
        self._wandb_init["group"] = self._wandb_init["group"] or group

    @never_fatal
    def close(self, is_done: bool = True) -> None:  # noqa: ARG002 (a run at W&B can always be continued)
        """End the W&B run, so that another one can begin in this process."""
        if self._experiment is not None:
            self._experiment.finish()

    # Each of Lightning's methods, guarded; the signatures stay theirs.
    log_metrics = never_fatal(WandbLogger.log_metrics)
    log_hyperparams = never_fatal(WandbLogger.log_hyperparams)  # type: ignore[arg-type]
    finalize = never_fatal(WandbLogger.finalize)  # type: ignore[arg-type]


def _caption(panel: Panel) -> str:
    parts = f" ({' | '.join(panel.parts)})" if panel.parts else ""
    return f"{panel.name}: {panel.caption}{parts}"


def fetched(weights: str) -> str:
    """A weights file: what is named itself, or, of `wandb:ENTITY/PROJECT/ARTIFACT:ALIAS`, a downloaded copy.

    Args:
        weights: `default`, a file, or such a reference; W&B's own rules say what of it may be left out.

    Raises:
        UserError: There is no such artifact, none that holds weights, or W&B cannot be reached.
    """
    if not weights.startswith(SCHEME):
        return weights
    try:
        artifact = wandb.Api().artifact(weights.removeprefix(SCHEME), type="model")
        path = Path(artifact.download()) / WEIGHTS
    except (wandb.Error, OSError, ValueError) as error:
        raise UserError(f"{weights}: {' '.join(str(error).split())}") from error
    if not path.is_file():
        raise UserError(f"{weights}: holds no {WEIGHTS}")
    return str(path)
