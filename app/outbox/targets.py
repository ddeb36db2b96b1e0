"""Which addresses webhooks may be sent to: public ones, and those that the operator allows.

Whoever subscribes chooses the address, and must not reach through this server what stands beside it. A name is resolved once for each
connection, all that it resolves to is checked, and the connection goes to what was checked: another answer a moment later opens nothing.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from app.refusal import Malformed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
NAT64 = ip_network("64:ff9b::/96")
URL_LENGTH_MAX = 2_000


class BadTarget(Malformed):
    """The address cannot be told anything; the message says why."""


@dataclass(frozen=True)
class Target:
    """Where a webhook goes, read off its URL. `path` holds the query as well."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"


def read(url: str) -> Target:
    """Raises BadTarget for what is no URL of a web server, or holds a name and a password."""
    if len(url) > URL_LENGTH_MAX or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise BadTarget("A URL has no spaces, and 2,000 signs at most.", field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (
            (parts.hostname or "").encode("idna").decode()
            if parts.hostname and ":" not in parts.hostname
            else parts.hostname
        )
    except ValueError as e:
        raise BadTarget("This is no URL; one looks like https://shop.example/hooks.", field="url") from e
    if parts.scheme not in {"https", "http"} or not host:
        raise BadTarget("This is no URL of a web server; one looks like https://shop.example/hooks.", field="url")
    if parts.username is not None or parts.password is not None:
        raise BadTarget("A URL must hold no name and password: whoever looks at the list would see them.", field="url")
    path = (parts.path or "/").encode("ascii", "ignore").decode() if parts.path.isascii() else ""
    if not path or not parts.query.isascii():
        raise BadTarget("Signs beyond ASCII stand in a URL as %XX.", field="url")
    return Target(
        parts.scheme,
        host,
        port or {"https": 443, "http": 80}[parts.scheme],
        path + (f"?{parts.query}" if parts.query else ""),
    )


def require_allowed(target: Target, address: Address, allowed: Sequence[Network]) -> None:
    """Raises BadTarget for an address inside of a network, or for one that is reached without TLS, unless it is allowed."""
    inner = _inner(address)
    if any(address in network or inner in network for network in allowed):
        return
    said = f"{address} is" if target.host == str(address) else f"{target.host} is {address}, which is"
    if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
        raise BadTarget(
            f"{said} not on the public Internet. The operator allows such with GUERDON_WEBHOOK_NETWORKS.", field="url"
        )
    if target.scheme != "https":
        raise BadTarget("What is sent holds codes: on the public Internet it goes by https only.", field="url")


def require_plausible(url: str, allowed: Sequence[Network]) -> None:
    """What can be said of a URL before anything is sent there: a name is resolved only then. Raises BadTarget."""
    target = read(url)
    if target.host == "localhost" or target.host.endswith(".localhost"):
        require_allowed(target, ip_address("127.0.0.1"), allowed)
    with suppress(ValueError, OSError):
        # Names of digits are addresses to the network, however they are written: 2130706433 is 127.0.0.1.
        host = target.host if ":" in target.host else socket.inet_ntoa(socket.inet_aton(target.host))
        require_allowed(target, ip_address(host), allowed)
    if target.scheme != "https" and not allowed:
        raise BadTarget("What is sent holds codes: it goes by https only.", field="url")


def resolve(target: Target, allowed: Sequence[Network]) -> list[Address]:
    """All that the host's name stands for now, each of it allowed. Raises BadTarget."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise BadTarget(f"The name {target.host} cannot be resolved.", field="url") from e
    addresses = list(dict.fromkeys(ip_address(str(info[4][0]).split("%")[0]) for info in found))
    for address in addresses:
        require_allowed(target, address, allowed)
    return addresses


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
