"""A chain moves to another cell while both run: nothing is lost, nothing is doubled, and all keep their numbers."""

import gzip
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text, update

from app import clock, create_app, demo
from app.access import permissions, staff
from app.access.models import ActivationCode, Login
from app.campaign import invariants, notices
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.lifecycle import VoucherTerms
from app.cells import closing, exporting, importing, numbers, removing
from app.cells.errors import AlreadyHere, BadChainFile, CannotMove, ChainIsClosed, ChainIsOpen
from app.cells.ownership import NOT_MOVED, OWNERS, SHARED, belongs
from app.db.engine import ClosedForNow, Database, NotNow, TryAgain
from app.db.installation import migrate
from app.jobs import schedule
from app.jobs.marks import ExpiryMark
from app.jobs.models import ClockJob
from app.jobs.schedule import Every
from app.media.blobs import FolderStore
from app.members import tags
from app.members.models import Customer
from app.migrations.tables import metadata
from app.organizations import chains as chains_module
from app.organizations.models import Chain
from app.outbox import queue
from app.points import ledger, movements
from app.segments import segments
from app.segments.criteria import Criterion
from app.settings import Settings
from tests.admin.test_photos import picture, upload
from tests.client import Client
from tests.manual_calls import NOW, recorded
from tests.outbox.hooks import Hooks, subscribe
from tests.postgres import administer, direct
from tests.receiver import receiver
from tests.world import World, clock_at, flat_spec, voucher

pytestmark = pytest.mark.slow

CELL = 3


def silent(table: str, rows: int) -> None:
    pass


@pytest.fixture
def there(another_url: str) -> Iterator[Database]:
    """Another cell, on PostgreSQL."""
    database = Database(another_url)
    with database.transaction() as session:
        numbers.choose(session, CELL)
    yield database
    database.engine.dispose()


@pytest.fixture
def photos(tmp_path: Path) -> tuple[FolderStore, FolderStore]:
    return FolderStore(tmp_path / "here"), FolderStore(tmp_path / "there")


def close(database: Database, chain_id: int) -> None:
    with database.transaction() as session:
        closing.close(session, chain_id, clock.now())


def move(
    here: Database, there: Database, chain_id: int, path: Path, photos: tuple[FolderStore, FolderStore]
) -> importing.Imported:
    exporting.export(here, photos[0], chain_id, path, silent)
    return importing.load(there, photos[1], path, clock.now(), silent)


def chains(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(Chain.id).order_by(Chain.id)))


def count(database: Database, name: str, chain_id: int) -> int:
    table = metadata.tables[name]
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(belongs(table, chain_id))) or 0


def require_invariants(database: Database) -> None:
    with database.reading() as session:
        assert [(it.invariant.name, it.rows) for it in invariants.check(session)] == []


def test_of_every_table_it_is_known_whose_its_rows_are() -> None:
    assert OWNERS.keys() | SHARED.keys() | NOT_MOVED == metadata.tables.keys()
    assert not OWNERS.keys() & (SHARED.keys() | NOT_MOVED)


def test_what_moves_names_only_what_moves_with_it() -> None:
    for name in OWNERS:
        for key in metadata.tables[name].foreign_keys:
            assert key.column.table.name in OWNERS.keys() | SHARED.keys(), f"{name}.{key.parent.name}"


@pytest.fixture
def played(app: Flask) -> Database:
    """The demo world, in which every call of the manual was made."""
    database: Database = app.extensions["guerdon_database"]
    with database.transaction() as session:
        demo.load(session, NOW, Settings().zone)
    recorded(app)
    _add_what_the_calls_take_away(app, database)
    return database


def _add_what_the_calls_take_away(app: Flask, database: Database) -> None:
    with database.reading() as session:
        admin = session.scalars(select(Login).where(Login.role == "admin").order_by(Login.id)).first()
        john = session.scalars(select(Customer).where(Customer.uuid == demo.JOHN)).one()
    assert admin is not None
    ada = Client(app).as_login(admin)
    [campaign] = ada.get("/api/campaign?perPage=1").json["campaigns"]
    assert upload(ada, SimpleNamespace(uuid=campaign["campaignId"]), picture()).status_code == 200
    signing_in = {"_username": "user@oloy.com", "_password": demo.CUSTOMER_PASSWORD}
    assert Client(app).post("/api/customer/login_check", json=signing_in).status_code == 200
    points = {"transfer": {"customer": str(john.uuid), "points": 5}}
    with database.reading() as session:
        seller = session.scalars(select(Login).where(Login.role == "seller").order_by(Login.id)).first()
    assert seller is not None
    keyed = {"Idempotency-Key": "k"}
    for who, path in ((ada, "points"), (Client(app).as_login(seller), "pos/points")):
        answer = who.post(f"/api/{path}/transfer/add", json=points, headers=keyed)
        assert answer.status_code == 200
    subscribe(database, "https://shop.example/hook", chain_id=john.chain_id)
    members = [Criterion(segments.CUSTOMER_LIST, {"customers": [str(john.uuid)]})]
    with database.transaction() as session:
        details = segments.SegmentDetails("friends", active=True, parts=[members])
        segments.create(session, john.chain_id, details, clock.now())
        waits = ActivationCode(customer_id=john.id, chain_id=john.chain_id, code="042138", expires_at=clock.now())
        session.add(waits)


def test_whatever_the_calls_have_made_moves_and_leaves_nothing_behind(
    app: Flask, played: Database, there: Database, settings: Settings, tmp_path: Path
) -> None:
    stores = FolderStore(settings.storage / "photos"), FolderStore(tmp_path / "there")
    moved = chains(played)
    assert len(moved) > 1
    rows = {name: sum(count(played, name, id) for id in moved) for name in OWNERS}
    untouched = {name for name, number in rows.items() if number == 0}
    assert untouched <= {
        "draw_odds",
        "delivery",
        "method_usage",
        "segment_part",
        "segment_criterion",
        "spending",
        "points_span",
        "stock_notice",
        "creative_stat",
        "refused",
    }
    for chain_id in moved:
        close(played, chain_id)
        before = {name: count(played, name, chain_id) for name in OWNERS}
        move(played, there, chain_id, tmp_path / f"{chain_id}.gz", stores)
        # The admins of the demo world act for more than one chain, and come with the first of them.
        assert {name: count(there, name, chain_id) for name in OWNERS} == before
        removing.remove(played, chain_id, silent)
        assert {name: count(played, name, chain_id) for name in OWNERS} == dict.fromkeys(OWNERS, 0)
        require_invariants(there)
        require_invariants(played)
    assert chains(there)[: len(moved)] == moved
    with played.reading() as session:
        triggers = (
            "pg_trigger WHERE NOT tgisinternal AND tgname"
            if played.is_postgresql
            else "sqlite_master WHERE type = 'trigger' AND name"
        )
        assert session.scalar(text(f"SELECT count(*) FROM {triggers} LIKE 'closed%'")) == 0


def test_who_comes_later_gets_numbers_of_the_new_cell(
    world: World, there: Database, tmp_path: Path, photos: Any
) -> None:
    world.buy(world.a_campaign(codes=["A", "B"]))
    close(world.database, 1)
    move(world.database, there, 1, tmp_path / "1.gz", photos)
    moved = world.over(there)
    assert moved.a_customer().id > CELL * numbers.SIZE
    assert moved.a_campaign().id > CELL * numbers.SIZE
    with there.reading() as session:
        assert numbers.cell(session) == CELL


def test_buyers_lose_nothing_and_get_nothing_twice(world: World, there: Database, tmp_path: Path, photos: Any) -> None:
    """They buy until they are told that the chain is closed, and go on in the new cell: every code was told once, and is there."""
    codes = [f"C{i:04}" for i in range(3_000)]
    campaign = world.a_campaign(codes=codes, limit=len(codes), limit_per_customer=len(codes), cost=100)
    customers = [world.a_customer(points=1_000_000, level=world.silver) for _ in range(4)]
    told: list[str] = []
    went_over, is_there = threading.Barrier(len(customers) + 1), threading.Event()
    stop = threading.Event()

    def buy(customer: Any) -> None:
        with suppress(ClosedForNow):
            while True:
                buy_one(world, customer)
        went_over.wait(60)
        is_there.wait(60)
        moved = world.over(there)
        while not stop.is_set():
            buy_one(moved, customer)

    def buy_one(world: World, customer: Any) -> None:
        try:
            told.append(world.buy(campaign, customer).code)
        except NotNow:
            raise
        except TryAgain:  # on SQLite, who waited five seconds for the others bought nothing
            pass

    threads = [threading.Thread(target=buy, args=(it,), daemon=True) for it in customers]
    for thread in threads:
        thread.start()
    wait_for(told, 50)
    for i in range(20):
        try:
            close(world.database, 1)
            break
        except TryAgain:
            assert i < 19
    went_over.wait(60)
    sold_here = len(told)
    move(world.database, there, 1, tmp_path / "1.gz", photos)
    is_there.set()
    wait_for(told, sold_here + 50)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert len(told) == len(set(told))
    with there.reading() as session:
        assert set(session.scalars(select(Voucher.code))) == set(told)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Voucher)) == sold_here
    require_invariants(there)


def wait_for(told: list[str], number: int) -> None:
    until = clock.now() + timedelta(seconds=60)
    while len(told) < number:
        assert clock.now() < until


def test_while_it_is_closed_the_database_refuses_every_change_of_it_and_none_of_others(played: Database) -> None:
    first, other = chains(played)[:2]
    close(played, first)
    with pytest.raises(ChainIsClosed):
        close(played, first)
    tried = 0
    for name in sorted(OWNERS.keys() - closing.STAYS_OPEN):
        table = metadata.tables[name]
        columns = closing.CLOSED_COLUMNS.get(name)
        column = table.c[columns[0]] if columns else list(table.columns)[-1]
        for chain_id in (first, other):
            if not count(played, name, chain_id):
                continue
            if name in closing.CLOSED_EVENTS:
                continue
            change = table.update().where(belongs(table, chain_id)).values({column: column})
            for statement in (change, table.delete().where(belongs(table, chain_id))):
                if chain_id == first:
                    with pytest.raises(ClosedForNow), played.transaction() as session:
                        session.execute(statement)
                    tried += 1
                elif statement is change:
                    with played.transaction() as session:
                        session.execute(statement)
    assert tried > 50


def test_a_closed_chain_is_read_and_a_change_is_answered_503(ada: Client, cleo: Client, world: World) -> None:
    campaign = world.a_campaign()
    close(world.database, 1)
    assert ada.get(f"/api/campaign/{campaign.uuid}").status_code == 200
    assert cleo.get("/api/customer/campaign/available").status_code == 200
    for answer in (
        cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={}),
        ada.post(f"/api/campaign/{campaign.uuid}/inactive"),
        ada.post("/api/points/transfer/add", json={"transfer": {"customer": str(world.cleo.uuid), "points": 5}}),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "moving" in str(answer.json)
    with world.database.transaction() as session:
        closing.reopen(session, 1, clock.now())
    assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={}).status_code == 200
    require_invariants(world.database)


def test_nothing_more_is_to_be_told_of_a_closed_chain_and_what_was_is_settled(ada: Client, world: World) -> None:
    """A message that came behind the export would be lost; one that is on its way when the chain is closed is noted."""
    with receiver() as hook:
        it, hooks = subscribe(world.database, hook.url), Hooks(world.database)
        world.buy(world.a_campaign())
        leased = hooks.lease(it)
        close(world.database, 1)
        assert ada.post(f"/api/admin/webhooks/{it.uuid}/test").status_code == 503
        with world.database.transaction() as session:
            queue.settle(
                session, [queue.Sent(one, {}, queue.Outcome(True, clock.now(), 1, 200)) for one in leased], clock.now()
            )
        assert hooks.lease(it) == []
    assert count(world.database, "delivery", 1) == len(leased) > 0


def test_a_request_repeated_in_the_new_cell_is_answered_again(
    app: Flask, world: World, there: Database, another_url: str, settings: Settings, tmp_path: Path, photos: Any
) -> None:
    """Whoever did not hear the answer in the old one, and asks again in the new: a customer, a seller, an admin."""
    campaign = world.a_campaign(limit_per_customer=5)

    def buy(app: Flask) -> list[Any]:
        bought = []
        for login, path in (
            (world.cleo_login, f"/api/customer/campaign/{campaign.uuid}/buy"),
            (world.sol, f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"),
            (world.ada, f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"),
        ):
            client = Client(app).as_login(login, world.cleo.uuid if login is world.cleo_login else None)
            bought.append(client.post(path, headers={"Idempotency-Key": "once"}, json={}))
        return bought

    first = buy(app)
    close(world.database, 1)
    move(world.database, there, 1, tmp_path / "1.gz", photos)
    elsewhere = create_app(replace(settings, database_url=another_url))
    again = buy(elsewhere)
    assert [(it.status_code, it.json) for it in again] == [(200, it.json) for it in first]
    assert [it.headers["Idempotency-Replayed"] for it in again] == ["true"] * 3
    elsewhere.extensions["guerdon_database"].engine.dispose()


def test_what_waits_to_be_sent_is_sent_by_the_new_cell(
    world: World, there: Database, tmp_path: Path, photos: Any
) -> None:
    with receiver() as hook:
        subscribe(world.database, hook.url, ["purchase.made", "voucher.expired"])
        campaign = world.a_campaign(codes=["A"])
        world.buy(campaign)
        close(world.database, 1)
        Hooks(world.database).send()
        assert hook.requests == [], "the old one sends nothing any more"
        with world.database.reading() as session:
            ids = [f"msg_{uuid.hex}" for uuid in session.scalars(select(metadata.tables["outbox"].c.uuid))]
        move(world.database, there, 1, tmp_path / "1.gz", photos)
        Hooks(there).send()
        assert [it.id for it in hook.requests] == ids


def test_it_is_all_or_nothing(world: World, there: Database, tmp_path: Path, photos: Any) -> None:
    path = tmp_path / "1.gz"
    with pytest.raises(ChainIsOpen):
        exporting.export(world.database, photos[0], 1, path, silent)
    close(world.database, 1)
    exporting.export(world.database, photos[0], 1, path, silent)
    with pytest.raises(FileExistsError):
        exporting.export(world.database, photos[0], 1, path, silent)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)

    def load(changed: list[str] | bytes) -> importing.Imported:
        bad = tmp_path / "bad.gz"
        bad.write_bytes(changed if isinstance(changed, bytes) else gzip.compress("".join(changed).encode()))
        return importing.load(there, photos[1], bad, clock.now(), silent)

    profile = next(i for i, line in enumerate(lines) if "cleo@" in line.lower())
    for changed, said in (
        (lines[:-1], "cut off"),
        (lines[: len(lines) // 2], "cut off"),
        (path.read_bytes()[:-200], "cut off or damaged"),
        (b"not a file of ours", "cut off or damaged"),
        ([lines[0].replace('"guerdon": 1', '"guerdon": 2'), *lines[1:]], "no chain"),
        ([lines[0].replace('"tables": "', '"tables": "9'), *lines[1:]], "bring both cells to one version"),
        ([*lines[:profile], lines[profile].lower().replace("cleo@", "clea@"), *lines[profile + 1 :]], "damaged"),
    ):
        with pytest.raises(BadChainFile, match=said):
            load(changed)
        assert 1 not in chains(there)
    load(lines)
    assert 1 in chains(there)
    with pytest.raises(AlreadyHere, match=r"A chain with the id 1 is here already.*this is cell 3"):
        load(lines)
    require_invariants(there)


def test_what_is_somebody_elses_here_is_named_without_its_value(
    world: World, there: Database, tmp_path: Path, photos: Any
) -> None:
    other = World(there)
    assert other.cleo.id > CELL * numbers.SIZE
    close(world.database, 1)
    with pytest.raises(AlreadyHere, match="is somebody else's here: pos, identifier") as raised:
        move(world.database, there, 1, tmp_path / "1.gz", photos)
    assert "@" not in str(raised.value)
    assert 1 not in chains(there)


def test_two_installations_that_count_alike_are_told_so(
    world: World, another_url: str, tmp_path: Path, photos: Any
) -> None:
    alike = Database(another_url)
    World(alike)
    close(world.database, 1)
    with pytest.raises(AlreadyHere, match="both cells count from the same numbers"):
        move(world.database, alike, 1, tmp_path / "1.gz", photos)
    alike.engine.dispose()


def test_sqlite_takes_no_chain_in_and_is_no_cell(world: World, tmp_path: Path, photos: Any) -> None:
    close(world.database, 1)
    other = Database(f"sqlite:///{tmp_path}/other.sqlite3")
    migrate(other)
    with pytest.raises(CannotMove, match="only PostgreSQL takes in chains"):
        move(world.database, other, 1, tmp_path / "1.gz", photos)
    with pytest.raises(CannotMove, match="only PostgreSQL"), other.transaction() as session:
        numbers.choose(session, 2)
    other.engine.dispose()


def test_the_commands_say_what_happens(
    world: World, guerdon: Callable[..., Result], there: Database, another_url: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "chain.gz")
    assert "`guerdon chain close` closes it" in guerdon("chain", "export", "1", path).stderr
    assert guerdon("chain", "close", "1").exit_code == 0
    exported = guerdon("chain", "export", "1", path)
    assert exported.exit_code == 0, exported.output
    assert "customer" in exported.stderr
    assert "exists already" in guerdon("chain", "export", "1", path).stderr
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("GUERDON_DATABASE_URL", another_url)
        loaded = guerdon("chain", "import", path)
    assert loaded.exit_code == 0, loaded.output
    assert "is here and open" in loaded.stdout
    assert "Say into which FILE" in guerdon("chain", "remove", "1", "--yes").stderr
    assert guerdon("chain", "open", "1").exit_code == 0
    assert guerdon("chain", "close", "1").exit_code == 0
    assert "is not of this closing" in guerdon("chain", "remove", "1", path, "--yes").stderr
    again = str(tmp_path / "again.gz")
    assert guerdon("chain", "export", "1", again).exit_code == 0
    assert Path(again).stat().st_mode & 0o777 == 0o600
    assert "CLOSED since" in guerdon("chain", "list").stdout
    assert "Chain 1 is closed while it moves" in guerdon("migrate").stderr
    removed = guerdon("chain", "remove", "1", again, "--yes")
    assert removed.exit_code == 0, removed.output
    assert chains(world.database) == []
    assert "This is cell 0." in guerdon("cell").stdout


def test_points_by_day_are_right_after_a_move(world: World, there: Database, tmp_path: Path, photos: Any) -> None:
    """Ids are in the order of time only within the cell that gave them."""
    other = World(there)
    moments = [clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)]
    with world.database.reading() as session:
        [before] = movements.between(session, 1, moments)
    assert before.given == 100_000
    close(world.database, 1)
    with world.database.transaction() as session:
        closing.pass_through(session, 1)
        session.execute(text("UPDATE pos SET identifier = 'elsewhere'"))
        session.execute(text("UPDATE login SET email = 'sol@elsewhere.example' WHERE role = 'seller'"))
        session.execute(text("UPDATE chain SET name = 'Elsewhere'"))
    move(world.database, there, 1, tmp_path / "1.gz", photos)
    moved = world.over(there)
    with there.transaction() as session:
        ledger.add(session, moved.cleo.id, 500, clock.now())
        ledger.add(session, other.cleo.id, 700, clock.now())
    with there.reading() as session:
        assert [it.given for it in movements.between(session, 1, moments)] == [100_500]
        assert [it.given for it in movements.between(session, other.chain_id, moments)] == [100_700]


def test_a_database_of_another_language_sorts_otherwise_and_holds_the_same(
    world: World, postgres: Any, tmp_path: Path, photos: Any
) -> None:
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    languages = [it for it in known if it.lower().endswith("utf8") and not it.startswith("C.")]
    if not languages:
        pytest.skip("This machine knows no language.")
    name = "guerdon_test_of_a_language"
    made = f"CREATE DATABASE {name} TEMPLATE template0 LOCALE '{languages[0]}'"
    administer(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", made)
    database = Database(direct(postgres).set(database=name).render_as_string(hide_password=False))
    migrate(database)
    with database.transaction() as session:
        numbers.choose(session, CELL)
        assert session.scalar(text("SELECT 'VIP' < 'gold'")) is False, "this language sorts otherwise than bytes do"
    with world.database.transaction() as session:
        tags.put(session, world.cleo.id, ["VIP", "gold", "Ab"], clock.now())
    close(world.database, 1)
    move(world.database, database, 1, tmp_path / "1.gz", photos)
    assert count(database, "customer_tag", 1) == 3
    database.engine.dispose()


def test_what_expires_meanwhile_is_told_once(world: World, there: Database, tmp_path: Path, photos: Any) -> None:
    now = clock.now()
    with receiver() as hook:
        subscribe(world.database, hook.url, ["voucher.expired"])
        campaign = world.a_reward_campaign(voucher(1))
        with world.database.transaction() as session:
            schedule.enter(session, {notices.WORK["voucher.expired"]: Every(timedelta(minutes=1))}, now)
            for minutes in (-10, 5, 15, 25):  # before the mark; before, while and after it is closed
                terms = VoucherTerms("basket", amount=100, expires_at=now + timedelta(minutes=minutes))
                lifecycle.issue(session, 1, campaign.id, world.cleo.id, terms, now - timedelta(days=1))
            session.execute(update(ClockJob).values(mark=str(ExpiryMark(now, 0))))

        def work(database: Database, minutes: int) -> None:
            with clock_at(now + timedelta(minutes=minutes)), database.transaction() as session:
                until = clock.now() - notices.SETTLES
                job = session.scalars(select(ClockJob).where(ClockJob.name == notices.WORK["voucher.expired"])).one()
                mark, _ = notices.tell_of_vouchers(
                    session, "voucher.expired", ExpiryMark.read(job.mark or ""), until, clock.now()
                )
                job.mark = str(mark)

        with clock_at(now + timedelta(minutes=10)):
            close(world.database, 1)  # the worker has not told of the second yet
        work(world.database, 20)
        with there.transaction() as session:
            schedule.enter(session, {notices.WORK["voucher.expired"]: Every(timedelta(minutes=1))}, now)
            session.execute(update(ClockJob).values(mark=str(ExpiryMark(now + timedelta(minutes=19), 0))))
        with clock_at(now + timedelta(minutes=20)):
            move(world.database, there, 1, tmp_path / "1.gz", photos)
        work(there, 30)
        with clock_at(now + timedelta(minutes=31)):
            Hooks(there).send()
        assert len(hook.requests) == 3
        assert len({it.id for it in hook.requests}) == 3
    with clock_at(now + timedelta(minutes=32)), world.database.transaction() as session:
        closing.reopen(session, 1, clock.now())
    with world.database.reading() as session:
        told = session.scalars(
            select(metadata.tables["outbox"].c.uuid).where(metadata.tables["outbox"].c.kind == "voucher.expired")
        ).all()
    assert {f"msg_{uuid.hex}" for uuid in told} < {it.id for it in hook.requests}, (
        "whoever tells of it again is known by the id"
    )


def test_a_chain_comes_into_a_cell_that_counts_from_as_much_or_more(
    world: World, there: Database, tmp_path: Path, photos: Any
) -> None:
    close(world.database, 1)
    move(world.database, there, 1, tmp_path / "1.gz", photos)
    close(there, 1)
    exporting.export(there, photos[1], 1, tmp_path / "back.gz", silent)
    removing.remove(there, 1, silent)
    with there.transaction() as session:
        session.execute(text("UPDATE installation SET value = '2' WHERE name = 'cell'"))
    with pytest.raises(CannotMove, match=r"comes from cell 3, and this is cell 2.*`guerdon cell 4`"):
        importing.load(there, photos[1], tmp_path / "back.gz", clock.now(), silent)
    with there.transaction() as session:
        numbers.choose(session, 4)
    importing.load(there, photos[1], tmp_path / "back.gz", clock.now(), silent)
    assert World.over(world, there).a_customer().id > 4 * numbers.SIZE


def test_others_go_on_while_a_chain_comes_and_goes(world: World, there: Database, tmp_path: Path, photos: Any) -> None:
    """In the new cell whoever needs the same audience, in the old whoever buys in another chain: nobody waits for the move."""
    world.a_campaign(for_everyone=True, levels=[])
    with world.database.transaction() as session:
        session.execute(text("UPDATE chain SET name = 'Moved'"))
    close(world.database, 1)
    exporting.export(world.database, photos[0], 1, tmp_path / "1.gz", silent)

    def work_there(table: str, rows: int) -> None:
        if table == "campaign":  # not committed yet
            with there.transaction() as session:
                chain = chains_module.first(session)
                spec = flat_spec(
                    name=f"Meanwhile {rows}",
                    coupon_kind="gift_code",
                    cost=1,
                    for_everyone=True,
                    codes=["A"],
                    limit=1,
                    limit_per_customer=1,
                )
                made.append(campaigns.create(session, spec, clock.now(), chain).id)

    made: list[int] = []
    importing.load(there, photos[1], tmp_path / "1.gz", clock.now(), work_there)
    assert made
    if not world.database.is_postgresql:
        return
    elsewhere = world.a_chain("Stays")
    customer = world.a_customer("Stays", chain_id=elsewhere)

    def work_here(table: str, rows: int) -> None:
        with world.database.transaction() as session:
            ledger.add(session, customer.id, 100, clock.now())
        done.append(table)

    done: list[str] = []
    removing.remove(world.database, 1, work_here)
    assert len(done) > 5
    require_invariants(world.database)


def test_an_admin_who_came_closed_comes_again_with_his_own_chain(
    world: World, there: Database, tmp_path: Path, photos: Any
) -> None:
    second = world.a_chain("Second")
    with world.database.transaction() as session:
        guest = staff.add_admin(session, "guest", "hash")
        session.flush()
        permissions.permit(session, "guest", 1, None)
        permissions.permit(session, "guest", second, may_write=True)
        ledger.add(session, world.cleo.id, 100, clock.now(), None, "admin", guest.id)
    for chain_id, is_open in ((1, False), (second, True)):
        close(world.database, chain_id)
        move(world.database, there, chain_id, tmp_path / f"{chain_id}.gz", photos)
        with there.reading() as session:
            login = session.get_one(Login, guest.id)
            assert (login.active, login.deleted, login.password_hash) == (
                is_open,
                not is_open,
                "hash" if is_open else None,
            )
