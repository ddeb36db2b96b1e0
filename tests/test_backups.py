"""A backup that is taken while it sells holds every purchase that was acknowledged before it began, and adds up."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select

from app.campaign import invariants
from app.campaign.models.vouchers import Voucher
from app.db.engine import Database
from app.db.installation import migrate
from tests.postgres import BIN, private_postgres
from tests.serving import ROOT
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py
CUSTOMERS, THREADS, CODES = 16, 4, 4_000
RATE = 200  # purchases a second, where the machine can


class Selling:
    """Buyers who write down what they were told, and when."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told: list[str] = []
        self._stopping = threading.Event()
        customers = [world.a_customer(points=1_000_000, level=world.silver) for _ in range(CUSTOMERS)]
        codes = [f"C{i:05}" for i in range(CODES)]
        campaign = world.a_campaign(codes=codes, limit=CODES, limit_per_customer=CODES, cost=100)
        self._threads = [
            threading.Thread(target=self._buy, args=(campaign, customers[i::THREADS])) for i in range(THREADS)
        ]

    def _buy(self, campaign: Any, customers: list[Any]) -> None:
        number = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self.told.append(self.world.buy(campaign, customers[number % len(customers)]).code)
            number += 1
            time.sleep(max(0.0, THREADS / RATE - (time.monotonic() - began)))

    def __enter__(self) -> "Selling":
        for thread in self._threads:
            thread.start()
        self.wait_for(100)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        count = len(self.told)
        while len(self.told) < count + more:
            assert any(thread.is_alive() for thread in self._threads)
            time.sleep(0.01)


def require_whole(url: str, told_before: list[str], told_after: list[str]) -> None:
    restored = Database(url)
    try:
        with restored.reading() as session:
            assert [(it.invariant.name, it.rows) for it in invariants.check(session)] == []
            kept = set(session.scalars(select(Voucher.code)))
    finally:
        restored.engine.dispose()
    assert set(told_before) <= kept, "what was acknowledged before it began"
    assert kept - set(told_before) != set(told_after) - set(told_before), "it was taken meanwhile, not at the end"


def guerdon(*arguments: str, **environ: str) -> None:
    command = [sys.executable, "-m", "app.cli", *arguments]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "GUERDON_ENV": "test", **environ}, check=True, timeout=120)


def test_sqlite_is_copied_while_it_sells(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    world = World(database)
    with Selling(world) as selling:
        before = list(selling.told)
        guerdon("backup", str(tmp_path / "copy.sqlite3"), GUERDON_DATABASE_URL=sqlite_url)
        selling.wait_for(50)
    database.engine.dispose()
    require_whole(f"sqlite:///{tmp_path}/copy.sqlite3", before, selling.told)
    guerdon(
        "check-invariants", GUERDON_DATABASE_URL=f"sqlite:///{tmp_path}/copy.sqlite3", GUERDON_STORAGE=str(tmp_path)
    )


def test_postgresql_is_dumped_while_it_sells(tmp_path: Path) -> None:
    with private_postgres() as postgres:
        url = f"postgresql+psycopg://{postgres.dsn_user_host()}"
        database = Database(f"{url}/postgres")
        migrate(database)
        world, file = World(database), str(tmp_path / "guerdon.dump")
        at = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres"]
        with Selling(world) as selling:
            before = list(selling.told)
            subprocess.run([str(BIN / "pg_dump"), *at, "-Fc", "-d", "postgres", "-f", file], check=True)
            selling.wait_for(50)
        database.engine.dispose()
        with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE restored")
        subprocess.run([str(BIN / "pg_restore"), *at, "-d", "restored", file], check=True)
        require_whole(f"{url}/restored", before, selling.told)
        guerdon("check-invariants", GUERDON_DATABASE_URL=f"{url}/restored", GUERDON_STORAGE=str(tmp_path))


def test_a_base_backup_is_taken_while_it_sells(tmp_path: Path) -> None:
    with private_postgres() as postgres:
        url = f"postgresql+psycopg://{postgres.dsn_user_host()}"
        database = Database(f"{url}/postgres")
        migrate(database)
        world, copy = World(database), postgres.folder / "copy"
        with Selling(world) as selling:
            before = list(selling.told)
            at = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres"]
            subprocess.run(
                [str(BIN / "pg_basebackup"), *at, "-X", "stream", "-c", "fast", "-D", str(copy / "data")], check=True
            )
            selling.wait_for(50)
        database.engine.dispose()
        with postgres.beside(copy) as restored:
            require_whole(f"postgresql+psycopg://{restored.dsn_user_host()}/postgres", before, selling.told)
