"""`restore fit`, `restore validate` and `restore test`: Lightning's own command line, with our errors."""

import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import yaml
from jsonargparse import ActionConfigFile  # type: ignore[attr-defined]  # it is in a list that mypy cannot read
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.utilities import rank_zero_only
from lightning.pytorch.utilities.exceptions import SIGTERMException

from restore.config import BASE, config_names, find_config
from restore.data.module import RestorationData
from restore.errors import FileError, UserError
from restore.images.writes import check_folder, is_of_full_disk
from restore.inference.memory import full_memory_is_a_memory_error
from restore.networks.weights import read_checkpoint
from restore.parser import OneLineErrors, one_line
from restore.training.checkpoints import WholeCheckpoints, require_file, require_network, require_optimizer
from restore.training.divergence import DivergenceError
from restore.training.log_config import LogConfig
from restore.training.lost_process import lost_process
from restore.training.modules import RestorationTask
from restore.training.preemption import SaveWhenTold
from restore.training.resuming import LAST, RUN_ID, last_of_run
from restore.training.terminal import Terminal
from restore.training.tracking import LocalTracker, new_id, trackers_of

TOLD_TO_END: type[BaseException] = SIGTERMException
"""What Lightning raises where a process is told to end; by itself it would count as success."""

TERMINATED = 128 + signal.SIGTERM
"""Exit status then."""


SETTING = "NAME=VALUE, such as data.crop=64 or trainer.precision=bf16-mixed"
"""What one looks like."""

_OPTION = re.compile(r"(?:^| )--([^\s=]+)")


class _Parser(LightningArgumentParser, OneLineErrors):
    """Lightning's parser, with errors of one line."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print the error, with what to do where it is a config that is missing, and leave."""
        is_bare = "arguments are required" in message
        super().error(message + (f"; a config has them: -c {', '.join(config_names())}" if is_bare else ""), ex)


class _RaisingParser(LightningArgumentParser):
    """Lightning's parser for arguments that come from a file: its errors can be caught."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the error as the user's, with what a setting looks like where there is none of a name."""
        _, is_unknown, words = message.partition("unrecognized arguments: ")
        if is_unknown:
            names = [match[1] for match in _OPTION.finditer(words)]
            known = [action.dest for action in self._actions]
            near = [name for one in names for name in get_close_matches(one, known, 1)]
            hint = f"did you mean {' and '.join(near)}?" if near else f"a setting is {SETTING}"
            raise UserError(f"there is no setting {' and '.join(names)}; {hint}") from ex
        raise UserError(one_line(message)) from ex


class _NamedConfig(ActionConfigFile):
    """A config that is named, or a file."""

    def __call__(self, parser: Any, cfg: Any, values: Any, option_string: str | None = None) -> None:
        """Add its settings to those before it."""
        super().__call__(  # type: ignore[no-untyped-call]
            parser, cfg, str(find_config(values)), option_string
        )


class TaskCLI(LightningCLI):
    """Lightning's command line, wired for the tasks and the data of this package.

    Args:
        arguments: As after `restore`, or, to build all and run nothing, as after `restore fit`.
        run: Whether the first argument is a method of the trainer, to be called.
    """

    def __init__(self, arguments: list[str], run: bool = True) -> None:
        on_base = {"default_config_files": [str(BASE)]}
        super().__init__(
            RestorationTask,
            RestorationData,
            subclass_mode_model=True,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,  # for which the model would hold all of this, and its averaged copy too
            save_config_callback=LogConfig,
            seed_everything_default=0,
            parser_kwargs={"prog": "restore", **(dict.fromkeys(self.subcommands(), on_base) if run else on_base)},
            parser_class=_Parser if run else _RaisingParser,
            args=arguments,
            run=run,
        )

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """A parser that finds configs by their names."""
        parser = self.parser_class(**kwargs)
        known = f"A config: {', '.join(config_names())}, or a YAML file; later ones replace what earlier ones say."
        parser.add_argument("-c", "--config", action=_NamedConfig, help=known)
        return parser

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse these arguments; Lightning would warn that the program was called with others."""
        self.config = parser.parse_args(args)

    def _parse_ckpt_path(self) -> None:
        """Judge a checkpoint first of all; Lightning would look in it for settings, which ours do not hold."""
        command = self.config.get("subcommand")
        settings = self.config[command] if command else {}
        if settings.get("ckpt_path") == LAST and not Path(LAST).exists():
            settings["ckpt_path"] = last_of_run(settings["trainer"]["logger"])
        path = settings.get("ckpt_path")
        self._checkpoint = {} if path is None else read_checkpoint(require_file(path), "meta")

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Any:
        """Show the progress our way, unless it is to be shown not at all or another way.

        What only measures a checkpoint is no run: it leaves no folder, and disturbs none of a training. That a
        checkpoint is one of this network is made sure before there is a trainer, which has much to say.
        """
        if self._checkpoint:
            self._judge_checkpoint()
        is_training = self.subcommand in (None, "fit")  # Lightning's own bar does for the others
        if not is_training:
            loggers = _as_list(config.get("logger"))
            kept = [one for one in loggers if not isinstance(one, LocalTracker)]
            config["logger"] = kept if len(kept) < len(loggers) else config["logger"]
        own = _as_list(config.get("callbacks"))
        is_wanted = is_training and config.get("enable_progress_bar") is not False
        if is_wanted and not any(isinstance(one, ProgressBar) for one in own):
            callbacks = [*callbacks, Terminal()]
        if is_training:
            callbacks = [*callbacks, SaveWhenTold()]
        config["plugins"] = [*_as_list(config.get("plugins")), WholeCheckpoints()]
        try:
            return super()._instantiate_trainer(config, callbacks)
        except (TypeError, ValueError) as error:  # Lightning's of settings that it does not know
            raise UserError(" ".join(str(error).split())) from error

    def _run_subcommand(self, subcommand: str) -> None:
        """Have a look at the images before any run is opened; Lightning would do so after it."""
        self.datamodule.setup(subcommand)
        super()._run_subcommand(subcommand)

    def _judge_checkpoint(self) -> None:
        path = Path(self.config[self.subcommand].ckpt_path)
        require_network(path, self._checkpoint, self.model.network)
        if self.subcommand == "fit":
            optimizer = self.model.optimizer(self.model.network.named_parameters())
            require_optimizer(path, self._checkpoint, type(optimizer).__name__)

    def before_fit(self) -> None:
        """Have all trackers know the run by one id, or go on with the runs of a checkpoint that is named by its file.

        To branch off from a checkpoint instead, give the tracker an `id`.
        """
        check_folder(Path(self.trainer.log_dir or self.trainer.default_root_dir))
        runs = self._checkpoint.get("runs", {})
        fresh = os.environ.get(RUN_ID) or new_id()  # an agent of a sweep has chosen one already
        for tracker in trackers_of(self.trainer):
            tracker.join(runs.get(type(tracker).__name__) or fresh)


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
        Exit status: 0 when done, 1 when the training diverged or the disk is full, 2 when the arguments, the files or
        the images they name are unusable, 143 when the process was told to end.
    """
    remarks = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    remarks.addFilter(_is_no_advertisement)
    try:
        with user_errors(), _no_known_warnings(), full_memory_is_a_memory_error():
            TaskCLI(arguments)
    except (UserError, MemoryError) as error:
        has_diverged = isinstance(error, DivergenceError)  # which all processes find at once, and the first one says
        if not has_diverged or rank_zero_only.rank == 0:  # type: ignore[attr-defined]  # assigned to the function
            sys.stderr.write(f"restore {arguments[0]}: {error}\n")
        return 1 if has_diverged or is_of_full_disk(error) else 2
    except OSError as error:
        if error.filename is None and not is_of_full_disk(error):  # of which the system says no path at times
            raise
        sys.stderr.write(f"restore {arguments[0]}: {FileError.of(Path(error.filename or '.'), error)}\n")
        return 1 if is_of_full_disk(error) else 2
    except RuntimeError as error:
        reason = lost_process(error)
        if reason is None:
            raise
        if rank_zero_only.rank == 0 or os.getppid() == 1:  # type: ignore[attr-defined]  # which the first has left alone
            sys.stderr.write(f"restore {arguments[0]}: {reason}\n")
        return 1
    except TOLD_TO_END:  # of processes that it launched, Lightning takes any other status for a failure, and kills all
        return TERMINATED if rank_zero_only.rank == 0 else 0  # type: ignore[attr-defined]
    finally:
        remarks.removeFilter(_is_no_advertisement)
    return 0


@contextmanager
def user_errors() -> Iterator[None]:
    """Raise as itself the `UserError` behind an error that wraps it, as jsonargparse does with what it builds."""
    try:
        yield
    except MisconfigurationException as error:  # Lightning's own for settings of a user, such as devices
        raise UserError(" ".join(str(error).split())) from error
    except Exception as error:  # whatever it is, it goes on as it came unless a UserError is its cause
        reason: BaseException | None = error
        while not isinstance(reason, UserError | None):
            reason = reason.__cause__
        if reason in (None, error):
            raise
        raise reason from error


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
def _no_known_warnings() -> Iterator[None]:
    """Leave out what Lightning warns of that no user can change."""
    with warnings.catch_warnings():
        # Lightning 2.6.6 meets torch 2.15: its own pytree shim uses a class that torch now deprecates.
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)
        yield


def _is_no_advertisement(record: logging.LogRecord) -> bool:
    """Whether a remark of Lightning's is about the training, and not about what else one could install."""
    return "Tip: For seamless" not in record.getMessage()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
