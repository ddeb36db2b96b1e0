"""Close a chain, so that nobody changes what is its own, and open it again. The database refuses, whoever asks and however late.

A request may have found out who is calling, and what holds, before the chain was closed, and write afterwards: so no question that a
request asks would be enough. Closing makes triggers, for which it waits until whoever writes now has committed; once it has committed
itself, what the chain owns stays as it is. Triggers stand only as long as a chain is closed, and cost nothing otherwise.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Table, func, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.campaign import notices
from app.cells import marks
from app.cells.errors import ChainIsClosed, ChainIsOpen
from app.cells.ownership import OWNERS, belongs
from app.db.engine import CLOSED, Database, TryAgain
from app.db.prepared import is_postgresql
from app.jobs.marks import ExpiryMark
from app.migrations.tables import metadata
from app.organizations import chains
from app.organizations.models import Chain

# What may still change while a chain is closed, and is lost with the old cell, or done again by the new one: sessions that end, logs,
# what is counted beside requests, and what the worker notes of what it is sending.
STAYS_OPEN = {"delivery", "listener", "points_span", "refresh_token", "refused", "session_key", "stored_answer"}
# Of these only some columns are closed: the worker notes how an address does, and whoever signs in is noted.
CLOSED_COLUMNS = {
    "subscription": ("url", "description", "kinds", "secret", "paused_at", "removed_at"),
    "login": tuple(it.name for it in metadata.tables["login"].columns if it.name != "last_login_at"),
}
EVENTS = ("insert", "update", "delete")
CLOSED_EVENTS = {"outbox": ("insert",)}  # what the worker sends it notes
PASSES = "guerdon.passes"  # a setting of a transaction of PostgreSQL: the id of the closed chain that it may change
LOCK_MILLISECONDS = 200


def close(session: Session, chain_id: int, now: datetime) -> None:
    """Let nobody change anything of a chain until it is opened. Raises ChainNotFound, ChainIsClosed, or TryAgain when others hold it up."""
    if chains.get(session, chain_id).closed_at is not None:
        raise ChainIsClosed
    tables, on_postgresql = _guarded(), is_postgresql(session)
    if on_postgresql:
        _wait_shortly(session)
        names = ", ".join(f'"{table.name}"' for table in tables)
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    marks.note(session, chain_id)
    session.execute(update(Chain).where(Chain.id == chain_id).values(closed_at=now))
    for table in tables:
        for statement in _making(table, chain_id, on_postgresql):
            session.connection().exec_driver_sql(statement)


def reopen(session: Session, chain_id: int, now: datetime) -> None:
    """Let it be changed again, and tell of what has expired meanwhile; triggers let everything through then, until `take_down`.

    Raises ChainNotFound or ChainIsOpen.
    """
    require_closed(session, chain_id)
    pass_through(session, chain_id)
    begin(session, chain_id, now, marks.taken(session, chain_id))


def pass_through(session: Session, chain_id: int) -> None:
    """Let this transaction change a chain that is closed."""
    if is_postgresql(session):
        session.execute(select(func.set_config(PASSES, str(chain_id), True)))  # until the transaction ends
        return
    for statement in (it for table in _guarded() for it in _unmaking(table, chain_id, on_postgresql=False)):
        session.connection().exec_driver_sql(statement)


def take_down(database: Database, chain_id: int) -> bool:
    """Remove the triggers of a chain that is open or gone, table by table; False when others held some up: they do no harm."""
    if not database.is_postgresql:
        return True
    is_done = True
    for table in _guarded():
        try:
            with database.transaction() as session:
                _wait_shortly(session)
                for statement in _unmaking(table, chain_id, on_postgresql=True):
                    session.connection().exec_driver_sql(statement)
        except TryAgain:
            is_done = False
    return is_done


def begin(session: Session, chain_id: int, now: datetime, told_until: Mapping[str, str]) -> None:
    """Go on with a chain that no trigger closes: tell of what was not told of yet when it was closed, and has passed since."""
    session.execute(update(Chain).where(Chain.id == chain_id).values(closed_at=None))
    here = marks.now(session)
    passed = {
        kind: (
            ExpiryMark.read(told_until[kind]),
            # The first run of a worker begins with what comes from then on.
            ExpiryMark.read(here[kind]) if kind in here else ExpiryMark(now + ahead, 0),
        )
        for kind, ahead in notices.AHEAD.items()
        if kind in told_until
    }
    notices.tell_of_missed(session, chain_id, passed, now)


def require_closed(session: Session, chain_id: int) -> Chain:
    """Raises ChainNotFound or ChainIsOpen."""
    chain = chains.get(session, chain_id)
    if chain.closed_at is None:
        raise ChainIsOpen
    return chain


def _wait_shortly(session: Session) -> None:
    """Whoever waits for a table makes all others wait who come later."""
    session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'"))


def _guarded() -> list[Table]:
    return [metadata.tables[name] for name in sorted(OWNERS.keys() - STAYS_OPEN)]


def _making(table: Table, chain_id: int, on_postgresql: bool) -> Iterator[str]:
    for event in CLOSED_EVENTS.get(table.name, EVENTS):
        columns = CLOSED_COLUMNS.get(table.name, ()) if event == "update" else ()
        head = f'{event.upper()}{" OF " + ", ".join(columns) if columns else ""} ON "{table.name}"'
        rows = {"insert": ["NEW"], "update": ["OLD", "NEW"], "delete": ["OLD"]}[event]
        mine = " OR ".join(_condition(table, chain_id, row, on_postgresql) for row in rows)
        condition = f"({mine}) AND EXISTS (SELECT 1 FROM chain WHERE id = {chain_id} AND closed_at IS NOT NULL)"
        name = _name(table, chain_id, event)
        if not on_postgresql:
            yield f"CREATE TRIGGER {name} BEFORE {head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
            continue
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition}"
            f" AND current_setting('{PASSES}', true) IS DISTINCT FROM '{chain_id}' THEN"
            f" RAISE EXCEPTION 'chain {chain_id} is closed' USING ERRCODE = '{CLOSED}'; END IF;"
            f" RETURN {'OLD' if event == 'delete' else 'NEW'}; END $$"
        )
        yield f"CREATE OR REPLACE TRIGGER {name} BEFORE {head} FOR EACH ROW EXECUTE FUNCTION {name}()"


def _unmaking(table: Table, chain_id: int, on_postgresql: bool) -> Iterator[str]:
    for event in CLOSED_EVENTS.get(table.name, EVENTS):
        name = _name(table, chain_id, event)
        yield f'DROP TRIGGER IF EXISTS {name} ON "{table.name}"' if on_postgresql else f"DROP TRIGGER {name}"
        if on_postgresql:
            yield f"DROP FUNCTION IF EXISTS {name}()"


def _name(table: Table, chain_id: int, event: str) -> str:
    return f"closed_{chain_id}_{table.name}_{event}"


def _condition(table: Table, chain_id: int, row: str, on_postgresql: bool) -> str:
    found = belongs(table, chain_id, lambda name: literal_column(f"{row}.{name}"))
    dialect = postgresql.dialect() if on_postgresql else sqlite.dialect()  # type: ignore[no-untyped-call]
    return re.sub(r"\s+", " ", f"({found.compile(dialect=dialect, compile_kwargs={'literal_binds': True})})")
