"""`guerdon …`: thin commands over the same use cases as the APIs."""

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from uuid import UUID

import click
from sqlalchemy.exc import SQLAlchemyError

from app import clock, demo, idempotency, installation, serving
from app.blobs import FolderStore
from app.campaign import coupons, invariants, overview, photos, rules, verification
from app.database import Database, TryAgain
from app.identity import rotate_keys
from app.installation import NotReady
from app.members import chains, keys, passwords, staff
from app.members.models import UNITS, Chain
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


@main.group("chain")
def chain_group() -> None:
    """Chains: retailers with a programme of their own. The first one is there from the beginning."""


@chain_group.command("list")
@told_kindly
def list_chains() -> None:
    """List the chains, their businesses and apps."""
    with _database(from_environment()).reading() as session:
        for chain in chains.every(session):
            click.echo(f"{chain.id}  {chain.name}  {chain.currency}  {chain.time_zone}{_window(chain)}")
            for business in chains.businesses(session, chain.id):
                click.echo(f"   business {business.id}  {business.name}")
            for app in chains.apps(session):
                if app.chain_id == chain.id:
                    click.echo(f"   app {app.hostname}")


TERMS = [
    click.option("--currency", help="ISO code; EUR for a new chain."),
    click.option("--time-zone", help="As Europe/Amsterdam; UTC for a new chain."),
    click.option("--referral-window", help="How long after signing up a referral code may be applied: `30 day`."),
    click.option(
        "--third-party-voucher-ids/--no-third-party-voucher-ids", default=None, help="Number vouchers for tills."
    ),
]


def chain_terms(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(TERMS):
        command = option(command)
    return command


@chain_group.command("add")
@click.argument("name")
@chain_terms
@told_kindly
def add_chain(name: str, **told: Any) -> None:
    """Add a chain."""
    with _database(from_environment()).transaction() as session:
        chain = chains.create(session, _terms({"name": name, **told}), clock.now())
    click.echo(f"Chain {chain.id} is {chain.name}.")


@chain_group.command("change")
@click.argument("chain", type=int)
@click.option("--name")
@chain_terms
@told_kindly
def change_chain(chain: int, **told: Any) -> None:
    """Change a chain; what is not named stays."""
    with _database(from_environment()).transaction() as session:
        known = chains.found(session, chain)
        terms = {name: getattr(known, name) for name in chains.Terms.__dataclass_fields__}
        chains.change(session, chain, _terms(told, terms))
    click.echo(f"Chain {chain} is changed.")


@chain_group.command("business")
@click.argument("chain", type=int)
@click.argument("name")
@told_kindly
def add_business(chain: int, name: str) -> None:
    """Add a business (a branch) to CHAIN."""
    with _database(from_environment()).transaction() as session:
        business = chains.add_business(session, chain, name)
    click.echo(f"Business {business.id} of chain {chain} is {name}.")


@chain_group.command("app")
@click.argument("hostname")
@click.option("--chain", type=int, help="Whose it is. Without it, the app is taken from its chain.")
@told_kindly
def set_app(hostname: str, chain: int | None) -> None:
    """Register the HOSTNAME of an app, and whose it is."""
    with _database(from_environment()).transaction() as session:
        chains.set_app(session, hostname, chain)
    click.echo(f"{hostname} belongs to {f'chain {chain}' if chain else 'no chain'}.")


@chain_group.command("permit")
@click.argument("username")
@click.argument("chain", type=int)
@click.option("--write/--read", "write", default=True, help="Read and write, or only read.")
@click.option("--none", "none", is_flag=True, help="Take the permission back.")
@told_kindly
def permit(username: str, chain: int, write: bool, none: bool) -> None:
    """Let a member of the staff act for CHAIN."""
    with _database(from_environment()).transaction() as session:
        chains.permit(session, username, chain, None if none else write)
    click.echo(f"{username} may {'nothing' if none else 'read and write' if write else 'read'} for chain {chain}.")


@main.group("token")
def token_group() -> None:
    """Access tokens of partners (Spaaza's privileged authentication)."""


@token_group.command("create")
@click.argument("name")
@click.option("--app", "hostname", help="Bind it to this app's chain. Without it, each request names its app.")
@click.option("--read-only", is_flag=True)
@click.option("--days", type=click.IntRange(1, 36_500), help="When it expires; never, without it.")
@told_kindly
def create_token(name: str, hostname: str | None, read_only: bool, days: int | None) -> None:
    """Create an access token and print it: only its hash is kept."""
    now = clock.now()
    with _database(from_environment()).transaction() as session:
        app = chains.app(session, hostname) if hostname else None
        expires_at = now + timedelta(days=days) if days else None
        made, token = keys.create_token(session, name, app, not read_only, now, expires_at)
    click.echo(f"Token {made.id}, told only now:", err=True)
    click.echo(token)


@token_group.command("list")
@told_kindly
def list_tokens() -> None:
    """List the tokens, without the tokens themselves."""
    with _database(from_environment()).reading() as session:
        for token, hostname in keys.tokens(session):
            state = (
                "revoked" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "valid"
            )
            click.echo(
                f"{token.id}  {token.name}  {hostname or 'any app'}  {'write' if token.may_write else 'read'}  {state}"
            )


@token_group.command("revoke")
@click.argument("token", type=int)
@told_kindly
def revoke_token(token: int) -> None:
    """Revoke a token by its number; it opens nothing any more."""
    with _database(from_environment()).transaction() as session:
        keys.revoke_token(session, token, clock.now())
    click.echo(f"Token {token} is revoked.")


@main.group("draw")
def draw_group() -> None:
    """Draws that can be checked: see docs/draws.md."""


@draw_group.command("verify")
@click.argument("campaign", type=int, required=False)
@told_kindly
def verify_draws(campaign: int | None) -> None:
    """Recompute every draw of CAMPAIGN, or of all campaigns. Exits with 1 when one does not agree."""
    database = _database(from_environment())
    broken = 0
    with database.reading() as session:
        database.without_time_limit(session)
        reports = list(verification.verify(session, campaign))
        for report in reports:
            click.echo(f"Campaign {report.campaign.id}, {report.campaign.name}: {report.draws_count:,} draws")
            click.echo(f"   commitment {report.seed.commitment}, made {report.seed.committed_at:%Y-%m-%d %H:%M:%S} UTC")
            for problem in report.problems:
                broken += 1
                click.echo(f"   {problem}")
    if campaign is not None and not reports:
        raise click.ClickException(f"There is no campaign {campaign} that draws.")
    if broken:
        raise SystemExit(1)
    click.echo("All draws agree with their seeds.")


@draw_group.command("export")
@click.argument("campaign", type=int)
@told_kindly
def export_draws(campaign: int) -> None:
    """Print CAMPAIGN's draws as JSON, one a line, for whoever wants to recompute them; the seed only when it is over."""
    database = _database(from_environment())
    with database.reading() as session:
        database.without_time_limit(session)
        shown = overview.one(session, campaign)
        if shown is None or shown.seed is None:
            raise click.ClickException(f"There is no campaign {campaign} that draws.")
        seed = shown.seed.seed if rules.is_over(shown, clock.now()) else None
        click.echo(json.dumps({"campaign": str(shown.uuid), "commitment": shown.seed.commitment, "seed": seed}))
        for row in verification.rows(session, campaign):
            click.echo(json.dumps({
                "customer": str(row.customer), "number": row.number, "candidates": row.candidates, "ticket": row.ticket,
                "method": row.method_id,
            }))  # fmt: skip


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
    """Remove photos that no campaign shows, stored answers that are a week old, and sessions that have expired."""
    settings = from_environment()
    database = _database(settings)
    removed = photos.remove_unreferenced(database, FolderStore(settings.storage / "photos"))
    forgotten = idempotency.purge(database, clock.now())
    with database.transaction() as session:
        keys.purge(session, clock.now())
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


@main.group("keys")
def keys_group() -> None:
    """The keys that sign tokens."""


@keys_group.command("rotate")
@told_kindly
def rotate() -> None:
    """Make a new signing key; tokens signed by the one before stay valid until they expire."""
    settings = from_environment()
    if settings.jwt_private_keys:
        raise click.ClickException("The keys come from GUERDON_JWT_PRIVATE_KEY; put the new one first there.")
    kid = rotate_keys(settings.jwt_key_file)
    click.echo(f"{settings.jwt_key_file}: new key {kid}. Restart the service to sign with it.")


def _terms(told: dict[str, Any], known: dict[str, Any] | None = None) -> chains.Terms:
    """A chain's terms: what is told, and otherwise what is known."""
    window = told.pop("referral_window", None)
    terms = {**(known or {}), **{name: value for name, value in told.items() if value is not None}}
    if window:
        quantity, _, unit = window.partition(" ")
        if not quantity.isdecimal() or unit not in UNITS:
            raise click.ClickException(f"A referral window is a number and one of {', '.join(UNITS)}, like `30 day`.")
        terms |= {"referral_window_quantity": int(quantity), "referral_window_unit": unit}
    return chains.Terms(**terms)


def _window(chain: Chain) -> str:
    if chain.referral_window_unit is None:
        return ""
    return f"  referral codes for {chain.referral_window_quantity} {chain.referral_window_unit}"


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
