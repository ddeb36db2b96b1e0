"""Migrations, the demo world, the invariants and the command line."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner, Result
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from app import clock, demo, serving
from app.campaign import invariants
from app.campaign.awards.give import SYSTEM
from app.campaign.models.awards import Award
from app.campaign.models.coupons import Coupon
from app.campaign.triggers import sales
from app.cli import main
from app.db import installation
from app.db.engine import Database
from app.db.types import OfChain
from app.migrations import tables
from app.points import ledger
from app.sales.recording import SaleDetails
from app.settings import BadSettings, Settings, from_environment
from app.web.callers import KeyRing, rotate_keys
from tests.postgres import direct
from tests.world import PASSWORD, World


@pytest.mark.slow
def test_an_empty_database_upgraded_equals_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": database.is_postgresql})
        assert compare_metadata(context, tables.metadata) == []


def test_sqlite_tables_are_strict(sqlite_url: str) -> None:
    with Database(sqlite_url).reading() as session:
        tables = session.execute(text("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")).all()
    assert {name for name, strict in tables if not strict} <= {"alembic_version", "sqlite_schema", "sqlite_temp_schema"}


BROKEN = {
    "I1": ["UPDATE account SET balance = balance + 1"],
    "I2": ["UPDATE ledger_entry SET balance_after = balance_after + 1"],
    "I3": ["UPDATE stock SET given = given - 1, customers_count = 0"],
    "I3b": ["UPDATE stock SET allowed = allowed + 1"],
    "I4": ["UPDATE coupon SET award_id = NULL"],
    "I6": ["UPDATE award SET cost = cost + 1"],
    "I7": ["UPDATE usage SET received = received + 1"],
    "I10": ["UPDATE stored_answer SET status = NULL"],
    "C1": [f'UPDATE "{table}" SET chain_id = chain_id + 1' for table in invariants.OWNERS],
    "L1": ["""UPDATE points_lot SET amount = amount - 1, "left" = "left" - 1 WHERE "left" > 0"""],
    "L2": ["UPDATE points_lot SET amount = amount + 1"],
    "L3": ["DELETE FROM lot_use"],
    "L4": ["UPDATE account SET due_at = NULL"],
    "L5": ["UPDATE ledger_entry SET counterpart_id = NULL"],
    "S1": ["UPDATE sale SET earned = earned + 1"],
    "H1": ["UPDATE headcount SET customers_count = customers_count + 1"],
}


def test_of_every_row_of_a_chain_it_is_known_whose_chain_that_must_be() -> None:
    of_chain = {model.__tablename__ for model in OfChain.__subclasses__()}
    assert invariants.OWNERS.keys() == of_chain
    # Who signs in is found before the chain is known.
    grows_with_customers = {table.name for table in tables.metadata.sorted_tables if "customer_id" in table.columns} - {
        "login"
    }
    assert grows_with_customers <= of_chain


@pytest.mark.parametrize("name", list(BROKEN))
def test_every_invariant_notices_its_breach(world: World, name: str) -> None:
    world.buy(world.a_campaign())
    friend = world.a_customer("Friend")
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 100, world.now, days_active=9)
        ledger.pass_on(session, world.cleo.id, friend.id, 150, world.now)
        sales.record(session, world.chain_id, SaleDetails("R", world.now, 100), world.now, SYSTEM)
    world.work("points-lots", world.now)
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 100, world.now, days_active=9)
        session.execute(
            text(
                "INSERT INTO stored_answer (principal, key_sha256, fingerprint, status, created_at)"
                " VALUES ('p', 'k', 'f', 200, '2020-01-01 00:00:00')"
            )
        )
    world.require_invariants()
    with world.database.transaction() as session:
        for statement in BROKEN[name]:
            session.execute(text(statement))
    with world.database.reading() as session:
        assert name in [breach.invariant.name for breach in invariants.check(session)]


def test_a_shared_coupon_given_to_one_is_noticed(world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["S"])
    sale = world.buy(campaign)
    with world.database.transaction() as session:
        session.query(Coupon).update({Coupon.award_id: sale.award_id})
    with world.database.reading() as session:
        assert "I5" in [breach.invariant.name for breach in invariants.check(session)]


def test_an_answer_that_names_no_purchase_is_noticed(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO stored_answer (principal, key_sha256, fingerprint, status, effect, created_at)"
                " VALUES ('p', 'k', 'f', 200, '00000000000040008000000000000000', '2020-01-01 00:00:00')"
            )
        )
    with world.database.reading() as session:
        assert [breach.invariant.name for breach in invariants.check(session)] == ["I10"]


@pytest.mark.slow
def test_the_demo_world_loads_into_an_empty_database_only(guerdon: Any, database: Database) -> None:
    installation.empty(database)
    assert guerdon("demo").exit_code == 0
    shown = json.loads(guerdon("demo", "--show").output)
    assert shown["campaigns"]["Discount Code Campaign"] == "3062c881-93f3-496b-9669-4238c0a62be8"
    assert shown["customers"][1]["loyaltyCardNumber"] == "0000"
    again = guerdon("demo")
    assert again.exit_code == 1
    assert "not empty" in again.output
    assert guerdon("demo", "--reset").exit_code == 0
    assert guerdon("check-invariants").output == "All invariants hold.\n"
    with pytest.raises(installation.NotReady, match="demo"):
        installation.require_ready(database, production=True)


def test_a_real_database_is_never_reset(guerdon: Any, world: World) -> None:
    refused = guerdon("demo", "--reset")
    assert refused.exit_code == 1
    assert "not removed" in refused.output
    assert world.balance() == 100_000


def test_production_has_no_demo_world(guerdon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUERDON_ENV", "production")
    assert "development" in guerdon("demo").output
    assert guerdon("serve").exit_code == 1


def test_an_admin_is_created_with_a_strong_password(guerdon: Any, client: Any) -> None:
    weak = guerdon("admin", "create", "root", "--password-stdin", input="weak\n")
    assert weak.exit_code == 1
    assert "at least 8 characters" in weak.output
    made = guerdon("admin", "create", "Root", "--password-stdin", input=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert client.post("/api/admin/login_check", json={"_username": "root", "_password": PASSWORD}).status_code == 200
    assert guerdon("admin", "create", "root", "--password-stdin", input=f"{PASSWORD}\n").exit_code == 1


def test_coupons_are_imported_once(guerdon: Any, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.campaign.setup.coupons.IMPORT_BATCH", 1_000)
    campaign = world.a_campaign(codes=["N1", "back\\slash"], unlimited=True)
    file = tmp_path / "codes.txt"
    file.write_text("".join(f"N{i}\n" for i in range(2_500)) + "\n tab\there \nback\\slash\nzażółć\nN7\n")
    done = guerdon("coupons", "import", str(campaign.uuid), str(file))
    assert done.exit_code == 0, done.output
    assert "2,501 codes added; 3 were there already." in done.output
    assert "2,504 codes read" in done.output
    assert (
        "0 codes added; 2,504 were there already." in guerdon("coupons", "import", str(campaign.uuid), str(file)).output
    )
    with world.database.reading() as session:
        codes = {code for (code,) in session.query(Coupon.code)}
    assert {"tab here", "back\\slash", "zażółć", "N2499"} <= codes
    world.require_invariants()


@pytest.mark.parametrize(
    ("campaign", "content", "said"),
    [
        ("00000000-0000-0000-0000-000000000000", "A\n", "There is no such campaign."),
        ("x", "A\n", "There is no campaign with the key x."),
        (None, "B" * 300 + "\n", "Line 1: a code has at most 255 characters"),
    ],
)
def test_a_wrong_import_says_what_to_mend(
    guerdon: Any, world: World, campaign: str | None, content: str, said: str
) -> None:
    name = campaign or str(world.a_campaign().uuid)
    result = guerdon("coupons", "import", name, "-", input=content)
    assert result.exit_code != 0
    assert said in result.output


@pytest.mark.parametrize(
    ("content", "options", "codes", "said"),
    [
        ("\ufeffA-1\nB-2\n", [], {"A-1", "B-2"}, "2 codes added."),  # a byte order mark
        ("code\nA-1\n\n  B-2\u00a0\n", [], {"A-1", "B-2"}, "Line 3: no code, skipped."),
        ('"A-1"\n"B ""2"""\n', [], {"A-1", 'B "2"'}, "2 codes added."),
        ("Name;Coupon Code\nx;A-1\ny;\nz\n", [], {"A-1"}, "Line 4: no code, skipped."),
        ("Name,Kod\nx,A-1\n", ["--column", "kod"], {"A-1"}, "column 2"),
        ("x\tA-1\ny\tB-2\n", ["--column", "2"], {"A-1", "B-2"}, "2 codes added."),
        ("x,A-1\n", [], set(), "The file has 2 columns: x, A-1. Say where the codes are"),
        ("x,A-1\n", ["--column", "3"], set(), "no column 3"),
        ("x,A-1\n", ["--column", "code"], set(), "no column code; it has: x, A-1"),
        ('"A-1\n', [], set(), "Line 1: unexpected end of data"),
        ("", [], set(), "The file holds no codes"),
        ("code\n \n\u200b\n", [], set(), "The file holds no codes"),
    ],
)
def test_tables_and_their_oddities_are_understood_or_refused(
    guerdon: Any, world: World, content: str, options: list[str], codes: set[str], said: str
) -> None:
    campaign = world.a_campaign(codes=["FIRST"])
    result = guerdon("coupons", "import", str(campaign.uuid), "-", *options, input=content)
    assert said in result.output
    assert (result.exit_code == 0) == bool(codes)
    with world.database.reading() as session:
        assert {code for (code,) in session.query(Coupon.code)} == {"FIRST", *codes}


def test_a_campaign_with_a_shared_code_has_no_pool(guerdon: Any, world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["S"])
    assert "share a single code" in guerdon("coupons", "import", str(campaign.uuid), "-", input="A\n").output
    world.require_invariants()


def test_check_invariants_fails_loudly(guerdon: Any, world: World) -> None:
    with world.database.transaction() as session:
        session.execute(text("UPDATE account SET balance = balance + 1"))
    result = guerdon("check-invariants")
    assert result.exit_code == 1
    assert "I1 does not hold" in result.output


def test_clean_and_rotate_and_help(guerdon: Any, settings: Settings) -> None:
    assert guerdon("clean").output == "0 photos and 0 stored answers removed.\n"
    for _ in range(3):
        assert guerdon("keys", "rotate").exit_code == 0
    assert len(KeyRing(settings.jwt_key_file.read_text()).keys) == 2
    assert settings.jwt_key_file.stat().st_mode & 0o777 == 0o600
    for command in ([], ["coupons", "import"], ["demo"], ["serve"]):
        helped = guerdon(*command, "--help")
        assert helped.exit_code == 0
        assert "Usage:" in helped.output


def test_tokens_of_the_key_before_stay_valid(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "jwt.pem"
    first = rotate_keys(path)
    rotate_keys(path)
    ring = KeyRing(path.read_text())
    assert [key.kid for key in ring.keys][1] == first
    assert ring.public(first)
    with pytest.raises(KeyError):
        ring.public("unknown")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"GUERDON_ENV": "prod"}, "GUERDON_ENV"),
        ({"GUERDON_SELF_REGISTRATION": "yes"}, "GUERDON_SELF_REGISTRATION"),
        ({"GUERDON_TIMEZONE": "Mars/Olympus"}, "GUERDON_TIMEZONE"),
        ({"GUERDON_CORS_ORIGINS": "*"}, "GUERDON_CORS_ORIGINS"),
        ({"GUERDON_DATABASE_URL_FILE": "/nowhere"}, "GUERDON_DATABASE_URL_FILE"),
        ({"GUERDON_JWT_PRIVATE_KEY": "x", "GUERDON_JWT_PRIVATE_KEY_FILE": "y"}, "both set"),
    ],
)
def test_a_bad_setting_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=re.escape(said)):
        from_environment(environ)


def test_customers_who_register_themselves_wait_unless_somebody_only_tries_it() -> None:
    ways = {env: from_environment({"GUERDON_ENV": env}).self_registration for env in ("production", "development")}
    assert ways == {"production": "waiting", "development": "open"}
    assert from_environment({"GUERDON_SELF_REGISTRATION": "off"}).self_registration == "off"


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg://u:p@h/d\n")
    assert from_environment({"GUERDON_DATABASE_URL_FILE": str(secret)}).database_url == "postgresql+psycopg://u:p@h/d"


def test_production_refuses_placeholder_secrets() -> None:
    for url in ("postgresql+psycopg://guerdon:changeme@db/guerdon", "postgresql+psycopg://guerdon:Guerdon@db/guerdon"):
        with pytest.raises(BadSettings, match="placeholder"):
            serving.require_no_placeholders(Settings(database_url=url))
    serving.require_no_placeholders(Settings(database_url="postgresql+psycopg://g:f9d2c1e7a8@db/g"))
    with pytest.raises(BadSettings, match="PEM"):
        KeyRing("changeme-----END PRIVATE KEY-----")


def test_a_database_without_durability_is_refused(postgres_url: str) -> None:
    database = Database(
        direct(make_url(postgres_url)).render_as_string(hide_password=False)
    )  # a pooler's sessions are older
    database.require_durability()
    with database.transaction() as session:
        session.execute(text(f"ALTER DATABASE {database.url.database} SET synchronous_commit = off"))
    database.engine.dispose()
    with pytest.raises(RuntimeError, match="synchronous_commit"):
        database.require_durability()
    database.engine.dispose()


def test_old_tables_are_not_served(database: Database) -> None:
    installation.require_ready(database, production=True)
    with database.transaction() as session:
        session.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(installation.NotReady, match="guerdon migrate"):
        installation.require_ready(database, production=True)


@pytest.mark.waits
def test_several_may_migrate_an_empty_database_at_once(database_url: str, tmp_path: Path) -> None:
    """Three hosts of a new installation start together: one makes the tables, the others wait and find them."""
    database = Database(database_url)
    installation.empty(database)
    environ = {
        **os.environ,
        "GUERDON_ENV": "test",
        "GUERDON_DATABASE_URL": database_url,
        "GUERDON_STORAGE": str(tmp_path),
    }
    command = [sys.executable, "-m", "app.cli", "migrate"]
    started = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(3)
    ]
    assert [(one.communicate(timeout=120)[0], one.returncode) for one in started] == [
        ("The database is up to date.\n", 0)
    ] * 3
    installation.require_ready(database, production=False)
    database.engine.dispose()


@pytest.mark.slow
def test_what_an_empty_database_begins_with_comes_with_its_tables(database_url: str) -> None:
    """Both, or neither: who waits for the tables never sees them without the demo world, nor loads it a second time."""
    database = Database(database_url)
    installation.empty(database)

    def broken(session: Session) -> None:
        raise RuntimeError("full")

    with pytest.raises(RuntimeError, match="full"):
        installation.migrate(database, broken)
    assert installation.is_empty(database)
    assert installation.migrate(database, lambda session: demo.load(session, clock.now(), Settings().zone))
    assert not installation.migrate(database, broken)
    database.engine.dispose()


def test_a_backup_taken_while_it_sells_is_whole(guerdon: Any, world: World, tmp_path: Path) -> None:
    """All that was sold before it began is in it, and it adds up."""
    campaign = world.a_campaign(codes=[f"C{i}" for i in range(300)], unlimited=True, cost=100)
    file, before, going = tmp_path / "backup.sqlite3", 0, threading.Event()

    def sell() -> None:
        for _ in range(150):
            world.buy(campaign)
            going.set()

    if world.database.is_postgresql:
        assert "pg_dump" in guerdon("backup", str(file)).output
        return
    for _ in range(20):
        world.buy(campaign)
        before += 1
    seller = threading.Thread(target=sell)
    seller.start()
    going.wait()
    assert guerdon("backup", str(file)).exit_code == 0
    seller.join()
    copy = Database(f"sqlite:///{file}")
    with copy.reading() as session:
        assert before <= session.query(Award).count() <= before + 150
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
    copy.engine.dispose()
    assert "overwrites nothing" in guerdon("backup", str(file)).output
    assert "cannot be written" in guerdon("backup", str(tmp_path / "nowhere" / "b")).output


def test_it_says_its_version(guerdon: Callable[..., Result]) -> None:
    assert re.fullmatch(r"Guerdon \d+\.\d+\.\d+\n", guerdon("--version").output)


@pytest.mark.parametrize(
    "command", ["backup copy.sqlite3", "worker status", "check-invariants", "clean", "chain list", "prove"]
)
def test_a_command_makes_no_database_where_there_is_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup of nothing, made every night without a word, is found out when it is needed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUERDON_STORAGE", str(tmp_path / "wrong"))
    monkeypatch.delenv("GUERDON_DATABASE_URL", raising=False)
    run = CliRunner().invoke(main, command.split())
    assert run.exit_code == 1
    assert "There is no database" in run.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["worker status", "check-invariants", "clean", "chain list"])
def test_a_command_says_that_the_tables_are_old(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUERDON_DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite3")
    (tmp_path / "empty.sqlite3").touch()
    run = CliRunner().invoke(main, command.split())
    assert run.exit_code == 1
    assert "Run `guerdon migrate`" in run.output
