"""`guerdon coupons …`: pools of codes."""

import csv
import sys
from collections.abc import Iterator
from itertools import chain
from uuid import UUID

import click

from app.campaign.listings import campaign_documents
from app.campaign.setup import coupons
from app.cli.root import errors_as_messages, main, opened
from app.db.engine import Database
from app.settings import from_environment
from app.text import folded, written

HEADERS = {"code", "codes", "coupon", "coupons", "coupon code", "coupon_code", "couponcode", "voucher", "voucher code"}
DELIMITERS = ";,\t"
NO_DELIMITER = "\x1f"  # stands in no file that people write
SKIPPED_SHOWN_MAX = 20
LOADED = "The batches before it are loaded; mend the file and start again."


@main.group("coupons")
def coupons_group() -> None:
    """Pools of coupon codes."""


@coupons_group.command("import")
@click.argument("campaign")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--column", help="Where the codes are, in a file with several columns: a name or a number from 1.")
@errors_as_messages
def import_coupons(campaign: str, file: Iterator[str], column: str | None) -> None:
    """Add the codes of FILE (- for standard input) to the pool of CAMPAIGN, by its key or its UUID.

    One code a line, or a table with commas, semicolons or tabs, as spreadsheets save it; a heading called `code` tells the column.
    Codes are kept without blanks and invisible characters at their ends. Millions are fine. Codes that the pool has are skipped,
    so an import that was cut off can be started again.
    """

    read = 0

    def progress(read_now: int, added: int) -> None:
        nonlocal read
        read = read_now
        on_terminal = sys.stderr.isatty()
        click.echo(f"{chr(13) if on_terminal else ''}{read:,} codes read, {added:,} new", nl=not on_terminal, err=True)

    database = opened(from_environment())
    added = coupons.load(database, _uuid(database, campaign), _codes(file, column), progress)
    if sys.stderr.isatty():
        click.echo("", err=True)
    if not read:
        raise click.ClickException("The file holds no codes; nothing was imported.")
    known = f"; {read - added:,} were there already" if added < read else ""
    click.echo(f"{added:,} codes added{known}.")


def _uuid(database: Database, campaign: str) -> UUID:
    """The campaign that is called so."""
    try:
        return UUID(campaign)
    except ValueError:
        pass
    with database.reading() as session:
        found = campaign_documents.called(session, campaign)
    if not found:
        raise click.ClickException(f"There is no campaign with the key {campaign}.")
    if len(found) > 1:
        raise click.ClickException(f"Several chains have a campaign with the key {campaign}: say its UUID.")
    return found[0]


def _codes(file: Iterator[str], column: str | None) -> Iterator[str]:
    """The codes, in their written form. Whatever is no code is reported with its line, or refused."""
    lines = _lines(file)
    blank_before, first = 0, ""
    for first in lines:
        if written(first):
            break
        blank_before += 1
    delimiter = next((each for each in DELIMITERS if each in first), NO_DELIMITER)
    rows = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    place: int | None = None
    skipped = 0
    for row in _rows(rows, blank_before):
        line = blank_before + rows.line_num
        if place is None:
            place, is_heading = _place(row, column)
            if is_heading:
                click.echo(f"Line {line}: a heading; the codes are in column {place + 1}.", err=True)
                continue
        code = written(row[place]) if place < len(row) else ""
        if not code:
            skipped += 1
            if skipped <= SKIPPED_SHOWN_MAX:
                click.echo(f"Line {line}: no code, skipped.", err=True)
            continue
        if len(code) > coupons.CODE_LENGTH_MAX or "\0" in code:
            raise click.ClickException(
                f"Line {line}: a code has at most {coupons.CODE_LENGTH_MAX} characters, and no NUL. {LOADED}"
            )
        yield code
    if skipped > SKIPPED_SHOWN_MAX:
        click.echo(f"{skipped:,} lines without a code were skipped in all.", err=True)


def _place(row: list[str], column: str | None) -> tuple[int, bool]:
    """The index of the column with the codes, and whether this first row is a heading."""
    headings = [folded(written(cell)) for cell in row]
    found = next((i for i, heading in enumerate(headings) if heading in HEADERS), None)
    if column is None:
        if found is None and len(row) > 1:
            raise click.ClickException(
                f"The file has {len(row)} columns: {', '.join(row)}. Say where the codes are: --column 1."
            )
        return found or 0, found is not None
    if column.isdecimal():
        place = int(column) - 1
        if not 0 <= place < len(row):
            raise click.ClickException(f"The file has {len(row)} columns, and no column {column}.")
        return place, headings[place] in HEADERS
    if folded(written(column)) not in headings:
        raise click.ClickException(f"The file has no column {column}; it has: {', '.join(row)}.")
    return headings.index(folded(written(column))), True


def _rows(rows: Iterator[list[str]], before: int) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as e:
        raise click.ClickException(f"Line {before + rows.line_num}: {e}. {LOADED}") from e  # type: ignore[attr-defined]


def _lines(file: Iterator[str]) -> Iterator[str]:
    try:
        for line in file:  # noqa: UP028 - `yield from` would close the file with this generator
            yield line
    except UnicodeDecodeError as e:
        raise click.ClickException(
            "The file is not text in UTF-8. The batches before the wrong place are loaded; mend the file and start again."
        ) from e
