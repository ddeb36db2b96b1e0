"""`guerdon chain close`, `export`, `import`, `open`, `remove`, and `guerdon cell`: moving a chain to another installation."""

import time
from pathlib import Path

import click

from app import clock
from app.cells import closing, exporting, importing, numbers, removing
from app.cells import file as files
from app.cli.chains import chain_group
from app.cli.root import errors_as_messages, main, opened
from app.db.engine import TryAgain
from app.media.stores import blob_store
from app.settings import from_environment

TRIES, PAUSE_SECONDS = 60, 0.5


def _tell(table: str, rows: int) -> None:
    click.echo(f"{rows:>12,}  {table}", err=True)


def _say_what_is_left(is_done: bool) -> None:
    if not is_done:
        click.echo(
            "Others were writing for long: triggers called closed_… are left. They change nothing; drop them some time.",
            err=True,
        )


@chain_group.command("close")
@click.argument("chain", type=int)
@errors_as_messages
def close_chain(chain: int) -> None:
    """Let nobody change anything of CHAIN, so that it can be exported: it is read as before, and what would change it is answered 503.

    To move a chain to another cell, while both run:

    \b
    guerdon chain close 7                          here
    guerdon chain export 7 chain-7.jsonl.gz        here
    guerdon chain import chain-7.jsonl.gz          there; it is open there from then on
    (let the proxy send its host names there)
    guerdon chain remove 7 chain-7.jsonl.gz        here
    """
    database = opened(from_environment())
    for i in range(TRIES):
        try:
            with database.transaction() as session:
                closing.close(session, chain, clock.now())
            break
        except TryAgain:
            if i == TRIES - 1:
                raise
            if i % 10 == 0:
                click.echo("Others are writing for long; trying again.", err=True)
            time.sleep(PAUSE_SECONDS)
    click.echo(f"Chain {chain} is closed. `guerdon chain open {chain}` opens it again.")


@chain_group.command("open")
@click.argument("chain", type=int)
@errors_as_messages
def open_chain(chain: int) -> None:
    """Open CHAIN again, which was closed and is not to move after all."""
    database = opened(from_environment())
    with database.transaction() as session:
        closing.reopen(session, chain, clock.now())
    _say_what_is_left(closing.take_down(database, chain))
    click.echo(f"Chain {chain} is open.")


@chain_group.command("export")
@click.argument("chain", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@errors_as_messages
def export_chain(chain: int, file: Path) -> None:
    """Write CHAIN, which must be closed, into FILE: customers, points, campaigns, codes, vouchers, photos. Ids stay as they are.

    It holds personal data and hashes of passwords: keep it like a backup, and remove it in the end.
    """
    settings = from_environment()
    try:
        exporting.export(opened(settings), blob_store(settings), chain, file, _tell)
    except FileExistsError as e:
        raise click.ClickException(f"{file} exists already; an export overwrites nothing.") from e
    except OSError as e:
        raise click.ClickException(f"{file} cannot be written: {e.strerror}.") from e
    click.echo(f"Chain {chain} is in {file}: {file.stat().st_size / 1e6:.1f} MB.")


@chain_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@errors_as_messages
def import_chain(file: Path) -> None:
    """Read a chain from FILE, compare what was written with it, and open the chain: all of it, or nothing.

    Both cells must be of one version, and count from numbers of their own (`guerdon cell`).
    """
    settings = from_environment()
    found = importing.load(opened(settings), blob_store(settings), file, clock.now(), _tell)
    for name in found.closed:
        click.echo(
            f"{name} is another admin here: what {name} did there is kept, under an account that is closed.", err=True
        )
    click.echo(f"Chain {found.chain_id}, {found.chain_name}, is here and open.")


@chain_group.command("remove")
@click.argument("chain", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--not-moved", is_flag=True, help="It is nowhere else, and shall be gone.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@errors_as_messages
def remove_chain(chain: int, file: Path | None, not_moved: bool, yes: bool) -> None:
    """Remove CHAIN, which must be closed, with all that belongs to it, once what is in FILE is somewhere else.

    FILE is what it was exported into since it was closed: one of before does not hold what was sold afterwards. Others go on meanwhile.
    If it is cut off, begin again.
    """
    if (file is None) != not_moved:
        raise click.ClickException("Say into which FILE it was exported, or --not-moved.")
    database = opened(from_environment())
    with database.reading() as session:
        known = closing.require_closed(session, chain)
    if file is not None:
        with files.reading(file) as reader:
            head = reader.head
        if (head.chain_id, head.closed_at) != (chain, str(known.closed_at)):
            raise click.ClickException(
                f"{file} is not of this closing of chain {chain}: export it again, and import that."
            )
    if not yes:
        click.confirm(f"Remove {known.name} and all its customers here?", abort=True)
    _say_what_is_left(removing.remove(database, chain, _tell))
    click.echo(f"Chain {chain} is removed.")


@main.command("cell")
@click.argument("number", type=int, required=False)
@errors_as_messages
def cell_command(number: int | None) -> None:
    """Tell which cell this installation is, or let it be cell NUMBER.

    Each cell counts its rows from a range of its own (cell 3 from 3,000,000,000,000), so that a chain keeps its ids when it moves. Choose
    one for each installation but the first, before it has chains. PostgreSQL only.
    """
    database = opened(from_environment())
    if number is not None:
        with database.transaction() as session:
            database.without_time_limit(session)
            numbers.choose(session, number)
    with database.reading() as session:
        click.echo(f"This is cell {numbers.cell(session)}.")
