"""What all commands share: options described where their function is, and messages of one line."""

import inspect
import logging
import shlex
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

import docstring_parser
from tqdm import tqdm

from restore.parser import OneLineErrors

_logger = logging.getLogger(__name__)

UNUSABLE = 2
"""Exit status when the arguments allow no work at all."""

Arguments = ParamSpec("Arguments")


def command_parser(command: Callable[..., int]) -> OneLineErrors:
    """A parser without options yet, described by the docstring of the command's function."""
    described = docstring_parser.parse(command.__doc__ or "")
    text = f"{described.short_description} {described.long_description}"
    return OneLineErrors(description=" ".join(text.split()))


def add_option(parser: OneLineErrors, command: Callable[..., int], *flags: str, **options: Any) -> None:
    """Add an option for the parameter of that name, whose default and description stand at the command."""
    name = flags[-1].lstrip("-").replace("-", "_")
    default = inspect.signature(command).parameters[name].default
    if default is not inspect.Parameter.empty:
        options["default"] = default
    described = {
        parameter.arg_name: parameter.description for parameter in docstring_parser.parse(command.__doc__ or "").params
    }
    parser.add_argument(*flags, help=" ".join((described[name] or "").split()), **options)


class _Lines(logging.Handler):
    """Messages as plain lines on stderr, above the progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(f"restore: {self.format(record)}", file=sys.stderr)


def one_line_messages(command: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Make a command say in one line each, on stderr, what this package logs and what a user can have caused."""

    @wraps(command)
    def run(*arguments: Arguments.args, **options: Arguments.kwargs) -> int:
        logger = logging.getLogger("restore")
        handler, level = _Lines(), logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        propagates, logger.propagate = logger.propagate, False  # what a library adds to the root would say it again
        try:
            return command(*arguments, **options)
        except (ValueError, OSError, MemoryError, ModuleNotFoundError) as error:
            logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
            return UNUSABLE
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagates

    return run


def within(name: str, value: float, most: int) -> float:
    """A value that a user gave, once it is known to lie between 0 and another.

    Raises:
        ValueError: It does not.
    """
    if not 0 <= value <= most:
        raise ValueError(f"{name} lies between 0 and {most}, not at {value:g}")
    return value


def names(text: str) -> list[str]:
    """What a user lists with commas in between, each once; nothing for "none"."""
    return [] if text == "none" else list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def weights_file(weights: str) -> str:
    """What a `--weights` option names, downloaded if it is an artifact of W&B: `wandb:ENTITY/PROJECT/ARTIFACT:ALIAS`.

    Raises:
        ValueError: There is no such artifact, or W&B cannot be reached.
    """
    if not weights.startswith("wandb:"):
        return weights  # so that nothing of training is imported, which takes seconds
    from restore.training.tracking import fetched

    return fetched(weights)


def peers_named(against: str) -> list[str]:
    """The peers that an option lists: "all" that are installed, "none", or names separated by commas.

    Raises:
        ValueError: There is no such peer, or it is not installed.
    """
    from restore.evaluation.peers import DENOISERS, FILLS, unavailable

    known = [*FILLS, *DENOISERS]
    missing = {name: reason for name in known if (reason := unavailable(name)) is not None}
    if against == "all":
        for reason in missing.values():
            _logger.info("%s", reason)
        return [name for name in known if name not in missing]
    wanted = names(against)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"no such peer: {', '.join(unknown)}; there are {', '.join(known)}")
    if not missing.keys().isdisjoint(wanted):
        raise ValueError("; ".join(missing[name] for name in wanted if name in missing))
    return wanted


def reproducible(command: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a command by name, and as a command line that does the same again."""
    words = ["restore", command]
    for key, value in asked.items():
        name = key.replace("_", "-")
        match value:
            case None | False:
                pass
            case True:
                words.append(f"--{name}")
            case list():
                words += [f"--{name}", *map(str, value)]
            case _:
                words.append(f"--{name}={value}")
    return {"command": shlex.join(words), **asked}
