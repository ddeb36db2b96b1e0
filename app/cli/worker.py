"""`guerdon worker`: send what waits, do what is due, and tell how that goes."""

from datetime import UTC, datetime

import click

from app import logs
from app.cli.root import errors_as_messages, main, opened
from app.db.engine import Database
from app.jobs import schedule
from app.outbox import health
from app.serving import require_no_placeholders
from app.settings import from_environment
from app.worker import process
from app.worker.deliveries import LANES

WAITS_TOO_LONG = 300  # seconds that something may be due


@main.group(invoke_without_command=True)
@click.option("--with-parent", is_flag=True, help="Stop when the process that started it ends.")
@click.pass_context
@errors_as_messages
def worker(context: click.Context, with_parent: bool) -> None:
    """Send webhooks and mail, and do what is due by the clock, until it is stopped.

    Run one beside the servers, under whatever keeps them running. Several share the work, on one host or on many;
    one that is killed loses nothing.
    """
    if context.invoked_subcommand is not None:
        return
    settings = from_environment()
    require_no_placeholders(settings)
    logs.set_up(settings.log_format, settings.log_level)
    database = Database(settings.sqlalchemy_url, pool_size=LANES + 4)
    try:
        process.run(settings, database, ends_with_parent=with_parent)
    finally:
        database.engine.dispose()


@worker.command()
@errors_as_messages
def status() -> None:
    """What waits to be sent, and each kind of work: when it was done, what came of it, when it is due.

    Exits with 1 when something failed the last time, found what must not be, is late by ten minutes, or has waited to be sent for five.
    """
    database = opened(from_environment())
    now = datetime.now(UTC)
    with database.reading() as session:
        waiting = health.waiting(session, now)
        jobs = schedule.jobs(session)
    since = f", the oldest for {waiting.oldest_seconds} seconds" if waiting.messages else ""
    click.echo(f"{waiting.messages} messages wait{since}; {waiting.dead} could not be delivered.")
    is_bad = waiting.oldest_seconds > WAITS_TOO_LONG
    if is_bad:
        click.echo("That is too long: no worker runs, or what it sends to does not answer.")
    for job in jobs:
        is_late = schedule.is_late(job, now)
        is_bad |= job.outcome in {"failed", "broken"} or is_late
        done = f"{job.outcome} {job.ended_at:%Y-%m-%d %H:%M:%S} UTC: {job.report}" if job.ended_at else "not done yet"
        click.echo(f"{job.name:19}{done} Next: {job.due_at:%Y-%m-%d %H:%M:%S} UTC{' (late)' if is_late else ''}.")
    if not jobs:
        click.echo("No worker has run yet: start one with `guerdon worker`.")
    if is_bad or not jobs:
        raise SystemExit(1)
