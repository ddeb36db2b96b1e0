"""`guerdon coupons …`: pools of codes."""

import sys
from collections.abc import Iterator
from uuid import UUID

import click

from app.campaign.setup import coupons
from app.cli.root import errors_as_messages, main, opened
from app.settings import from_environment


@main.group("coupons")
def coupons_group() -> None:
    """Pools of coupon codes."""


@coupons_group.command("import")
@click.argument("campaign", type=click.UUID)
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@errors_as_messages
def import_coupons(campaign: UUID, file: Iterator[str]) -> None:
    """Add the codes of FILE, one a line (- for standard input), to a campaign's pool.

    Millions are fine. Codes that the pool has are skipped, so an import that was cut off can be started again.
    """

    def progress(read: int, added: int) -> None:
        on_terminal = sys.stderr.isatty()
        click.echo(f"{chr(13) if on_terminal else ''}{read:,} codes read, {added:,} new", nl=not on_terminal, err=True)

    added = coupons.load(opened(from_environment()), campaign, _codes(file), progress)
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(f"{added:,} codes added.")


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
