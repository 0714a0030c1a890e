"""`--ckpt_path last`: the run of a chosen id is begun, or gone on with."""

import os
from pathlib import Path
from typing import Any

from restore.errors import UserError
from restore.training.tracking import LocalTracker

RUN_ID = "WANDB_RUN_ID"
"""The variable of the environment that says which run all trackers write; W&B's own."""

LAST = "last"
"""As a checkpoint: the last one of the run of that id, or none where the run has not begun."""


def last_of_run(loggers: Any) -> str | None:
    """The last checkpoint of the run whose id is given, if it has begun already.

    Args:
        loggers: Of the trainer, as its config has them.

    Raises:
        UserError: No id is given, or no tracker keeps runs in a folder.
    """
    several = loggers if isinstance(loggers, list) else [loggers]
    own = [one for one in several if getattr(one, "class_path", "").endswith(LocalTracker.__name__)]
    if not own:
        raise UserError(f"--ckpt_path {LAST} looks into the folder of a run, which restore.training.LocalTracker keeps")
    arguments = own[0].init_args
    run = arguments.id or os.environ.get(RUN_ID)
    if not run:
        raise UserError(f"--ckpt_path {LAST} goes on with the run of an id: give it one, {RUN_ID}=NAME restore fit …")
    checkpoint = Path(arguments.save_dir, arguments.project, run, "checkpoints", f"{LAST}.ckpt")
    return str(checkpoint) if checkpoint.exists() else None
