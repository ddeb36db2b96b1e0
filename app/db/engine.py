"""The engine and its transactions.

`Database` is the only place that begins and commits: `transaction()`, and `single_statement()` for prepared statements.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session

# What every connection to PostgreSQL begins with; behind a pooler, what the role has been given for this database.
SESSION = {
    "timezone": "UTC",
    "lock_timeout": "3s",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
}
POOLERS = ("transaction",)  # what a URL may say with `?pooler=…`
# PostgreSQL's codes for "run the whole transaction again": serialization, deadlock, lock and statement timeout, shutdown,
# crash, starting; and a unique violation, for somebody else has just added what we looked for in vain: the next try sees it.
TRY_AGAIN = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"} | {
    "23503",  # what it refers to, somebody else has just removed
    "23505",  # and what it adds, added
}


# What the triggers of something that is closed raise, see `app.cells.closing`; on SQLite it stands in the message.
CLOSED = "GDN01"


class TryAgain(Exception):
    """The transaction did nothing, through no fault of the request; the same call may succeed when repeated."""


class NotNow(TryAgain):
    """As TryAgain, but trying again at once is of no use; the message is for people."""

    seconds = 5  # after which it may be


class ClosedForNow(NotNow):
    """Nobody may change this until somebody opens it again."""

    seconds = 30

    def __init__(self) -> None:
        super().__init__(
            "This programme is moving to another place: it can be read, and not changed. Try again in a minute."
        )


class OutcomeUnknown(Exception):
    """The connection was lost while committing: the change may have been kept or not."""


class Database:
    """One database: its engine and its transactions."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.url, self.pooler = split(url)
        self.engine = _engine(self.url, self.pooler, pool_size)
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
            _close(session)

    @contextmanager
    def single_statement(self) -> Iterator[Connection]:
        """A transaction for prepared statements only, of which a single one changes anything on PostgreSQL.

        There that statement is the transaction, and BEGIN and COMMIT need no round trips of their own; and a connection
        costs half of a session. Several are made a whole by `prepared.atomic`. Raises as `transaction` does.
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
            _close(session)

    @contextmanager
    def lookup_connection(self) -> Iterator[Connection]:
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
        if state == CLOSED or (isinstance(cause, sqlite3.Error) and CLOSED in str(cause)):
            raise ClosedForNow from e
        lost = isinstance(cause, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P")))
        if lost:
            # The other connections of the pool most likely died with this one.
            self.engine.dispose()
            if committing:
                raise OutcomeUnknown("the connection was lost during the commit") from e
        if lost or state in TRY_AGAIN:
            raise TryAgain(f"the database could not serve this: {str(cause).splitlines()[0]}") from e

    def give_role_its_session(self, session: Session) -> None:
        """Let every session of this role in this database begin as it must, since a pooler lets nobody say so at connect."""
        if not self.pooler:
            return
        query = text("SELECT quote_ident(current_user), quote_ident(current_database())")
        role, database = session.execute(query).one()
        for name, value in SESSION.items():
            session.execute(text(f"ALTER ROLE {role} IN DATABASE {database} SET {name} = '{value}'"))

    def require_session(self) -> None:
        """Refuse a pooler whose sessions do not begin as they must. Raises RuntimeError."""
        if not self.pooler:
            return
        with self.reading() as session:
            for name, wanted in SESSION.items():
                value = session.scalar(text(f"SHOW {name}"))
                if value != wanted:
                    raise RuntimeError(
                        f"PostgreSQL's {name} is {value!r} behind the pooler, and must be {wanted!r}. Run `guerdon migrate`, which"
                        " gives it to the role, and let the pooler connect anew (RECONNECT in PgBouncer's console)."
                    )

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
        """Lift the time limits of this transaction: for imports, migrations and audits. A session that only reads begins one for it."""
        if self.is_postgresql:
            if session.connection().get_execution_options().get("without_begin"):
                session.connection().exec_driver_sql("BEGIN READ ONLY")  # ends when the session does
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
                session.execute(text(f"SET LOCAL {limit} = 0"))


def _close(session: Session) -> None:
    """Roll back what was not committed. A connection that cannot even do that is gone, and its transaction with it."""
    with suppress(DBAPIError, psycopg.Error, sqlite3.Error):
        session.close()


def split(url: str) -> tuple[URL, str | None]:
    """The URL of the database itself, and the kind of pooler that stands before it, if one does. Raises ValueError."""
    parsed = make_url(url)
    pooler = parsed.query.get("pooler")
    if pooler is None:
        return parsed, None
    if pooler not in POOLERS or parsed.get_backend_name() != "postgresql":
        raise ValueError(f"pooler={pooler}: the poolers of PostgreSQL that Guerdon knows are {', '.join(POOLERS)}")
    return parsed.difference_update_query(["pooler"]), str(pooler)


def _engine(parsed: URL, pooler: str | None, pool_size: int) -> Engine:
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 4, "pool_use_lifo": True}
    if parsed.get_backend_name() == "postgresql":
        connect: dict[str, Any] = {"connect_timeout": 5, "autocommit": True}
        if pooler:
            connect["prepare_threshold"] = None  # a prepared statement stays with a connection, and this one changes
        else:
            connect["options"] = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_recycle=1800,
            hide_parameters=True,  # a logged error must not tell names, addresses or codes
            connect_args=connect,
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
    if connection.get_execution_options().get("without_begin"):
        return
    try:
        # Straight to the driver: through SQLAlchemy it takes twice as long.
        cast(Any, connection.connection.driver_connection).execute("BEGIN")
    except psycopg.OperationalError:
        connection.invalidate()
        raise


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write cannot wait for the lock ("database is locked" at once), so writers take it first.
    only_reads = connection.get_execution_options().get("without_begin")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
