"""What is known of a run while it goes on, kept in the `run.json` of its folder."""

import math
import shlex
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restore.runs.folder import RunFolder

SUMMARIES = {
    "val/psnr": "max",
    "val/psnr_hole": "max",
    "val/ssim": "max",
    "val/loss": "min",
    "train/loss": "min",
    "robustness/psnr_drop": "min",
}
"""Which value of a metric is the one that a list of runs shows."""

WRITTEN_EVERY = 2.0
"""Seconds from one writing to the next, at least."""


class Card:
    """Begins a run, or goes on with it, and notes what happens; two threads may do so at a time.

    Args:
        folder: Of the run.
        facts: What the run is called, and other words about it.
    """

    def __init__(self, folder: RunFolder, facts: Mapping[str, Any]) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        before = folder.card()
        commands = before.get("commands", [])
        now = command_line()
        self._seconds_before = before.get("seconds", 0.0)
        self._began = time.time()
        self._card: dict[str, Any] = {
            **{name: before[name] for name in ("images", "versions") if name in before},
            **facts,
            "commands": commands if commands[-1:] == [now] else [*commands, now],
            "state": "running",
            "started": before.get("started", self._began),
            "seen": self._began,
            "longest_silence": before.get("longest_silence", 0.0),
            "seconds": self._seconds_before,
            "step": before.get("step", 0),
            "metrics": before.get("metrics", {}),
            "weights": before.get("weights", {}),
        }
        self._written = 0.0

    def update(self, facts: Mapping[str, Any], at_once: bool = True) -> None:
        """Note facts, and write all, unless that can wait.

        Raises:
            WriteError: The card cannot be written.
        """
        with self._lock:
            card = self._card
            card |= facts
            now = time.time()
            card["longest_silence"] = max(card["longest_silence"], now - card["seen"])
            card["seen"], card["seconds"] = now, self._seconds_before + now - self._began
            if at_once or now - self._written >= WRITTEN_EVERY:
                self._written = now
                self._folder.write_card(card)

    def note_metrics(self, metrics: Mapping[str, float], steps: int) -> None:
        """Keep the last and the best value of each.

        Args:
            metrics: By name; those without a slash are not ours.
            steps: How many had been made.

        Raises:
            WriteError: The card cannot be written.
        """
        with self._lock:
            for key, value in metrics.items():
                if "/" in key:
                    _note(self._card["metrics"].setdefault(key, {}), SUMMARIES.get(key), float(value), steps)
            self.update({"step": max(steps, self._card["step"])}, at_once=False)

    def note_weights(self, weights: Mapping[str, Any]) -> None:
        """Keep what is known of weights files, by their aliases.

        Raises:
            WriteError: The card cannot be written.
        """
        with self._lock:
            self.update({"weights": {**self._card["weights"], **weights}})

    @property
    def is_of_training(self) -> bool:
        """Whether there were steps."""
        return "train/loss" in self._card["metrics"]


def command_line() -> str:
    """How this process was called, for a shell."""
    program = sys.argv[0]
    if Path(program).name == "__main__.py":
        words = ["restore"]
    else:
        words = ["python", program] if program.endswith(".py") else [Path(program).name]
    return shlex.join([*words, *sys.argv[1:]])


def _note(known: dict[str, Any], goal: str | None, value: float, steps: int) -> None:
    known["last"] = value
    if goal is None or math.isnan(value):
        return
    best = known.get("best")
    if best is None or (value > best if goal == "max" else value < best):
        known |= {"best": value, "best_step": steps}
