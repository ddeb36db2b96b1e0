"""Set up, serve, look after: `migrate`, `serve`, `admin`, `keys`, `demo`, `check-invariants`, `clean`."""

import json
import socket
import sys
from pathlib import Path

import click

from app import clock, demo, serving
from app.access import codes, passwords, staff, tokens
from app.campaign import invariants
from app.campaign.setup import photos
from app.cli.root import errors_as_messages, main, opened
from app.db import installation
from app.db.engine import Database
from app.media.stores import blob_store
from app.settings import Settings, from_environment
from app.web import brakes, idempotency
from app.web.callers import require_keys, rotate_keys


@main.command()
@errors_as_messages
def migrate() -> None:
    """Bring the database's tables to the newest version."""
    database = opened(from_environment(), creates=True)
    closed = installation.closed_chains(database)
    if closed:
        raise click.ClickException(f"Chain {closed[0]} is closed while it moves: first open or remove it.")
    installation.migrate(database)
    click.echo("The database is up to date.")
    try:
        database.require_session()
    except RuntimeError:
        click.echo(
            "Restart the pooler now: the connections that it has kept do not know the role's limits of time yet."
        )


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@errors_as_messages
def backup(file: Path) -> None:
    """Copy a SQLite database into FILE while it sells. It holds no photos: copy the storage folder's `photos` beside it.

    To restore, stop the service, and put FILE in the place of the database; remove its -wal and -shm files. Back PostgreSQL up
    with its own tools, pg_dump or base backups.
    """
    database = opened(from_environment(), any_version=True)  # before an update, with the new commands already
    if database.is_postgresql:
        raise click.ClickException("This database is PostgreSQL: back it up with pg_dump, or with base backups.")
    try:
        installation.back_up(database, file)
    except FileExistsError as e:
        raise click.ClickException(f"{file} exists already; a backup overwrites nothing.") from e
    except OSError as e:
        raise click.ClickException(f"{file} cannot be written: {e.strerror}.") from e
    click.echo(f"{database.url.database} is copied to {file}: {file.stat().st_size / 1e6:.1f} MB.")


@main.command()
@errors_as_messages
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
    if not settings.jwt_private_keys:
        require_keys(settings.jwt_key_file)
    database = opened(settings, creates=True)
    _migrate_with_demo(database, settings)
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
@errors_as_messages
def create_admin(username: str, email: str | None, password_stdin: bool) -> None:
    """Create an admin account. There is no default one."""
    if not password_stdin and not sys.stdin.isatty():
        raise click.ClickException("There is nobody to ask for a password. Give it with --password-stdin.")
    password = (
        _line_of_stdin() if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    password_hash = passwords.chosen(password)
    with opened(from_environment()).transaction() as session:
        staff.add_admin(session, username, password_hash, email)
    click.echo(f"{username} can sign in at POST /api/admin/login_check.")


@main.command("check-invariants")
@errors_as_messages
def check_invariants() -> None:
    """Check that points, coupons and limits add up. Exits with 1 when they do not."""
    settings = from_environment()
    database = opened(settings)
    broken = 0
    with database.reading() as session:
        database.without_time_limit(session)
        for breach in invariants.check(session, blob_store(settings)):
            broken += 1
            click.echo(f"{breach.invariant.name} does not hold: {breach.invariant.sentence}")
            for row in breach.rows:
                click.echo(f"    {', '.join(map(str, row))}")
    if broken:
        raise SystemExit(1)
    click.echo("All invariants hold.")


@main.command()
@errors_as_messages
def clean() -> None:
    """Remove photos that no campaign shows, stored answers that are a week old, and sessions and codes that have expired."""
    settings = from_environment()
    database = opened(settings)
    removed = photos.remove_unreferenced(database, blob_store(settings))
    forgotten = idempotency.purge(database, clock.now())
    brakes.purge(database, clock.now())
    with database.transaction() as session:
        tokens.purge(session, clock.now())
        codes.purge(session, clock.now())
    click.echo(f"{removed} photos and {forgotten} stored answers removed.")


@main.command("demo")
@click.option("--show", is_flag=True, help="Print the demo world's ids and logins as JSON, and change nothing.")
@click.option(
    "--reset", is_flag=True, help="Remove everything from the database first. It asks nothing: mind the database."
)
@errors_as_messages
def demo_command(show: bool, reset: bool) -> None:
    """Load the demo world into an empty database: the world of the documents' examples."""
    settings = from_environment()
    if settings.is_production:
        raise click.ClickException("The demo world's passwords are public: it is only for GUERDON_ENV=development.")
    database = opened(settings, creates=not show)
    if show:
        with database.reading() as session:
            click.echo(json.dumps(demo.shown(session), indent=2))
        return
    if reset:
        _require_demo_or_empty(database)
        installation.empty(database)
    if not installation.is_empty(database):
        raise click.ClickException("The database is not empty. `guerdon demo --reset` begins a demo world anew.")
    _migrate_with_demo(database, settings)


@main.group("keys")
def keys_group() -> None:
    """The keys that sign tokens."""


@keys_group.command("rotate")
@errors_as_messages
def rotate() -> None:
    """Make a new signing key; tokens signed by the one before stay valid until they expire."""
    settings = from_environment()
    if settings.jwt_private_keys:
        raise click.ClickException("The keys come from GUERDON_JWT_PRIVATE_KEY; put the new one first there.")
    kid = rotate_keys(settings.jwt_key_file)
    click.echo(f"{settings.jwt_key_file}: new key {kid}. Restart the service to sign with it.")


def _migrate_with_demo(database: Database, settings: Settings) -> None:
    """The newest tables, and in an empty database the demo world."""
    if installation.migrate(database, lambda session: demo.load(session, clock.now(), settings.zone)):
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
