import subprocess
import sys

import pytest

from restore.cli import COMMANDS, TRAINING, main


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(f" {name} " in text for name in [*COMMANDS, *TRAINING])


@pytest.mark.parametrize("command", [[], ["polish"], ["inpaint"], ["denoise", "x.png"], ["export"], ["evaluate"]])
def test_unusable_arguments_are_one_line_and_exit_2(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main(command)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("restore")


def test_what_is_no_checkpoint_is_not_exported(tmp_path, capsys):
    (tmp_path / "x.ckpt").write_bytes(b"nothing")
    assert main(["export", str(tmp_path / "x.ckpt"), "-o", str(tmp_path / "w.safetensors")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.ckpt: not a checkpoint" in line
    assert not (tmp_path / "w.safetensors").exists()


def test_the_module_is_the_program():
    shown = subprocess.run([sys.executable, "-m", "restore", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("restore ")
