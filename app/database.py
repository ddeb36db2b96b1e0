"""The engine, the transaction and the types that both databases share.

`Database.transaction()` is the only begin and commit in the service.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    Uuid,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.schema import Table
from sqlalchemy.types import TypeDecorator

log = logging.getLogger("guerdon.database")

LOCK_TIMEOUT_SECONDS = 3
STATEMENT_TIMEOUT_SECONDS = 5
# PostgreSQL's codes for "run the whole transaction again": serialization, deadlock, lock timeout, shutdown, starting.
TRY_AGAIN = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}


class TryAgain(Exception):
    """The transaction did nothing, through no fault of the request; the same call may succeed when repeated."""


class OutcomeUnknown(Exception):
    """The connection was lost while committing: the change may have been kept or not."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, microseconds; text that sorts by time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=UTC)


# SQLite's STRICT tables know five types only; SQLAlchemy's usual names for these are refused there.
for _type, _name in {
    BigInteger: "INTEGER", Integer: "INTEGER", Boolean: "INTEGER", LargeBinary: "BLOB",
    Date: "TEXT", DateTime: "TEXT", JSON: "TEXT", String: "TEXT", Text: "TEXT", Uuid: "TEXT",
}.items():  # fmt: skip
    compiles(_type, "sqlite")(lambda type_, compiler, name=_name, **kw: name)

# Allotted by the database: BIGINT on PostgreSQL, the row id on SQLite.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """The root of every model; names every constraint, and makes SQLite's tables strict."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        table = getattr(cls, "__table__", None)
        if isinstance(table, Table):
            table.dialect_options["sqlite"]["strict"] = True


class Prepared:
    """A statement built once at import, compiled once, and run with parameters.

    Building and compiling a statement costs more than running it, so the hot paths keep theirs.
    """

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: tuple[str, dict[str, Any]] | None = None

    def compiled(self, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        """The text for PostgreSQL's driver, and the values of the parameters that the statement itself holds."""
        if self._compiled is None:
            compiled = self.statement.compile(dialect=dialect)  # type: ignore[attr-defined]
            self._compiled = str(compiled), dict(compiled.params)
        return self._compiled


def run(session: Session, prepared: Prepared, parameters: dict[str, Any]) -> Sequence[Any]:
    """Run a prepared statement and return its rows, with the columns as attributes.

    On PostgreSQL it goes straight to the driver, and values arrive as the driver gives them.
    """
    connection = session.connection()
    if connection.dialect.driver != "psycopg":
        result = connection.execute(prepared.statement, parameters)
        return result.all() if result.returns_rows else ()
    sql, defaults = prepared.compiled(connection.dialect)
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    cursor = raw.cursor(row_factory=namedtuple_row)
    return cursor.execute(sql, {**defaults, **parameters}, prepare=True).fetchall()


class Database:
    """One database: its engine and its transactions."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.engine = _engine(url, pool_size)
        # Without a BEGIN each statement is a transaction of its own; SQLite's reads take a snapshot, and no write lock.
        self._without_begin = self.engine.execution_options(without_begin=True)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self, in_one_statement: bool = False) -> Iterator[Session]:
        """Begin; commit at the end of the block, or roll back when it raises.

        `in_one_statement` is for a block that makes all its changes in a single statement on PostgreSQL: there that
        statement is the transaction, and BEGIN and COMMIT need no round trips of their own.
        Raises TryAgain when the database could not serve the transaction and nothing was changed, and
        OutcomeUnknown when the connection was lost during the commit.
        """
        in_one_statement = in_one_statement and self.is_postgresql
        engine = self._without_begin if in_one_statement else self.engine
        session = Session(engine, expire_on_commit=False, autoflush=False)
        committing = in_one_statement
        try:
            yield session
            session.flush()
            committing = True
            session.commit()
        except (DBAPIError, TimeoutError, psycopg.Error, sqlite3.Error) as e:
            self._translate(e, committing)
            raise
        finally:
            session.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, for as long as the block lasts."""
        session = Session(self._without_begin, autoflush=False)
        try:
            yield session
        except (DBAPIError, TimeoutError, psycopg.Error, sqlite3.Error) as e:
            self._translate(e, committing=False)
            raise
        finally:
            session.close()

    def _translate(self, e: Exception, committing: bool) -> None:
        """Raise TryAgain or OutcomeUnknown if that is what the driver's error means."""
        if isinstance(e, TimeoutError):
            raise TryAgain("all database connections are busy") from e
        cause = e.orig if isinstance(e, DBAPIError) else e
        if isinstance(cause, sqlite3.OperationalError) and ("locked" in str(cause) or "busy" in str(cause)):
            raise TryAgain("the database is busy") from e
        state = getattr(cause, "sqlstate", None)
        lost = isinstance(cause, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P")))
        if lost:
            # The other connections of the pool most likely died with this one.
            self.engine.dispose()
            if committing:
                raise OutcomeUnknown("the connection was lost during the commit") from e
        if lost or state in TRY_AGAIN:
            raise TryAgain("the database could not serve this transaction") from e

    def require_durability(self) -> None:
        """Refuse a PostgreSQL that acknowledges commits before they are safe. Raises RuntimeError."""
        if not self.is_postgresql:
            return
        with self.reading() as session:
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                value = session.scalar(text(f"SHOW {name}"))
                if value in {"off", "local"}:
                    raise RuntimeError(
                        f"PostgreSQL's {name} is {value!r}: acknowledged purchases could be lost. Set it to on."
                    )

    def without_time_limit(self, session: Session) -> None:
        """Lift the statement timeout for this transaction: for imports, migrations and audits."""
        if self.is_postgresql:
            session.execute(text("SET LOCAL statement_timeout = 0"))


def _engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 4, "pool_use_lifo": True}
    if parsed.get_backend_name() == "postgresql":
        options = (
            f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_SECONDS}s "
            f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c idle_in_transaction_session_timeout=10s"
        )
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_recycle=1800,
            connect_args={"options": options, "connect_timeout": 5, "autocommit": True},
            **pool,
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if parsed.get_backend_name() != "sqlite":
        raise ValueError(f"Guerdon speaks PostgreSQL and SQLite, not {parsed.get_backend_name()}")
    engine = create_engine(parsed, connect_args={"timeout": 5}, **pool)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


# Both drivers are told not to begin by themselves: who begins, and how, is said in these two places.


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("without_begin"):
        connection.exec_driver_sql("BEGIN")


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write cannot wait for the lock ("database is locked" at once), so writers take it first.
    only_reads = connection.get_execution_options().get("without_begin")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
