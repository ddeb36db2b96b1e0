"""Campaigns as files: pulled, planned, applied, asked; against a database and against a server."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from werkzeug.serving import make_server

from app import clock, demo
from app.campaign.document import files as yaml_files
from app.campaign.document import shape
from app.campaign.document.files import BadFile
from app.campaign.document.short import short
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import campaigns
from app.cli.programme import ServerProgramme
from app.db.engine import Database
from app.members import levels
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from app.segments import segments
from app.settings import Settings
from tests.admin.test_documents import COFFEE, WHEEL
from tests.campaign.document import drafts
from tests.campaign.document.test_documents import PLAYED, created
from tests.client import Client
from tests.world import World

pytestmark = pytest.mark.slow

Guerdon = Callable[..., Result]


@pytest.fixture
def url(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on loopback, and Ada's token in the environment."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv(
        "GUERDON_TOKEN", Client(app).as_login(world.ada).headers["Authorization"].removeprefix("Bearer ")
    )
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["database", "server"])
def where(request: pytest.FixtureRequest) -> list[str]:
    """The options that say where the campaigns are."""
    return [] if request.param == "database" else ["--url", request.getfixturevalue("url")]


def write(folder: Path, *documents: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for document in documents:
        (folder / f"{document['key']}.yaml").write_text(yaml_files.written(document))
    return folder


def test_files_are_planned_applied_and_then_there_is_nothing_to_do(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    folder = write(tmp_path / "campaigns", COFFEE, WHEEL)
    planned = guerdon("campaign", "plan", str(folder), *where)
    assert (planned.exit_code, planned.output.splitlines()) == (
        3,
        [
            "+ free-coffee: new: Free coffee",
            "    ! Its pool holds no codes yet: import some before it goes live.",
            "+ wheel: new: Lucky wheel",
            planned.output.splitlines()[-1],
        ],
    )
    assert re.fullmatch(r"Plan [0-9a-f]{8}: 2 to create, 0 to change, 0 unchanged\.", planned.output.splitlines()[-1])
    applied = guerdon("campaign", "apply", str(folder), "--yes", *where)
    assert (applied.exit_code, applied.output.splitlines()[-1]) == (0, "2 applied.")
    again = guerdon("campaign", "plan", str(folder), *where)
    assert (again.exit_code, again.output) == (0, f"Plan {_named(again)}: 0 to create, 0 to change, 2 unchanged.\n")
    assert guerdon("campaign", "apply", str(folder), *where).exit_code == 0


def _named(planned: Result) -> str:
    return re.search(r"Plan ([0-9a-f]{8}):", planned.output)[1]  # type: ignore[index]


def test_what_was_pulled_says_the_same_and_keeps_its_comments(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    world.a_campaign(name="Free coffee")
    folder = tmp_path / "campaigns"
    pulled = guerdon("campaign", "pull", str(folder), *where)
    assert pulled.exit_code == 0, pulled.output
    path = folder / "free-coffee.yaml"
    assert path.read_text().splitlines()[:5] == [
        "version: 1",
        "key: free-coffee",
        "name: Free coffee",
        "kind: interaction",
        "lifecycle: live",
    ]
    path.write_text("# the manager's favourite\n" + path.read_text())
    assert guerdon("campaign", "plan", str(folder), *where).exit_code == 0
    assert "0 files written, 1 said the same" in guerdon("campaign", "pull", str(folder), *where).output
    path.write_text(path.read_text().replace("price: '10.00'", "price: 12"))
    assert "~ free-coffee: price in points: 10 → 12" in guerdon("campaign", "plan", str(folder), *where).output


def test_apply_does_what_was_planned_or_nothing(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    folder = write(tmp_path / "campaigns", COFFEE)
    first = _named(guerdon("campaign", "plan", str(folder), *where))
    assert guerdon("campaign", "apply", str(folder), "--plan", "00000000", *where).exit_code == 1
    assert guerdon("campaign", "apply", str(folder), "--plan", first, *where).exit_code == 0
    write(folder, {**COFFEE, "price": "12"})
    second = _named(guerdon("campaign", "plan", str(folder), *where))
    guerdon("campaign", "pause", "1")
    moved = guerdon("campaign", "apply", str(folder), "--plan", second, *where)
    assert (moved.exit_code, "the world moved" in moved.output) == (1, True)


def test_who_is_overtaken_between_plan_and_apply_stops_there(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "campaigns", COFFEE, WHEEL)
    assert guerdon("campaign", "apply", str(folder), "--yes", *where).exit_code == 0
    write(folder, {**COFFEE, "price": "12"}, {**WHEEL, "name": "Wheel of fortune"})

    def confirm(*a: Any, **kw: Any) -> bool:
        with world.database.transaction() as session:
            wheel = session.scalars(select(Campaign.uuid).where(Campaign.key == "wheel")).one()
            campaigns.switch(session, wheel, False, EVERY_CHAIN, world.now)
        return True

    monkeypatch.setattr("click.confirm", confirm)
    stopped = guerdon("campaign", "apply", str(folder), *where)
    assert stopped.exit_code == 1
    assert "somebody changed wheel; it is at revision 2 by now" in stopped.output
    assert "1 of 2 were applied before that." in stopped.output


def test_what_has_no_file_is_left_alone_or_paused_and_never_deleted(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    folder = write(tmp_path / "campaigns", COFFEE, WHEEL)
    guerdon("campaign", "apply", str(folder), "--yes", *where)
    (folder / "wheel.yaml").unlink()
    assert guerdon("campaign", "plan", str(folder), *where).exit_code == 0
    planned = guerdon("campaign", "plan", str(folder), "--prune", *where)
    assert (planned.exit_code, "- wheel: has no file here, and is paused" in planned.output) == (3, True)
    assert guerdon("campaign", "apply", str(folder), "--prune", "--yes", *where).exit_code == 0
    guerdon("campaign", "pull", str(folder), *where)
    assert yaml_files.read(folder / "wheel.yaml").document["lifecycle"] == "paused"


def test_a_pull_names_the_files_whose_campaign_is_not_there(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    world.a_campaign(name="Free coffee")
    folder = write(tmp_path / "campaigns", WHEEL)
    pulled = guerdon("campaign", "pull", str(folder), *where)
    assert (pulled.exit_code, {path.name for path in folder.iterdir()}) == (0, {"free-coffee.yaml", "wheel.yaml"})
    named = [line for line in pulled.output.splitlines() if "no campaign has its key" in line]
    assert [line.partition(":")[0] for line in named] == [str(folder / "wheel.yaml")]


def test_what_is_wrong_names_the_file_the_line_and_the_column(
    guerdon: Guerdon, where: list[str], tmp_path: Path, world: World
) -> None:
    folder = write(tmp_path / "campaigns", WHEEL)
    bad = folder / "bad.yaml"
    bad.write_text(
        "key: bad\nname: Bad\naudience:\n  levels: [silver, platinum]\nlimits:\n  overall: many\nsale: null\n"
    )
    planned = guerdon("campaign", "plan", str(folder), *where)
    assert planned.exit_code == 1
    assert f"x {bad}:6:3: /limits/overall: This must be a whole number." in planned.output
    assert f"x {bad}:4:20: /audience/levels/1: There is no level called platinum." in planned.output
    applied = guerdon("campaign", "apply", str(folder), "--yes", *where)
    assert (applied.exit_code, "Nothing was applied" in applied.output) == (1, True)
    assert "1 to create" in planned.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key: &a x\nname: *a\n", "1:6: anchors and aliases"),
        ("key: !!python/name:os.system x\n", "1:6: tags are not read"),
        ("key: x\nkey: y\n", "2:1: key stands twice"),
        ("key: [1,\n", "2:1: "),
        ("- 1\n", "1:1: a document is a mapping"),
        (f"key: {'[' * 40}{']' * 40}\n", "nested too deeply"),
        ("key: x\n---\nkey: y\n", "2:1: "),
        ("key: 0x10\n", "1:6: 0x10 is no decimal number"),
        ("key: a\0b\n", "NUL"),
        (f"key: {'x' * 1_000_001}\n", "at most 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_plain_document_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(BadFile, match=re.escape(said)):
        yaml_files.read(path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes("key: caf\xe9".encode("latin-1"))
    with pytest.raises(BadFile, match="UTF-8"):
        yaml_files.read(tmp_path / "x.yaml")


def test_a_short_document_reads_as_the_whole(tmp_path: Path) -> None:
    @PLAYED
    @given(drafts.documents())
    def play(document: dict[str, Any]) -> None:
        path = tmp_path / "x.yaml"
        path.write_text(yaml_files.written(short(document)))
        read = yaml_files.read(path).document
        assert shape.printed(shape.read(read).spec, {}, None, "UTC") | {"audience": document["audience"]} == document

    play()


def test_a_draft_is_asked(guerdon: Guerdon, where: list[str], tmp_path: Path, world: World) -> None:
    folder = write(tmp_path / "campaigns", {**WHEEL, "price": "2000"})
    asked = ["campaign", "ask", str(folder / "wheel.yaml"), "--customer", str(world.cleo.uuid), *where]
    answer = guerdon(*asked, "--at", "2026-12-24T18:00:00+01:00")
    assert answer.exit_code == 0, answer.output
    assert answer.output.splitlines() == [
        "Shown at 2026-12-24T17:00:00+00:00.",
        "May not have it:",
        "  It costs 2000.00 points, and the customer has 1000.00.",
        "  - The customer does not have enough points. (1000 are missing)",
        "  + 100 points (points, 10.00%)",
        "  + Better luck next time (nothing, 90.00%)",
    ]
    assert guerdon(*asked, "--at", "tomorrow").exit_code == 2


def test_a_plan_of_many_files_costs_few_requests_and_few_statements(
    app: Flask, guerdon: Guerdon, url: str, tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.programme.PLANNED_MAX", 50)
    many = [{**COFFEE, "key": f"coffee-{i}", "name": f"Coffee {i}"} for i in range(90)]
    with world.database.transaction() as session:
        for document in many:
            created(session, world, document)
    programme = ServerProgramme(url)
    statements: list[str] = []
    engine = app.extensions["guerdon_database"].engine
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert {it["action"] for it in programme.plan(many)} == {"none"}
    assert (programme.requests_count, len(statements) < 50) == (2, True), len(statements)
    folder = write(tmp_path / "campaigns", *many)
    assert guerdon("campaign", "plan", str(folder)).exit_code == 0


def test_without_a_token_or_a_server_it_says_what_to_do(
    guerdon: Guerdon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, COFFEE)
    monkeypatch.delenv("GUERDON_TOKEN", raising=False)
    assert "Set GUERDON_TOKEN" in guerdon("campaign", "plan", str(tmp_path), "--url", "http://127.0.0.1:9").output
    monkeypatch.setenv("GUERDON_TOKEN", "x")
    assert "does not answer" in guerdon("campaign", "plan", str(tmp_path), "--url", "http://127.0.0.1:9").output


@pytest.mark.parametrize(("folder", "chain"), [("acme", "1"), ("flock", "2"), ("aviary", "3")])
def test_the_demo_worlds_campaigns_are_files_with_nothing_to_do(
    guerdon: Guerdon, database_url: str, folder: str, chain: str
) -> None:
    database = Database(database_url)
    with database.transaction() as session:
        demo.load(session, clock.now(), Settings().zone)
        campaigns_count = session.scalar(select(func.count()).where(Campaign.chain_id == int(chain)))
    database.engine.dispose()
    planned = guerdon("campaign", "plan", str(demo.CAMPAIGNS / folder), "--chain", chain, "--prune")
    assert planned.output == f"Plan {_named(planned)}: 0 to create, 0 to change, {campaigns_count} unchanged.\n"
    assert planned.exit_code == 0


def test_files_move_to_an_installation_that_has_other_ids(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    with world.database.transaction() as session:
        chain = chains.create(session, ChainDetails("Acme", time_zone="Europe/Warsaw"), world.now).id
        for name in ("level1", "level0", "level2"):
            levels.create(session, chain, levels.LevelDetails(name, 0, active=True), world.now)
        segments.create(session, chain, segments.SegmentDetails("anniversary", True, []), world.now)
    folder = str(demo.CAMPAIGNS / "acme")
    assert guerdon("campaign", "apply", folder, "--chain", str(chain), "--yes").exit_code == 0
    assert guerdon("campaign", "plan", folder, "--chain", str(chain)).exit_code == 0
    world.require_invariants()


def test_any_text_is_written_so_that_it_is_read_as_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"

    @PLAYED
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
    @example("a\r\nb")
    @example("a\rb\nc")
    @example("a\nb\x85c\u2028d")
    @example("\x7f\x9f\ufffe\x0b\x0c\x1b\n")
    @example("  indented\n more\n\n")
    @example("- a: b # no\n'\"|>%@`")
    @example("yes")
    @example("010")
    @example("2026-01-01")
    def play(text: str) -> None:
        path.write_text(yaml_files.written({"key": text, "list": [text, {text or "x": text}]}), encoding="utf-8")
        assert yaml_files.read(path).document == {"key": text, "list": [text, {text or "x": text}]}

    play()


def test_codes_are_imported_by_a_campaigns_key(guerdon: Guerdon, world: World, tmp_path: Path) -> None:
    world.a_campaign(name="Free coffee", codes=["A"])
    (tmp_path / "codes.txt").write_text("B\nC\n")
    assert "2 codes added" in guerdon("coupons", "import", "free-coffee", str(tmp_path / "codes.txt")).output
    missing = guerdon("coupons", "import", "free-tea", str(tmp_path / "codes.txt"))
    assert (missing.exit_code, missing.output) == (1, "Error: There is no campaign with the key free-tea.\n")
