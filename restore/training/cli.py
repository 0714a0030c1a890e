"""`restore fit`, `restore validate` and `restore test`: Lightning's own command line, with our errors."""

import sys
from pathlib import Path
from traceback import extract_tb

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from restore.data.module import RestorationData
from restore.parser import OneLineErrors
from restore.training.callbacks import LogConfig
from restore.training.modules import RestorationTask

PACKAGE = Path(__file__).parents[1]


class _Parser(LightningArgumentParser, OneLineErrors):
    """Lightning's parser, with errors of one line."""


def train(arguments: list[str]) -> int:
    """Run one of Lightning's commands.

    Args:
        arguments: The command and its options.

    Returns:
        Exit status: 0 when done, 2 when the arguments, the files or the images they name are unusable.
    """
    try:
        LightningCLI(
            RestorationTask,
            RestorationData,
            subclass_mode_model=True,
            auto_configure_optimizers=False,
            save_config_callback=LogConfig,
            seed_everything_default=0,
            parser_kwargs={"prog": "restore"},
            parser_class=_Parser,
            args=None if arguments == sys.argv[1:] else arguments,  # it warns of arguments that are given twice
        )
    except (FileNotFoundError, MisconfigurationException) as error:  # a checkpoint, a device
        sys.stderr.write(f"restore {arguments[0]}: {' '.join(str(error).split())}\n")
        return 2
    except ValueError as error:
        reason = _user_error(error)
        if reason is None:
            raise
        sys.stderr.write(f"restore {arguments[0]}: {reason}\n")
        return 2
    return 0


def _user_error(error: BaseException | None) -> BaseException | None:
    """The ValueError of this package behind an error, if there is one.

    By convention those are about what the user gave; any other error is a bug, and deserves its traceback.
    jsonargparse wraps the errors of the objects it builds.
    """
    while error is not None:
        frames = extract_tb(error.__traceback__)
        if isinstance(error, ValueError) and frames and Path(frames[-1].filename).is_relative_to(PACKAGE):
            return error
        error = error.__cause__ or error.__context__
    return None
