import subprocess
import sys

import pytest
from PIL import Image

from restore.images.codec import write_picture
from restore.images.picture import Picture
from tests.commands.samples import Terminal, noise, write_mask


def program(weights, *arguments, given=b""):
    """Runs the program in a process of its own, whose standard input and output are bytes."""
    command = [sys.executable, "-m", "restore", *map(str, arguments), "--weights", weights, "--device", "cpu"]
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.mark.parametrize(("suffix", "options"), [(".png", ()), (".jpg", ()), (".png", ("--format", "tif"))])
def test_standard_input_and_output_are_files(tmp_path, command, weights, suffix, options):
    Image.fromarray(noise(24, 32, 3)).save(tmp_path / f"a{suffix}")
    given = (tmp_path / f"a{suffix}").read_bytes()
    done = program(weights, "denoise", "-", "-o", "-", "--sigma", "25", *options, given=given)
    assert (done.returncode, done.stderr) == (0, b"")
    assert command("denoise", tmp_path / f"a{suffix}", "-o", tmp_path / "out", "--sigma", "25", *options) == 0
    (written,) = (tmp_path / "out").iterdir()
    assert written.suffix == (".tif" if options else suffix)
    assert written.read_bytes() == done.stdout


def test_a_mask_may_come_from_standard_input(tmp_path, command, weights):
    write_picture(Picture(noise(24, 32, 3)), tmp_path / "a.png")
    mask = write_mask(tmp_path / "mask.png")
    assert command("inpaint", tmp_path / "a.png", "--mask", mask, "-o", tmp_path / "b.png") == 0
    done = program(weights, "inpaint", tmp_path / "a.png", "--mask", "-", "-o", "-", given=mask.read_bytes())
    assert done.stdout == (tmp_path / "b.png").read_bytes()
    done = program(weights, "inpaint", tmp_path / "a.png", "--mask", "-", "-o", "-", given=b"text")
    assert (done.stdout, done.stderr) == (b"", b"restore: standard input: text, not an image\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("denoise", "-", "-o", "out"), "an image from standard input has no name"),
        (("denoise", "-", "a.png", "-o", "-"), "2 images cannot all be written to standard output"),
        (("inpaint", "-", "--mask", "-", "-o", "-"), "- is either an image or the mask"),
        (("denoise", "-", "-o", "-", "--quality", "50"), "--quality is about formats that lose"),
        (("denoise", "a.gif", "-o", "-"), ".gif is not written; --format png"),
    ],
)
def test_what_standard_input_and_output_cannot_be_is_one_line(tmp_path, weights, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    write_picture(Picture(noise(24, 32)), "a.png")
    Image.fromarray(noise(24, 32)).save("a.gif")
    done = program(weights, *arguments, given=(tmp_path / "a.png").read_bytes())
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert reason in line


def test_no_terminal_is_filled_or_waited_for(tmp_path, command, monkeypatch, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert command("denoise", "-", "-o", tmp_path / "b.png") == 2
    assert "no image is read from a terminal" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert command("denoise", tmp_path / "a.png", "-o", "-") == 2
    assert "no image is written to a terminal" in capsys.readouterr().err
