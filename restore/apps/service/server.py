"""A service on a port."""

import asyncio
import secrets
import socket
import sys
from collections.abc import Callable, Collection
from typing import Any

import uvicorn
from fastapi import FastAPI

from restore.apps.hosts import EVERYWHERE, LOCAL, check_port
from restore.apps.service.access import Access
from restore.errors import UserError


def access_of(host: str, names: Collection[str], keys: Collection[str]) -> Access:
    """Who may ask a service that listens somewhere.

    Args:
        host: Where it listens.
        names: Further ones that it may be called by.
        keys: That are known; where others than this machine can ask, one is made up if there is none.
    """
    own = {socket.gethostname(), socket.getfqdn()} if host in EVERYWHERE else {host}
    if host not in LOCAL and not keys:
        keys = [secrets.token_urlsafe(24)]
    return Access({*LOCAL, *own, *names}, keys)


def listen_at(host: str, port: int | None, first: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: A name or an address of this machine.
        port: None is the first free one from `first` on.
        first: See `port`.

    Raises:
        UserError: The host or the port cannot be used.
    """
    check_port(port)
    reason: OSError | UnicodeError | None = None
    for one in [port] if port is not None else range(first, first + 100):
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, one, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, kind, proto)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind(address)
            except OSError:
                listening.close()
                raise
        except (OSError, UnicodeError) as error:  # the latter where it is no name at all
            reason = error
        else:
            return listening
    said = getattr(reason, "strerror", None) or "no name of a machine"
    raise UserError(f"{host}, port {port if port is not None else 'any'}: {said.lower()}")


def run(app: FastAPI, listening: socket.socket, ready: Callable[[], Any] = lambda: None) -> None:
    """Serve until told to end (SIGTERM, or Ctrl+C); what was accepted is finished before.

    Args:
        app: The application.
        listening: See `listen_at`.
        ready: Called once it answers.
    """

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, date_header=False, proxy_headers=False
    )
    server = Server(settings)
    try:
        asyncio.run(server.serve([listening]))
    except KeyboardInterrupt:  # uvicorn raises the signal again once it has ended in order
        sys.stdout.write("\n")
