"""The command `restore serve`, in a process that is watched."""

import asyncio
import os
import re
import signal
import sys
import time
from pathlib import Path
from statistics import median
from types import TracebackType

SAMPLED = 0.1
"""Seconds between two looks at its memory."""


class Server:
    """A service on a free port of the loopback.

    Args:
        weights: Of its network.
        folder: Of its own; its temporary files lie in `tmp`.
        options: Further ones of the command.
    """

    def __init__(self, weights: str, folder: Path, *options: str) -> None:
        self.words = ["serve", "--port=0", f"--weights={weights}", "--device=cpu", *options]
        self.temporary = folder / "tmp"
        self.errors = folder / "errors.txt"
        self.sizes: list[tuple[float, float]] = []
        self.told: float | None = None

    async def __aenter__(self) -> "Server":
        self.temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        with self.errors.open("wb") as errors:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "restore",
                *self.words,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment,
            )
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        found = re.search(r"http://\S+", line)
        assert found is not None, f"{line}{self.errors.read_text()}"
        self.address = found[0]
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._sampling.cancel()
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def end(self) -> None:
        """Tell it to end."""
        self.told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def growth(self) -> tuple[float, float]:
        """Its memory in MB: median of the first quarter of the time until it was told to end, and of the last."""
        sizes = [size for at, size in self.sizes if self.told is None or at < self.told]
        quarter = max(1, len(sizes) // 4)
        return median(sizes[:quarter]), median(sizes[-quarter:])

    def said(self) -> str:
        """What it wrote to standard error."""
        return self.errors.read_text(errors="replace")

    async def _sample(self) -> None:
        while True:
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    self.sizes.append((time.monotonic(), int(line.split()[1]) / 1024))
            await asyncio.sleep(SAMPLED)
