"""`guerdon points`: the ledger as finance reads it."""

import click

from app import clock
from app.amounts import decimal
from app.cli.root import errors_as_messages, main, opened
from app.points import finance, ledger, lots
from app.settings import from_environment


@main.group("points")
def points_group() -> None:
    """The ledger of points, as finance reads it: see the views finance_… in docs/finance.md."""


@points_group.command("audit")
@errors_as_messages
def audit() -> None:
    """Prove that the views of finance agree with what customers have, chain by chain; exit with 1 where they do not.

    First it writes down which points paid what, which the worker does once an hour. Customers may buy meanwhile.
    """
    database = opened(from_environment())
    last = count = 0
    while True:
        with database.reading() as session:
            batch = lots.list_unsettled(session, last)
        if not batch:
            break
        with database.transaction() as session:
            ledger.lock_accounts(session, batch)
            for customer_id in batch:
                lots.bring_up_to_date(session, customer_id, clock.now())
        last, count = batch[-1], count + len(batch)
        click.echo(f"\rSettled {count} accounts.", nl=False, err=True)
    if count:
        click.echo(err=True)
    with database.reading() as session:
        database.without_time_limit(session)
        for chain_id, balance, locked, owed in finance.totals(session):
            owing = f", {decimal(owed)} of them owed" if owed else ""
            click.echo(
                f"Chain {chain_id}: {decimal(balance)} points may be spent{owing}, {decimal(locked)} are locked."
            )
        found = list(finance.audit(session))
    for it in found:
        click.echo(f"Chain {it.chain_id}: {it.sentence} {decimal(it.points)}.", err=True)
    if found:
        raise click.ClickException("The views of finance do not agree with what customers have.")
    click.echo("All views agree.")
