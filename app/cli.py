"""`guerdon …`: thin commands over the same use cases as the APIs."""

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, cast
from uuid import UUID

import click
from sqlalchemy.exc import SQLAlchemyError

from app import clock, demo, idempotency, installation, serving
from app.blobs import FolderStore
from app.campaign import coupons, invariants, photos
from app.database import Database, TryAgain
from app.identity import rotate_keys
from app.installation import NotReady
from app.members import passwords, staff
from app.refusal import Refusal
from app.settings import BadSettings, Settings, from_environment


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Guerdon sells rewards for points: campaigns, coupons, limits.

    Settings come from the environment: GUERDON_DATABASE_URL, GUERDON_STORAGE, PORT and others (see the README).

    \b
    A new installation:   guerdon keys rotate && guerdon migrate && guerdon admin create
    Every night:          guerdon check-invariants && guerdon clean
    """


def told_kindly(command: Callable[..., Any]) -> Callable[..., Any]:
    """What went wrong as one sentence, instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kw: Any) -> Any:
        try:
            return command(*args, **kw)
        except (BadSettings, NotReady, Refusal, TryAgain, RuntimeError, SQLAlchemyError) as e:
            raise click.ClickException(str(e).splitlines()[0]) from e

    return run


@main.command()
@told_kindly
def migrate() -> None:
    """Bring the database's tables to the newest version."""
    installation.migrate(_database(from_environment()))
    click.echo("The database is up to date.")


@main.command()
@told_kindly
def serve() -> None:
    """Set everything up that is missing, and serve on http://127.0.0.1:PORT for trying out.

    Set GUERDON_ENV=development. On the first start: keys, tables, and the demo world. A later start keeps the data. Ctrl-C stops it.
    In production use gunicorn with `wsgi:application` instead.
    """
    settings = from_environment()
    if settings.is_production:
        raise click.ClickException(
            "`serve` is for trying out: set GUERDON_ENV=development, or use `gunicorn wsgi:application`."
        )
    _require_free(settings.port)
    settings.storage.mkdir(parents=True, exist_ok=True)
    if not settings.jwt_private_keys and not settings.jwt_key_file.exists():
        rotate_keys(settings.jwt_key_file)
    database = _database(settings)
    first = installation.is_empty(database)
    installation.migrate(database)
    if first:
        _load_demo(database, settings)
    database.engine.dispose()
    click.echo(f"Guerdon serves http://127.0.0.1:{settings.port} (API manual at /docs). Ctrl-C stops it.")
    sys.stdout.flush()
    serving.run_gunicorn(settings)


@main.group()
def admin() -> None:
    """Accounts of admins."""


@admin.command("create")
@click.argument("username")
@click.option("--email", help="An address to sign in with, too.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
@told_kindly
def create_admin(username: str, email: str | None, password_stdin: bool) -> None:
    """Create an admin account. There is no default one."""
    if not password_stdin and not sys.stdin.isatty():
        raise click.ClickException("There is nobody to ask for a password. Give it with --password-stdin.")
    password = (
        _line_of_stdin() if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    passwords.require_strong(password)
    password_hash = passwords.hashed(password)
    with _database(from_environment()).transaction() as session:
        staff.add_admin(session, username, password_hash, email)
    click.echo(f"{username} can sign in at POST /api/admin/login_check.")


@main.group("coupons")
def coupons_group() -> None:
    """Pools of coupon codes."""


@coupons_group.command("import")
@click.argument("campaign", type=click.UUID)
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@told_kindly
def import_coupons(campaign: UUID, file: Iterator[str]) -> None:
    """Add the codes of FILE, one a line (- for standard input), to a campaign's pool.

    Millions are fine. Codes that the pool has are skipped, so an import that was cut off can be started again.
    """

    def progress(read: int, added: int) -> None:
        on_terminal = sys.stderr.isatty()
        click.echo(f"{chr(13) if on_terminal else ''}{read:,} codes read, {added:,} new", nl=not on_terminal, err=True)

    added = coupons.load(_database(from_environment()), campaign, _codes(file), progress)
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(f"{added:,} codes added.")


@main.command("check-invariants")
@told_kindly
def check_invariants() -> None:
    """Check that points, coupons and limits add up. Exits with 1 when they do not."""
    settings = from_environment()
    database = _database(settings)
    broken = 0
    with database.reading() as session:
        database.without_time_limit(session)
        for breach in invariants.check(session, FolderStore(settings.storage / "photos")):
            broken += 1
            click.echo(f"{breach.invariant.name} does not hold: {breach.invariant.sentence}")
            for row in breach.rows:
                click.echo(f"    {', '.join(map(str, row))}")
    if broken:
        raise SystemExit(1)
    click.echo("All invariants hold.")


@main.command()
@told_kindly
def clean() -> None:
    """Remove photos that no campaign shows and stored answers that are a week old."""
    settings = from_environment()
    database = _database(settings)
    removed = photos.remove_unreferenced(database, FolderStore(settings.storage / "photos"))
    forgotten = idempotency.purge(database, clock.now())
    click.echo(f"{removed} photos and {forgotten} stored answers removed.")


@main.command("demo")
@click.option("--show", is_flag=True, help="Print the demo world's ids and logins as JSON, and change nothing.")
@click.option(
    "--reset", is_flag=True, help="Remove everything from the database first. It asks nothing: mind the database."
)
@told_kindly
def demo_command(show: bool, reset: bool) -> None:
    """Load the demo world into an empty database: the world of the documents' examples."""
    settings = from_environment()
    if settings.is_production:
        raise click.ClickException("The demo world's passwords are public: it is only for GUERDON_ENV=development.")
    database = _database(settings)
    if show:
        with database.reading() as session:
            click.echo(json.dumps(demo.shown(session), indent=2))
        return
    if reset:
        _require_demo_or_empty(database)
        installation.empty(database)
    if not installation.is_empty(database):
        raise click.ClickException("The database is not empty. `guerdon demo --reset` begins a demo world anew.")
    installation.migrate(database)
    _load_demo(database, settings)


@main.group()
def keys() -> None:
    """The keys that sign tokens."""


@keys.command("rotate")
@told_kindly
def rotate() -> None:
    """Make a new signing key; tokens signed by the one before stay valid until they expire."""
    settings = from_environment()
    if settings.jwt_private_keys:
        raise click.ClickException("The keys come from GUERDON_JWT_PRIVATE_KEY; put the new one first there.")
    kid = rotate_keys(settings.jwt_key_file)
    click.echo(f"{settings.jwt_key_file}: new key {kid}. Restart the service to sign with it.")


def _database(settings: Settings) -> Database:
    if not settings.database_url:
        settings.storage.mkdir(parents=True, exist_ok=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    database = Database(settings.sqlalchemy_url, pool_size=1)
    click.get_current_context().call_on_close(database.engine.dispose)
    return database


def _load_demo(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        demo.load(session, clock.now(), settings.zone)
    click.echo("The demo world is loaded: admin/open, john@doe.com/open, user@oloy.com/loyalty.")


def _require_demo_or_empty(database: Database) -> None:
    if installation.is_empty(database):
        return
    with database.reading() as session:
        if not installation.is_demo(session):
            raise click.ClickException("This database does not hold the demo world, so it is not removed.")


def _line_of_stdin() -> str:
    return sys.stdin.readline().rstrip("\n")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as e:
            raise click.ClickException(f"Port {port} is in use. Choose another: PORT={port + 1} make run") from e


def _codes(file: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(_lines(file), 1):
        code = line.strip()
        if not code:
            continue
        if len(code) > coupons.CODE_LENGTH_MAX or "\0" in code:
            raise click.ClickException(
                f"Line {number}: a code has at most {coupons.CODE_LENGTH_MAX} characters, and no NUL. "
                "The batches before it are loaded; mend the file and start again."
            )
        yield code


def _lines(file: Iterator[str]) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as e:
        raise click.ClickException(
            "The file is not text in UTF-8. The batches before the wrong place are loaded; mend the file and start again."
        ) from e


if __name__ == "__main__":
    cast(Callable[[], None], main)()
