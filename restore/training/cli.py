"""`restore fit`, `restore validate` and `restore test`: Lightning's own command line, with our errors."""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any, NoReturn

import torch
import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.utilities.exceptions import SIGTERMException

from restore.data.module import RestorationData
from restore.errors import UserError
from restore.parser import OneLineErrors, one_line
from restore.training.callbacks import LogConfig
from restore.training.modules import RestorationTask
from restore.training.terminal import Terminal
from restore.training.tracking import LocalTracker, new_id, trackers_of

PACKAGE = Path(__file__).parents[1]

TOLD_TO_END: type[BaseException] = SIGTERMException
"""What Lightning raises where a process is told to end; by itself it would count as success."""

TERMINATED = 128 + signal.SIGTERM
"""Exit status then."""


class _Parser(LightningArgumentParser, OneLineErrors):
    """Lightning's parser, with errors of one line."""


class _RaisingParser(LightningArgumentParser):
    """Lightning's parser for arguments that come from a file: its errors can be caught."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the error as the user's."""
        raise UserError(one_line(message)) from ex


class TaskCLI(LightningCLI):
    """Lightning's command line, wired for the tasks and the data of this package.

    Args:
        arguments: As after `restore`, or, to build all and run nothing, as after `restore fit`.
        run: Whether the first argument is a method of the trainer, to be called.
    """

    def __init__(self, arguments: list[str], run: bool = True) -> None:
        super().__init__(
            RestorationTask,
            RestorationData,
            subclass_mode_model=True,
            auto_configure_optimizers=False,
            save_config_callback=LogConfig,
            seed_everything_default=0,
            parser_kwargs={"prog": "restore"},
            parser_class=_Parser if run else _RaisingParser,
            args=arguments,
            run=run,
        )

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Any:
        """Show the progress our way, unless it is to be shown not at all or another way.

        What only measures a checkpoint is no run: it leaves no folder, and disturbs none of a training.
        """
        loggers = config.get("logger")
        loggers = loggers if isinstance(loggers, list) else [loggers]
        if self.subcommand not in (None, "fit") and any(isinstance(one, LocalTracker) for one in loggers):
            config["logger"] = [one for one in loggers if not isinstance(one, LocalTracker)]
        own = config.get("callbacks") or []
        own = own if isinstance(own, list) else [own]
        is_training = self.subcommand in (None, "fit")  # Lightning's own bar does for the others
        is_wanted = is_training and config.get("enable_progress_bar") is not False
        if is_wanted and not any(isinstance(one, ProgressBar) for one in own):
            callbacks = [*callbacks, Terminal()]
        return super()._instantiate_trainer(config, callbacks)

    def before_fit(self) -> None:
        """Have all trackers know the run by one id, or go on with the runs of a checkpoint that is named by its file.

        To branch off from a checkpoint instead, give the tracker an `id`.
        """
        path = self.config["fit"].get("ckpt_path")
        runs = {}
        if path is not None and Path(path).is_file():
            runs = torch.load(path, weights_only=True, map_location="meta", mmap=True).get("runs", {})
        fresh = os.environ.get("WANDB_RUN_ID") or new_id()  # an agent of a sweep has chosen one already
        for tracker in trackers_of(self.trainer):
            tracker.join(runs.get(type(tracker).__name__) or fresh)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse these arguments; Lightning would warn that the program was called with others."""
        self.config = parser.parse_args(args)


class _Settings(TaskCLI):
    """Reads arguments, and builds nothing of what they describe."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments, run=False)

    def _set_seed(self) -> None:
        """Nothing will be drawn."""

    def instantiate_classes(self) -> None:
        """Nothing is built."""


def resolved_settings(arguments: list[str]) -> dict[str, Any]:
    """Every setting of a training, with all defaults, as plain values.

    Args:
        arguments: As after `restore fit`.

    Raises:
        UserError: They do not fit what they are for.
    """
    cli = _Settings(arguments)
    settings: dict[str, Any] = yaml.safe_load(cli.parser.dump(cli.config, skip_none=False))
    return settings


def train(arguments: list[str]) -> int:
    """Run one of Lightning's commands.

    Args:
        arguments: The command and its options.

    Returns:
        Exit status: 0 when done, 2 when the arguments, the files or the images they name are unusable, 143 when the
        process was told to end.
    """
    remarks = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    remarks.addFilter(_is_no_advertisement)
    try:
        with user_errors(), _no_known_warnings():
            TaskCLI(arguments)
    except UserError as error:
        sys.stderr.write(f"restore {arguments[0]}: {error}\n")
        return 2
    except TOLD_TO_END:
        return TERMINATED
    finally:
        remarks.removeFilter(_is_no_advertisement)
    return 0


def _is_no_advertisement(record: logging.LogRecord) -> bool:
    """Whether a remark of Lightning's is about the training, and not about what else one could install."""
    return "Tip: For seamless" not in record.getMessage()


@contextmanager
def _no_known_warnings() -> Iterator[None]:
    """Leave out what Lightning warns of that no user can change."""
    with warnings.catch_warnings():
        # Lightning 2.6.6 meets torch 2.15: its own pytree shim uses a class that torch now deprecates.
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)
        yield


@contextmanager
def only_warnings() -> Iterator[None]:
    """Leave out Lightning's remarks on the hardware, and what it warns of that no user can change."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    with _no_known_warnings():
        try:
            for logger in loggers:
                logger.setLevel(logging.WARNING)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def user_errors() -> Iterator[None]:
    """Raise as `UserError` what a user can have caused; any other error is a bug, and deserves its traceback."""
    try:
        yield
    except (FileNotFoundError, MisconfigurationException) as error:  # a checkpoint, a device
        raise UserError(" ".join(str(error).split())) from error
    except ValueError as error:
        reason = _user_error(error)
        if reason is None:
            raise
        raise UserError(str(reason)) from error


def _user_error(error: BaseException | None) -> BaseException | None:
    """The ValueError of this package behind an error, if there is one: by convention those are about what a user gave.

    jsonargparse wraps the errors of the objects it builds.
    """
    while error is not None:
        frames = extract_tb(error.__traceback__)
        if isinstance(error, ValueError) and frames and Path(frames[-1].filename).is_relative_to(PACKAGE):
            return error
        error = error.__cause__ or error.__context__
    return None
