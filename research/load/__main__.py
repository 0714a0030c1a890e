"""Many clients at once against `restore serve`, which is told to end in the middle of it.

    python -m research.load --clients 200 --requests 2000 --malformed 0.05 --seed 0

Every request that is taken on has the right answer, all others are turned away (429, and sent again after the
`Retry-After`) or refused, what is malformed with 4xx; once the service is told to end it takes on no more, finishes
what it has, and ends with the status 143; no temporary file is left, and memory stays flat.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path

import httpx
import numpy as np

from research.load.asked import malformed, requests_of
from research.load.clients import Notes, ask
from research.load.server import Server
from research.strangers.tensors import safetensors_of, small_network
from restore.inference.restorer import Restorer

TOLD_TO_END = 143
GROWTH = 1.1
"""By what factor memory may grow from the first to the last quarter."""


async def load(options: argparse.Namespace, folder: Path) -> tuple[Notes, Server, list[str]]:
    """Carry out a load.

    Returns:
        What was answered, by what, and what is wrong.
    """
    weights = options.weights
    if weights is None:
        weights = str(folder / "small.safetensors")
        Path(weights).write_bytes(safetensors_of(small_network()))
    generator = np.random.default_rng(options.seed)
    kinds = requests_of(Restorer.load(weights, "cpu"), generator)
    requests = [kinds[int(index)] for index in generator.integers(len(kinds), size=options.requests)]
    wrong = generator.random(len(requests)) < options.malformed
    requests = [malformed(one, generator) if bad else one for one, bad in zip(requests, wrong, strict=True)]
    stop_at = None if options.no_stop else int(0.6 * len(requests))
    async with Server(weights, folder, f"--queue={options.queue}", f"--workers={options.workers}") as server:
        notes = await ask(server, requests, options.clients, stop_at)
        faults = list(notes.faults)
        if options.no_stop:
            server.end()
        status = await asyncio.wait_for(server.process.wait(), 600)
        faults += [] if status == TOLD_TO_END else [f"ended with {status}"]
        async with httpx.AsyncClient(trust_env=False) as client:
            with contextlib.suppress(httpx.ConnectError):
                faults.append(f"answers after its end: {await client.get(server.address)}")
    first, last = server.growth()
    faults += [f"memory grew from {first:.0f} to {last:.0f} MB"] if last > GROWTH * first else []
    faults += [f"left behind: {path}" for path in server.temporary.rglob("*")]
    faults += [f"said: {server.said()[-2000:]}"] if server.said().strip() else []
    if notes.settled < notes.owed:
        faults.append(f"of {notes.owed} that were taken on before it was told to end, {notes.settled} were answered")
    answered = notes.done + notes.counts["closed"]
    faults += [] if answered == len(requests) else [f"{answered} of {len(requests)} requests came back"]
    return notes, server, faults


def main(arguments: list[str] | None = None) -> int:
    """Print a table; the exit status is 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--malformed", type=float, default=0.05, help="share of the requests")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queue", type=int, default=16, help="of the service")
    parser.add_argument("--workers", type=int, default=1, help="of the service")
    parser.add_argument("--weights", help="a weights file, or default; a small network's if not given")
    parser.add_argument("--no-stop", action="store_true", help="tell it to end after all requests only")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        notes, server, faults = asyncio.run(load(options, Path(name)))
    sys.stdout.write(table(notes, server))
    sys.stdout.write("".join(f"wrong: {fault}\n" for fault in faults))
    return int(bool(faults))


def table(notes: Notes, server: Server) -> str:
    """The figures of a load, in Markdown."""
    p50, p95 = np.percentile(notes.seconds, (50, 95)) if notes.seconds else (np.nan, np.nan)
    counts, (first, last) = notes.counts, server.growth()
    rejected = counts["turned away"] / max(1, sum(counts.values()))
    row = {
        "restored": counts["right"],
        "refused (4xx)": counts["refused"],
        "turned away (429)": f"{counts['turned away']} ({100 * rejected:.0f} % of all answers)",
        "answered of those taken on at SIGTERM": f"{min(notes.settled, notes.owed)} of {notes.owed}",
        "not taken on after it": counts["closed"],
        "lost or wrong": len(notes.faults),
        "p50": f"{p50:.2f} s",
        "p95": f"{p95:.2f} s",
        "memory, first and last quarter": f"{first:.0f} and {last:.0f} MB",
    }
    return f"| {' | '.join(row)} |\n{'|---' * len(row)}|\n| {' | '.join(map(str, row.values()))} |\n"


if __name__ == "__main__":
    sys.exit(main())
