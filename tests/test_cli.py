import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.cli import COMMANDS, TRAINING, main


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(f" {name} " in text for name in [*COMMANDS, *TRAINING])


@pytest.mark.parametrize("command", [[], ["polish"], ["inpaint"], ["denoise", "x.png"], ["export"], ["evaluate"]])
def test_unusable_arguments_are_one_line_and_exit_2(command, capsys):
    try:
        status = main(command)
    except SystemExit as stop:  # of the parser
        status = stop.code
    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("restore")


def test_what_is_no_checkpoint_is_not_exported(tmp_path, capsys):
    (tmp_path / "x.ckpt").write_bytes(b"nothing")
    assert main(["export", str(tmp_path / "x.ckpt"), "-o", str(tmp_path / "w.safetensors")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.ckpt: not a checkpoint" in line
    assert not (tmp_path / "w.safetensors").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_standard_output_to_a_full_disk_is_one_line(tmp_path):
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "a.png")
    command = [sys.executable, "-m", "restore", "denoise", "a.png", "--sigma", "0", "-o", "-"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (1, b"restore: standard output: no space left on device\n")


def test_the_module_is_the_program():
    shown = subprocess.run([sys.executable, "-m", "restore", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("restore ")
