"""The command line: `restore COMMAND …`."""

import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from restore.commands.attention import attention
from restore.commands.denoise import denoise
from restore.commands.draw import draw
from restore.commands.evaluate import evaluate
from restore.commands.finetune import finetune
from restore.commands.inpaint import inpaint
from restore.commands.noise import noise
from restore.commands.options import (
    FAILED,
    INTERRUPTED,
    UNUSABLE,
    Command,
    CommandParser,
    needs_training,
    run_command,
    summary,
)
from restore.commands.robustness import robustness
from restore.commands.runs import dashboard, report
from restore.commands.serve import serve, ui
from restore.commands.verify import verify
from restore.commands.weights import export
from restore.images.writes import is_of_full_disk
from restore.parser import OneLineErrors

COMMANDS: dict[str, Command] = {
    command.__name__: command
    for command in (
        inpaint,
        denoise,
        verify,
        noise,
        finetune,
        evaluate,
        robustness,
        attention,
        draw,
        dashboard,
        report,
        export,
        serve,
        ui,
    )
}
"""A new command is one function, and its name here."""

TRAINING = {
    "fit": "Train a network: pretraining, restoration, or fine-tuning.",
    "validate": "Measure a checkpoint on the validation images.",
    "test": "Measure a checkpoint on the test images.",
}
"""These are parsed by LightningCLI, in `restore.training.cli`; Lightning is imported only for them."""


UNREAD = 128 + 13
"""Exit status when whoever reads standard output has left, as `head` does: 128 and the number of SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The command line without the program's name; that of this process if not given.

    Returns:
        Exit status: 0 all done, 1 some of it failed, as where a disk is full, 2 unusable arguments, 130 interrupted,
        141 the output was not read to its end, 143 told to end.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files that are no UTF-8 go out as they are
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()
    except OSError as error:
        if not (isinstance(error, BrokenPipeError) or is_of_full_disk(error)):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more as it ends
        if isinstance(error, BrokenPipeError):
            return UNREAD
        sys.stderr.write(f"restore: standard output: {str(error.strerror).lower()}\n")
        return FAILED


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in TRAINING:
        try:
            from restore.training.cli import train

            return train(arguments)
        except ModuleNotFoundError as error:
            sys.stderr.write(f"restore {name}: {needs_training(error)}\n")
            return UNUSABLE
        except KeyboardInterrupt:
            sys.stderr.write(f"restore {name}: interrupted\n")
        except SystemExit as end:  # how Lightning ends after it, once it has left the run in order
            if not isinstance(end.__context__, KeyboardInterrupt):
                raise
        return INTERRUPTED
    parser = OneLineErrors(
        prog="restore", version=version("restore"), description="Restore damaged images; train networks that do."
    )
    subcommands = parser.add_subcommands(metavar="COMMAND")
    for known, command in COMMANDS.items():
        own = CommandParser(command) if known == name else OneLineErrors()
        subcommands.add_subcommand(known, own, help=summary(command))
    for known, text in TRAINING.items():
        subcommands.add_subcommand(known, OneLineErrors(), help=text)
    config = parser.parse_args(arguments)
    return run_command(COMMANDS[config.subcommand], vars(config[config.subcommand]))
