"""Lists from a real streaming replica, current, behind and away; and what is decided, never."""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app import create_app, demo
from app.db import replica as replica_module
from app.db.installation import migrate
from app.db.replica import Replica
from app.manual.document import EXAMPLES
from app.settings import BadSettings, Settings, from_environment
from tests.client import Client
from tests.manual_calls import NOW, recorded
from tests.postgres import PrivatePostgres, private_postgres
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PrivatePostgres, PrivatePostgres]]:
    """A PostgreSQL, and a replica that follows it."""
    with private_postgres() as primary:
        copy = primary.folder / "copy"
        at = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
        primary.run("pg_basebackup", *at, "-X", "stream", "-c", "fast", "-R", "-D", str(copy / "data"))
        with primary.beside(copy) as replica:
            yield primary, replica


class Pair:
    """An application over one database of the pair."""

    def __init__(self, servers: tuple[PrivatePostgres, PrivatePostgres], name: str, settings: Settings) -> None:
        self.primary, self.replica = servers
        self.name = name
        with psycopg.connect(self.primary.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url, read_url = (f"postgresql+psycopg://{one.dsn_user_host()}/{name}" for one in servers)
        self.settings = replace(settings, environment="test", database_url=url, read_url=read_url)
        self.app = create_app(self.settings)

    @property
    def of_app(self) -> Replica:
        found: Replica = self.app.extensions["guerdon_replica"]
        return found

    def wait_until_current(self) -> None:
        with psycopg.connect(self.primary.dsn(self.name)) as connection:
            [written] = connection.execute("SELECT pg_current_wal_lsn()").fetchone() or ()
        with psycopg.connect(self.replica.dsn(self.name), autocommit=True) as connection:
            until = time.monotonic() + 30
            while not connection.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written]).fetchone()[0]:  # type: ignore[index]
                assert time.monotonic() < until
                time.sleep(0.02)

    def on_replica(self, statement: str) -> None:
        with psycopg.connect(self.replica.dsn(self.name), autocommit=True) as connection:
            connection.execute(statement)

    def believe(self) -> None:
        """Look now, rather than beside a request."""
        self.of_app._asked_at = time.monotonic() + 3600
        self.of_app._fresh_until = float("inf")

    def close(self) -> None:
        wait_until_nobody_looks()
        for database in (self.app.extensions["guerdon_database"], self.of_app.database):
            database.engine.dispose()


@pytest.fixture
def pair(
    servers: tuple[PrivatePostgres, PrivatePostgres], sqlite_url: str, jwt_keys: str, tmp_path: Path
) -> Iterator[Pair]:
    made = Pair(servers, f"pair{time.monotonic_ns()}", Settings(storage=tmp_path, jwt_private_keys=jwt_keys))
    yield made
    made.close()


@pytest.fixture
def world(pair: Pair) -> World:
    database = pair.app.extensions["guerdon_database"]
    migrate(database)
    made = World(database)
    pair.wait_until_current()
    return made


def wait_until_nobody_looks() -> None:
    for thread in threading.enumerate():
        if thread.name == "replica":
            thread.join(30)


def names(answer: Any) -> set[str]:
    return {it["name"] for it in answer.json["campaigns"]}


def test_every_call_of_the_manual_answers_the_same(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a replica that has everything before anybody is answered: what stays wrong then is no lag."""
    asked: list[str] = []
    of_replica = Replica.reading

    def counted(self: Replica) -> Any:
        asked.append("list")
        pair.wait_until_current()
        return of_replica(self)

    monkeypatch.setattr(Replica, "reading", counted)
    database = pair.app.extensions["guerdon_database"]
    migrate(database)
    with database.transaction() as session:
        demo.load(session, NOW, pair.settings.zone)
    pair.wait_until_current()
    pair.believe()
    known, now = json.loads(EXAMPLES.read_text(encoding="utf-8")), recorded(pair.app)
    for name, example in now.items():  # PostgreSQL counts on where SQLite does not
        assert re.sub(r"\d+", "…", json.dumps(example)) == re.sub(r"\d+", "…", json.dumps(known[name])), name
    assert len(asked) > 15


def test_lists_may_lag_and_decisions_do_not(pair: Pair, world: World) -> None:
    ada, cleo = Client(pair.app).as_login(world.ada), Client(pair.app).as_login(world.cleo_login, world.cleo.uuid)
    campaign = world.a_campaign(codes=["ONLY"], limit=1, name="The last one")
    pair.wait_until_current()
    pair.believe()
    pair.on_replica("SELECT pg_wal_replay_pause()")
    try:
        assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={}).status_code == 200
        again = cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={})
        assert again.status_code == 400
        late = world.a_campaign(codes=["A"], name="A late one")
        assert "A late one" not in names(ada.get("/api/campaign?perPage=100"))
        assert len(cleo.get("/api/customer/campaign/bought").json["campaigns"]) == 1, (
            "who has bought looks for it there"
        )
        assert ada.get(f"/api/campaign/{late.uuid}").status_code == 200
        # Who names what the replica does not have yet is answered by the database itself.
        assert ada.get(f"/api/campaign/{late.uuid}/coupons").status_code == 200
    finally:
        pair.on_replica("SELECT pg_wal_replay_resume()")
    pair.wait_until_current()
    assert "A late one" in names(ada.get("/api/campaign?perPage=100"))


def test_one_that_is_far_behind_is_not_asked(pair: Pair, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "LAG_SECONDS_MAX", 0.2)
    found = pair.of_app
    found.look()
    assert found.is_fresh()
    pair.on_replica("SELECT pg_wal_replay_pause()")
    try:
        world.a_campaign()
        until = time.monotonic() + 20
        while found.is_fresh():
            assert time.monotonic() < until
            found.look()
            time.sleep(0.05)
    finally:
        pair.on_replica("SELECT pg_wal_replay_resume()")
    pair.wait_until_current()
    found.look()
    assert found.is_fresh()


def test_after_a_quiet_time_one_that_stands_still_is_not_asked(
    pair: Pair, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written long ago proves nothing of a replica that has it."""
    monkeypatch.setattr(replica_module, "LAG_SECONDS_MAX", 0.2)
    monkeypatch.setattr(replica_module, "BELIEVED_SECONDS", 0.2)
    found = pair.of_app
    found.look()
    pair.on_replica("SELECT pg_wal_replay_pause()")
    try:
        world.a_campaign()
        time.sleep(1)  # nobody looks
        found.look()
        assert not found.is_fresh()
    finally:
        pair.on_replica("SELECT pg_wal_replay_resume()")


def test_it_is_found_to_be_fresh_beside_the_requests(pair: Pair, world: World) -> None:
    ada = Client(pair.app).as_login(world.ada)
    assert not pair.of_app.is_fresh(), "nobody waits for the first look"
    until = time.monotonic() + 20
    while not pair.of_app.is_fresh():
        assert ada.get("/api/campaign").status_code == 200
        assert time.monotonic() < until


def test_one_that_goes_away_costs_nothing(pair: Pair, world: World) -> None:
    ada = Client(pair.app).as_login(world.ada)
    world.a_campaign(name="Here")
    pair.wait_until_current()
    pair.believe()
    assert "Here" in names(ada.get("/api/campaign"))
    pair.replica.stop()
    try:
        for _ in range(3):
            assert "Here" in names(ada.get("/api/campaign"))
        assert not pair.of_app.is_fresh(), "it is not asked for a while"
    finally:
        pair.replica.start()


def test_what_is_no_replica_of_this_database_is_refused(pair: Pair, world: World) -> None:
    pair.of_app.require_replica()
    itself = Replica(pair.app.extensions["guerdon_database"], pair.settings.database_url, 1)
    with pytest.raises(RuntimeError, match="GUERDON_READ_URL: this PostgreSQL is no replica"):
        itself.require_replica()
    assert not itself.is_fresh()
    wait_until_nobody_looks()
    assert not itself.is_fresh()
    wait_until_nobody_looks()
    itself.database.engine.dispose()
    other = Replica(pair.app.extensions["guerdon_database"], pair.settings.read_url.replace(pair.name, "postgres"), 1)
    with pytest.raises(RuntimeError, match="GUERDON_READ_URL: this is a replica of another database"):
        other.require_replica()
    other.database.engine.dispose()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"GUERDON_READ_URL": "postgresql://h/d"}, "GUERDON_READ_URL: only PostgreSQL has replicas"),
        ({"GUERDON_READ_URL": "sqlite:///x", "GUERDON_DATABASE_URL": "postgresql://h/d"}, "GUERDON_READ_URL: only"),
        ({"GUERDON_READ_URL": "nonsense", "GUERDON_DATABASE_URL": "postgresql://h/d"}, "GUERDON_READ_URL is no URL"),
    ],
)
def test_a_wrong_setting_names_itself(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        from_environment(environ)
