"""Clients that ask one after the other, and note what they were answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from research.load.asked import Request
from research.load.server import Server


@dataclass
class Notes:
    """What all clients were answered.

    Args:
        seconds: Of each request that was carried out, from its sending to its answer.
        counts: `right`, `refused` (4xx of what is malformed), `turned away` (429, which is tried again), `closed`
            (without an answer once the service was told to end).
        faults: What may not be.
        owed: Requests that the service had taken on when it was told to end.
        settled: Of all requests, those that were answered after that.
    """

    seconds: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    owed: int = 0
    settled: int = 0

    @property
    def done(self) -> int:
        """Requests that are answered for good."""
        return self.counts["right"] + self.counts["refused"] + len(self.faults)


async def ask(server: Server, requests: list[Request], clients: int, stop_at: int | None) -> Notes:
    """Send requests from clients at once.

    Args:
        server: Is asked.
        requests: All of them, in the order in which they are sent.
        clients: How many ask at once, each the next one when it has its answer.
        stop_at: Answers after which the service is told to end.
    """
    notes, left = Notes(), iter(requests)
    # A connection of its own for each request: one that lies idle may be closed while the next request is on its way.
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=server.address, timeout=600, limits=limits, trust_env=False) as client:

        async def stop() -> None:
            while stop_at is not None and notes.done < stop_at:
                await asyncio.sleep(0.01)
            if stop_at is not None:
                notes.owed = (await client.get("v1/info")).json()["taken"]
                server.end()

        stopping = asyncio.create_task(stop())
        await asyncio.gather(*(_client(client, server, left, notes) for _ in range(clients)))
        stopping.cancel()
    return notes


async def _client(client: httpx.AsyncClient, server: Server, left: Iterator[Request], notes: Notes) -> None:
    for request in left:
        while not await _answered(client, server, request, notes):
            pass


async def _answered(client: httpx.AsyncClient, server: Server, request: Request, notes: Notes) -> bool:
    """Send a request once; False where it is to be sent again."""
    sent = time.monotonic()
    try:
        answer = await client.post(f"v1/{request.task}", files=request.files or None, data=request.fields)
    except httpx.TransportError as error:
        if server.told is not None:
            notes.counts["closed"] += 1
        else:
            after = time.monotonic() - sent
            notes.faults.append(f"lost after {after:.1f} s: {request.task}, {type(error).__name__} {error}")
        return True
    notes.settled += server.told is not None and answer.status_code != 429
    if answer.status_code == 429:
        notes.counts["turned away"] += 1
        await asyncio.sleep(float(answer.headers["Retry-After"]))
        return False
    if answer.status_code == 200 and request.is_right(answer.content):
        notes.counts["right"] += 1
        notes.seconds.append(time.monotonic() - sent)
    elif 400 <= answer.status_code < 500 and request.expected is None and isinstance(answer.json().get("detail"), str):
        notes.counts["refused"] += 1
    else:
        notes.faults.append(f"{request.task}, {request.fields}: {answer.status_code} {answer.content[:80]!r}")
    return True
