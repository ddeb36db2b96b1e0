"""`guerdon customer`: what is known of one person, and its erasure."""

import json
import os
from pathlib import Path

import click

from app import clock
from app.cli.root import errors_as_messages, main, opened
from app.members import customers
from app.organizations.scope import EVERY_CHAIN
from app.privacy import erasing, merging, report
from app.settings import from_environment


@main.group("customer")
def customer_group() -> None:
    """One person's data. CUSTOMER is a UUID, or the number of a card."""


@customer_group.command("export")
@click.argument("customer")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@errors_as_messages
def export_customer(customer: str, file: Path) -> None:
    """Write all that is known of CUSTOMER into FILE, as JSON, table by table: for whoever asks what is kept."""
    with opened(from_environment()).reading() as session:
        found = report.report(session, customers.get(session, customer, EVERY_CHAIN).id)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(found, stream, ensure_ascii=False, indent=2)
    except OSError as e:
        raise click.ClickException(f"{file} cannot be written: {e.strerror}.") from e
    click.echo(f"{sum(map(len, found.values()))} rows are in {file}.")


@customer_group.command("erase")
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@errors_as_messages
def erase_customer(customer: str, yes: bool) -> None:
    """Erase CUSTOMER: names, addresses, identifiers, notes, sign-ins, letters and what was sent to subscribers. There is no way back.

    What was bought, won and paid stays under a number: accounting needs it, and draws are verified by it. Points that are left cannot be
    spent any more. Backups keep the person for as long as they are kept.
    """
    database = opened(from_environment())
    with database.reading() as session:
        uuid = customers.get(session, customer, EVERY_CHAIN).uuid
    if not yes:
        click.confirm(f"Erase customer {uuid} for good?", abort=True)
    with database.transaction() as session:
        erasing.erase(session, customers.get(session, str(uuid), EVERY_CHAIN), clock.now())
    click.echo(f"Customer {uuid} is erased.")


@customer_group.command("merge")
@click.argument("customer")
@click.argument("other")
@click.option("--yes", is_flag=True, help="Do not ask.")
@errors_as_messages
def merge_customers(customer: str, other: str, yes: bool) -> None:
    """Merge OTHER, which is another account of the same person, into CUSTOMER. There is no way back.

    Points, purchases, vouchers and limits move to CUSTOMER; OTHER is closed, and its id, card, phone and address lead to CUSTOMER.
    """
    database = opened(from_environment())
    with database.reading() as session:
        kept, gone = (customers.get(session, name, EVERY_CHAIN).uuid for name in (customer, other))
    if not yes:
        click.confirm(f"Merge customer {gone} into {kept} for good?", abort=True)
    with database.transaction() as session:
        into, other_one = (customers.get(session, str(uuid), EVERY_CHAIN) for uuid in (kept, gone))
        merging.merge(session, into, other_one, clock.now())
    click.echo(f"Customer {gone} is a part of {kept}.")
