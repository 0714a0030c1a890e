"""The argument parser of every command: jsonargparse's, with errors of one line."""

import ast
import re
import sys
from argparse import Action
from collections.abc import Mapping
from typing import Any, NoReturn

import jsonargparse

WRAPPING = ("Does not validate against", "Subtypes:", "Errors:", "Expected a <class 'NoneType'>", "Given value")
"""How the lines start that say nothing about the reason."""

IN_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}

_KEY = re.compile(r'Parser key "([^"]+)"')
_EXPECTED = re.compile(r"Expected an? (.+?)(?:\. Got value: .*)?$", re.MULTILINE)
_VALUE = re.compile(r"(?:Given|Got) value: (.*?)(?:\. Got value: .*)?$", re.MULTILINE)
_MISSING = re.compile(r"the following arguments are required: (.+)")
_VALUELESS = re.compile(r"argument (\S+): expected (?:one|at least one) argument")
_CLASS = re.compile(r"Expected a path but (.+) either not accessible or invalid")
_PROBLEM = re.compile(r"Problem with given class_path '[\w.]+': *\n? *(?:- )?((?:module|No module) .+)")
_FOREIGN = re.compile(r"Import path \S* ?does not correspond to a subclass of (\w+)")
_OPTION = re.compile(r"Option '(\S+)' is not accepted")
_CLASS_PATH = re.compile(r"class_path(?:=| )'([\w.]+)'")
_MISPLACED = re.compile(r"init_args=Namespace\(class_path='[\w.]+', (\w+)=")
_SENTENCE = re.compile(r"(?<=\.) ")
_TYPE = re.compile(r"<class '(\w+)'>|typing\.Literal(\[.*\])")


class OneLineErrors(jsonargparse.ArgumentParser):
    """Says what is wrong in one line and exits with 2, instead of printing every option first."""

    _commands: Mapping[str, "OneLineErrors"] = {}
    _words: list[str] = []  # noqa: RUF012  replaced, never changed

    def add_subcommands(self, *args: Any, **options: Any) -> Any:
        """Add commands, whose errors this parser may be the one to find."""
        action = super().add_subcommands(*args, **options)
        self._commands = action.choices
        return action

    def parse_args(self, args: Any = None, *others: Any, **options: Any) -> Any:
        """Parse a command line."""
        self._words = list(sys.argv[1:] if args is None else args)
        return super().parse_args(args, *others, **options)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print the error and leave."""
        if not self.exit_on_error:
            super().error(message, ex)
        program, parser = self.prog.replace(" [options]", ""), self
        if self._words and self._words[0] in self._commands:  # what it asks is what is wrong
            program, parser = f"{program} {self._words[0]}", self._commands[self._words[0]]
        actions = {action.dest: action for action in parser._actions}
        sys.stderr.write(f"{program}: {one_line(message, actions)} (see {program} --help)\n")
        sys.exit(2)


def one_line(message: str, actions: Mapping[str, Action] | None = None) -> str:
    """The reason in a message of jsonargparse, in words about what may be written instead.

    Args:
        message: Which may tell at length why each of a choice of types does not fit.
        actions: The options by name, whose descriptions are then repeated.
    """
    actions = actions or {}
    missing = _MISSING.fullmatch(message)
    if missing:
        keys = [name.partition(".")[2] or name for name in missing[1].split(", ")]
        return f"{' and '.join(_name(key, actions) for key in keys)} {'is' if len(keys) == 1 else 'are'} missing"
    valueless = _VALUELESS.fullmatch(message)
    if valueless:
        names = [name for name in valueless[1].split("/") if not name.endswith("+")]
        return f"{max(names, key=len)} is given without a value"
    keys, (*_, innermost) = _KEY.findall(message), _KEY.split(message)
    name = ".".join([_name(keys[0], actions), *keys[1:]]) if keys else ""
    of_class = _of_class(innermost)
    if name and of_class:
        return f"{name}{of_class}"
    value = _VALUE.search(innermost)
    kinds = [_in_words(kind) for kind in _EXPECTED.findall(innermost) if "NoneType" not in kind]
    if keys and value and kinds and None not in kinds:
        *others, last = " or ".join(map(str, kinds)).split(" or ")
        allowed = f"{', '.join(others)} or {last}" if others else last
        reason = f"{name} is {allowed}, not {value[1]!r}"
        described = actions[keys[0]].help if len(keys) == 1 and keys[0] in actions else None
        return f"{reason}. {_SENTENCE.split(' '.join(described.split()))[0]}" if described else reason
    lines = [line.strip().removeprefix("- ") for line in message.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(WRAPPING)) or message


def _of_class(message: str) -> str | None:
    """What is wrong where a class is to be named; None where none is."""
    option, path = _OPTION.search(message), _CLASS_PATH.search(message)
    if option and path:
        name, misplaced = path[1].rpartition(".")[2], _MISPLACED.search(message)
        if misplaced:
            return f": {misplaced[1]} stands beside class_path; what {name} is given stands in init_args"
        return f": {name} has no setting {option[1]!r}"
    value, problem = _CLASS.search(message), _PROBLEM.search(message)
    if problem:
        return f": {problem[1]}"
    foreign = _FOREIGN.search(message)
    if value and foreign:
        return f": {value[1]} is no {foreign[1]}"
    if value:
        other = ", or true or false" if "<class 'bool'>" in message else ""
        return f" is the name of a class, as package.Class, or of a YAML file that has one{other}, not {value[1]!r}"
    return None


def _name(key: str, actions: Mapping[str, Action]) -> str:
    action = actions.get(key)
    names = [name for name in action.option_strings if not name.endswith("+")] if action else []
    return names[-1] if names else key


def _in_words(kind: str) -> str | None:
    """What a type allows; None if it is not to be written in a word."""
    found = _TYPE.fullmatch(kind)
    if not found:
        return None
    if found[2]:
        return " or ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in ast.literal_eval(found[2]))
    return IN_WORDS.get(found[1])
