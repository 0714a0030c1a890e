"""Experiment tracking with Weights & Biases: with an account or without, and never in the way of training."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, ParamSpec

import wandb
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn

P = ParamSpec("P")


def _never_fatal(call: Callable[P, None]) -> Callable[P, None]:
    """Turn any failure of the tracker into a warning: no experiment is worth less for not being watched."""

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            call(*args, **kwargs)
        except Exception as error:  # quota, network, a dead service, a full disk: whatever it is, training goes on
            rank_zero_warn(f"W&B {call.__name__} failed, training goes on: {error}")

    return guarded


class Tracker(WandbLogger):
    """Lightning's W&B logger that goes offline by itself and survives whatever W&B does.

    Args:
        project: Name of the project at W&B.
        name: Display name of the run; W&B invents one if not given.
        save_dir: Folder for runs and checkpoints.
        mode: `auto` is online where an account is configured and W&B answers, offline otherwise.
        id: Continue the run with this id.
        group: Runs that belong together.
        tags: Labels to filter by.
        notes: A sentence about the run.
        log_model: Log the best checkpoints as artifacts when training ends.
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
        log_model: bool = False,
    ) -> None:
        self._mode = mode
        super().__init__(
            project=project,
            name=name,
            save_dir=save_dir,
            id=id,
            log_model=log_model,
            group=group,
            tags=tags,
            notes=notes,
            settings=wandb.Settings(init_timeout=30, silent=True),
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
        for mode in ("online", "offline", "disabled")[self._mode == "offline" :]:
            self._wandb_init["mode"] = mode
            try:
                if self._mode == "auto" and mode == "online" and not wandb.login(prompt=False):
                    continue  # no account: nothing to warn of
                run = super().experiment
            except Exception as error:  # whatever it is, training goes on
                rank_zero_warn(f"W&B cannot track this run {mode}: {error}")
                continue
            if mode == "offline":
                folder = str(run.dir).removesuffix("files")
                rank_zero_info(f"W&B: offline run in {folder} (to upload it: wandb sync {folder})")
            return

    def join(self, id: str, group: str) -> None:  # noqa: A002  W&B's name for it
        """Go on with the run of this id, if it has begun already, unless the config chose others."""
        self._id = self._wandb_init["id"] = self._wandb_init["id"] or id
        self._wandb_init["group"] = self._wandb_init["group"] or group

    @_never_fatal
    def close(self) -> None:
        """End the W&B run, so that another one can begin in this process."""
        if self._experiment is not None:
            self._experiment.finish()

    # Each of Lightning's methods, guarded; the signatures stay theirs.
    log_metrics = _never_fatal(WandbLogger.log_metrics)
    log_hyperparams = _never_fatal(WandbLogger.log_hyperparams)  # type: ignore[arg-type]
    log_image = _never_fatal(WandbLogger.log_image)
    after_save_checkpoint = _never_fatal(WandbLogger.after_save_checkpoint)  # type: ignore[arg-type]
    finalize = _never_fatal(WandbLogger.finalize)  # type: ignore[arg-type]
