"""Take a chain away with all that belongs to it, while others go on: a few thousand rows a transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Column, PrimaryKeyConstraint, Table, UniqueConstraint, delete, select, tuple_
from sqlalchemy.orm import Session

from app.cells import closing, marks
from app.cells.ownership import OWNERS, belongs
from app.db.engine import Database
from app.migrations.tables import metadata
from app.organizations.models import Chain

AT_ONCE = 5_000  # rows


def remove(database: Database, chain_id: int, tell: Callable[[str, int], object]) -> bool:
    """Remove a closed chain. What others share stays, and so do the bytes of photos, which the worker removes when nothing shows them.

    False when triggers are left, see `closing.take_down`. Cut off, it goes on where it was when it is called again.
    `tell` is called with each table and the number of its rows.
    Raises ChainNotFound or ChainIsOpen.
    """
    with database.reading() as session:
        closing.require_closed(session, chain_id)
    if not database.is_postgresql:  # who writes has the whole file
        with database.transaction() as session:
            closing.pass_through(session, chain_id)
            for table in order():
                session.execute(delete(table).where(belongs(table, chain_id)))
            _remove_chain(session, chain_id)
        return True
    with _indexes(database):
        for table in order():
            count = _remove_rows(database, table, chain_id)
            if count:
                tell(table.name, count)
        with database.transaction() as session:
            database.without_time_limit(session)
            closing.pass_through(session, chain_id)
            _remove_chain(session, chain_id)
    return closing.take_down(database, chain_id)


def order() -> list[Table]:
    """What belongs to a chain but for the chain itself, each before what says so."""
    tables = [it for it in reversed(metadata.sorted_tables) if it.name in OWNERS and it.name != Chain.__tablename__]
    return sorted(tables, key=lambda table: bool(OWNERS[table.name]))  # what is found by its login's name comes first


def _remove_rows(database: Database, table: Table, chain_id: int) -> int:
    """All of a table, in the order of its key: each batch begins where the one before has ended."""
    count, key = 0, list(table.primary_key.columns)
    later = belongs(table, chain_id)
    while True:
        with database.transaction() as session:
            database.without_time_limit(session)
            closing.pass_through(session, chain_id)
            rows = session.execute(select(*key).where(later).order_by(*key).limit(AT_ONCE)).all()
            if not rows:
                return count
            until = tuple(rows[-1])
            session.execute(delete(table).where(later, tuple_(*key) <= until))
        count += len(rows)
        later = belongs(table, chain_id) & (tuple_(*key) > until)


def _remove_chain(session: Session, chain_id: int) -> None:
    # What is counted of campaigns comes last: each that went was counted out of it.
    for name in ("reached", "always_on_show"):
        table = metadata.tables[name]
        session.execute(delete(table).where(table.c.chain_id == chain_id))
    marks.taken(session, chain_id)
    session.execute(delete(Chain).where(Chain.id == chain_id))


@contextmanager
def _indexes(database: Database) -> Iterator[None]:
    """Indexes of what refers to the rows that go, while they go: PostgreSQL looks for such rows each time. No purchase would use them."""
    if database.pooler:  # a session's limit of time cannot be lifted behind one
        yield
        return
    made = {f"removing_{column.table.name}_{column.name}": column for column in _without_index()}
    beside = Database(database.url.render_as_string(hide_password=False), pool_size=1)
    try:
        with beside.engine.execution_options(without_begin=True).connect() as connection:
            for limit in ("statement_timeout", "lock_timeout"):
                connection.exec_driver_sql(f"SET {limit} = 0")
            for name, column in made.items():
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
                connection.exec_driver_sql(
                    f'CREATE INDEX CONCURRENTLY {name} ON "{column.table.name}" ({column.name}) WHERE {column.name} IS NOT NULL'
                )
            try:
                yield
            finally:
                for name in made:
                    connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    finally:
        beside.engine.dispose()


def _without_index() -> list[Column[object]]:
    """Columns that refer to what belongs to chains, and begin no index."""
    found = []
    for table in metadata.sorted_tables:
        keys = [it for it in table.constraints if isinstance(it, PrimaryKeyConstraint | UniqueConstraint)]
        firsts = {it.columns[0].name for it in (*keys, *table.indexes) if len(it.columns)}
        for key in table.foreign_keys:
            if key.column.table.name in OWNERS and key.parent.name not in firsts:
                found.append(key.parent)
    return found
