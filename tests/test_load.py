"""The last coupon is sold exactly once: under load, on real processes, while they are killed.

Each test fails when its protection is taken away; see `docs/decisions/0002-what-the-tests-catch.md` for what was tried.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.campaign.models.coupons import Coupon
from app.campaign.models.refused import Refused
from app.campaign.models.vouchers import Voucher
from app.db.engine import Database
from app.db.installation import migrate
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.buyers import Journal, buy_until_denied
from tests.postgres import private_postgres
from tests.serving import ROOT, Server, guerdon
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py

LIMIT, CODES = 1_000, 1_200
KILLS = int(os.environ.get("GUERDON_TEST_KILLS", "3"))


class Shop:
    """A database with one hot campaign, the servers before it, and a token of its seller."""

    def __init__(self, url: str, folder: Path, limit: int = LIMIT, codes: int = CODES) -> None:
        self.world = World(Database(url))
        self.url, self.folder, self.workers = url, folder, 1
        rotate_keys(folder / "keys" / "jwt.pem")
        self.customers = [self.world.a_customer(points=100_000, level=self.world.silver) for _ in range(64)]
        self.campaign = self.world.a_campaign(
            codes=[f"C{i:05}" for i in range(codes)], limit=limit, limit_per_customer=limit
        )

    @property
    def environ(self) -> dict[str, str]:
        return {
            "GUERDON_ENV": "test",
            "GUERDON_DATABASE_URL": self.url,
            "GUERDON_STORAGE": str(self.folder),
            "WEB_CONCURRENCY": str(self.workers),
            "GUERDON_POOL_SIZE": "8",
        }

    def token(self) -> str:
        app: Flask = create_app(Settings(environment="test", database_url=self.url, storage=self.folder))
        with app.app_context():
            sol = self.world.sol
            token: str = app.extensions["guerdon_identity"].token(sol, "sol", sol.uuid, datetime.now(UTC))
        app.extensions["guerdon_database"].engine.dispose()
        return token

    def path(self, number: int) -> str:
        customer = self.customers[number % len(self.customers)]
        return f"/api/seller/customer/{customer.uuid}/campaign/{self.campaign.uuid}/buy"

    def codes_sold(self) -> list[str]:
        with self.world.database.reading() as session:
            return list(session.scalars(select(Coupon.code).join(Voucher, Voucher.coupon_id == Coupon.id)))

    def refused(self) -> int:
        with self.world.database.reading() as session:
            return int(session.scalar(select(func.sum(Refused.count))) or 0)

    def require_journal_kept(self, journal: Journal) -> None:
        """Every acknowledged purchase is there with its code, and there is none that nobody was told of."""
        sold = self.codes_sold()
        assert len(set(sold)) == len(sold), "a code was sold twice"
        acknowledged = list(journal.sold.values())
        assert len(set(acknowledged)) == len(acknowledged)
        assert set(acknowledged) == set(sold), (len(acknowledged), len(sold))
        self.world.require_invariants()


@contextmanager
def two_servers(shop: Shop) -> Iterator[list[Server]]:
    with guerdon(shop.environ) as one, guerdon(shop.environ) as two:
        yield [one, two]


def test_64_clients_on_two_servers_sell_exactly_the_limit(postgres_url: str, tmp_path: Path) -> None:
    shop = Shop(postgres_url, tmp_path)
    with two_servers(shop) as servers:
        journal = buy_until_denied([s.port for s in servers], shop.path, shop.token(), threads=64, seconds_max=60)
    assert journal.statuses.keys() == {200, 400}, journal.statuses
    assert set(journal.denied.values()) == {"Limit exceeded"}
    assert len(journal.sold) == LIMIT
    shop.require_journal_kept(journal)
    shop.world.database.engine.dispose()


def test_8_processes_on_one_sqlite_file_sell_exactly_the_limit(sqlite_url: str, tmp_path: Path) -> None:
    shop = Shop(sqlite_url, tmp_path)
    arguments = [sqlite_url, str(shop.campaign.uuid), ",".join(str(c.uuid) for c in shop.customers)]
    command = [sys.executable, "-m", "tests.sqlite_buyer", *arguments]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(8)]
    details = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0] * 8
    assert {one["denied"] for one in details} == {"limit_reached"}
    assert sum(one["busy"] for one in details) < 20, "writers take the lock first, and wait for it"
    codes = [code for one in details for code in one["codes"]]
    assert len(codes) == len(set(codes)) == LIMIT
    assert sorted(codes) == sorted(shop.codes_sold())
    shop.world.require_invariants()
    shop.world.database.engine.dispose()


def test_the_last_coupons_go_to_as_many_buyers_without_keys(postgres_url: str, tmp_path: Path) -> None:
    """Without an Idempotency-Key each sale is one statement; at the end of the pool many want the same rows."""
    shop = Shop(postgres_url, tmp_path, limit=10_000, codes=150)
    with two_servers(shop) as servers:
        token = shop.token()
        from bench.load import fire, request

        requests = [request("POST", shop.path(i), token) for i in range(400)]
        outcome = fire(servers[0].port, requests, clients=32)
        assert outcome.statuses == {200: 150, 400: 250}
    assert shop.refused() == 250  # written every few seconds, and when the servers stopped
    sold = shop.codes_sold()
    assert len(set(sold)) == len(sold) == 150
    shop.world.require_invariants()
    shop.world.database.engine.dispose()


def test_killing_servers_in_mid_load_loses_nothing_and_doubles_nothing(postgres_url: str, tmp_path: Path) -> None:
    shop = Shop(postgres_url, tmp_path, limit=600, codes=600)
    token = shop.token()
    with two_servers(shop) as servers:

        def disturb() -> None:
            for server in servers:
                time.sleep(0.4)
                server.kill()
                server.start()

        disturber = threading.Thread(target=disturb)
        disturber.start()
        journal = buy_until_denied([s.port for s in servers], shop.path, token, threads=24, seconds_max=60)
        disturber.join()
    assert journal.unreached > 0, "nobody noticed the kills"
    assert len(journal.sold) == 600
    assert set(journal.denied.values()) <= {"Limit exceeded", "No coupons left"}
    shop.require_journal_kept(journal)
    shop.world.database.engine.dispose()


@pytest.mark.parametrize("victim", ["a worker", "the master"])
def test_killing_workers_or_their_master_loses_nothing_and_doubles_nothing(
    database_url: str, tmp_path: Path, victim: str
) -> None:
    """`GUERDON_TEST_KILLS` says how many; three here, for each takes seconds."""
    sold_max = 150 * KILLS
    shop = Shop(database_url, tmp_path, limit=sold_max, codes=sold_max)
    shop.workers = 2
    with guerdon(shop.environ) as server:
        is_over = threading.Event()

        def disturb() -> None:
            for _ in range(KILLS):
                time.sleep(0.4)
                if is_over.is_set():
                    return
                if victim == "a worker":
                    os.kill(random.choice(server.workers()), signal.SIGKILL)
                else:
                    assert server.process is not None
                    os.kill(server.process.pid, signal.SIGKILL)
                    server.process.wait()
                    server.start()

        disturber = threading.Thread(target=disturb)
        disturber.start()
        journal = buy_until_denied([server.port], shop.path, shop.token(), threads=12, seconds_max=60 + 10 * KILLS)
        is_over.set()
        disturber.join()
    assert len(journal.sold) == sold_max
    assert set(journal.denied.values()) <= {"Limit exceeded", "No coupons left"}
    shop.require_journal_kept(journal)
    shop.world.database.engine.dispose()


def test_killing_postgresql_in_mid_load_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    with private_postgres() as postgres:
        url = f"postgresql+psycopg://{postgres.dsn_user_host()}/postgres"
        empty = Database(url)
        migrate(empty)
        empty.engine.dispose()
        shop = Shop(url, tmp_path, limit=600, codes=700)
        token = shop.token()
        with two_servers(shop) as servers:

            def disturb() -> None:
                for _ in range(2):
                    time.sleep(0.4)
                    postgres.kill()
                    postgres.start()

            disturber = threading.Thread(target=disturb)
            disturber.start()
            journal = buy_until_denied([s.port for s in servers], shop.path, token, threads=24, seconds_max=60)
            disturber.join()
        shop.world.database.engine.dispose()
        assert journal.statuses.get(503, 0) + journal.unreached > 0, "nobody noticed the kills"
        assert journal.statuses.keys() <= {200, 400, 503}, journal.statuses
        assert len(journal.sold) == 600
        shop.require_journal_kept(journal)
        shop.world.database.engine.dispose()


def test_a_server_that_is_told_to_stop_finishes_what_it_began(postgres_url: str, tmp_path: Path) -> None:
    shop = Shop(postgres_url, tmp_path, limit=5_000, codes=5_000)
    with guerdon(shop.environ) as server:
        done: list[Journal] = []
        token = shop.token()
        buyer = threading.Thread(
            target=lambda: done.append(buy_until_denied([server.port], shop.path, token, threads=8, seconds_max=3))
        )
        buyer.start()
        time.sleep(1)
        server.stop()
        buyer.join()
    assert len(done[0].sold) > 0
    assert set(done[0].sold.values()) == set(shop.codes_sold()), "an answer was cut off after its purchase was made"
    shop.world.require_invariants()
    shop.world.database.engine.dispose()
