"""What is true of this database as a whole: whether it holds the demo world, and that its tables are the newest."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, func, inspect, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.engine import Database, TryAgain
from app.db.types import Base

MIGRATING = 4_777_305_666  # names the lock; any number that nobody else uses
MIGRATING_SECONDS = 600
MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Installation(Base):
    """Marks about the whole database, by name."""

    __tablename__ = "installation"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class NotReady(Exception):
    """The database cannot be served as it is; the message says what to do."""


def migrate(database: Database, fill: Callable[[Session], None] | None = None) -> bool:
    """Bring the tables to the newest version; an empty database gets all of them, and what `fill` writes. Returns whether it was empty.

    Whoever does the same at the same time waits, and then finds it done. Raises TryAgain after MIGRATING_SECONDS of waiting.
    """
    until = time.monotonic() + MIGRATING_SECONDS
    while True:
        try:
            return _migrate(database, fill)
        except TryAgain:
            if database.is_postgresql or time.monotonic() > until:  # there, who migrates waits for the lock
                raise
            time.sleep(0.1)


def _migrate(database: Database, fill: Callable[[Session], None] | None) -> bool:
    config = _config()
    with database.transaction() as session:
        database.without_time_limit(session)
        connection = session.connection()  # on SQLite, the one that may write
        if database.is_postgresql:
            session.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
            database.give_role_its_session(session)
        was_empty = not inspect(connection).get_table_names()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if was_empty and fill is not None:
            fill(session)
    return was_empty


def back_up(database: Database, path: Path) -> None:
    """Copy a SQLite database into a new file while others use it: all that was committed when it ends, and nothing by halves.

    Raises FileExistsError. Copying the file itself would miss what is not in it yet, or tear it.
    """
    with path.open("xb"):
        pass
    with closing(sqlite3.connect(str(database.url.database))) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)


def closed_chains(database: Database) -> list[int]:
    """The chains that nobody may change now, nor a migration; see `app.cells`."""
    if "closed_at" not in {it["name"] for it in _columns_of(database, "chain")}:
        return []
    with database.reading() as session:
        return list(session.scalars(text("SELECT id FROM chain WHERE closed_at IS NOT NULL ORDER BY id")))


def _columns_of(database: Database, table: str) -> list[Any]:
    found = inspect(database.engine)
    return list(found.get_columns(table)) if found.has_table(table) else []


def is_current(database: Database) -> bool:
    with database.reading() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    return current == newest_tables()


def newest_tables() -> str:
    """The newest migration's name."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def is_demo(session: Session) -> bool:
    return session.scalar(select(Installation.value).where(Installation.name == "demo")) is not None


def require_ready(database: Database, production: bool) -> None:
    """Raises NotReady for old tables, and for a demo world in production."""
    if not is_current(database):
        raise NotReady("The database is not up to date. Run `guerdon migrate`.")
    if production:
        with database.reading() as session:
            if is_demo(session):
                raise NotReady("This database holds the demo world, whose passwords are public. Use another database.")


def is_empty(database: Database) -> bool:
    return not inspect(database.engine).get_table_names()


def empty(database: Database) -> None:
    """Remove every table, whatever it holds, and every view."""
    with database.transaction() as session:
        for name in inspect(session.connection()).get_view_names():
            session.execute(text(f'DROP VIEW "{name}"'))
    tables = MetaData()
    tables.reflect(database.engine)
    tables.drop_all(database.engine)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
