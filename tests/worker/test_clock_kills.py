"""The worker and PostgreSQL are killed while points expire, levels fall and segments are computed.

What is left is what one clean run leaves.
"""

import gc
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import sales
from app.db.engine import Database
from app.db.installation import migrate
from app.members.models import Customer, SegmentMember
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.points import ledger
from app.points.models import Account, LedgerEntry
from app.sales.recording import SaleDetails
from app.segments import segments
from app.segments.criteria import Criterion
from app.segments.segments import SegmentDetails
from tests.postgres import PrivatePostgres, administer, private_postgres
from tests.serving import ROOT
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py
KILLS = int(os.environ.get("GUERDON_TEST_KILLS", "2"))  # of each run
CUSTOMERS = 60 + 10 * KILLS
RUNS = (("points", 2), ("points", 7), ("levels", 7), ("segments", 7))  # and the days after which they are due


def furnished(url: str) -> World:
    """Customers whose points unlock and expire, who fall a level and leave a segment, all on the same day."""
    database = Database(url)
    migrate(database)
    world = World(database)
    lives = {"points_expiry": "after_days", "points_days_active": 5, "points_days_locked": 1}
    with database.transaction() as session:
        details = ChainDetails("First chain", levels_by="sales", level_days=3, **lives)
        chains.change(session, world.chain_id, details)
        bought = Criterion("last_purchase_n_days_before", {"days": 3})
        segments.create(session, world.chain_id, SegmentDetails("Lately", True, [[bought]]), world.now)
    for i in range(CUSTOMERS):
        customer = world.a_customer(f"C{i}", points=0)
        with database.transaction() as session:
            ledger.add(session, customer.id, 1_000 + i, world.now)
            reported = SaleDetails(f"R-{i}", world.now, amount=20_000, customer_id=customer.id)
            sales.record(session, world.chain_id, reported, world.now, SYSTEM)
    return world


def state(world: World) -> Any:
    """What must be the same however often it was begun."""
    with world.database.reading() as session:
        accounts = session.execute(
            select(
                Customer.id - world.cleo.id, Account.balance, Account.locked, Account.settled_count, Customer.level_id
            )
            .join(Account, Account.customer_id == Customer.id)
            .order_by(Customer.id)
        ).all()
        entries = session.execute(
            select(LedgerEntry.customer_id - world.cleo.id, LedgerEntry.sequence, LedgerEntry.kind, LedgerEntry.delta)
            .order_by(LedgerEntry.customer_id, LedgerEntry.sequence)
        ).all()  # fmt: skip
        members = session.scalars(select(SegmentMember.customer_id)).all()
    return [tuple(it) for it in accounts], [tuple(it) for it in entries], list(members)


def moment(world: World, days: int) -> str:
    return (world.now + timedelta(days=days)).isoformat()


@contextmanager
def job(url: str, name: str, at: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.worker.one_job", url, name, at]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run_to_its_end(url: str, name: str, at: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with job(url, name, at) as process:
            if process.communicate(timeout=120)[0].endswith("done\n"):
                return
        time.sleep(0.2)  # a server that is starting lets nobody in
    raise AssertionError(f"{name} did not end")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_what_is_left_is_what_one_clean_run_leaves(kind: str, tmp_path: Path) -> None:
    with private_postgres() if kind == "postgresql" else nullcontext() as postgres:
        if postgres is None:
            urls = [f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("clean", "killed")]
        else:
            urls = [f"postgresql+psycopg://{postgres.dsn_user_host()}/{name}" for name in ("clean", "killed")]
            administer(make_url(urls[0]).set(database="postgres"), "CREATE DATABASE clean")
        clean = furnished(urls[0])
        clean.database.engine.dispose()
        if postgres is None:
            shutil.copy(tmp_path / "clean.sqlite", tmp_path / "killed.sqlite")
        else:
            administer(make_url(urls[0]).set(database="postgres"), "CREATE DATABASE killed TEMPLATE clean")
        killed = clean.over(Database(urls[1]))
        for name, days in RUNS:
            run_to_its_end(urls[0], name, moment(clean, days))
        expected = state(clean)
        clean.require_invariants()
        clean.database.engine.dispose()  # which would die with the server
        kill_in_the_middle(urls[1], killed, postgres)
        found = state(killed)
        assert [it[1:4] for it in expected[0][1:]] == [(0, 0, 3)] * CUSTOMERS, "all has unlocked and expired"
        assert (found, expected[2]) == (expected, [])
        killed.require_invariants()
        killed.database.engine.dispose()
        gc.collect()


def kill_in_the_middle(url: str, world: World, postgres: PrivatePostgres | None) -> None:
    for i, (name, days) in enumerate(RUNS):
        for n in range(KILLS):
            with job(url, name, moment(world, days)) as process:
                assert process.stdout is not None
                process.stdout.readline()  # it has begun
                time.sleep(random.uniform(0, 0.15))
                if postgres is not None and (i + n) % 3 == 0:
                    postgres.kill()
                    postgres.start()
        run_to_its_end(url, name, moment(world, days))
    world.database.engine.dispose()  # of connections that died with their server
