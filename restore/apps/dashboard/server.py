"""Serving TensorBoard with our tab: on this machine for everybody on it, on others for those who know a token."""

import hmac
import logging
import secrets
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tensorboard import program

from restore.apps.hosts import EVERYWHERE, LOCAL, address_of, check_port, host_in
from restore.errors import UserError

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def launch(runs: Path, host: str, port: int | None) -> str:
    """Start the dashboard in a thread of its own.

    Args:
        runs: The folder that holds the runs, see `find_runs`.
        host: Where to listen. Unless that is this machine alone, a token is needed, which the address that is returned
            holds.
        port: `None` is the first free one from 6006 on.

    Returns:
        The address to open.

    Raises:
        UserError: The port or the host cannot be used.
    """
    token = None if host in LOCAL else secrets.token_urlsafe(16)

    def server(application: Application, flags: Any) -> Any:
        return program.create_port_scanning_werkzeug_server(guarded(application, token), flags)

    check_port(port)
    try:
        socket.getaddrinfo(host, port)
    except (OSError, UnicodeError) as error:  # the latter where it is no name at all
        raise UserError(f"{host}: {getattr(error, 'strerror', 'no name of a machine')}") from error
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    board = program.TensorBoard(server_class=server)
    board.configure(
        logdir=str(runs), host=host, port=port, reload_interval=5.0, load_fast=_load_fast(), window_title="restore"
    )
    try:
        address = urlsplit(board.launch())
    except (program.TensorBoardServerException, OSError) as error:
        raise UserError(f"{host}, port {port or 'any'}: {error}") from error
    named = host if host in EVERYWHERE else address.hostname or host
    assert address.port is not None
    return f"{address_of(named, address.port)}{'' if token is None else f'?token={token}'}#restore"


def guarded(application: Application, token: str | None) -> Application:
    """An application that answers only those who may ask.

    Args:
        application: WSGI.
        token: What has to stand in the address once, and in a cookie from then on. Without one, whoever asks for this
            machine by its own name may: a page from elsewhere, whose name was made to point here, may not.
    """

    def guard(environment: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if token is None:
            if host_in(environment.get("HTTP_HOST", "")) in LOCAL:
                return application(environment, start_response)
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"This dashboard is for the machine that it runs on: restore dashboard --host lets others in.\n"]
        name = f"restore_token_{environment.get('SERVER_PORT')}"  # cookies are shared by all ports of a host
        if _is_same(_cookie(environment.get("HTTP_COOKIE", ""), name), token):
            return application(environment, start_response)
        if _is_same(parse_qs(environment.get("QUERY_STRING", "")).get("token", [""])[0], token):
            # Not SameSite=Strict: browsers would not send it after a link in a mail or a chat was followed.
            cookie = f"{name}={token}; HttpOnly; SameSite=Lax; Path=/"
            headers = [("Location", "/"), ("Set-Cookie", cookie), ("Referrer-Policy", "no-referrer")]
            start_response("303 See Other", headers)
            return [b""]
        start_response("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"This dashboard needs the token that `restore dashboard` has printed, as ?token=... in the address.\n"]

    return guard


def _cookie(header: str, wanted: str) -> str:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for name, _, value in pairs if name == wanted), "")


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _load_fast() -> str:
    """Whether the quick reader of event files is there, which is not built for every machine."""
    try:
        import tensorboard_data_server

        return "true" if tensorboard_data_server.server_binary() else "false"
    except ImportError:
        return "false"
