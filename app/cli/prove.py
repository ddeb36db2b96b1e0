"""`guerdon prove`: the public proof."""

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import click

from app.cli.root import errors_as_messages, main, opened
from app.db import installation
from app.db.engine import Database
from app.prove import proof, scratch
from app.prove.own_postgres import OwnPostgres, own_postgres
from app.prove.proof import ProofPlan, ProofReport, prove
from app.settings import Settings, from_environment
from app.web.callers import require_keys


@main.command("prove")
@click.option(
    "--own", type=click.Choice(["postgresql", "sqlite"]), help="On a database that is made for it, and removed."
)
@click.option("--postgres-programs", type=click.Path(path_type=Path), help="Where initdb and postgres are.")
@click.option("--limit", default=2_000, show_default=True, help="Coupons to sell.", type=click.IntRange(1, 100_000))
@click.option("--buyers", default=32, show_default=True, help="Who buys at once.", type=click.IntRange(1, 500))
@click.option("--servers", default=2, show_default=True, help="Server processes.", type=click.IntRange(1, 8))
@click.option("--kills", default=5, show_default=True, help="How often one is killed.", type=click.IntRange(0, 100))
@click.option(
    "--seconds", default=180, show_default=True, help="After which it gives up.", type=click.IntRange(1, 3_600)
)
@click.option("--lossy", is_flag=True, help="Let the own PostgreSQL lose commits, to see that it is found out.")
@click.option("--remove", is_flag=True, help="Only remove what proofs that were cut off have left.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@errors_as_messages
def prove_command(
    own: str | None,
    postgres_programs: Path | None,
    limit: int,
    buyers: int,
    servers: int,
    kills: int,
    seconds: int,
    lossy: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Prove that the last coupon is sold exactly once, while servers are killed.

    Makes a chain of its own in the database, sells its coupons to many buyers over several servers, repeats and cuts requests, kills
    servers, and, where the database is its own, that as well. Then it compares what the buyers were told with the tables, and
    removes its chain. Nothing else in the database is touched; servers listen on the loopback interface only.

    \b
    guerdon prove                      in the database of GUERDON_DATABASE_URL
    guerdon prove --own postgresql     in one that is started for it, and killed
    guerdon prove --own postgresql --lossy    in one that loses commits: this must fail

    Killed itself, it leaves its chain behind: `guerdon prove --remove` removes it. In a database of many millions of rows removing takes a
    while; on SQLite nobody sells meanwhile.

    Exits with 1 when anything was lost, doubled, oversold or contradicts itself.
    """
    # As Ctrl-C: what was begun is cleared away.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if remove:
        _remove_forgotten()
        return
    if lossy and own != "postgresql":
        raise click.ClickException("--lossy is of a PostgreSQL that is started for it: add --own postgresql.")
    plan = ProofPlan(limit, buyers, servers, kills, seconds)

    def say(text: str) -> None:
        click.echo(text, err=True)

    with (
        tempfile.TemporaryDirectory(prefix="guerdon-prove-") as folder,
        own_postgres(postgres_programs) if own == "postgresql" else nullcontext() as started,
    ):
        report = _proved(own, started, Path(folder), plan, lossy, say)
    click.echo(json.dumps(report.json(), indent=2) if as_json else in_words(report, plan))
    if not report.holds:
        sys.exit(1)


def _remove_forgotten() -> None:
    database = opened(from_environment())
    chains = scratch.forgotten(database)
    for chain_id in chains:
        proof.remove(database, chain_id)
    click.echo(f"{len(chains)} chains of proofs are removed.")


def _proved(
    own: str | None, started: OwnPostgres | None, folder: Path, plan: ProofPlan, lossy: bool, say: Callable[[str], None]
) -> ProofReport:
    if own is None:
        settings = from_environment()
        opened(settings)  # which says what is missing
        environ: dict[str, str] = {}
    else:
        settings = Settings(environment="test", storage=folder, database_url=started.url if started else "")
        require_keys(settings.jwt_key_file)
        environ = {
            "GUERDON_ENV": "test",
            "GUERDON_STORAGE": str(folder),
            "GUERDON_DATABASE_URL": settings.sqlalchemy_url,
        }
    database = Database(settings.sqlalchemy_url, pool_size=2)
    try:
        if own is not None:
            installation.migrate(database)
        installation.require_ready(database, settings.is_production)
        return prove(database, environ, plan, started, lossy, say)
    finally:
        database.engine.dispose()


def in_words(report: ProofReport, plan: ProofPlan) -> str:
    """The report for people."""
    killed = f"{report.servers_killed} servers"
    if report.database_killed:
        killed += f", the database {report.database_killed} times"
    answers = ", ".join(f"{count} of {status}" for status, count in report.answers.items())
    lines = [
        f"{report.sold} purchases of {plan.limit} coupons were acknowledged to {plan.buyers} buyers over {plan.servers} servers"
        f" in {report.seconds} s.",
        f"Killed: {killed}, of {plan.kills} times that were wanted. Answers: {answers};"
        f" {report.unanswered} came not, {report.cut} requests were cut, {report.repeated} repeated.",
        "",
        f"  {report.lost:6} purchases lost that buyers were told of",
        f"  {report.doubled:6} codes sold twice",
        f"  {report.untold:6} purchases that nobody was told of",
        f"  {report.oversold:6} sold beyond the limit",
        f"  {report.differing:6} repeated requests answered otherwise",
        f"  {report.undecided:6} requests without a definite answer",
        *(f"  {count:6} {what}" for what, count in report.broken.items()),
        "",
        "It holds." if report.holds else "IT DOES NOT HOLD.",
    ]
    if report.lost and report.database_killed:
        lines.append(
            "The database has lost commits that it had acknowledged: look at synchronous_commit, fsync and the disk."
        )
    return "\n".join(lines)
