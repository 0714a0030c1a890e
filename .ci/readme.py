"""Runs every command of a README in miniature, with the `restore` that is installed: `python readme.py README.md`.

The commands are those of the README's console blocks, in their order, in an empty folder with a few drawn images of the
names that they use. Trainings get few steps, measurements few images. Prints a line for each, and stops at the first
that fails.
"""

import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

TINY = ["--data.crop=32", "--data.batch_size=2", "--data.num_workers=0"]
TRAINING = ["--trainer.max_steps=2", "--trainer.val_check_interval=2", "--trainer.log_every_n_steps=1", *TINY]
FINETUNING = [option.replace("--", "--set=") for option in ("--trainer.val_check_interval=6", *TINY)]

MINIATURE = {
    "restore inpaint": [],
    "restore denoise": [],
    "restore finetune": ["--weights=none", "--steps=12", *FINETUNING],
    "restore fit -c pretrain": [
        *TRAINING,
        "--data.synthetic.count=8",
        "--data.val_share=0.3",
        "--model.network.encoder=nano",
    ],
    "restore fit": TRAINING,
    "restore draw": ["--count=4", "--size=64"],
    "restore evaluate": ["--limit=1", "--damage=thin,mixed", "--sigma=25"],
    "restore robustness": ["--limit=1", "--size=64", "--sweeps=phase"],
    "restore attention": [],
    "restore dashboard": [],
    "restore report": [],
}
"""What makes a command small, by how it begins; what is not in here is a command that nobody has thought of."""


def main(readme: Path) -> int:
    """Run everything; the exit status is 1 where a command failed, or is not known."""
    text = readme.read_text()
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
    commands = [shlex.split(line[2:], comments=True) for line in lines]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_images(folder)
        for command in (command for command in commands if command[0] != "make"):
            words = " ".join(command)
            begins = next((begin for begin in MINIATURE if words.startswith(begin)), None)
            if begins is None:
                print(f"FAILED {words}: this script does not know it")
                return 1
            start = time.monotonic()
            run = show if begins == "restore dashboard" else finish
            status, output = run([*command, *MINIATURE[begins]], folder)
            print(f"{'ok' if status == 0 else 'FAILED'} {time.monotonic() - start:5.1f} s  {words}", flush=True)
            if status:
                print(output)
                return 1
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            python = f"{GIVEN}\n{block}"
            status, output = finish([sys.executable, "-c", python], folder)
            print(
                f"{'ok' if status == 0 else 'FAILED'} the Python of the README\n{output if status else ''}", flush=True
            )
            if status:
                return 1
    return 0


GIVEN = """
import numpy as np, torch
image = np.zeros((48, 64, 3), np.uint8)
hole = np.zeros((48, 64), bool)
hole[8:20, 8:20] = True
degraded, sigma = torch.rand(1, 3, 48, 64), torch.full((1, 1, 48, 64), 0.1)
"""
"""What the README's Python takes for granted."""


def draw_images(folder: Path) -> None:
    """The images that the commands name."""
    generator = np.random.default_rng(0)

    def image(height: int, width: int) -> np.ndarray:
        coarse = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))

    for name in ("scans", "masks", "photographs"):
        (folder / name).mkdir()
    hole = np.zeros((240, 320), np.uint8)
    hole[60:90, 100:190] = 255
    Image.fromarray(image(240, 320)).save(folder / "photo.jpg")
    Image.fromarray(hole).save(folder / "mask.png")
    Image.fromarray(np.dstack([image(240, 320), 255 - hole])).save(folder / "logo.png")
    for i in range(2):
        Image.fromarray(image(240, 320)).save(folder / f"scans/{i}.png")
        Image.fromarray(hole).save(folder / f"masks/{i}.png")
    for i in range(10):
        Image.fromarray(image(96, 96)).save(folder / f"photographs/{i}.png")


def finish(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command to its end."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def show(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a server until it says where it listens, and end it as a user would."""
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if "http://" in line:
            server.send_signal(signal.SIGINT)
            return server.wait(60), said
    return 1, said


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
