"""The argument parser of every command: jsonargparse's, with errors of one line."""

import sys
from typing import NoReturn

import jsonargparse

WRAPPING = ("Does not validate against", "Subtypes:", "Errors:", "Expected a <class 'NoneType'>", "Given value")
"""How the lines start that say nothing about the reason."""


class OneLineErrors(jsonargparse.ArgumentParser):
    """Says what is wrong in one line and exits with 2, instead of printing every option first."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print the error and leave."""
        if not self.exit_on_error:
            super().error(message, ex)
        program = self.prog.replace(" [options]", "")
        sys.stderr.write(f"{program}: {one_line(message)} (see {program} --help)\n")
        sys.exit(2)


def one_line(message: str) -> str:
    """The reason in a message of jsonargparse, which of a choice of types tells at length why each does not fit."""
    lines = [line.strip().removeprefix("- ") for line in message.splitlines()]
    return " ".join(line for line in lines if not line.startswith(WRAPPING)) or message
