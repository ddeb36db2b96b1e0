"""The `guerdon` command itself, and what every command needs."""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from app.db import installation
from app.db.engine import Database, TryAgain
from app.db.installation import NotReady
from app.refusal import Refusal
from app.settings import BadSettings, Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="guerdon", message="Guerdon %(version)s")
def main() -> None:
    """Guerdon gives rewards: coupons for points, prizes by lot, vouchers, within limits.

    Settings come from the environment: GUERDON_DATABASE_URL, GUERDON_STORAGE, PORT and others (docs/settings.md).

    \b
    A new installation:   guerdon keys rotate && guerdon migrate && guerdon admin create ada
    A partner's app:      guerdon chain app shop.example.com --chain 1
                          guerdon token create till --app shop.example.com --write
    Beside the servers:   guerdon worker
    """


def errors_as_messages(command: Callable[..., Any]) -> Callable[..., Any]:
    """What went wrong as one sentence, instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kw: Any) -> Any:
        try:
            return command(*args, **kw)
        except click.exceptions.Abort:
            raise
        except (BadSettings, NotReady, Refusal, TryAgain, RuntimeError, SQLAlchemyError) as e:
            raise click.ClickException(str(e).splitlines()[0]) from e

    return run


def opened(settings: Settings, creates: bool = False, any_version: bool = False) -> Database:
    """The database of a command, closed when the command ends: one that is there and up to date, unless the command is to make it so.

    Raises ClickException or NotReady: a wrong folder or a forgotten setting makes no new database.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    database = Database(settings.sqlalchemy_url, pool_size=1)
    click.get_current_context().call_on_close(database.engine.dispose)
    file = None if database.is_postgresql else database.url.database
    if creates:
        if not settings.database_url:
            settings.storage.mkdir(parents=True, exist_ok=True)
        return database
    if file and file != ":memory:" and not Path(file).exists():
        raise click.ClickException(
            f"There is no database {file}. Say which with GUERDON_DATABASE_URL or GUERDON_STORAGE, or make it with `guerdon migrate`."
        )
    if not any_version:
        installation.require_ready(database, production=False)
    return database
