"""What a worker holds in memory, just started and after a hundred thousand purchases; and how soon a second start is ready."""

import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from bench.buying import CAMPAIGNS, CLIENTS, CUSTOMERS, SERVER
from bench.load import fire, request
from bench.processes import own_megabytes
from bench.table import Figure
from bench.world import programme
from tests.postgres import free_port
from tests.serving import ROOT, guerdon

PURCHASES, AT_ONCE = 100_000, 5_000
READY_SECONDS_MAX = 10.0


def figures() -> Iterator[Figure]:
    yield _memory()
    yield _start()


def _memory() -> Figure:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, PURCHASES // CAMPAIGNS * 2)
        shop.settle()
        campaigns, customers, token = shop.campaigns(), shop.customers(CUSTOMERS), shop.token()
        with guerdon(shop.environ, **SERVER) as server:
            pids = server.workers()
            held = [sum(map(own_megabytes, pids)) / len(pids)]
            for _ in range(PURCHASES // AT_ONCE):
                wanted = [
                    request(
                        "POST",
                        f"/api/admin/customer/{random.choice(customers)[1]}/campaign/{random.choice(campaigns)[1]}/buy",
                        token,
                        keep_alive=True,
                    )
                    for _ in range(AT_ONCE)
                ]
                outcome = fire(server.port, wanted, CLIENTS)
                if outcome.statuses.keys() != {200}:
                    raise RuntimeError(f"not every purchase was made: {outcome.statuses}")
                held.append(sum(map(own_megabytes, pids)) / len(pids))
    return Figure(
        f"memory of a worker after {PURCHASES:,} purchases / after {AT_ONCE:,}",
        held[-1] / held[1],
        1.3,
        False,
        f"{held[-1]:.0f} MB against {held[1]:.0f} MB, and {held[0]:.0f} MB at its start; the mean of four workers, which share pages",
    )


def _start() -> Figure:
    """`make run` once more: `guerdon serve` on a demo world that is there."""
    with TemporaryDirectory() as folder:
        seconds = [_until_ready(folder) for _ in range(3)][1:]
    return Figure(
        f"second start to ready / {READY_SECONDS_MAX:g} s",
        min(seconds) / READY_SECONDS_MAX,
        1,
        False,
        f"{min(seconds):.1f} s",
    )


def _until_ready(folder: str) -> float:
    port = free_port()
    environ = {**os.environ, "GUERDON_ENV": "development", "GUERDON_STORAGE": folder, "PORT": str(port)}
    environ.pop("GUERDON_DATABASE_URL", None)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                return time.perf_counter() - began
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 120:
                    raise RuntimeError("Guerdon did not start") from None
                time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(30)
