"""A recipe being carried out in a folder, over as many calls as it takes."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from lightning import Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities import rank_zero_only

from research.recipe.chunk import Chunk
from research.recipe.stages import Stage, read_yaml
from restore.errors import UserError
from restore.images.writes import write_whole
from restore.networks.weights import export_checkpoint
from restore.plain import duration, flat
from restore.training.cli import TaskCLI, only_warnings, user_errors
from restore.training.export import ExportWeights
from restore.training.tracking import trackers_of


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a chunk of a stage.

    Args:
        stage: The stage and its place: `stage 2 of 2 (restore)`.
        step: Steps of the stage so far.
        steps: All steps of the stage.
        share: Share of all steps of the recipe that are done, in [0, 1].
        figures: Of the last validation, by their keys.
        pace: Seconds a step, of this chunk.
        left: Seconds that all further steps take at this pace.
    """

    stage: str
    step: int
    steps: int
    share: float
    figures: dict[str, float]
    pace: float
    left: float

    def __str__(self) -> str:
        quality = [f"val/psnr {self.figures['val/psnr']:.2f}"] if "val/psnr" in self.figures else []
        time_left = duration(self.left)
        pace = f"{self.pace:.2g} s/step" + (f", about {time_left} left" if self.left else "")
        share = f"{self.share:.0%}".replace("%", " % of the recipe")
        return " · ".join([f"{self.stage}: step {self.step:,} of {self.steps:,}", share, *quality, pace])


class Run:
    """A recipe and the folder that holds what was done of it.

    Each stage takes over the averaged weights (where training averages them) that the one before it ended with, not
    those of its best validation: schedules end at zero, and when validation falls depends on the chunks. Checkpoints
    are the run's own; `ModelCheckpoint` and `ExportWeights` in a config are left out.

    Args:
        stages: At least one.
        folder: Made if it is not there; a run that it holds is continued.

    Raises:
        UserError: The settings of a stage are unusable, or the folder holds a run with others.
    """

    def __init__(self, stages: Sequence[Stage], folder: Path) -> None:
        self.stages = stages
        self.folder = folder
        settings = {stage.name: stage.settings() for stage in stages}
        self._steps = {name: int(values["trainer"]["max_steps"]) for name, values in settings.items()}
        self.id = self._claim(settings)

    @property
    def weights(self) -> Path:
        """What the last stage leaves, once the run is done."""
        return self._weights(self.stages[-1])

    @property
    def is_done(self) -> bool:
        """Whether all stages are."""
        return self.weights.exists()

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(self._steps.values())

    @property
    def seconds(self) -> float:
        """How long the stages that are done have trained, with their validations."""
        summaries = (self.folder / stage.name / "summary.json" for stage in self.stages)
        return float(sum(json.loads(path.read_bytes())["seconds"] for path in summaries if path.exists()))

    def advance(self, deadline: float = math.inf) -> Iterator[Progress]:
        """Train on, to the end or to a deadline, and tell the progress after each stage.

        Args:
            deadline: On the clock of `time.monotonic`; one step at least is made, also after it.

        Raises:
            UserError: What the settings name cannot be used.
        """
        for place in range(len(self.stages)):
            if self._weights(self.stages[place]).exists():
                continue
            yield self._train(place, deadline)
            if not self._weights(self.stages[place]).exists() or time.monotonic() >= deadline:
                return

    def _train(self, place: int, deadline: float) -> Progress:
        stage, steps = self.stages[place], self._steps[self.stages[place].name]
        checkpoint = self.folder / stage.name / "last.ckpt"
        checkpoint.parent.mkdir(exist_ok=True)
        start = [f"--model.weights={self._weights(self.stages[place - 1])}"] if place else []
        with user_errors(), only_warnings():
            cli = TaskCLI([*stage.arguments, *start], run=False)
            chunk = Chunk(checkpoint, deadline)
            trainer = cli.trainer
            callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]  # assigned by a connector
            callbacks[:] = [one for one in callbacks if not isinstance(one, (Checkpoint, ExportWeights))] + [chunk]
            trackers = trackers_of(trainer)
            for tracker in trackers:
                tracker.join(f"{self.id}-{stage.name}", group=self.id, in_parts=True)
            resumed = checkpoint if checkpoint.exists() else None
            trainer.fit(cli.model, cli.datamodule, ckpt_path=resumed, weights_only=True)
            step = trainer.global_step
            is_done = step >= steps or not chunk.stopped
            for tracker in trackers:
                tracker.close(is_done)
        if is_done:
            self._finish(trainer, stage, chunk)
        pace = chunk.elapsed / max(1, chunk.steps)
        done = sum(self._steps[earlier.name] for earlier in self.stages[:place]) + step
        return Progress(
            f"stage {place + 1} of {len(self.stages)} ({stage.name})",
            step,
            steps,
            done / self.steps,
            chunk.figures,
            pace,
            pace * (self.steps - done),
        )

    def _finish(self, trainer: Trainer, stage: Stage, chunk: Chunk) -> None:
        """Leave the weights of a stage in place of its checkpoint; they are what tells that it is done."""
        if trainer.is_global_zero:
            summary = {"steps": trainer.global_step, "seconds": chunk.seconds, "figures": chunk.figures}
            write_whole(json.dumps(summary, indent=1).encode(), chunk.path.with_name("summary.json"), overwrite=True)
            export_checkpoint(chunk.path, self._weights(stage))
            chunk.path.unlink()
        trainer.strategy.barrier()

    def _weights(self, stage: Stage) -> Path:
        folder = self.folder if stage == self.stages[-1] else self.folder / stage.name
        return folder / "weights.safetensors"

    def _claim(self, settings: dict[str, Any]) -> str:
        """Note what runs in this folder, or make sure that it is this."""
        path = self.folder / "run.yaml"
        if not path.exists():
            run = uuid4().hex[:8]
            record = yaml.safe_dump({"run": run, "stages": settings}, sort_keys=False)
            rank_zero_only(write_whole)(record.encode(), path)
            return run
        match read_yaml(path):
            case {"run": str(run), "stages": {**before}}:
                _refuse_change(self.folder, before, settings)
                return run
        raise UserError(f"{path}: not what a run notes of itself")


def _refuse_change(folder: Path, before: dict[Any, Any], now: dict[str, Any]) -> None:
    if list(before) != list(now):
        raise UserError(f"{folder}: began with the stages {', '.join(before)}, not {', '.join(now)}")
    olds, news = flat(before), flat(now)
    for key in {**olds, **news}:
        old, new = olds.get(key, "nothing"), news.get(key, "nothing")
        if old != new:
            raise UserError(f"{folder}: began with {key} = {old}, not {new}; name another folder for that")
