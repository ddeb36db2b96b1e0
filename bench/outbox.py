"""What leaves the house: what it costs a purchase that somebody listens, and how fast two workers deliver."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from app import clock
from app.outbox import subscriptions
from app.outbox.subscriptions import SubscriptionDetails
from bench.load import Outcome, fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

CLIENTS, CAMPAIGNS, CUSTOMERS, CODES = 16, 200, 5_000, 600
PURCHASES, WARM_UP, ROUNDS = 250, 1_000, 24
SERVER = {"workers": 4, "threads": 2}
MESSAGES, WORKERS, SECONDS_MAX = 5_000, 2, 120
RECEIVER = """
import asyncio
class Hook(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""
    def data_received(self, data):
        self.buffer += data
        while b"\\r\\n\\r\\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\\r\\n\\r\\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.transport.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Hook, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def figures() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, CODES)
        shop.settle()
        campaigns, customers, token = shop.campaigns(), shop.customers(CUSTOMERS), shop.token()

        def buy(number: int) -> bytes:
            _, customer = customers[number % len(customers)]
            path = f"/api/admin/customer/{customer}/campaign/{random.choice(campaigns)[1]}/buy"
            return request("POST", path, token, keep_alive=True)

        apart, heard = [], []
        with guerdon(shop.environ, **SERVER) as server, receiving() as port:
            fire(server.port, [buy(i) for i in range(WARM_UP)], CLIENTS)
            shop.settle()
            for i in range(2 * ROUNDS):
                # Which comes first changes from pair to pair: what comes second has warmer pages.
                listens = i % 4 in (1, 2)
                if listens:
                    _listen(shop, f"http://127.0.0.1:{port}/")
                sold = _sold(fire(server.port, [buy(i) for i in range(PURCHASES)], CLIENTS))
                (heard if listens else apart).append(sold)
                _forget(shop)
            ratios = sorted(with_one / without for with_one, without in zip(heard, apart, strict=True))
            yield Figure(
                "buying with one subscription / without",
                ratios[ROUNDS // 2],
                0.97,
                True,
                f"median of {ROUNDS} pairs, {min(ratios):.2f} to {max(ratios):.2f}; {sorted(heard)[ROUNDS // 2]:.0f}/s with",
            )
            _listen(shop, f"http://127.0.0.1:{port}/")
            for _ in range(MESSAGES // PURCHASES):
                _sold(fire(server.port, [buy(i) for i in range(PURCHASES)], CLIENTS))
        with receiving() as port:
            with shop.database.transaction() as session:
                session.execute(text("UPDATE subscription SET url = :url"), {"url": f"http://127.0.0.1:{port}/"})
            rate = _delivered(shop)
        yield Figure(
            "deliveries a second of two workers / 1,000",
            rate / 1_000,
            1.0,
            True,
            f"{rate:.0f}/s of {MESSAGES} purchases to a receiver on the same two cores, with their log",
        )
        shop.world.require_invariants()


@contextmanager
def receiving() -> Iterator[int]:
    """A receiver in a process of its own, which takes whatever comes."""
    process = subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _delivered(shop: Programme) -> float:
    environ = {**shop.environ, "GUERDON_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    workers = [start_worker(environ) for _ in range(WORKERS)]
    try:
        waiting, began = _waiting(shop), 0.0
        first = waiting
        until = time.monotonic() + SECONDS_MAX
        while waiting and time.monotonic() < until:
            time.sleep(0.05)
            waiting = _waiting(shop)
            if not began and waiting < first:
                began, first = time.monotonic(), waiting
        return (first - waiting) / (time.monotonic() - began)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(30)


def start_worker(environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    import os

    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        env={**os.environ, **environ},
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.DEVNULL,
    )


def _waiting(shop: Programme) -> int:
    with shop.database.reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM outbox")) or 0)


def _listen(shop: Programme, url: str) -> None:
    with shop.database.transaction() as session:
        subscriptions.create(session, 1, SubscriptionDetails(url, ["purchase.made"]), clock.now())


def _forget(shop: Programme) -> None:
    with shop.database.transaction() as session:
        for table in ("listener", "subscription", "outbox"):
            session.execute(text(f"DELETE FROM {table}"))


def _sold(outcome: Outcome) -> float:
    if outcome.statuses.keys() != {200}:
        raise RuntimeError(f"not every purchase was made: {outcome.statuses}")
    return outcome.per_second
