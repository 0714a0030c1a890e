"""What a training is, for the trackers."""

from typing import Any

import yaml
from lightning import LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback

from restore.versions import versions


class LogConfig(SaveConfigCallback):
    """Gives the resolved config to the run's loggers, and never stumbles over an earlier run's file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "save_to_log_dir": False})

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Log the config, every default included, the versions of the code, and what tells the images from others."""
        if not trainer.loggers:
            return
        config = yaml.safe_load(self.parser.dump(self.config, skip_none=False))
        data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
        config |= {"images": data.fingerprint(), "versions": versions()}
        for logger in trainer.loggers:
            logger.log_hyperparams(config)
