"""`guerdon campaign pull, plan, apply, ask`: campaigns as files, under version control."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from app.campaign.document import files as yaml_files
from app.campaign.document.files import BadFile, DocumentFile
from app.campaign.document.short import short
from app.campaign.document.values import YEARS
from app.cli.campaigns import campaign_group
from app.cli.programme import DatabaseProgramme, Json, Programme, ServerProgramme, Unsent, WorldMoved
from app.cli.root import errors_as_messages, opened
from app.organizations import chains
from app.settings import from_environment

DIFFERENCES = 3  # the exit status of a plan that has any; 2 is that of a command that is not understood
Command = Callable[..., Any]


def for_programme(command: Command) -> Command:
    """The options that say where the campaigns are; the command is given the programme."""

    @click.option(
        "--url", help="A server, such as https://loyalty.example.com; without it, this installation's database."
    )
    @click.option("--chain", type=int, help="The chain's number; without it, the first.")
    @wraps(command)
    @errors_as_messages
    def run(url: str | None, chain: int | None, **kw: Any) -> Any:
        try:
            return command(programme=_programme(url, chain), **kw)
        except (BadFile, Unsent, WorldMoved, OSError) as e:
            raise click.ClickException(plain(str(e))) from e

    return run


def _programme(url: str | None, chain: int | None) -> Programme:
    if url is not None:
        return ServerProgramme(url, chain)
    database = opened(from_environment())
    with database.reading() as session:
        chain_id = chains.get(session, chain).id if chain is not None else chains.first(session)
    return DatabaseProgramme(database, chain_id)


def plain(text: str) -> str:
    """Text that only shows on a terminal, and does nothing there: what cannot be seen is written out."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class PlannedFile:
    """The plan of one file, or of a campaign without a file that is to be paused."""

    plan: Json
    document: Json
    file: DocumentFile | None

    @property
    def is_change(self) -> bool:
        return bool(self.plan["action"] != "none")


@campaign_group.command("pull")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@for_programme
def pull(programme: Programme, folder: Path) -> None:
    """Write every campaign into FOLDER, a YAML file each.

    A file that says the same already stays as it is, with its comments; one that says something else is written anew, so keep them
    under version control. Levels and segments are named by their keys, and codes of pools are no part of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {file.document.get("key"): file for file in yaml_files.read_folder(folder)}
    here = [file.document for file in known.values()]
    same = {it["key"] for it in programme.plan(here) if it["action"] == "none"} if here else set()
    unmatched, written = dict(known), 0
    for document in programme.documents():
        unmatched.pop(document["key"], None)
        if document["key"] in same:
            continue
        file = known.get(document["key"])
        path = file.path if file else folder / f"{document['key']}.yaml"
        path.write_text(yaml_files.written(short(document)), encoding="utf-8")
        written += 1
        click.echo(f"{path}: written")
    for file in unmatched.values():
        click.echo(
            plain(
                f"{file.path}: no campaign has its key, so `apply` would create one; remove it if the key was changed."
            ),
            err=True,
        )
    click.echo(f"{written} files written, {len(same)} said the same already.")


@campaign_group.command("plan")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--prune", is_flag=True, help="Plan to pause live campaigns that have no file here.")
@for_programme
def plan(programme: Programme, folder: Path, prune: bool) -> None:
    """Show what `apply` would do with the files of FOLDER; change nothing.

    Exits with 0 when nothing would change, with 3 when something would, and with 1 when something is wrong. The name that it
    prints for the plan makes `apply --plan` do exactly this, or nothing.
    """
    steps = _steps(programme, folder, prune)
    _show(steps)
    if any(not step.plan["possible"] for step in steps):
        sys.exit(1)
    if any(step.is_change for step in steps):
        sys.exit(DIFFERENCES)


@campaign_group.command("apply")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--prune", is_flag=True, help="Pause live campaigns that have no file here. Nothing is ever deleted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--plan", "wanted", help="Only if the plan is this one, by the name that `plan` printed; does not ask.")
@for_programme
def apply(programme: Programme, folder: Path, prune: bool, yes: bool, wanted: str | None) -> None:
    """Make the campaigns what the files of FOLDER say; show the plan, and ask first.

    Campaigns without a file are left alone. Each is changed only as it was planned: when somebody else was faster, the rest is not
    done either.
    """
    steps = _steps(programme, folder, prune)
    name = _show(steps)
    if any(not step.plan["possible"] for step in steps):
        raise click.ClickException("Nothing was applied: see above for what is wrong.")
    if wanted is not None and wanted != name:
        raise click.ClickException(
            f"The plan is {name} by now, not {wanted}: the world moved. Nothing was applied; plan again."
        )
    todo = [step for step in steps if step.is_change]
    if not todo:
        return
    if not yes and wanted is None and not click.confirm("Apply?"):
        raise click.ClickException("Nothing was applied.")
    done = 0
    try:
        for step in todo:
            programme.put(step.plan, step.document)
            done += 1
    except (WorldMoved, Unsent) as e:
        raise click.ClickException(f"{e} {done} of {len(todo)} were applied before that.") from e
    click.echo(f"{done} applied.")


@campaign_group.command("ask")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--customer", type=click.UUID, required=True, help="The customer's UUID.")
@click.option("--at", help="A moment with its offset, such as 2026-12-31T23:00:00+01:00; now without it.")
@click.option("--basket", type=float, help="What was paid, for campaigns that baskets make give.")
@for_programme
def ask(programme: Programme, file: Path, customer: UUID, at: str | None, basket: float | None) -> None:
    """Tell what a customer would get of the campaign in FILE, which need not be saved, and every reason why nothing."""
    if at is not None:
        _require_moment(at)
    answer = programme.ask(yaml_files.read(file).document, customer, at, basket)
    click.echo(
        {"shown": "Shown", "hidden": "Not shown", "secret": "Nobody knows of it yet"}[answer["visibility"]]
        + f" at {answer['at']}."
    )
    click.secho(
        "May have it." if answer["may_have"] else "May not have it:", fg="green" if answer["may_have"] else "red"
    )
    click.echo(f"  It costs {answer['price']} points, and the customer has {answer['balance']}.")
    for reason in answer["reasons"]:
        missing = f" ({reason['missing']} are missing)" if reason["missing"] is not None else ""
        opens = f" (from {reason['opens_at']})" if reason["opens_at"] else ""
        click.echo(plain(f"  - {reason['message']}{missing}{opens}"))
    for reward in answer["rewards"]:
        odds = f", {reward['odds']:.2%}" if reward["odds"] is not None else ""
        left = "" if reward["open"] else ", cannot be given now"
        click.echo(plain(f"  {'x' if left else '+'} {reward['title']} ({reward['kind']}{odds}{left})"))


def _require_moment(text: str) -> None:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and YEARS[0] <= at.year <= YEARS[1]:
            return
    except ValueError:
        pass
    raise click.BadParameter("a moment with its offset, such as 2026-12-31T23:00:00+01:00", param_hint="--at")


def _steps(programme: Programme, folder: Path, prune: bool) -> list[PlannedFile]:
    files = yaml_files.read_folder(folder)
    for path in yaml_files.passed_over(folder):
        click.echo(
            f"{path} is passed over: only files called {' or '.join(yaml_files.SUFFIXES)} are read, of this folder alone.",
            err=True,
        )
    if not files:
        raise click.ClickException(f"There is no campaign's file in {folder}; `guerdon campaign pull` writes some.")
    found = programme.plan([file.document for file in files])
    steps = [PlannedFile(it, file.document, file) for it, file in zip(found, files, strict=True)]
    if prune:
        keys = {file.document.get("key") for file in files}
        gone = [it for it in programme.documents() if it["key"] not in keys and it["lifecycle"] == "live"]
        paused = [{**it, "lifecycle": "paused"} for it in gone]
        steps += [PlannedFile(it, document, None) for it, document in zip(programme.plan(paused), paused, strict=True)]
    return steps


def _show(steps: Sequence[PlannedFile]) -> str:
    """Print the plan, and return its name."""
    for step in steps:
        _show_step(step)
    counts = {
        action: sum(step.plan["action"] == action and step.plan["possible"] for step in steps)
        for action in ("create", "change", "none")
    }
    impossible = sum(not step.plan["possible"] for step in steps)
    name = _name(steps)
    said = f"{counts['create']} to create, {counts['change']} to change, {counts['none']} unchanged"
    click.echo(f"Plan {name}: {said}{f', {impossible} impossible' if impossible else ''}.")
    return name


def _show_step(step: PlannedFile) -> None:
    planned = step.plan
    key = plain(planned["key"] or (step.file.path.name if step.file else ""))
    for problem in (*planned["problems"], *planned["refused"]):
        where = step.file.where(problem["path"]) if step.file else key
        click.secho(plain(f"x {where}: {problem['path'] or '/'}: {problem['message']}"), fg="red")
    if not planned["possible"] or planned["action"] == "none":
        return
    if step.file is None:
        click.secho(f"- {key}: has no file here, and is paused", fg="magenta")
        return
    sign, colour = {"create": ("+", "green"), "change": ("~", "yellow")}[planned["action"]]
    for difference in planned["differences"]:
        click.secho(plain(f"{sign} {key}: {difference['text']}").replace("\n", "\\n"), fg=colour)
    for warning in planned["warnings"]:
        click.echo(plain(f"    ! {warning['message']}").replace("\n", "\\n"))


def _name(steps: Sequence[PlannedFile]) -> str:
    """Two plans that would do the same to the same have one name."""
    todo = [
        [step.plan["key"], step.plan["id"], step.plan["action"], step.plan["revision"], step.document]
        for step in sorted(steps, key=lambda step: str(step.plan["key"]))
        if step.is_change
    ]
    return hashlib.sha256(json.dumps(todo, sort_keys=True).encode()).hexdigest()[:8]
