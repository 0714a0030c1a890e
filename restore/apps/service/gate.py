"""What happens to a request before anything of it is read, and to its answer before it leaves."""

import contextlib
import json
import time
from typing import Any

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from restore.apps.service.access import COOKIE, POLICY, Access, told_key
from restore.apps.service.limits import FullError, Limits, Places
from restore.apps.service.telemetry import Telemetry

WORK = "/v1/"
"""Requests below it that send something take a place."""

LINGER = 60.0
"""Seconds for which a refused request is still read, as whoever sends it may be slow."""

QUIET = 5.0
"""Seconds without anything, after which it is not."""


class Gate:
    """Refuses who may not ask, what is too large and what is too much, at once; all else goes on to the application.

    Args:
        app: The application behind it.
        limits: What is taken on.
        access: Who may ask.
        places: For requests that are work.
        telemetry: Counts answers.
    """

    def __init__(self, app: ASGIApp, limits: Limits, access: Access, places: Places, telemetry: Telemetry) -> None:
        self.app = app
        self.limits = limits
        self.access = access
        self.places = places
        self.telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.monotonic(), 500
        headers = Headers(scope=scope)
        port = (scope.get("server") or ("", 0))[1] or 0
        query = scope["query_string"].decode("latin-1")
        is_new_key = "key=" in query and scope["method"] == "GET"

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["Content-Security-Policy"] = POLICY
                out["X-Content-Type-Options"] = "nosniff"
                out["Referrer-Policy"] = "no-referrer"
                out.setdefault("Cache-Control", "no-store")
                if is_new_key and status < 400 and self.access.keys:
                    key = told_key(headers, query, port)
                    out.append("Set-Cookie", f"{COOKIE}_{port}={key}; HttpOnly; SameSite=Strict; Path=/")
            await send(message)

        try:
            await self._pass(scope, receive, sent, headers, query, port)
        finally:
            path = scope["path"] if scope["path"].startswith((WORK, "/metrics")) and status != 404 else "other"
            self.telemetry.answered(path, status, time.monotonic() - start)
            self.telemetry.taken.set(self.places.taken)
        return None

    async def _pass(self, scope: Scope, receive: Receive, send: Send, headers: Headers, query: str, port: int) -> None:
        if refusal := self.access.refusal(headers, query, port):
            return await _refuse(scope, receive, send, *refusal)
        if not _as_number(headers.get("content-length", "0")) <= self.limits.bytes:
            return await _refuse(scope, receive, send, 413, self._size_limit)
        if scope["method"] != "POST":
            return await self.app(scope, receive, send)
        begun = False

        async def begin(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            with self.places.place(), anyio.fail_after(self.limits.seconds):
                self.telemetry.taken.set(self.places.taken)
                await self.app(scope, self._counted(receive), begin)
        except FullError as full:
            await _refuse(scope, receive, send, 429, str(full), {"Retry-After": str(full.seconds)})
        except TimeoutError:
            if not begun:
                await _refuse(scope, receive, send, 504, f"not done within {self.limits.seconds:g} s")
        return None

    @property
    def _size_limit(self) -> str:
        return f"more than {self.limits.megabytes:g} megabytes"

    def _counted(self, receive: Receive) -> Receive:
        left = self.limits.bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self._size_limit)  # in the application, which answers so
            return message

        return counted


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, reason: str, more: dict[str, str] | None = None
) -> None:
    """Answer, and read what is still sent for a while.

    Where that stays unread, the end of a connection is a reset, by which clients lose the answer.
    """
    body = json.dumps({"detail": reason}).encode()
    said = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **(more or {})}
    headers: list[Any] = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    waits = Headers(scope=scope).get("expect", "").lower() == "100-continue"  # and sends nothing more
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        with anyio.move_on_after(0 if waits else LINGER):
            while await _comes(receive):
                pass
        await send({"type": "http.response.body", "body": b""})


async def _comes(receive: Receive) -> bool:
    """Drop what comes of a request; False once it has ended, or nothing comes any more."""
    with anyio.move_on_after(QUIET):
        return bool((await receive()).get("more_body"))
    return False


def _as_number(text: str) -> float:
    """Infinite where it is none, so that it is refused."""
    return float(text) if text.isdecimal() else float("inf")
