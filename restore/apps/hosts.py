"""What servers of ours know about the places where they listen."""

import socket

from restore.errors import UserError

LOCAL = ("127.0.0.1", "localhost", "::1")
"""Hosts that nobody else reaches."""

EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for all of this machine's."""


def host_in(header: str) -> str:
    """The host of a `Host` header, in lower case, without the port that it may name as well; empty if there is none."""
    if header.startswith("["):
        host, closed, _ = header[1:].partition("]")
        return host.lower() if closed else ""
    return header.partition(":")[0].lower()


def address_of(host: str, port: int) -> str:
    """What to open in a browser, with a slash at its end.

    Args:
        host: Where a server listens.
        port: Likewise.
    """
    name = socket.gethostname() if host in EVERYWHERE else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def check_port(port: int | None) -> None:
    """Refuse a port that there cannot be; None is any.

    Raises:
        UserError: See above.
    """
    if port is not None and not 0 <= port < 2**16:
        raise UserError(f"port {port}: lies between 0 and {2**16 - 1}")
