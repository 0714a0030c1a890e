"""Processes that carry out cases one after the other: watched, ended where they hang, and begun anew."""

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from research.strangers.judging import Outcome
from research.strangers.worker import carry_out

WAYS = ("command", "service")

AT_MOST = 500
"""Cases of a process, after which another one begins."""

WAITS = 5.0
"""How many times as long as it computes a case may take in all."""

IN_ORDER = 3.0
"""Seconds that a process may take to end by itself."""

START = 600.0
"""Seconds that a process may take to import everything, beside those of a case."""


class Processes:
    """One process at a time.

    Args:
        weights: Of a small network.
        seed: Of all cases.
        seconds: That a case may take by either way.
        folder: Of its own.
    """

    def __init__(self, weights: Path, seed: int, seconds: float, folder: Path) -> None:
        self.weights = weights
        self.seed = seed
        self.seconds = seconds
        self.errors = folder / "errors.txt"
        self.process: BaseProcess | None = None
        self.connection: Connection
        self.done = 0

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def carry_out(self, kind: str, number: int) -> tuple[str, dict[str, Outcome]]:
        """Carry out a case by all ways.

        Returns:
            What was done to a file, and what came of it, by ways.
        """
        done, outcomes = "", {}
        for way in WAYS:
            done, outcomes[way] = self._one(kind, number, way)
        return done, outcomes

    def _one(self, kind: str, number: int, way: str) -> tuple[str, Outcome]:
        if self.process is None or self.done >= AT_MOST:
            self._end()
            self._begin()
        assert self.process is not None
        self.done += 1
        done = f"{kind}, not made"
        try:
            self.connection.send((kind, number, way))
            if self.connection.poll(START):
                done = self.connection.recv()
                if self._is_done():
                    return done, self.connection.recv()
            outcome = Outcome("hang", f"not done after {self.seconds:g} s of computing, or {WAITS:g} times that")
        except (OSError, EOFError):
            self.process.join()
            said = self.errors.read_text(errors="replace")[-500:] if self.errors.exists() else ""
            outcome = Outcome("crash", f"ended with {self.process.exitcode}: {said}")
        self._end()
        return done, outcome

    def _is_done(self) -> bool:
        """Wait for an outcome; on a machine that others use too, its own time is what counts."""
        assert self.process is not None
        began, deadline = self._computed(), time.monotonic() + WAITS * self.seconds
        while self._computed() - began < self.seconds and time.monotonic() < deadline:
            if self.connection.poll(0.5):
                return True
        return False

    def _computed(self) -> float:
        """Seconds that the process has computed for."""
        assert self.process is not None
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def _begin(self) -> None:
        context: Any = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=carry_out, args=(other, str(self.errors), str(self.weights), self.seed))
        self.process.start()
        other.close()
        self.done = 0

    def _end(self) -> None:
        if self.process is not None:
            self.connection.close()  # which ends it, if it is not at work
            self.process.join(IN_ORDER)
            self.process.kill()
            self.process.join()
            self.process = None
