"""Write all that belongs to a chain into a file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, String, Table, cast, false, func, select, text, union
from sqlalchemy.orm import Session

from app.access.models import ChainPermission
from app.campaign.models.campaigns import Campaign
from app.campaign.models.photos import Photo
from app.cells import file, marks, numbers
from app.cells.closing import require_closed
from app.cells.errors import CannotMove
from app.cells.file import Head, Row
from app.cells.ownership import NOT_MOVED, OWNERS, SHARED, answered, belongs
from app.db.engine import Database
from app.db.installation import is_demo, newest_tables
from app.db.prepared import is_postgresql
from app.db.types import Written
from app.media.blobs import BlobStore
from app.media.models import ShownPicture
from app.migrations.tables import metadata

AT_ONCE = 1_000  # rows
# Of these a chain's rows name some that are not its own: who of the staff did something, and partners' tokens that are bound to no app.
NAMED = ("login", "access_token")
# And what admins who may act for the chain were answered: who repeats a request in the new cell gets that answer there, too.
WITH_OTHERS = (*NAMED, "stored_answer")
TEXTS = (String, Written)
OWN, SHARED_BY_ALL, OF_OTHERS = "own", "shared", "of others"
Tell = Callable[[str, int], object]


class Portion(NamedTuple):
    """Rows of a table: the chain's own, those that all chains share, or those of others that its own rows name."""

    table: Table
    kind: str


def export(database: Database, blobs: BlobStore, chain_id: int, path: Path, tell: Tell) -> None:
    """Write a closed chain into a new file. `tell` is called with each table and the number of its rows.

    Raises ChainNotFound, ChainIsOpen, FileExistsError, or CannotMove for a photo whose bytes are lost.
    """
    with database.reading() as session:
        database.without_time_limit(session)
        if database.is_postgresql:
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        chain = require_closed(session, chain_id)
        closed_at, told_until = str(chain.closed_at), dict(marks.noted(session, chain_id))
        head = Head(
            newest_tables(), chain_id, chain.name, numbers.cell(session), closed_at, told_until, is_demo(session)
        )
        with file.writing(path, head) as writer:
            for part in parts():
                written = writer.table(part.table, part.kind, rows(session, part, chain_id))
                if written.rows:
                    tell(part.table.name, written.rows)
            for sha256 in _photos(session, chain_id):
                content = blobs.get(sha256)
                if content is None:
                    raise CannotMove(f"The bytes of the photo {sha256} are lost: restore them, or remove the photo.")
                writer.photo(sha256, content)


def parts() -> Iterator[Portion]:
    """What goes with a chain, each behind what it refers to."""
    for table in metadata.sorted_tables:
        if table.name in SHARED:
            yield Portion(table, SHARED_BY_ALL)
        elif table.name not in NOT_MOVED:
            if table.name in WITH_OTHERS:
                yield Portion(table, OF_OTHERS)
            yield Portion(table, OWN)


def rows(session: Session, part: Portion, chain_id: int) -> Iterator[Row]:
    """The rows by their key, as the file holds them."""
    columns: list[Any] = [cast(it, String) if isinstance(it.type, JSON) else it for it in file.columns(part.table)]
    query = select(*columns).where(_chosen(part, chain_id)).order_by(*_by_bytes(part.table, is_postgresql(session)))
    encode = file.to_json(part.table)
    for row in session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield encode(row)


def _by_bytes(table: Table, on_postgresql: bool) -> list[ColumnElement[Any]]:
    """The key, in one order wherever the rows are: PostgreSQL sorts text by the database's language, SQLite by its bytes."""
    return [it.collate("C") if on_postgresql and isinstance(it.type, TEXTS) else it for it in table.primary_key.columns]


def _photos(session: Session, chain_id: int) -> list[str]:
    """The names of the photos' bytes."""
    of_campaigns = select(Photo.sha256).join(Campaign).where(Campaign.chain_id == chain_id)
    others = select(ShownPicture.sha256).where(ShownPicture.chain_id == chain_id)
    return sorted({*session.scalars(of_campaigns), *session.scalars(others)})


def _chosen(part: Portion, chain_id: int) -> ColumnElement[bool]:
    table = part.table
    if part.kind == SHARED_BY_ALL:
        return table.c[SHARED[table.name]].in_(_used(table.name.partition("_")[0], chain_id))
    if part.kind == OF_OTHERS and table.name == "stored_answer":
        admins = select(ChainPermission.login_id).where(ChainPermission.chain_id == chain_id)
        return answered(table.c.principal, admins) & table.c.effect.is_(None) & ~belongs(table, chain_id)
    if part.kind == OF_OTHERS:
        return table.c.id.in_(_named(table, chain_id)) & ~func.coalesce(belongs(table, chain_id), false())
    return belongs(table, chain_id)


def _used(shared: str, chain_id: int) -> Select[tuple[int]]:
    """The audiences, or targetings, of a chain's campaigns."""
    campaign = metadata.tables["campaign"]
    return select(campaign.c[f"{shared}_id"]).where(campaign.c.chain_id == chain_id)


def _named(table: Table, chain_id: int) -> Any:
    """The ids that a chain's rows name of a table."""
    keys = [key for name in OWNERS for key in metadata.tables[name].foreign_keys if key.column.table is table]
    own = [(key.parent, belongs(key.parent.table, chain_id)) for key in keys]
    return union(*(select(column).where(condition, column.is_not(None)) for column, condition in own))
