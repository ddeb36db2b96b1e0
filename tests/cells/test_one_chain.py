"""No statement needs a row of another chain: whoever acts for one chain is answered the same where the database shows no other.

PostgreSQL hides the rows itself, by policies on every table whose rows belong to a chain. What stays in sight is what tells whose a
caller is: logins, sessions, tokens, apps and permissions; a request finds its chain by them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, literal_column, text
from sqlalchemy.dialects import postgresql

from app import create_app
from app.cells.ownership import OWNERS, belongs
from app.db.engine import Database
from app.migrations.tables import metadata
from app.settings import Settings
from tests.access.test_chains_apart import TABLE, Two, send, two
from tests.client import Client
from tests.postgres import administer, direct
from tests.world import World

__all__ = ["two"]

TELLS_WHO_CALLS = {
    "access_token",
    "app_host",
    "chain_permission",
    "login",
    "refresh_token",
    "session_key",
    "stored_answer",
}
# It makes another chain.
CONCERNS_ALL = {"POST chain"}
ROLE = "guerdon_one_chain"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def alone(app: Flask, two: Two, settings: Settings, postgres: Any) -> Iterator[Flask]:
    """The application over a copy of the database in which nobody sees more than the first chain."""
    app.extensions["guerdon_database"].engine.dispose()
    source = direct(app.extensions["guerdon_database"].url)
    name = f"{source.database}_alone"
    # A pooler keeps its connections, and a template must have none.
    left = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source.database}'"
    made = f"CREATE DATABASE {name} TEMPLATE {source.database}"
    administer(direct(postgres), left, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", made)
    owner = Database(source.set(database=name).render_as_string(hide_password=False))
    with owner.transaction() as session:
        session.execute(
            text(f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        )
        for things in ("TABLES", "SEQUENCES"):
            session.execute(text(f"GRANT ALL ON ALL {things} IN SCHEMA public TO {ROLE}"))
        for table in (metadata.tables[it] for it in sorted(OWNERS.keys() - TELLS_WHO_CALLS)):
            own = _sql(table, two.own.chain)
            of_nobody = "OR chain_id IS NULL" if table.name == "audit_entry" else ""
            session.connection().exec_driver_sql(f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY')
            session.connection().exec_driver_sql(
                f'CREATE POLICY one_chain ON "{table.name}" USING (({own}) {of_nobody})'
            )
    owner.engine.dispose()
    url = source.set(database=name, username=ROLE).render_as_string(hide_password=False)
    made = create_app(replace(settings, database_url=url))
    yield made
    made.extensions["guerdon_database"].engine.dispose()


def _sql(table: Table, chain_id: int) -> str:
    found = belongs(table, chain_id, lambda name: literal_column(f'"{table.name}".{name}'))
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(found.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


# What is another each time: UUIDs, keys, secrets, tokens, moments, and numbers that count on.
CHANCE = re.compile(
    r"[0-9a-f]{6}@|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|whsec_[^\"]+|ey[\w.-]+|\d{4}-\d\d-\d\dT[\d:.+]+|\"\d+\"|\b\d{3,}\b"
)


def plain(answer: Any) -> tuple[int, list[str]]:
    """What is said, in no order: some lists are ordered by what was made by chance."""
    said = CHANCE.sub("…", answer.get_data().decode(errors="replace"))
    return answer.status_code, sorted(re.split(r"[,{}\[\]]", said))


def test_every_call_is_answered_the_same_where_no_other_chain_is_in_sight(world: World, two: Two, alone: Flask) -> None:
    with alone.extensions["guerdon_database"].reading() as session:
        assert session.scalars(text("SELECT id FROM chain")).all() == [two.own.chain]
        assert session.scalar(text("SELECT count(DISTINCT chain_id) FROM voucher")) == 1
    for role, client in two.people.items():
        there = Client(alone)
        there.headers = client.headers
        for name, row in TABLE.items():
            if role not in row.roles.split() or name in CONCERNS_ALL:
                continue
            here = plain(send(client, name, two.own, world))
            assert plain(send(there, name, two.own, world)) == here, f"{role}: {name}"
