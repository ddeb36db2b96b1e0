"""Read a chain from a file into this installation: all of it, or nothing."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Table, exists, select, update
from sqlalchemy.orm import Session

from app.access.models import ADMIN, AccessToken, ChainPermission, Login
from app.cells import closing, exporting, file, numbers
from app.cells.errors import AlreadyHere, BadChainFile, CannotMove
from app.cells.exporting import OF_OTHERS, OWN, SHARED_BY_ALL, Portion, Tell
from app.cells.file import Head, Row, Sum, Summing
from app.db.engine import Database
from app.db.installation import Installation, newest_tables
from app.media.blobs import BlobStore, digest
from app.organizations.models import Chain
from app.web.idempotency import StoredAnswer

TRAVELLING = "These tables are as of {here}, and the file's as of {there}: bring both cells to one version first."
NUMBERED_ALIKE = (
    "Was this chain imported before? If not, both cells count from the same numbers, and this is cell {cell}: let a new cell count from"
    " its own with `guerdon cell`, before it has chains."
)


@dataclass
class Imported:
    """The chain; `closed` are the names of admins who cannot sign in here, because others are called so."""

    chain_id: int
    chain_name: str
    closed: list[str]


@dataclass
class Differences:
    """What is not called here as it was called there: ids of audiences and targetings, and what of others is here already."""

    shared: dict[str, dict[int, int]] = field(default_factory=lambda: {"audience": {}, "targeting": {}})
    is_here: dict[str, set[int]] = field(default_factory=dict)  # ids of the file that need not come, by table
    admins: list[int] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def load(database: Database, blobs: BlobStore, path: Path, now: datetime, tell: Tell) -> Imported:
    """Import a chain, read back what was written, compare it with the file, and open the chain.

    Raises BadChainFile, AlreadyHere when something of it is here, or CannotMove for SQLite.
    """
    if not database.is_postgresql:
        raise CannotMove("SQLite counts on from the highest row, whoever's it is: only PostgreSQL takes in chains.")
    head = _looked_through(database, blobs, path)
    with file.reading(path) as reader, database.transaction() as session:
        database.without_time_limit(session)
        found, sums = Differences(), {}
        for name, kind, columns, rows in reader.tables():
            part = _part(name, kind, columns)
            _write(session, part.table, _adapted(session, part, rows, found, now))
            if kind == OWN:
                sums[name] = reader.sum
                if reader.sum.rows:
                    tell(name, reader.sum.rows)
        _close_who_may_nothing(session, head.chain_id, found)
        _compare(session, head.chain_id, found, sums)
        numbers.count_on(session)
        if head.is_demo:  # its passwords are public, wherever it is
            session.merge(Installation(name="demo", value=now.isoformat()))
        closing.begin(session, head.chain_id, now, head.told_until)
    with database.reading() as session:
        database.without_time_limit(session)
        session.connection().exec_driver_sql("COMMIT")  # the one that only reads
        session.connection().exec_driver_sql("ANALYZE")
    return Imported(head.chain_id, head.chain_name, found.closed)


def _looked_through(database: Database, blobs: BlobStore, path: Path) -> Head:
    """Read the whole file before anything of the chain is written. What all chains share, and photos, are kept: they harm nobody alone.

    Otherwise whoever needs the same audience would wait until the chain is here.
    """
    shared: list[tuple[Table, list[Row]]] = []
    with file.reading(path) as reader:
        head = reader.head
        with database.reading() as session:
            _require_room(session, head)
        for name, kind, columns, rows in reader.tables():
            part = _part(name, kind, columns)
            if kind == SHARED_BY_ALL:
                shared.append((part.table, list(rows)))
            else:
                deque(rows, maxlen=0)
        for sha256, content in reader.photos():
            if digest(content) != sha256:
                raise BadChainFile(f"The file is damaged: the photo {sha256} is another one.")
            blobs.put(content)
    with database.transaction() as session:
        found = Differences()
        for table, some in shared:
            at = {column.name: i for i, column in enumerate(file.columns(table))}
            _write(session, table, iter(_shared(session, table, some, at, found)))
    return head


def _require_room(session: Session, head: Head) -> None:
    """Raises BadChainFile, AlreadyHere or CannotMove."""
    here = numbers.cell(session)
    if head.tables != newest_tables():
        raise BadChainFile(TRAVELLING.format(here=newest_tables(), there=head.tables))
    if session.get(Chain, head.chain_id) is not None:
        raise AlreadyHere(f"A chain with the id {head.chain_id} is here already. {NUMBERED_ALIKE.format(cell=here)}")
    if head.cell > here:
        raise CannotMove(
            f"The chain comes from cell {head.cell}, and this is cell {here}: what is made here would count from before what it brings."
            f" Let this cell count on from a higher range first: `guerdon cell {head.cell + 1}`, or another that is not in use."
        )


def _part(name: str, kind: str, columns: list[str]) -> Portion:
    for part in exporting.parts():
        if (part.table.name, part.kind) == (name, kind) and columns == [it.name for it in file.columns(part.table)]:
            return part
    raise BadChainFile(f"The file has a table {name} ({kind}) that is none of these.")


def _write(session: Session, table: Table, rows: Iterator[Row]) -> None:
    decode = file.from_json(table)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in file.columns(table))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    driver: Any = session.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(decode(row))
    except psycopg.errors.UniqueViolation as e:
        raise AlreadyHere(_said(e)) from e


def _said(e: psycopg.errors.UniqueViolation) -> str:
    """Without the value, which may be personal."""
    table, constraint = e.diag.table_name or "", e.diag.constraint_name or ""
    if constraint == f"pk_{table}":
        return f"A row of {table} has an id that is taken here. {NUMBERED_ALIKE.format(cell='of the same number')}"
    columns = constraint.removeprefix(f"uq_{table}_").replace("_", " ")
    return f"Something of this chain is somebody else's here: {table}, {columns}. Change it on either side, and begin again."


def _adapted(session: Session, part: Portion, rows: Iterator[Row], found: Differences, now: datetime) -> Iterator[Row]:
    """The rows as they are to be here. What needs a look into the database is looked up before the first is written."""
    at = {column.name: i for i, column in enumerate(file.columns(part.table))}
    if part.kind == SHARED_BY_ALL:
        return iter(_shared(session, part.table, list(rows), at, found))
    if part.kind == OF_OTHERS:
        adapt = {"login": _admins, "access_token": _tokens, "stored_answer": _answers}[part.table.name]
        return iter(adapt(session, list(rows), at, found, now))
    return _of_campaigns(rows, at, found) if part.table.name == "campaign" else rows


def _shared(session: Session, table: Table, rows: list[Row], at: dict[str, int], found: Differences) -> list[Row]:
    """Those that are not here. What says the same has one key, wherever it is."""
    if table.name not in found.shared:
        owner = table.name.partition("_")[0]
        return [row for row in rows if row[at[f"{owner}_id"]] not in found.is_here[owner]]
    keys = {row[at["key"]]: row[at["id"]] for row in rows}
    here = dict(session.execute(select(table.c.key, table.c.id).where(table.c.key.in_(keys))).all())
    found.shared[table.name] = {id: here.get(key, id) for key, id in keys.items()}
    found.is_here[table.name] = {keys[key] for key in here}
    return [row for row in rows if row[at["key"]] not in here]


def _of_campaigns(rows: Iterator[Row], at: dict[str, int], found: Differences) -> Iterator[Row]:
    for row in rows:
        for owner, ids in found.shared.items():
            id = row[at[f"{owner}_id"]]
            row[at[f"{owner}_id"]] = None if id is None else ids[id]
        yield row


def _admins(session: Session, rows: list[Row], at: dict[str, int], found: Differences, now: datetime) -> list[Row]:
    """Whoever is here stays as he is here; one whose name is another's here comes as an account that is closed.

    One who came closed with another chain, for which he did something once, comes again as he is.
    """
    here = session.scalars(select(Login).where(Login.role == ADMIN)).all()
    known = {(it.id, str(it.uuid)): it for it in here}
    taken = {name for it in here for name in (it.username, it.email) if name}
    adapted = []
    for row in rows:
        login = known.get((row[at["id"]], row[at["uuid"]]))
        if login is not None:  # the roles that come with the chain are all that they permit
            login.is_limited = login.is_limited or bool(row[at["is_limited"]])
        if login is not None and not login.deleted:
            continue
        names = {row[at["username"]], row[at["email"]]} - {None}
        if names & (taken - ({login.username, login.email} if login else set())):
            found.closed += sorted(names)
            row[at["username"]] = row[at["email"]] = row[at["password_hash"]] = None
            row[at["active"]], row[at["deleted"]] = False, True
        found.admins.append(row[at["id"]])
        if login is None:
            adapted.append(row)
            continue
        for name in ("username", "email", "password_hash", "active", "deleted"):
            setattr(login, name, row[at[name]])
    session.flush()
    return adapted


def _tokens(session: Session, rows: list[Row], at: dict[str, int], found: Differences, now: datetime) -> list[Row]:
    """What was bound to no app opens nothing here: it would open every chain."""
    here = set(session.scalars(select(AccessToken.id).where(AccessToken.id.in_([row[at["id"]] for row in rows]))))
    rows = [row for row in rows if row[at["id"]] not in here]
    for row in rows:
        row[at["app_host_id"]] = None
        row[at["revoked_at"]] = row[at["revoked_at"]] or now.isoformat()
    return rows


def _answers(session: Session, rows: list[Row], at: dict[str, int], found: Differences, now: datetime) -> list[Row]:
    """Those that did not come with another chain of the same admin."""
    principals = {row[at["principal"]] for row in rows}
    known = select(StoredAnswer.principal, StoredAnswer.key_sha256).where(StoredAnswer.principal.in_(principals))
    here = {tuple(it) for it in session.execute(known)}
    return [row for row in rows if (row[at["principal"]], row[at["key_sha256"]]) not in here]


def _close_who_may_nothing(session: Session, chain_id: int, found: Differences) -> None:
    """Admins who only did something for the chain once are known by name, and cannot sign in."""
    may = exists().where(ChainPermission.login_id == Login.id, ChainPermission.chain_id == chain_id)
    closing = (
        update(Login).where(Login.id.in_(found.admins), ~may).values(active=False, deleted=True, password_hash=None)
    )
    session.execute(closing, execution_options={"synchronize_session": False})


def _compare(session: Session, chain_id: int, found: Differences, sums: dict[str, Sum]) -> None:
    """What is here now, written as the file has it, is the file's. Raises RuntimeError, which leaves nothing behind."""
    there = {owner: {here: id for id, here in ids.items()} for owner, ids in found.shared.items()}
    for part in exporting.parts():
        if part.kind != OWN:
            continue
        summed, at = Summing(), {column.name: i for i, column in enumerate(file.columns(part.table))}
        for row in exporting.rows(session, part, chain_id):
            if part.table.name == "campaign":
                for owner, ids in there.items():
                    row[at[f"{owner}_id"]] = ids.get(row[at[f"{owner}_id"]])
            summed.line(row)
        if summed.sum() != sums.get(part.table.name):
            raise RuntimeError(
                f"{part.table.name} is not here what it was there: nothing is imported. This is a fault of Guerdon's."
            )
