"""A process that carries out cases, with a bound on its memory, and without a network."""

import contextlib
import ctypes
import gc
import os
import resource
import socket
import sys
import tempfile
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from research.strangers.cases import Case, image_case, weights_case
from research.strangers.judging import Outcome, by_command, by_service

ROOM = 2 * 2**30
"""Bytes that a process may take beside what it has once everything is imported."""

OPENED, READ = 0x20, 0x1
"""Events of inotify."""


def carry_out(cases: Connection, errors: str, weights: str, seed: int, room: int = ROOM) -> None:
    """Carry out cases by their kind, number and way until there are no more; send what each is, and what came of it.

    Args:
        cases: Gives cases, and takes outcomes.
        errors: Where standard error goes, of this program and of all libraries.
        weights: A small network's.
        seed: Of all cases.
        room: See `ROOM`.
    """
    os.dup2(os.open(errors, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND), 2)
    asked: list[str] = []
    _watch_network(asked)
    ways = Ways(Path(weights))
    grown = _pages("VmSize") + room
    resource.setrlimit(resource.RLIMIT_AS, (grown, grown))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            kind, number, way = cases.recv()
        except EOFError:
            return
        os.ftruncate(2, 0)
        asked.clear()
        _one(ways, kind, (seed, number), way, asked, Path(errors), cases)
        gc.collect()


def _one(
    ways: "Ways", kind: str, seed: tuple[int, int], way: str, asked: list[str], errors: Path, tell: Connection
) -> None:
    generator = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="case-", dir=errors.parent) as name:
        folder = Path(name)
        for part in ("in", "out", "tmp"):
            (folder / part).mkdir()
        secret = folder / "secret.bin"
        secret.write_bytes(np.full(81, 0.5, np.float32).tobytes())
        if kind == "images":
            case = image_case(generator, folder / "in", ways.weights)
        else:
            case = weights_case(generator, folder / "in", ways.weights, secret)
        tell.send(case.kind)
        before, events = tempfile.tempdir, _watch(secret)
        tempfile.tempdir = str(folder / "tmp")
        home = Path.cwd()
        os.chdir(folder / "in")
        try:
            outcome = getattr(ways, way)(case, folder / "out", errors)
        except Exception:  # any at all is a finding, and the next case follows
            lines = traceback.format_exc().splitlines()
            own = [line.strip() for line in lines if "/restore/" in line]
            outcome = Outcome("traceback", " / ".join([*own[-5:], *lines[-1:]])[:2000])
        finally:
            os.chdir(home)
            tempfile.tempdir = before
        left = [str(path.relative_to(folder)) for path in (folder / "tmp").rglob("*")]
        left += [str(path.relative_to(folder)) for path in folder.rglob(".restore*")]
        faults = {
            "network": bool(asked) and f"asked for {asked}",
            "files left": bool(left) and f"{left}",
            "another file read": _has_event(events) and f"{secret.name} was opened",
            "wrong result": outcome.name == "restored" and outcome.fault,
        }
        os.close(events)
        for wrong, fault in faults.items():
            if fault:
                outcome = Outcome(wrong, f"{fault} {outcome.fault}")
                break
    tell.send(outcome)


class Ways:
    """The command and the service, in this process.

    Args:
        weights: A small network's, for cases that are about images.
    """

    def __init__(self, weights: Path) -> None:
        import onnxruntime  # noqa: F401  what is imported later counts as taken by a case
        import openvino  # noqa: F401

        from restore.cli import main

        self.weights = weights
        self.main = main
        with tempfile.TemporaryDirectory() as name:  # what libraries load at their first use counts no more
            folder = Path(name)
            for number in range(4):
                (folder / f"{number}").mkdir()
                case = image_case(np.random.default_rng((0, number)), folder / f"{number}", weights)
                self.service(case, folder / "out", Path(os.devnull))
                self.command(case, folder / "out", Path(os.devnull))

    def command(self, case: Case, out: Path, errors: Path) -> Outcome:
        """By the command line."""
        words = [case.task, str(case.files.get("image", case.weights)), "-o", str(out)]
        if case.task == "export":
            words[-1] = str(out / "w.safetensors")
        else:
            words += [
                f"--weights={case.weights}",
                "--device=cpu",
                *([f"--backend={case.backend}"] if case.backend else []),
            ]
            words += [f"--{name}={path}" for name, path in case.files.items() if name != "image"]
            words += [f"--{name}={value}" for name, value in case.options.items()]
            words += ["--mask=alpha"] if case.task == "inpaint" and "mask" not in case.files else []
        try:
            status = self.main(words)
        except SystemExit as end:  # of the parser
            status = int(end.code or 0)
        sys.stderr.flush()
        lines = [line for line in errors.read_text(errors="replace").splitlines() if line.strip()]
        return by_command(case, status, lines, [path for path in out.rglob("*") if path.is_file()])

    def service(self, case: Case, out: Path, errors: Path) -> Outcome:  # noqa: ARG002
        """By `restore serve`, as it would begin; its application is asked without a port."""
        from starlette.testclient import TestClient

        answers: list[Any] = []

        def asked(app: Any, *_: Any) -> None:
            if not case.files:
                return
            opened = {name: (path.name, path.read_bytes()) for name, path in case.files.items()}
            with TestClient(app, "http://127.0.0.1") as client:
                answers.append(client.post(f"/v1/{case.task}", files=opened, data=case.options))

        words = ["serve", f"--weights={case.weights}", "--device=cpu", "--port=0"]
        words += [f"--backend={case.backend}"] if case.backend else []
        with mock.patch("restore.apps.service.server.run", asked):
            status = self.main(words)
        sys.stderr.flush()
        lines = [line for line in errors.read_text(errors="replace").splitlines() if line.strip()]
        if not answers:
            return by_command(case, status, lines, []) if status else Outcome("restored")
        answer = answers[0]
        return by_service(case, answer.status_code, answer.headers.get("content-type", ""), answer.content)


def _watch_network(asked: list[str]) -> None:
    """Note whatever would leave this process, and let none of it."""

    def refused(*words: Any, **_: Any) -> Any:
        asked.append(repr(words[1:]))
        raise OSError("no network here")

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refused)
    looked_up = socket.getaddrinfo

    def found(host: Any, *words: Any, **options: Any) -> Any:
        return looked_up(host, *words, **options) if host in {"127.0.0.1", "localhost", None} else refused(None, host)

    socket.getaddrinfo = found


_libc = ctypes.CDLL(None, use_errno=True)


def _watch(path: Path) -> int:
    """Begin to note whoever opens a file."""
    descriptor: int = _libc.inotify_init1(os.O_NONBLOCK)
    assert descriptor >= 0
    assert _libc.inotify_add_watch(descriptor, os.fsencode(path), OPENED | READ) >= 0
    return descriptor


def _has_event(descriptor: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        return bool(os.read(descriptor, 4096))
    return False


def _pages(name: str) -> int:
    """A size of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
