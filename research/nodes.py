"""Several nodes on one machine: a training that `torchrun` starts by an agent for each, with a rendezvous between them.

    python -m research.nodes -o out/nodes --nodes 2 --processes 2
    python -m research.nodes -o out/nodes --kill

Without a cluster, this is what there is of several nodes but for the wires: every agent knows the others by an address
alone, and starts, watches and ends its own processes. With `--kill` the last process of the last node is killed
(SIGKILL) once there is a checkpoint, and it is told how long the others take to end, and what they say.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from restore.commands.options import CommandParser, run_command
from restore.errors import UserError, check_at_least
from restore.runs import find_runs

SETTINGS = (
    "--data.synthetic=restore.synthetic.Leaves",
    "--data.synthetic.count=64",
    "--data.synthetic.size=48",
    "--data.crop=48",
    "--data.batch_size=2",
    "--data.num_workers=0",
    "--data.val_share=0.1",
    "--trainer.accelerator=cpu",
    "--trainer.strategy=ddp",
    "--trainer.val_check_interval=4",
    "--trainer.log_every_n_steps=2",
    "--trainer.enable_progress_bar=false",
    "--trainer.logger=restore.training.LocalTracker",
    "--trainer.logger.report=false",
)
"""Of a small training."""

PATIENCE = 300.0
"""Seconds in which what is waited for has to happen."""


def nodes(*, output: str, nodes: int = 2, processes: int = 2, steps: int = 8, kill: bool = False) -> int:
    """Train on several nodes of some processes each, all on this machine.

    Args:
        output: A new folder for the run and the logs of the nodes.
        nodes: How many.
        processes: On each.
        steps: Of the training.
        kill: Kill a process, instead of waiting for the end.

    Returns:
        Exit status: 0 all came to the end, or ended once one was killed; 1 they did not.

    Raises:
        UserError: The folder exists.
    """
    check_at_least(1, nodes=nodes, processes=processes, steps=steps)
    folder = Path(output)
    if folder.exists():
        raise UserError(f"{folder} exists")
    folder.mkdir(parents=True)
    port = _free_port()
    agents = [_agent(folder, node, nodes, processes, 10**6 if kill else steps, port) for node in range(nodes)]
    try:
        is_well = _killed(folder, agents) if kill else _ended(folder, agents, nodes * processes, steps)
    finally:
        for agent in agents:
            agent.kill()
    return int(not is_well)


def _agent(folder: Path, node: int, nodes: int, processes: int, steps: int, port: int) -> subprocess.Popen[bytes]:
    """What a node runs."""
    command = [sys.executable, "-m", "torch.distributed.run", f"--nnodes={nodes}", f"--nproc-per-node={processes}"]
    command += ["--rdzv-backend=c10d", "--rdzv-id=restore", f"--rdzv-endpoint=127.0.0.1:{port}", "-m", "restore"]
    command += ["fit", "-c", "restore", *SETTINGS, f"--trainer.max_steps={steps}", f"--trainer.num_nodes={nodes}"]
    command += [f"--trainer.devices={processes}", f"--trainer.logger.save_dir={folder}", "--ckpt_path=last"]
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_RUN_ID": "run"}
    with (folder / f"node-{node}.log").open("wb") as log:
        return subprocess.Popen(command, env=surroundings, stdout=log, stderr=log)


def _ended(folder: Path, agents: list[subprocess.Popen[bytes]], world: int, steps: int) -> bool:
    statuses = [agent.wait(PATIENCE) for agent in agents]
    ((_, run),) = find_runs(folder).items()
    last = torch.load(run.path / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    said = "".join(path.read_text() for path in sorted(folder.glob("node-*.log")))
    members = sum(f"MEMBER: {rank + 1}/{world}" in said for rank in range(world))
    sys.stdout.write(f"statuses {statuses}; {members} of {world} processes; {last} of {steps} steps\n")
    return not any(statuses) and members == world and last == steps


def _killed(folder: Path, agents: list[subprocess.Popen[bytes]]) -> bool:
    _wait_for(lambda: any(folder.rglob("last.ckpt")))
    workers = [one for agent in agents for one in _children(agent)]
    os.kill(workers[-1], signal.SIGKILL)
    start = time.monotonic()
    statuses = [agent.wait(PATIENCE) for agent in agents]
    _wait_for(lambda: not any(Path("/proc", str(one)).exists() for one in workers))
    seconds = time.monotonic() - start
    sys.stdout.write(f"all ended {seconds:.0f} s after one was killed; statuses {statuses}\n")
    lines = [line for path in sorted(folder.glob("node-*.log")) for line in path.read_text().splitlines()]
    said = [line for line in lines if line.startswith("restore fit: ")]
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return all(statuses) and seconds < 60 and bool(said)


def _children(process: subprocess.Popen[bytes]) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    return [int(one) for one in found.stdout.split()]


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise UserError(f"not within {PATIENCE:.0f} s; the logs lie in the folder")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(nodes, vars(CommandParser(nodes).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
