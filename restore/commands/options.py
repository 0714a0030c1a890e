"""What all commands share: their options are the parameters of their functions, and messages are lines on stderr."""

import logging
import os
import shlex
import signal
import sys
import threading
from argparse import Action
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from types import FrameType
from typing import Any, get_type_hints

import docstring_parser
from tqdm import tqdm

from restore.errors import FileError, UserError, check_known
from restore.images.writes import is_of_full_disk
from restore.parser import OneLineErrors

FAILED = 1
"""Exit status when some of it failed."""

UNUSABLE = 2
"""Exit status when the arguments allow no work at all."""

INTERRUPTED = 130
"""Exit status after Ctrl+C: 128 and the number of the signal."""

TERMINATED = 128 + signal.SIGTERM
"""Exit status of a process that was told to end."""

SHORT = {"output": "-o"}
"""Options that have a short name as well."""

TRAINING_PACKAGES = frozenset(
    (
        *("torch", "torchvision", "lightning", "timm", "kornia", "torchmetrics", "huggingface_hub", "pandas"),
        *("matplotlib", "wandb", "tensorboard", "werkzeug", "jinja2", "markdown"),
    )
)
"""What the extra `train` installs, by the names of the modules."""

AGAIN = 0.01
"""Seconds after which a process is told once more to end, where it could not be."""

Command = Callable[..., int]
"""A command of `restore`: its parameters before the `*` are positional, those after it options; the docstring describes
all of them; what is returned is the exit status."""


class CommandParser(OneLineErrors):
    """jsonargparse's reading of a function, with the conventions of a command line.

    `mask_means: …` is the option `--mask-means`, `overwrite: bool = False` a flag without a value, `set: list[str]` an
    option that may be repeated; a positional `images: list[str]` is one argument or more, and one with a default may
    be left out.

    Args:
        command: The function; its docstring describes the command and its options.
    """

    def __init__(self, command: Command) -> None:
        described = docstring_parser.parse(command.__doc__ or "")
        self._hints = get_type_hints(command)
        parameters = signature(command).parameters.values()
        self._optional = {
            one.name for one in parameters if one.kind is not one.KEYWORD_ONLY and one.default != one.empty
        }
        super().__init__(description=" ".join(f"{described.short_description} {described.long_description}".split()))
        self.add_function_arguments(command, as_group=False, as_positional=True)

    def add_argument(self, *names: str, **options: Any) -> Any:
        """Add an option as a command line has it."""
        name = names[0].lstrip("-")
        hint = self._hints.get(name)
        is_option = names[0].startswith("-") and name not in self._optional
        if name in self._optional and hint == (list[str] | None):
            return super().add_argument(name, nargs="*", type=str, help=options["help"])
        if name in self._optional:
            return super().add_argument(name, nargs="?", **options)
        if is_option and hint is bool:
            options = {"action": "store_true", "default": False, "help": options["help"]}
        elif hint in (list[str], list[str] | None):
            several = {"action": "append"} if is_option else {"nargs": "+"}
            options = {**{key: options[key] for key in ("default", "help") if key in options}, **several, "type": str}
        dashed = [text.replace("_", "-") if is_option else text for text in names]
        return super().add_argument(*([SHORT[name]] if name in SHORT and is_option else []), *dashed, **options)

    def words(self, option: str, text: str) -> list[str]:
        """An option with a text as its value, as a command line has it: a flag if that says true, nothing if false."""
        name = f"--{option.replace('_', '-')}"
        if self._hints[option] is not bool:
            return [f"{name}={text}"]
        known = {"true": [name], "1": [name], "false": [], "0": []}
        check_known(f"value of {name}", [text.lower()], known)
        return known[text.lower()]

    @property
    def actions(self) -> dict[str, Action]:
        """What is known of each option."""
        return {action.dest: action for action in self._actions}


def summary(command: Command) -> str:
    """The first line of what a command says of itself."""
    return docstring_parser.parse(command.__doc__ or "").short_description or ""


class _Lines(logging.Handler):
    """Messages as plain lines on stderr, above the progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(f"restore: {self.format(record)}", file=sys.stderr)


class Terminated(BaseException):
    """The process was told to end (SIGTERM): what is open is closed and removed on the way out, as after Ctrl+C."""


@contextmanager
def _ending_in_order() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_name.endswith("_callback"):  # of a library in C, which drops errors
            again = threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGTERM))
            again.daemon = True
            again.start()
        else:
            raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_no_empty(command: Command, options: Mapping[str, Any]) -> None:
    """Refuse empty names, which Python takes for the current folder.

    Raises:
        UserError: An option is empty that has not been so by itself.
    """
    for name, parameter in signature(command).parameters.items():
        value = options.get(name)
        if "" in (value if isinstance(value, list) else [value]) and parameter.default != "":
            option = f"--{name.replace('_', '-')}" if parameter.kind is parameter.KEYWORD_ONLY else name
            raise UserError(f"{option} is an empty name")


def run_command(command: Command, options: Mapping[str, Any]) -> int:
    """Run a command; what the package logs, and what is wrong with the input, is said in one line each on stderr.

    Args:
        command: The function.
        options: Its arguments by name.

    Returns:
        Exit status: the command's own; 1 where the disk is full, 2 where the input allows no work, 130 where it was
        interrupted, 143 where it was told to end.
    """
    logger = logging.getLogger("restore")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    propagates, logger.propagate = logger.propagate, False  # what a library adds to the root would say it again
    try:
        check_no_empty(command, options)
        with _ending_in_order():
            return command(**options)
    except (UserError, MemoryError) as error:
        logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
        return FAILED if is_of_full_disk(error) else UNUSABLE
    except ModuleNotFoundError as error:
        logger.error("%s", needs_training(error))  # noqa: TRY400
        return UNUSABLE
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            raise
        logger.error("%s", FileError.of(Path(error.filename), error))  # noqa: TRY400  a path that cannot be used
        return UNUSABLE
    except KeyboardInterrupt:
        logger.error("interrupted")  # noqa: TRY400
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates


def needs_training(error: ModuleNotFoundError) -> str:
    """What is said where a package of the extra `train` is not installed.

    Raises:
        ModuleNotFoundError: It is none of these.
    """
    package = (error.name or "").partition(".")[0]
    if package not in TRAINING_PACKAGES:
        raise error
    return f"this needs {package}, which is not installed: pip install 'restore[train]'"


def require(command: str, **options: object) -> None:
    """Refuse to go on without what a user has to give.

    Args:
        command: Its name.
        options: By the names of the parameters: what is given; `images` is a positional one.

    Raises:
        UserError: Some of it is missing.
    """
    missing = [name if name == "images" else f"--{name}" for name, value in options.items() if value in (None, [])]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UserError(f"{' and '.join(missing)} {verb} missing (see restore {command} --help)")


def within(name: str, value: float, most: int) -> float:
    """A value that a user gave, once it is known to lie between 0 and another.

    Raises:
        UserError: It does not.
    """
    if not 0 <= value <= most:
        raise UserError(f"{name} lies between 0 and {most}, not at {value:g}")
    return value


def names(text: str) -> list[str]:
    """What a user lists with commas in between, each once; nothing for "none"."""
    return [] if text == "none" else list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def whole_numbers(option: str, text: str | None) -> list[int] | None:
    """The whole numbers that a user lists with commas in between; None if the option is not given.

    Raises:
        UserError: They are none.
    """
    try:
        return None if text is None else [int(number) for number in text.split(",")]
    except ValueError:
        raise UserError(f"{option} takes whole numbers separated by commas, not {text!r}") from None


def weights_file(weights: str) -> str:
    """What a `--weights` option names, downloaded if it is an artifact of W&B: `wandb:ENTITY/PROJECT/ARTIFACT:ALIAS`.

    Raises:
        UserError: There is no such artifact, or W&B cannot be reached.
    """
    if not weights.startswith("wandb:"):
        return weights  # so that nothing of training is imported, which takes seconds
    from restore.training.tracking import fetched

    return fetched(weights)


def reproducible(command: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a command by name, and as a command line that does the same again."""
    words = ["restore", command]
    for key, value in asked.items():
        name = f"--{key.replace('_', '-')}"
        match value:
            case None | False:
                pass
            case True:
                words.append(name)
            case list():
                words += [f"{name}={one}" for one in value]
            case _:
                words.append(f"{name}={value}")
    return {"command": shlex.join(words), **asked}
