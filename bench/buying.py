"""Buying over HTTP against pgbench running the same guarded statements on the same database."""

import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.load import Outcome, fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.postgres import BIN
from tests.serving import guerdon

CLIENTS, CAMPAIGNS, CUSTOMERS, CODES = 16, 200, 5_000, 400
PURCHASES, WARM_UP, ROUNDS = 4_000, 1_000, 3
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

        def buy(number: int, hot: bool) -> bytes:
            _, customer = customers[number % len(customers)]
            campaign = hot_pool.uuid if hot else random.choice(campaigns)[1]
            return request("POST", f"/api/admin/customer/{customer}/campaign/{campaign}/buy", token)

        peer, many, one = [], [], []
        with guerdon(shop.environ, **SERVER) as server:
            fire(server.port, [buy(i, hot=i % 2 == 0) for i in range(WARM_UP)], CLIENTS)
            shop.settle()  # the planner must not believe that the tables are as empty as at the start
            for _ in range(ROUNDS):
                peer.append(_pgbench(shop, customers[-1][0], campaigns[0][0]))
                many.append(_sold(fire(server.port, [buy(i, hot=False) for i in range(PURCHASES)], CLIENTS)))
                one.append(_sold(fire(server.port, [buy(i, hot=True) for i in range(PURCHASES)], CLIENTS)))
        shop.world.require_invariants()
        best, wide, hot = (sorted(figures)[ROUNDS // 2] for figures in (peer, many, one))
        yield Figure(
            "buying over HTTP / pgbench, same statements",
            wide / best,
            0.2,
            True,
            f"{wide:.0f}/s against {best:.0f}/s, {CLIENTS} clients, medians of {ROUNDS} rounds; the goal is 0.4",
        )
        yield Figure("one hot campaign / many campaigns", hot / wide, 0.8, True, f"{hot:.0f}/s against {wide:.0f}/s")


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
