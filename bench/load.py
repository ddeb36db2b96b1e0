"""A light load generator: one thread, raw sockets, requests prepared beforehand; a new connection for each, or one a client.

A client library would cost more than the server it measures. Requests go to the loopback interface only, and stop by
themselves: after a number of requests, or a time.
"""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What came back: answers by status, seconds each took, and seconds in all; `own_seconds` of the processor are the generator's."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    own_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds

    @property
    def median(self) -> float:
        return sorted(self.latencies)[len(self.latencies) // 2]


def request(
    method: str, path: str, token: str, body: str | None = None, keep_alive: bool = False, **headers: str
) -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    head += [] if keep_alive else ["Connection: close"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        head.append("Content-Type: application/json")
    if method in ("POST", "PUT"):
        head.append(f"Content-Length: {len((body or '').encode())}")
    return ("\r\n".join(head) + "\r\n\r\n" + (body or "")).encode()


class _Client:
    """One connection, and the request that is under way on it."""

    def __init__(self, address: tuple[str, int], payload: bytes) -> None:
        self.address = address
        self.began = time.perf_counter()
        self._connect()
        self.send(payload)

    def send(self, payload: bytes) -> None:
        self.began = time.perf_counter()
        self.received = b""
        if self.socket.fileno() < 0:
            self._connect()
        self.socket.send(payload)

    def _connect(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(self.address)

    def has_answer(self) -> bool:
        """Read what is there, and say whether the answer is whole; the connection may be closed by now."""
        data = self.socket.recv(65536)
        self.received += data
        if not data:
            self.socket.close()
            return True
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or b"\r\nconnection: close" in head.lower():
            return False
        length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
        return len(body) == int(length)

    @property
    def status(self) -> int:
        return int(self.received[9:12] or b"0")


def fire(port: int, requests: Sequence[bytes], clients: int, seconds_max: float = 60.0) -> Outcome:
    """Send all requests, so many at a time; each on a connection of its own, unless it is kept alive."""
    outcome = Outcome()
    waiting: Iterator[bytes] = iter(requests)
    selector = selectors.DefaultSelector()
    began, own_began = time.perf_counter(), time.process_time()
    for _, payload in zip(range(clients), waiting, strict=False):
        client = _Client(("127.0.0.1", port), payload)
        selector.register(client.socket, selectors.EVENT_READ, client)
    while selector.get_map():
        for key, _ in selector.select(timeout=5):
            client = key.data
            if not client.has_answer():
                continue
            outcome.statuses[client.status] = outcome.statuses.get(client.status, 0) + 1
            outcome.latencies.append(time.perf_counter() - client.began)
            payload = next(waiting, None) if time.perf_counter() - began < seconds_max else None
            is_closed = client.socket.fileno() < 0
            if is_closed or payload is None:
                selector.unregister(key.fileobj)
            if payload is None:
                client.socket.close()
                continue
            client.send(payload)
            if is_closed:
                selector.register(client.socket, selectors.EVENT_READ, client)
    outcome.seconds = time.perf_counter() - began
    outcome.own_seconds = time.process_time() - own_began
    selector.close()
    return outcome
