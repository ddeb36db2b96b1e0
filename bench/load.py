"""A light load generator: one thread, raw sockets, requests prepared beforehand, a new connection for each.

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
    """What came back: answers by status, seconds each took, and seconds in all."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds

    @property
    def median(self) -> float:
        return sorted(self.latencies)[len(self.latencies) // 2]


def request(method: str, path: str, token: str, body: str | None = None, **headers: str) -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}", "Connection: close"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        head.append("Content-Type: application/json")
    if method == "POST":
        head.append(f"Content-Length: {len((body or '').encode())}")
    return ("\r\n".join(head) + "\r\n\r\n" + (body or "")).encode()


def fire(port: int, requests: Sequence[bytes], clients: int, seconds_max: float = 60.0) -> Outcome:
    """Send all requests, so many at a time, each on its own connection."""
    outcome = Outcome()
    waiting: Iterator[bytes] = iter(requests)
    selector = selectors.DefaultSelector()
    address = ("127.0.0.1", port)
    open_count = 0

    def begin() -> int:
        payload = next(waiting, None)
        if payload is None:
            return 0
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        connection.connect(address)
        connection.send(payload)
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, [began, 0])
        return 1

    began = time.perf_counter()
    for _ in range(clients):
        open_count += begin()
    while open_count:
        for key, _ in selector.select(timeout=5):
            connection, state = key.fileobj, key.data
            data = connection.recv(65536)
            if data and not state[1]:
                state[1] = int(data[9:12])
            if data:
                continue
            selector.unregister(connection)
            connection.close()
            outcome.statuses[state[1]] = outcome.statuses.get(state[1], 0) + 1
            outcome.latencies.append(time.perf_counter() - state[0])
            open_count -= 1
            if time.perf_counter() - began < seconds_max:
                open_count += begin()
    outcome.seconds = time.perf_counter() - began
    selector.close()
    return outcome
