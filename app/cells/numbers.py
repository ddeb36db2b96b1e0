"""Each cell counts from a range of its own, so that a chain keeps its ids wherever it moves: clients know them.

Cell 0, which every installation is unless it was told otherwise, counts from 1, cell 3 from 3,000,000,000,000. PostgreSQL only: SQLite
counts on from the highest row, whoever's it is.
"""

from sqlalchemy import BigInteger, func, select, text, update
from sqlalchemy.orm import Session

from app.cells.errors import CannotMove
from app.cells.ownership import OWNERS, belongs
from app.db.installation import Installation
from app.db.prepared import is_postgresql
from app.db.types import CELL_IDS
from app.migrations.tables import metadata
from app.organizations.models import Chain

SIZE = CELL_IDS
CELL_MAX = 9_000  # so that every id is exact in JavaScript, which knows 53 bits
MARK = "cell"


def cell(session: Session) -> int:
    """Which cell this installation is."""
    return int(session.scalar(select(Installation.value).where(Installation.name == MARK)) or 0)


def choose(session: Session, number: int) -> None:
    """Let this installation count on from a range of its own, and never back. Raises CannotMove, for SQLite as well."""
    if not is_postgresql(session):
        raise CannotMove(
            "SQLite counts on from the highest row: only PostgreSQL can be a cell with numbers of its own."
        )
    if not 0 <= number <= CELL_MAX:
        raise CannotMove(f"A cell is a number from 0 to {CELL_MAX}.")
    if cell(session) > number:
        raise CannotMove(f"This is cell {cell(session)} already, and cannot count from fewer.")
    session.merge(Installation(name=MARK, value=str(number)))
    session.flush()
    _renumber_first_chain(session, number)
    count_on(session)


def count_on(session: Session) -> None:
    """Let every table count on behind the highest row of this cell's own range."""
    number = cell(session)
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, BigInteger):
            continue
        of_cell = column.between(number * SIZE + 1, (number + 1) * SIZE - 1)
        highest = session.scalar(select(func.max(column)).where(of_cell)) or number * SIZE
        sequence = session.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
        )
        used = session.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        # Never backwards: the number of a row that is gone is not given again.
        if highest > used.last_value - (not used.is_called):
            session.execute(select(func.setval(sequence, highest)))


def _renumber_first_chain(session: Session, number: int) -> None:
    """The chain that every installation begins with, as long as nothing belongs to it."""
    found = session.scalars(select(Chain)).all()
    if len(found) != 1 or found[0].id >= number * SIZE:
        return
    [chain] = found
    owned = (metadata.tables[name] for name in OWNERS if name != Chain.__tablename__)
    if any(session.execute(select(1).select_from(it).where(belongs(it, chain.id)).limit(1)).first() for it in owned):
        return
    values = {"id": number * SIZE + 1, "name": f"{chain.name} (cell {number})"}
    session.execute(update(Chain).where(Chain.id == chain.id).values(values))
    session.expunge(chain)
