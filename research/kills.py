"""Whether a training that is killed again and again ends where one does that is left alone.

    python -m research.kills -o out/kills --kills 20 --seed 0
    python -m research.kills -o out/told --kills 20 --seed 0 --told

A small network is trained on the CPU, once without disturbance, and once killed (SIGKILL), or told to end (SIGTERM), at
drawn moments, of which some fall while it starts, learns, validates, or writes. After each the same command is given
again, and goes on from the last checkpoint. The program says of which step that is, whether all checkpoints are whole,
and in the end whether the curves and the averaged weights are those of the undisturbed training, bit for bit.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from restore.commands.options import CommandParser, run_command
from restore.errors import UserError, check_at_least
from restore.networks.weights import load_network
from restore.runs import find_runs
from restore.runs.curves import Curve, read_curves

SETTINGS = (
    "--data.synthetic=restore.synthetic.Leaves",
    "--data.synthetic.count=48",
    "--data.synthetic.size=48",
    "--data.crop=48",
    "--data.batch_size=4",
    "--data.num_workers=1",
    "--data.val_share=0.1",
    "--model.network=restore.networks.RestorationNetwork",
    "--trainer.accelerator=cpu",
    "--trainer.val_check_interval=4",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--trainer.logger=restore.training.LocalTracker",
    "--trainer.logger.report=false",
)
"""Of the training: few images, so that it goes through several epochs, and a checkpoint every few steps."""

TIMES = ("speed/", "time/")
"""Curves that no two trainings share."""


def kills(*, output: str, kills: int = 20, steps: int = 120, seed: int = 0, told: bool = False) -> int:
    """Kill a training at drawn moments, going on after each, and compare it with one that is left alone.

    Args:
        output: A new folder for both.
        kills: How often.
        steps: Of the training.
        seed: Of the moments.
        told: Whether to tell it to end, instead.

    Returns:
        Exit status: 0 both are the same, 1 they differ, or a checkpoint is broken.

    Raises:
        UserError: The folder exists, or the training failed by itself.
    """
    check_at_least(1, kills=kills, steps=steps)
    folder = Path(output)
    if folder.exists():
        raise UserError(f"{folder} exists")
    folder.mkdir(parents=True)
    begins, seconds = _left_alone(folder, steps)
    sys.stdout.write(f"left alone: {steps} steps in {seconds:.0f} s, the first checkpoint after {begins:.0f} s\n")
    generator, broken = np.random.default_rng(seed), 0
    for number in range(1, kills + 1):
        process = _begin(folder, "killed", steps)
        # From the first moment on; together they come about as far as the training is long.
        moment = float(generator.uniform(0, begins + 2.5 * (seconds - begins) / kills))
        try:
            process.wait(moment)
            how = "had ended"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM if told else signal.SIGKILL)
            how = f"told to end, status {process.wait()}," if told else "killed"
            process.wait()
        found = _checkpoints(folder / "killed")
        broken += found.count(None)
        reached = max((one for one in found if one is not None), default=0)
        whole = "" if None not in found else "; BROKEN"
        sys.stdout.write(f"{number:3}: {how} after {moment:5.1f} s; the last checkpoint is of step {reached}{whole}\n")
        sys.stdout.flush()
    _finish(_begin(folder, "killed", steps))
    same = _compare(folder / "alone", folder / "killed")
    return int(bool(broken) or not same)


def _begin(folder: Path, run: str, steps: int) -> subprocess.Popen[bytes]:
    """The command that begins a run, and goes on with it."""
    command = [sys.executable, "-m", "restore", "fit", "-c", "restore", *SETTINGS, f"--trainer.max_steps={steps}"]
    command += [f"--trainer.logger.save_dir={folder / run}", "--ckpt_path=last"]
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_RUN_ID": run}
    with (folder / f"{run}.log").open("ab") as log:
        return subprocess.Popen(command, env=surroundings, stdout=log, stderr=log)


def _finish(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise UserError(f"the training ended with status {process.returncode}; its log lies in the folder")


def _left_alone(folder: Path, steps: int) -> tuple[float, float]:
    """Seconds until the first checkpoint, and until the end."""
    start, begins = time.monotonic(), 0.0
    process = _begin(folder, "alone", steps)
    while process.poll() is None:
        time.sleep(0.05)
        if not begins and any(folder.rglob("*.ckpt")):
            begins = time.monotonic() - start
    _finish(process)
    return begins, time.monotonic() - start


def _checkpoints(folder: Path) -> list[int | None]:
    """The steps of all checkpoints of a run; None of one that cannot be read."""
    found: list[int | None] = []
    for path in folder.rglob("*.ckpt"):
        try:
            found.append(int(torch.load(path, weights_only=True)["global_step"]))
        except Exception:  # whatever is wrong with it
            found.append(None)
    return found


def _compare(alone: Path, killed: Path) -> bool:
    """Say how two runs differ."""
    (one,), (other,) = (find_runs(folder).values() for folder in (alone, killed))
    curves, others = ({**_lasting(read_curves(run.path))} for run in (one, other))
    differing = sorted(name for name in curves.keys() | others.keys() if curves.get(name) != others.get(name))
    points = sum(map(len, curves.values()))
    same = "the same" if not differing else f"other in {', '.join(differing)}"
    sys.stdout.write(f"curves: {len(curves)} with {points} points, {same}\n")
    weights, those = (load_network(next(run.path.rglob("weights.safetensors"))).state_dict() for run in (one, other))
    most = max(float((weights[name] - those[name]).abs().max()) for name in weights)
    sys.stdout.write(f"averaged weights: {len(weights)} tensors, largest difference {most:g}\n")
    return not differing and most == 0


def _lasting(curves: dict[str, Curve]) -> dict[str, Curve]:
    return {name: curve for name, curve in curves.items() if not name.startswith(TIMES)}


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(kills, vars(CommandParser(kills).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
