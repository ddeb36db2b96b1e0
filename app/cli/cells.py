"""`guerdon chain close`, `export`, `import`, `open`, `remove`, and `guerdon cell`: moving a chain to another installation."""

from pathlib import Path

import click

from app import clock
from app.cells import closing, exporting, importing, numbers, removing
from app.cli.chains import chain_group
from app.cli.root import errors_as_messages, main, opened
from app.db.engine import TryAgain
from app.media.stores import blob_store
from app.settings import from_environment

TRIES = 20


def _tell(table: str, rows: int) -> None:
    click.echo(f"{rows:>12,}  {table}", err=True)


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
    guerdon chain remove 7                         here
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
            click.echo("Others are writing; trying again.", err=True)
    click.echo(f"Chain {chain} is closed. `guerdon chain open {chain}` opens it again.")


@chain_group.command("open")
@click.argument("chain", type=int)
@errors_as_messages
def open_chain(chain: int) -> None:
    """Open CHAIN again, which was closed and is not to move after all."""
    with opened(from_environment()).transaction() as session:
        closing.reopen(session, chain, clock.now())
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
@click.option("--yes", is_flag=True, help="Do not ask.")
@errors_as_messages
def remove_chain(chain: int, yes: bool) -> None:
    """Remove CHAIN, which must be closed, with all that belongs to it, once it is somewhere else."""
    database = opened(from_environment())
    with database.reading() as session:
        name = closing.require_closed(session, chain).name
    if not yes:
        click.confirm(f"Remove {name} and all its customers here?", abort=True)
    removing.remove(database, chain)
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
