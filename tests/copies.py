"""PostgreSQL databases that begin every test as their template is: copied once, then put back, in a tenth of the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy import URL

from tests.postgres import administer, direct

# A test that wrote more has its database copied anew: what was deleted stays in the files for a while.
ROWS_MAX = 2_000
# What a test may do to the tables themselves shows in one of these.
CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_constraint",
    "pg_index",
    "pg_trigger",
    "pg_proc",
    "pg_policy",
    "pg_db_role_setting",
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Those of a table: how many there are, and the number of the transaction that wrote the newest."""

    count: int
    newest: int


@dataclass(slots=True)
class _Kept:
    """What a copy holds while no test has touched it."""

    connection: "psycopg.Connection[tuple[object, ...]]"
    catalogs: object = None
    rows: dict[str, _Rows] = field(default_factory=dict)
    sequences: dict[str, tuple[int, bool]] = field(default_factory=dict)
    contents: dict[str, tuple[sql.Composable, bytes]] = field(default_factory=dict)


class Copies:
    """Of each template one, always of the same name, so that an engine made for it once serves all tests, with its connections.

    Who keeps some is told by `leave` when they end, with the URL of the database: it is copied anew.
    """

    def __init__(self, server: URL, leave: Callable[[str], None]) -> None:
        self.server = server
        self._leave = leave
        self._kept: dict[str, _Kept] = {}

    def fresh(self, template: str, which: str = "copy") -> str:
        """The URL of a database that is as its template is, and in which nobody is at work."""
        name = f"{template}_{which}"
        kept = self._kept.get(name)
        if kept is None or not _put_back(kept):
            self._copy(template, name)
        return self._url(name)

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _copy(self, template: str, name: str) -> None:
        self._drop(name)
        # By files, in two thirds of the time: what is copied is small, and written out already.
        administer(self.server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        own = direct(self.server).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        self._kept[name] = _Kept(psycopg.connect(own, autocommit=True))
        _look(self._kept[name])

    def _drop(self, name: str) -> None:
        if name in self._kept:
            self._kept.pop(name).connection.close()
        self._leave(self._url(name))
        administer(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def drop(self) -> None:
        """All of them."""
        for name in list(self._kept):
            self._drop(name)


def _look(kept: _Kept) -> None:
    connection = kept.connection
    kept.catalogs = _catalogs(connection)
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    kept.rows = _rows(connection, [str(name) for (name,) in tables])
    for name, rows in kept.rows.items():
        if rows.count:
            columns = connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [f'public."{name}"'],
            )
            what = sql.SQL("{} ({})").format(
                sql.Identifier(name), sql.SQL(", ").join(sql.Identifier(str(column)) for (column,) in columns)
            )
            with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(what)) as out:
                kept.contents[name] = what, b"".join(out)
    kept.sequences = _sequences(connection)


def _put_back(kept: _Kept) -> bool:
    """False where that takes longer than a copy, or cannot be done."""
    connection = kept.connection
    try:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        if _catalogs(connection) != kept.catalogs:
            return False
        rows = _rows(connection, kept.rows)
        changed = [name for name, now in rows.items() if now != kept.rows[name]]
        if any(rows[name].count > ROWS_MAX for name in changed):
            return False
        sequences = _sequences(connection)
        with connection.transaction(), connection.cursor() as cursor:
            # No foreign key is looked at, no trigger runs.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in changed:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                if name in kept.contents:
                    what, content = kept.contents[name]
                    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(what)) as into:
                        into.write(content)
            for name, (value, is_called) in kept.sequences.items():
                if sequences[name] != (value, is_called):
                    cursor.execute("SELECT setval(%s, %s, %s)", [f'public."{name}"', value, is_called])
        kept.rows |= _rows(connection, changed)
    except psycopg.OperationalError:
        return False
    return True


def _catalogs(connection: "psycopg.Connection[tuple[object, ...]]") -> object:
    """Another whenever a table, a column, a constraint, an index, a trigger or a function is."""
    asked = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in CATALOGS)
    return connection.execute(asked, prepare=True).fetchall()


def _rows(connection: "psycopg.Connection[tuple[object, ...]]", names: Iterable[str]) -> dict[str, _Rows]:
    parts = [
        sql.SQL("SELECT {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in names
    ]
    if not parts:
        return {}
    asked = connection.execute(sql.SQL(" UNION ALL ").join(parts), prepare=True)
    return {str(name): _Rows(count, newest) for name, count, newest in asked}  # type: ignore[arg-type]


def _sequences(connection: "psycopg.Connection[tuple[object, ...]]") -> dict[str, tuple[int, bool]]:
    names = [
        name for (name,) in connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
    ]
    parts = [
        sql.SQL("SELECT {}, last_value, is_called FROM {}").format(sql.Literal(name), sql.Identifier(str(name)))
        for name in names
    ]
    if not parts:
        return {}
    return {
        str(name): (value, called)
        for name, value, called in connection.execute(sql.SQL(" UNION ALL ").join(parts), prepare=True)
    }  # type: ignore[misc]
