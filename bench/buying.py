"""Buying over HTTP against pgbench running the same guarded statements on the same database."""

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.load import Outcome, fire, request
from bench.processes import family, processor_seconds
from bench.table import Figure
from bench.world import Programme, programme
from tests.postgres import BIN
from tests.serving import guerdon

CLIENTS, CAMPAIGNS, CUSTOMERS, CODES = 16, 200, 5_000, 600
PURCHASES, WARM_UP, ROUNDS = 2_500, 1_000, 3
# Two workers a core keep both cores busy; a few threads each wait for the database meanwhile.
SERVER = {"workers": 4, "threads": 2}


def figures() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, CODES)
        shop.settle()
        campaigns, customers = shop.campaigns(), shop.customers(CUSTOMERS)
        hot_pool = shop.world.a_campaign(
            codes=[f"H{i}" for i in range(PURCHASES * ROUNDS + WARM_UP)],
            limit=900_000_000,
            limit_per_customer=900_000_000,
        )
        token = shop.token()

        def buy(number: int, hot: bool = False, kept: bool = False) -> bytes:
            _, customer = customers[number % len(customers)]
            campaign = hot_pool.uuid if hot else random.choice(campaigns)[1]
            path = f"/api/admin/customer/{customer}/campaign/{campaign}/buy"
            return request("POST", path, token, keep_alive=kept)

        peer, kept, apart, hot = [], [], [], []
        with guerdon(shop.environ, **SERVER) as server:
            fire(server.port, [buy(i, hot=i % 2 == 0) for i in range(WARM_UP)], CLIENTS)
            shop.settle()  # the planner must not believe that the tables are as empty as at the start
            assert server.process is not None
            assert shop.postgres.process is not None
            profile = Profile(server.process.pid, shop.postgres.process.pid)
            for _ in range(ROUNDS):
                peer.append(_pgbench(shop, customers[-1][0], campaigns[0][0]))
                kept.append(
                    _sold(profile.of(fire, server.port, [buy(i, kept=True) for i in range(PURCHASES)], CLIENTS))
                )
                hot.append(_sold(fire(server.port, [buy(i, hot=True, kept=True) for i in range(PURCHASES)], CLIENTS)))
                apart.append(_sold(fire(server.port, [buy(i) for i in range(PURCHASES)], CLIENTS)))
        shop.world.require_invariants()
        best, many, one, closed = (sorted(rates)[ROUNDS // 2] for rates in (peer, kept, hot, apart))
        clients = f"{CLIENTS} clients, medians of {ROUNDS} rounds"
        yield Figure(
            "buying over HTTP / pgbench, same statements",
            many / best,
            0.5,
            True,
            f"{many:.0f}/s against {best:.0f}/s, {clients} that keep their connections, as pgbench does; the goal is 0.6",
        )
        yield Figure(
            "the same, a new connection for each request",
            closed / best,
            0.4,
            True,
            f"{closed:.0f}/s against {best:.0f}/s",
        )
        yield Figure("one hot campaign / many campaigns", one / many, 0.9, True, f"{one:.0f}/s against {many:.0f}/s")
        yield Figure("the load generator's share of the processors", *profile.share())


class Profile:
    """Where the processor time of purchases goes."""

    def __init__(self, server: int, postgres: int) -> None:
        self._families = {"the workers": server, "PostgreSQL": postgres}
        self._seconds = dict.fromkeys((*self._families, "the load generator"), 0.0)
        self._wall, self._purchases = 0.0, 0

    def of(self, fire: Callable[..., Outcome], *arguments: Any) -> Outcome:
        before = self._used()
        outcome = fire(*arguments)
        for name, seconds in self._used().items():
            self._seconds[name] += seconds - before[name]
        self._seconds["the load generator"] += outcome.own_seconds
        self._wall += outcome.seconds
        self._purchases += outcome.statuses.get(200, 0)
        return outcome

    def _used(self) -> dict[str, float]:
        return {name: processor_seconds(family(pid)) for name, pid in self._families.items()}

    def share(self) -> tuple[float, float, bool, str]:
        """What is left of a figure behind its name."""
        each = ", ".join(f"{name} {seconds / self._purchases * 1e6:.0f} µs" for name, seconds in self._seconds.items())
        ratio = self._seconds["the load generator"] / (self._wall * (os.cpu_count() or 1))
        whole = self._wall * (os.cpu_count() or 1) / self._purchases * 1e6
        return ratio, 0.15, False, f"of {whole:.0f} µs of both processors that a purchase takes: {each}"


def _sold(outcome: Outcome) -> float:
    if outcome.statuses.keys() != {200}:
        raise RuntimeError(f"not every purchase was made: {outcome.statuses}")
    return outcome.per_second


def _pgbench(shop: Programme, first_customer: int, first_campaign: int) -> float:
    """Transactions a second; prepared statements, as Guerdon's own are."""
    variables = {
        "customers": CUSTOMERS,
        "first_customer": first_customer - 1,
        "campaigns": CAMPAIGNS,
        "first_campaign": first_campaign - 1,
    }
    command = [
        str(BIN / "pgbench"),
        "-n",
        "-h",
        "127.0.0.1",
        "-p",
        str(shop.postgres.port),
        "-U",
        "postgres",
        "-f",
        str(Path(__file__).parent / "buy.sql"),
        "-c",
        str(CLIENTS),
        "-j",
        "1",
        "-M",
        "prepared",
        "-t",
        str(PURCHASES // CLIENTS),
    ]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    details = subprocess.run([*command, "postgres"], capture_output=True, text=True, check=True).stdout
    [rate] = re.findall(r"tps = ([\d.]+)", details)
    return float(rate)
