"""PostgreSQL databases that begin every test as their template is: copied once, then put back, in a sixth of the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL

from tests.postgres import administer, direct

# Where a test leaves more in a table, its database is copied anew: putting back would take longer.
ROWS_MAX = 2_000
# What a test may do to the tables themselves shows in one of these. Statistics of ANALYZE stay: who looks at plans, makes them.
CATALOGS = ("pg_attribute", "pg_class", "pg_constraint", "pg_index", "pg_policy", "pg_proc", "pg_trigger", "pg_type")
Connection = psycopg.Connection[tuple[Any, ...]]


class _Rows(NamedTuple):
    """Those of a table: how many there are, and the number of the transaction that wrote the newest."""

    count: int
    newest: int


class _Position(NamedTuple):
    """Of a sequence: the last number, or the next one where it has not been called."""

    number: int
    is_called: bool


class _Content(NamedTuple):
    """The rows of a table: in which columns (those that are not computed), and what COPY makes of them."""

    place: sql.Composed
    data: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """A copy, and what is in it while no test has touched it. The connection is of its own."""

    connection: Connection
    shape: object
    rows: dict[str, _Rows]
    positions: dict[str, _Position]
    contents: dict[str, _Content]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        rows = _rows(connection, _names(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        sequences = _names(connection, "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        contents = {name: _content(connection, name) for name, known in rows.items() if known.count}
        return cls(connection, _shape(connection), rows, _positions(connection, sequences), contents)


class Copies:
    """Of each template one, always of the same name, so that an engine made for it once serves all tests, with its connections.

    `close_connections(url)` is called before a database is dropped and copied anew.
    """

    def __init__(self, server: URL, close_connections: Callable[[str], None]) -> None:
        self.server = server
        self._close_connections = close_connections
        self._kept: dict[str, _Kept] = {}

    def fresh(self, template: str, which: str = "copy") -> str:
        """The URL of a database that is as its template is. Who is connected to it may stay, but is at nothing."""
        name = f"{template}_{which}"
        kept = self._kept.get(name)
        if kept is None or not _put_back(kept):
            self._copy(template, name)
        return self._url(name)

    def drop(self) -> None:
        """All of them."""
        for name in list(self._kept):
            self._drop(name)

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _copy(self, template: str, name: str) -> None:
        self._drop(name)
        # By files, in two thirds of the time: what is copied is small, and written out already.
        administer(self.server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        own = direct(self.server).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        self._kept[name] = _Kept.of(psycopg.connect(own, autocommit=True))

    def _drop(self, name: str) -> None:
        if name in self._kept:
            self._kept.pop(name).connection.close()
        self._close_connections(self._url(name))
        administer(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _put_back(kept: _Kept) -> bool:
    """False where that would take longer than a copy, or cannot be done: the connection was cut, or is not a superuser's."""
    connection = kept.connection
    try:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state IS DISTINCT FROM 'idle'"
        )
        if _shape(connection) != kept.shape:
            return False
        rows = _rows(connection, kept.rows)
        changed = [name for name, now in rows.items() if now != kept.rows[name]]
        if any(rows[name].count > ROWS_MAX for name in changed):
            return False
        positions = _positions(connection, kept.positions)
        with connection.transaction(), connection.cursor() as cursor:
            # No foreign key is looked at, no trigger runs.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in changed:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                if name in kept.contents:
                    place, data = kept.contents[name]
                    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(place)) as into:
                        into.write(data)
            for name, position in kept.positions.items():
                if positions[name] != position:
                    cursor.execute("SELECT setval(%s, %s, %s)", [f'public."{name}"', *position])
        kept.rows.update(_rows(connection, changed))
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege):
        return False
    return True


def _names(connection: Connection, query: str) -> list[str]:
    return [name for (name,) in connection.execute(query.encode())]


def _shape(connection: Connection) -> object:
    """Another whenever a table, a view, a constraint, an index, a trigger, a function or a setting of the database is."""
    asked = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in CATALOGS)
    own = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    asked += f" UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_db_role_setting WHERE setdatabase = {own}"
    return connection.execute(asked.encode(), prepare=True).fetchall()


def _rows(connection: Connection, tables: Iterable[str]) -> dict[str, _Rows]:
    """Of tables, each by its name."""
    one = sql.SQL("SELECT {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}")
    return {name: _Rows(*found) for name, *found in _of_each(connection, one, tables)}


def _positions(connection: Connection, sequences: Iterable[str]) -> dict[str, _Position]:
    """Of sequences, each by its name."""
    one = sql.SQL("SELECT {}, last_value, is_called FROM {}")
    return {name: _Position(*found) for name, *found in _of_each(connection, one, sequences)}


def _of_each(connection: Connection, one: sql.SQL, names: Iterable[str]) -> list[tuple[Any, ...]]:
    parts = [one.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return connection.execute(sql.SQL(" UNION ALL ").join(parts), prepare=True).fetchall() if parts else []


def _content(connection: Connection, table: str) -> _Content:
    query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    columns = [sql.Identifier(column) for (column,) in connection.execute(query, [f'public."{table}"'])]
    place = sql.SQL("{} ({})").format(sql.Identifier(table), sql.SQL(", ").join(columns))
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(place)) as out:
        return _Content(place, b"".join(out))
