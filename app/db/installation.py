"""What is true of this database as a whole: whether it holds the demo world, and that its tables are the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.engine import Database
from app.db.types import Base

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Installation(Base):
    """Marks about the whole database, by name."""

    __tablename__ = "installation"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class NotReady(Exception):
    """The database cannot be served as it is; the message says what to do."""


def migrate(database: Database) -> None:
    """Bring the tables to the newest version; an empty database gets all of them."""
    config = _config()
    with database.transaction() as session:
        database.without_time_limit(session)
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    with database.reading() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


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
    """Remove every table, whatever it holds."""
    tables = MetaData()
    tables.reflect(database.engine)
    tables.drop_all(database.engine)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
