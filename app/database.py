"""The engine, the transaction and the types that both databases share.

`Database` is the only place that begins and commits: `transaction()`, and `short_transaction()` for prepared statements.
"""

import sqlite3
import sys
import threading
from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Double,
    Engine,
    Index,
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
from sqlalchemy.sql.selectable import ReturnsRows
from sqlalchemy.types import TypeDecorator

LOCK_TIMEOUT_SECONDS = 3
STATEMENT_TIMEOUT_SECONDS = 5
# PostgreSQL's codes for "run the whole transaction again": serialization, deadlock, lock and statement timeout, shutdown,
# crash, starting; and a unique violation, for somebody else has just added what we looked for in vain: the next try sees it.
TRY_AGAIN = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "23505"}


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
    BigInteger: "INTEGER",
    Integer: "INTEGER",
    Boolean: "INTEGER",
    Double: "REAL",
    LargeBinary: "BLOB",
    Date: "TEXT",
    DateTime: "TEXT",
    JSON: "TEXT",
    String: "TEXT",
    Text: "TEXT",
    Uuid: "TEXT",
}.items():
    compiles(_type, "sqlite")(lambda type_, compiler, name=_name, **kw: name)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index of some rows only: the others cost nothing, and lure no planner."""
    return Index(name, *columns, unique=True, postgresql_where=text(where), sqlite_where=text(where))


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


# What prepared statements run on: a session, or the bare connection where nothing else is needed.
Bind = Session | Connection


def is_postgresql(bind: Bind) -> bool:
    return (bind.get_bind() if isinstance(bind, Session) else bind).dialect.name == "postgresql"


def is_alone(bind: Bind) -> bool:
    """Each statement on this bind is a transaction of its own."""
    if isinstance(bind, Session) or bind.dialect.name != "postgresql":
        return False
    raw = cast(Any, bind.connection.driver_connection)
    return bool(raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE)


@contextmanager
def together(bind: Bind) -> Iterator[None]:
    """What follows on this bind is made as a whole, even where each statement would be a transaction of its own."""
    if is_alone(bind):
        with cast(Any, bind).connection.driver_connection.transaction():
            yield
    else:
        yield


class Prepared:
    """A statement with rows, built once at import, compiled once for each kind of database, and run with parameters.

    Building, compiling and dispatching a statement costs more than running it, so the hot paths keep theirs, and
    give them straight to the driver.
    """

    def __init__(self, statement: ReturnsRows) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, bind: Bind, parameters: dict[str, Any]) -> list[Any]:
        """The rows, with the columns as attributes."""
        connection = bind.connection() if isinstance(bind, Session) else bind
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        raw = cast(Any, connection.connection.driver_connection)
        values = compiled.bound(parameters)
        if connection.dialect.name == "postgresql":
            # Prepared at once; and raw: psycopg would look for parameters in each long statement anew. sqlite3 keeps what
            # it has compiled anyway.
            rows = psycopg.RawCursor(raw).execute(compiled.sql, compiled.in_order(values), prepare=True).fetchall()
        else:
            rows = raw.execute(compiled.sql, values).fetchall()
        return [compiled.row(row) for row in rows]

    def _compile(self, dialect: Dialect) -> "_Compiled":
        dialect = cast(Any, type(dialect))(paramstyle="named" if dialect.name == "sqlite" else "numeric_dollar")
        compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return compiled


COMPILER_DEPTH = 20_000
_compiling = threading.Lock()


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python call deeper for a moment: a statement of a hundred nested changes is written by as many nested calls."""
    with _compiling:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(max(usual, COMPILER_DEPTH))
        try:
            yield
        finally:
            sys.setrecursionlimit(usual)


class _Compiled:
    """A statement as text for one driver, and how its values go there and come back."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect) -> None:
        with _deep():
            compiled = statement.compile(dialect=dialect)
        columns = statement.exported_columns
        self.sql = str(compiled)
        self._defaults = dict(compiled.params)
        self._order: Sequence[str] = cast(Any, compiled).positiontup or ()
        converters = {  # by name: one parameter may stand in several places
            name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
            for parameter, name in compiled.bind_names.items()
        }
        self._into = [(name, convert) for name, convert in converters.items() if convert is not None]
        processors = [  # floats come as floats from both drivers
            None if isinstance(it.type, Double) else it.type.dialect_impl(dialect).result_processor(dialect, None)
            for it in columns
        ]
        self._out_of = [(i, convert) for i, convert in enumerate(processors) if convert is not None]
        self._row: Any = namedtuple("Row", columns.keys(), rename=True)  # type: ignore[misc]

    def bound(self, parameters: dict[str, Any]) -> dict[str, Any]:
        values = {**self._defaults, **parameters}
        for name, convert in self._into:
            values[name] = convert(values[name])
        return values

    def in_order(self, values: dict[str, Any]) -> list[Any]:
        """The values of `$1`, `$2` and so on."""
        return [values[name] for name in self._order]

    def row(self, values: Sequence[Any]) -> Any:
        converted = list(values)
        for i, convert in self._out_of:
            converted[i] = convert(converted[i])
        return self._row._make(converted)


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
    def transaction(self) -> Iterator[Session]:
        """Begin; commit at the end of the block, or roll back when it raises.

        Raises TryAgain when the database could not serve the transaction and nothing was changed, and
        OutcomeUnknown when the connection was lost during the commit.
        """
        session = Session(self.engine, expire_on_commit=False, autoflush=False)
        committing = False
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
    def short_transaction(self) -> Iterator[Connection]:
        """A transaction for prepared statements only, of which a single one changes anything on PostgreSQL.

        There that statement is the transaction, and BEGIN and COMMIT need no round trips of their own; and a connection
        costs half of a session. Raises as `transaction` does.
        """
        committing = self.is_postgresql
        try:
            with (self._without_begin if self.is_postgresql else self.engine).connect() as connection:
                if not self.is_postgresql:
                    connection.begin()  # prepared statements go past SQLAlchemy, which would begin by itself
                yield connection
                committing = True
                connection.commit()
        except (DBAPIError, TimeoutError, psycopg.Error, sqlite3.Error) as e:
            self._translate(e, committing)
            raise

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

    @contextmanager
    def looking_up(self) -> Iterator[Connection]:
        """A connection for a single prepared statement that only reads: half the cost of a session."""
        try:
            with self._without_begin.connect() as connection:
                yield connection
        except (DBAPIError, TimeoutError, psycopg.Error, sqlite3.Error) as e:
            self._translate(e, committing=False)
            raise

    def _translate(self, e: Exception, committing: bool) -> None:
        """Raise TryAgain or OutcomeUnknown if that is what the driver's error means."""
        if isinstance(e, TimeoutError):
            raise TryAgain("all database connections are busy") from e
        cause = e.orig if isinstance(e, DBAPIError) else e
        if isinstance(cause, sqlite3.OperationalError) and ("locked" in str(cause) or "busy" in str(cause)):
            raise TryAgain("the database is busy") from e
        if isinstance(cause, sqlite3.IntegrityError) and "UNIQUE" in str(cause):
            raise TryAgain("somebody else has just added it") from e
        state = getattr(cause, "sqlstate", None)
        lost = isinstance(cause, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P")))
        if lost:
            # The other connections of the pool most likely died with this one.
            self.engine.dispose()
            if committing:
                raise OutcomeUnknown("the connection was lost during the commit") from e
        if lost or state in TRY_AGAIN:
            raise TryAgain(f"the database could not serve this: {str(cause).splitlines()[0]}") from e

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
        """Lift the time limits of this session's connection: for imports, migrations and audits."""
        if self.is_postgresql:
            session.execute(text("SET statement_timeout = 0"))
            session.execute(text("SET idle_in_transaction_session_timeout = 0"))


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
            hide_parameters=True,  # a logged error must not tell names, addresses or codes
            connect_args={"options": options, "connect_timeout": 5, "autocommit": True},
            **pool,
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if parsed.get_backend_name() != "sqlite":
        raise ValueError(f"Guerdon speaks PostgreSQL and SQLite, not {parsed.get_backend_name()}")
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": 5}, **pool)
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
