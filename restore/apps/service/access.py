"""Who may ask: this machine by its own name, and from elsewhere those who know a key."""

import hmac
from collections.abc import Collection, Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from restore.apps.hosts import host_in

COOKIE = "restore_key"
"""Holds a key that once stood in the address of the page, with the port after it, as cookies are shared by all."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a page of ours may load, and from where: this server alone."""


class Access:
    """Decides by the headers of a request.

    Args:
        hosts: Names by which the service may be called, without ports. Another name, which a page from elsewhere may
            have made to point here, is refused.
        keys: One of which has to be told; none are needed where there are none.
    """

    def __init__(self, hosts: Collection[str], keys: Collection[str]) -> None:
        self.hosts = {name.lower() for name in hosts}
        self.keys = tuple(keys)

    def refusal(self, headers: Mapping[str, str], query: str, port: int) -> tuple[int, str] | None:
        """The status and the reason to answer with, or None where the request may go on.

        Args:
            headers: With names in lower case.
            query: Of the address, without the question mark.
            port: Of the service.
        """
        host = host_in(headers.get("host", ""))
        if host not in self.hosts:
            return (
                421,
                f"this service is not called {host or 'nothing at all'}: --allow-host {host or 'NAME'} lets it be",
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return 403, "asked by a page of another site"
        if self.keys and not self._is_known(told_key(headers, query, port)):
            return 401, "a key is needed: Authorization: Bearer KEY"
        return None

    def _is_known(self, key: str) -> bool:
        return any(hmac.compare_digest(key.encode(), one.encode()) for one in self.keys)


def told_key(headers: Mapping[str, str], query: str, port: int) -> str:
    """The key that a request tells, in a header, in its address or in a cookie; empty without one."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    if in_header := headers.get("x-api-key"):
        return in_header
    if in_address := parse_qs(query).get("key"):
        return in_address[0]
    cookie = SimpleCookie(headers.get("cookie", "")).get(f"{COOKIE}_{port}")
    return cookie.value if cookie else ""
