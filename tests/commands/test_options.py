import inspect
import os
import signal
import subprocess
import sys
import time

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


@pytest.mark.parametrize(
    "arguments",
    [
        ["denoise", "", "-o", "x"],
        ["denoise", "a.png", "-o", ""],
        ["inpaint", "a.png", "--mask", "", "-o", "x"],
        ["evaluate", "--images", "", "-o", "x"],
        ["evaluate", "--images", ".", "-o", "x", "--masks", ""],
        ["robustness", "--images", ".", "-o", "x", "--weights", ""],
        ["draw", "leaves", "-o", ""],
        ["report", ""],
        ["dashboard", ""],
        ["finetune", "", "-o", "x.safetensors"],
        ["export", "", "-o", "x"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_empty_name_is_never_the_current_folder(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("is an empty name")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluate", "--images", ".", "-o", "report.pdf"], "report.pdf: .pdf is not written"),
        (["robustness", "--images", ".", "-o", "x.png"], "x.png: a folder is needed here"),
        (["draw", "leaves", "-o", "x.png"], "x.png: a folder is needed here"),
        (["attention", "a.png", "--at", "1,1", "-o", "x.heic"], "x.heic: .heic is not written"),
        (["attention", "a.png", "--at", "1,1", "-o", "x"], "x: a picture is needed here"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_name_of_an_output_is_judged_before_any_work(tmp_path, monkeypatch, capsys, arguments, reason):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "status", "lines"), [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 0)])
def test_a_command_that_is_told_to_end_leaves_nothing_half_written(tmp_path, number, status, lines):
    command = [sys.executable, "-m", "restore", "draw", "leaves", "-o", str(tmp_path / "x"), "--count", "100000"]

    def listen() -> None:  # what a shell puts into the background ignores SIGINT, and so does all that it starts
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        [*command, "--size", "64"],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen,
    ) as process:
        deadline = time.monotonic() + 120
        while process.poll() is None and len(list((tmp_path / "x").glob("*.png"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == status
    assert len(err.splitlines()) == lines
    assert all(path.suffix == ".png" for path in (tmp_path / "x").iterdir())


def test_whoever_stops_reading_sees_no_traceback(tmp_path):
    drawing = ["draw", "leaves", "-o", str(tmp_path / "x"), "--count", "1", "--size", "16"]
    command = [sys.executable, "-m", "restore", *drawing]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_who_is_told_to_end_in_a_callback_of_a_library_ends_after_it():
    """What is raised there goes nowhere."""
    done = []

    def log_callback():
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("callback")

    def command() -> int:
        """Work on."""
        log_callback()
        time.sleep(30)
        return 0

    start = time.monotonic()
    assert run_command(command, {}) == 143
    assert done == ["callback"]
    assert time.monotonic() - start < 10
