"""Take a chain away with all that belongs to it."""

from sqlalchemy import Table, delete
from sqlalchemy.orm import Session

from app.cells import closing
from app.cells.ownership import OWNERS, belongs
from app.db.engine import Database
from app.migrations.tables import metadata


def remove(database: Database, chain_id: int) -> None:
    """Remove a closed chain. What others share stays, and so do the bytes of photos, which the worker removes when nothing shows them.

    Raises ChainNotFound or ChainIsOpen.
    """
    with database.transaction() as session:
        database.without_time_limit(session)
        closing.unlock(session, chain_id)
        remove_rows(session, chain_id)


def remove_rows(session: Session, chain_id: int) -> None:
    """Remove all rows that belong to a chain, and the chain."""
    reached, on_show = metadata.tables["reached"], metadata.tables["always_on_show"]
    session.execute(delete(reached).where(reached.c.chain_id == chain_id))
    for table in order():
        session.execute(delete(table).where(belongs(table, chain_id)))
    session.execute(
        delete(on_show).where(on_show.c.chain_id == chain_id)
    )  # last: each campaign that went was counted out


def order() -> list[Table]:
    """What belongs to a chain, each before what says so."""
    tables = [table for table in reversed(metadata.sorted_tables) if table.name in OWNERS]
    return sorted(tables, key=lambda table: bool(OWNERS[table.name]))  # what is found by its login's name comes first
