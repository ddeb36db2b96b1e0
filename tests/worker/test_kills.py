"""Workers, the receiver, the mail server and PostgreSQL are killed and come back: everything arrives, in order, and is known by its id.

The same-transaction write, the lease and the order within a customer are what makes it so; without any of them this fails.
"""

import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.campaign.models.awards import Award
from app.db.engine import Database, OutcomeUnknown, TryAgain
from app.db.installation import migrate
from app.outbox.models import Message
from app.web.callers import rotate_keys
from tests.mail.test_mail import Mailbox
from tests.outbox.hooks import subscribe
from tests.postgres import free_port, private_postgres
from tests.receiver import Receiver, receiver
from tests.serving import ROOT
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py
PURCHASES = int(os.environ.get("GUERDON_TEST_DELIVERIES", "400"))
KILLS = int(os.environ.get("GUERDON_TEST_KILLS", "3"))
CUSTOMERS, WORKERS = 24, 2
SECONDS_MAX = 60 + PURCHASES / 20


class Workers:
    """Processes that send, each of which may be killed."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = {**os.environ, **environ}
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        while len(self._processes) < WORKERS:
            command = [sys.executable, "-m", "tests.worker.hurried"]
            process = subprocess.Popen(command, env=self._environ, cwd=ROOT, stderr=subprocess.DEVNULL)
            self._processes.append(process)

    def kill_one(self) -> None:
        process = self._processes.pop(random.randrange(len(self._processes)))
        process.send_signal(signal.SIGKILL)
        process.wait()

    def restart_the_dead(self) -> None:
        self._processes = [it for it in self._processes if it.poll() is None]
        self.start()

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(60)


@contextmanager
def smtp(box: Mailbox, port: int) -> Iterator[Controller]:
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def environ_of(url: str, folder: Path, port: int) -> dict[str, str]:
    rotate_keys(folder / "keys" / "jwt.pem")
    return {
        "GUERDON_ENV": "test",
        "GUERDON_DATABASE_URL": url,
        "GUERDON_STORAGE": str(folder),
        "GUERDON_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "GUERDON_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none",
    }


def buy(world: World, campaign: Any, customers: list[Any], count: int) -> None:
    """Sell in this process, until as many were sold; whoever does not know whether it was does not ask."""
    sold, lock = iter(range(count)), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(sold, None)
            if number is None:
                return
            while True:
                try:
                    world.buy(campaign, customers[number % len(customers)])
                    break
                except OutcomeUnknown:
                    break
                except (TryAgain, SQLAlchemyError):  # a server that is starting lets nobody in
                    time.sleep(0.05)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def require_everything(world: World, hook: Receiver, box: Mailbox) -> None:
    with world.database.reading() as session:
        awards = {str(id) for id in session.scalars(select(Award.id))}
    first: dict[str, Any] = {}
    for it in hook.requests:
        first.setdefault(it.id, it.json["data"])
    assert len(first) == len(awards), "each message has an id, and each purchase a message"
    assert {data["award"] for data in first.values()} == awards
    balances: dict[int, list[float]] = defaultdict(list)
    for data in first.values():
        balances[data["customer"]["number"]].append(float(data["balance"]))
    assert all(seen == sorted(seen, reverse=True) for seen in balances.values()), "in order, for each customer"
    letters = {str(letter["Message-ID"]) for letter in box.letters}
    assert len(letters) == len(awards)
    # A tenth was refused, and who was killed had sent a few that nobody knows of: two workers that take the same send twice as much.
    assert max(len(hook.requests), len(box.letters)) < 1.6 * len(awards), "only a lease keeps workers apart"


def left(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def wait_for_all(world: World, workers: Workers) -> None:
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        workers.restart_the_dead()
        try:
            if not left(world):
                return
        except (TryAgain, SQLAlchemyError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"{left(world)} messages still wait")


# Connections that die with their server are found by the collector, or by whoever uses them next.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_everything_arrives_whatever_is_killed(kind: str, tmp_path: Path, sqlite_url: str) -> None:
    box, port = Mailbox(), free_port()
    with private_postgres() as postgres, receiver() as hook:
        url = sqlite_url
        if kind == "postgresql":
            url = f"postgresql+psycopg://{postgres.dsn_user_host()}/postgres"
        database = Database(url)
        migrate(database)
        world = World(database)
        customers = [world.a_customer(points=1_000_000, level=world.silver) for _ in range(CUSTOMERS)]
        for i, customer in enumerate(customers):
            with database.transaction() as session:
                session.merge(customer).profile.email = f"c{i}@shop.example"
        codes = [f"C{i:06}" for i in range(PURCHASES)]
        campaign = world.a_campaign(codes=codes, limit=PURCHASES, limit_per_customer=PURCHASES, cost=100)
        subscribe(database, hook.url, ["purchase.made"])
        hook.answers = lambda number: (500 if random.random() < 0.1 else 204, {}, b"")
        workers = Workers(environ_of(url, tmp_path, port))
        try:
            with smtp(box, port):
                workers.start()
                wait_for_mail(world)
                buyer = threading.Thread(target=buy, args=(world, campaign, customers, PURCHASES))
                buyer.start()
                for _ in range(KILLS):
                    time.sleep(1.0)
                    workers.kill_one()
                    if kind == "postgresql":
                        postgres.kill()
                        postgres.start()
                    workers.restart_the_dead()
            # The mail server is gone for a while, and the receiver answers nothing well.
            hook.answers = lambda number: (503, {}, b"")
            time.sleep(1.0)
            hook.answers = lambda number: (204, {}, b"")
            with smtp(box, port):
                buyer.join()
                wait_for_all(world, workers)
            require_everything(world, hook, box)
            world.require_invariants()
        finally:
            workers.stop()
            database.engine.dispose()
            gc.collect()  # here, where what died with its server may be found


def wait_for_mail(world: World) -> None:
    """The first worker says that there is mail; what is sold before would be mailed to nobody."""
    from app.outbox import writing

    until = time.monotonic() + 30
    while time.monotonic() < until:
        with world.database.reading() as session:
            if writing.is_heard_anywhere(session, "voucher.expiring"):
                return
        time.sleep(0.1)
    raise AssertionError("no worker has started")
