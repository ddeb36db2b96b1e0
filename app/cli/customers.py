"""`guerdon customer`: what is known of one person, and its erasure."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from app import clock
from app.amounts import decimal
from app.cli.root import errors_as_messages, main, opened
from app.loading import customers as customers_of_a_table
from app.loading import rows
from app.loading.rows import BadTable
from app.members import customers
from app.organizations import chains
from app.organizations.scope import EVERY_CHAIN
from app.privacy import erasing, merging, report
from app.settings import from_environment

PROGRESS_ROWS = 10_000


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


@customer_group.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--chain", "chain_id", type=int, help="The chain's number; without it, the first one.")
@click.option("--check", is_flag=True, help="Only look, and say what would come of it.")
@errors_as_messages
def import_customers(file: Iterator[str], chain_id: int | None, check: bool) -> None:
    """Add the customers of FILE (- for standard input), a table with commas, semicolons or tabs, in UTF-8: all of them, or none.

    The first line names the columns: firstName and lastName, one or more of email, phone and loyaltyCardNumber, and what else is
    known: gender, birthDate, createdAt, level (its key or name), points, labels (key:value;key:value), agreement1 to agreement3 (1 or 0),
    street, address1, address2, postal, city, province, country.

    Each line that is wrong is told with its number, and then nobody is added; so an import that failed, or was cut off, is started again.
    """
    settings, now = from_environment(), clock.now()
    database = opened(settings)
    with database.reading() as session:
        chain_id = chains.get(session, chain_id).id if chain_id is not None else chains.first(session)
        known = customers_of_a_table.level_ids(session, chain_id)
        zone = ZoneInfo(chains.terms(session, chain_id).time_zone)
    try:
        found = customers_of_a_table.take_over(
            database, chain_id, rows.read(file, known, zone, now), now, check, _progress
        )
    except BadTable as e:
        raise click.ClickException(f"{e} Nobody was added.") from e
    for it in found.wrong:
        click.echo(f"Line {it.line}: {it.message}", err=True)
    if found.wrong_count:
        more = found.wrong_count - len(found.wrong)
        wrong = _counted(found.wrong_count, "thing is", "things are")
        raise click.ClickException(
            f"{wrong} wrong{f', of which {more:,} are not shown' if more else ''}. Nobody was added."
        )
    if not found.customers_count:
        raise click.ClickException("The file holds no customers.")
    by_level = ", ".join(f"{count:,} on {name}" for name, count in sorted(found.by_level.items()))
    people = _counted(found.customers_count, "customer", "customers")
    said = f"{people} ({by_level}), with {decimal(found.points)} points in all"
    click.echo(f"Nothing is wrong. To be added: {said}." if check else f"Added: {said}.")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _progress(read: int) -> None:
    on_terminal = sys.stderr.isatty()
    if on_terminal or read % PROGRESS_ROWS == 0:
        click.echo(f"{chr(13) if on_terminal else ''}{read:,} customers read", nl=not on_terminal, err=True)
