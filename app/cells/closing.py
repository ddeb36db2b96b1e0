"""Close a chain, so that nobody changes what is its own, and open it again. The database refuses, whoever asks and however late.

A request may have found out who is calling, and what holds, before the chain was closed, and write afterwards: so no question that a
request asks would be enough. Closing makes triggers, for which it waits until whoever writes now has committed; once it has committed
itself, what the chain owns stays as it is. Triggers stand only as long as a chain is closed, and cost nothing otherwise.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Table, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.campaign import notices
from app.cells.errors import ChainIsClosed, ChainIsOpen
from app.cells.ownership import OWNERS, belongs
from app.db.engine import CLOSED
from app.db.prepared import is_postgresql
from app.migrations.tables import metadata
from app.organizations import chains
from app.organizations.models import Chain

# What may still change while a chain is closed, and is lost with the old cell, or done again by the new one: sessions that end, logs,
# what is counted beside requests, and what the worker notes of what it is sending.
STAYS_OPEN = {
    "delivery",
    "listener",
    "outbox",
    "points_span",
    "refresh_token",
    "refused",
    "session_key",
    "stored_answer",
}
WHAT_THE_STAFF_DECIDES = {"subscription": ("url", "description", "kinds", "secret", "paused_at", "removed_at")}
EVENTS = ("insert", "update", "delete")


def close(session: Session, chain_id: int, now: datetime) -> None:
    """Let nobody change anything of a chain until it is opened. Raises ChainNotFound, ChainIsClosed, or TryAgain when others hold it up."""
    if chains.get(session, chain_id).closed_at is not None:
        raise ChainIsClosed
    tables = _guarded()
    if is_postgresql(session):
        names = ", ".join(f'"{table.name}"' for table in tables)
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(update(Chain).where(Chain.id == chain_id).values(closed_at=now))
    for table in tables:
        for statement in _making(table, chain_id, is_postgresql(session)):
            session.connection().exec_driver_sql(statement)


def reopen(session: Session, chain_id: int, now: datetime) -> None:
    """Let it be changed again, and tell of what has expired meanwhile. Raises ChainNotFound or ChainIsOpen."""
    unlock(session, chain_id)
    begin(session, chain_id, now)


def unlock(session: Session, chain_id: int) -> None:
    """Take the triggers away; the chain stays closed by name. Raises ChainNotFound or ChainIsOpen."""
    require_closed(session, chain_id)
    for table in _guarded():
        for statement in _unmaking(table, chain_id, is_postgresql(session)):
            session.connection().exec_driver_sql(statement)


def begin(session: Session, chain_id: int, now: datetime) -> None:
    """Go on with a chain that no trigger closes."""
    closed_at = session.scalar(select(Chain.closed_at).where(Chain.id == chain_id))
    session.execute(update(Chain).where(Chain.id == chain_id).values(closed_at=None))
    if closed_at is not None:
        notices.tell_of_missed(session, chain_id, closed_at, now)


def require_closed(session: Session, chain_id: int) -> Chain:
    """Raises ChainNotFound or ChainIsOpen."""
    chain = chains.get(session, chain_id)
    if chain.closed_at is None:
        raise ChainIsOpen
    return chain


def _guarded() -> list[Table]:
    return [metadata.tables[name] for name in sorted(OWNERS.keys() - STAYS_OPEN)]


def _making(table: Table, chain_id: int, on_postgresql: bool) -> Iterator[str]:
    for event in EVENTS:
        columns = WHAT_THE_STAFF_DECIDES.get(table.name, ()) if event == "update" else ()
        head = f'{event.upper()}{" OF " + ", ".join(columns) if columns else ""} ON "{table.name}"'
        rows = {"insert": ["NEW"], "update": ["OLD", "NEW"], "delete": ["OLD"]}[event]
        condition = " OR ".join(_condition(table, chain_id, row, on_postgresql) for row in rows)
        name = _name(table, chain_id, event)
        if not on_postgresql:
            yield f"CREATE TRIGGER {name} BEFORE {head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
            continue
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION 'chain {chain_id} is closed' USING ERRCODE = '{CLOSED}'; END IF;"
            f" RETURN {'OLD' if event == 'delete' else 'NEW'}; END $$"
        )
        yield f"CREATE TRIGGER {name} BEFORE {head} FOR EACH ROW EXECUTE FUNCTION {name}()"


def _unmaking(table: Table, chain_id: int, on_postgresql: bool) -> Iterator[str]:
    for event in EVENTS:
        name = _name(table, chain_id, event)
        yield f'DROP TRIGGER {name} ON "{table.name}"' if on_postgresql else f"DROP TRIGGER {name}"
        if on_postgresql:
            yield f"DROP FUNCTION {name}()"


def _name(table: Table, chain_id: int, event: str) -> str:
    return f"closed_{chain_id}_{table.name}_{event}"


def _condition(table: Table, chain_id: int, row: str, on_postgresql: bool) -> str:
    found = belongs(table, chain_id, lambda name: literal_column(f"{row}.{name}"))
    dialect = postgresql.dialect() if on_postgresql else sqlite.dialect()  # type: ignore[no-untyped-call]
    return re.sub(r"\s+", " ", f"({found.compile(dialect=dialect, compile_kwargs={'literal_binds': True})})")
