import inspect

import docstring_parser
import pytest

from restore.cli import COMMANDS, main
from restore.commands.options import CommandParser, run_command
from restore.errors import UserError


def polish(images: list[str], *, output: str, let: list[str] | None = None, much: bool = False, level: int = 3) -> int:
    """Polish images.

    Args:
        images: What to polish.
        output: Where.
        let: Settings.
        much: Whether to polish much.
        level: How much.
    """
    if level > 5:
        raise UserError(f"level is at most 5, not {level}")
    return 0 if level else 1 // level


def parsed(*arguments):
    return vars(CommandParser(polish).parse_args(list(arguments)))


def test_parameters_before_the_star_are_positional_and_those_after_it_options():
    assert parsed("a", "b", "-o", "c") == {"images": ["a", "b"], "output": "c", "let": None, "much": False, "level": 3}
    assert parsed("a", "--output=c", "--let", "x=1", "--let", "y=2", "--much")["let"] == ["x=1", "y=2"]
    assert parsed("a", "-o", "c", "--much")["much"] is True


@pytest.mark.parametrize("wrong", [["a"], ["-o", "c"], ["a", "-o", "c", "--level", "high"], ["a", "-o", "c", "--mush"]])
def test_wrong_arguments_are_one_line_and_exit_2(wrong, capsys):
    with pytest.raises(SystemExit) as stop:
        parsed(*wrong)
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_a_user_caused_is_one_line_and_any_other_error_shows_its_traceback(capsys):
    assert run_command(polish, {"images": [], "output": "o", "level": 6}) == 2
    assert capsys.readouterr().err == "restore: level is at most 5, not 6\n"
    with pytest.raises(ZeroDivisionError):
        run_command(polish, {"images": [], "output": "o", "level": 0})


def test_a_path_that_the_system_refuses_is_one_line(tmp_path, capsys):
    assert main(["denoise", str(tmp_path / ("x" * 300 + ".png")), "-o", str(tmp_path / "out")]) in {1, 2}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("file name too long")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_option_is_described(command):
    described = {one.arg_name: one.description for one in docstring_parser.parse(command.__doc__).params}
    assert described.keys() == inspect.signature(command).parameters.keys()
    assert all(described.values())
    CommandParser(command)
