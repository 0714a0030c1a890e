"""What all commands share: options described where their function is, and messages of one line."""

import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docstring_parser
from tqdm import tqdm

from restore.parser import OneLineErrors

UNUSABLE = 2
"""Exit status when the arguments allow no work at all."""


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


@contextmanager
def messages_on_stderr() -> Iterator[logging.Logger]:
    """Show this package's log messages, one line each, while a command runs."""
    logger = logging.getLogger("restore")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
