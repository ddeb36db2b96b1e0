"""Customers are taken over from a table: all of them or none, and whatever is wrong is told with its line."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.models import Login
from app.members import customers
from app.members.models import Customer, Profile
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from app.points import ledger, summary
from tests.cli.test_documents import Guerdon
from tests.world import World

pytestmark = pytest.mark.slow

HEADING = "firstName;last name;E-mail;phone;Loyalty_Card_Number;birthDate;createdAt;level;points;labels;agreement1;city;country"


def write(folder: Path, *lines: str, heading: str = HEADING) -> str:
    path = folder / "customers.csv"
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8-sig")
    return str(path)


def count(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Customer)) or 0


def test_a_table_is_taken_over_whole(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    file = write(
        tmp_path,
        ' Zoë ;"O\'Hara; Sons";ZOE@guerdon.example;+48 1;0042;1990-02-28;2020-01-02 03:04;silver;12.5;from:shop;1;Łódź;pl',
        "",
        "Ann;Nobody;;;0043;;;;;;;;",
    )
    before = count(world)
    looked = guerdon("customer", "import", file, "--check")
    assert looked.exit_code == 0, looked.output
    assert "To be added: 2 customers (1 on bronze, 1 on silver), with 12.50 points in all." in looked.output
    assert count(world) == before
    answer = guerdon("customer", "import", file)
    assert answer.exit_code == 0, answer.output
    with world.database.reading() as session:
        zoe = customers.get(session, "0042", EVERY_CHAIN)
        profile = zoe.profile
        assert (profile.first_name, profile.last_name, profile.email) == ("Zoë", "O'Hara; Sons", "zoe@guerdon.example")
        assert (profile.first_name_folded, profile.labels, profile.address) == (
            "zoe",
            [["from", "shop"]],
            {"city": "Łódź", "country": "PL"},
        )
        assert zoe.level is not None
        assert zoe.level.name == "silver"
        assert (profile.agreement1, profile.agreement1_at) == (True, zoe.created_at)
        assert profile.referral_code
        assert zoe.created_at.year == 2020
        assert summary.as_of(session, zoe.id).balance == 1_250
        ann = customers.get(session, "0043", EVERY_CHAIN)
        assert (summary.as_of(session, ann.id).balance, ann.profile.email, ann.profile.agreement1_at) == (0, None, None)
    world.require_invariants()
    with world.database.transaction() as session:
        ledger.spend(session, zoe.id, 1_000, world.now)
        login = session.scalars(select(Login).where(Login.customer_id == zoe.id)).one()
        assert (login.role, login.active, login.password_hash) == ("customer", True, None)
    world.require_invariants()
    again = guerdon("customer", "import", file)
    assert again.exit_code == 1
    assert "Line 2: 0042 is a customer's already." in again.output
    assert "Nobody was added." in again.output


def test_points_live_as_the_chain_says(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    lives = {"points_expiry": "after_days", "points_days_active": 5, "points_days_locked": 2}
    with world.database.transaction() as session:
        chains.change(session, world.chain_id, ChainDetails("First chain", **lives))  # type: ignore[arg-type]
    assert guerdon("customer", "import", write(tmp_path, "Ann;A;;;0043;;;;7;;;;")).exit_code == 0
    with world.database.reading() as session:
        found = summary.as_of(session, customers.get(session, "0043", EVERY_CHAIN).id)
        assert (found.balance, found.locked) == (0, 700)
    world.require_invariants()


def test_all_that_is_wrong_is_told_and_nobody_is_added(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    world.a_customer("Con", email="con@guerdon.example", loyalty_card_number="7")
    lines = {
        "A;A;con@GUERDON.example;;;;;;;;;;": "con@guerdon.example is a customer's already.",
        "A;A;;7;;;;;;;;;": "7 is a customer's already.",
        "A;A;a@guerdon.example;;;;;;;;;;": None,
        "B;B;A@guerdon.example;;;;;;;;;;": "a@guerdon.example stands in line 4, too.",
        "A;;a2@guerdon.example;;;;;;;;;;": "firstName and lastName are needed.",
        "A;A;;;;;;;;;;;": "One of email, phone and loyaltyCardNumber is needed.",
        "A;A;no address;;;;;;;;;;": "email: no address is no e-mail address.",
        "A;A;;1;;2999-01-01;;;;;;;": "birthDate: a day that is past.",
        "A;A;;2;;31.12.1999;;;;;;;": "birthDate: YYYY-MM-DD.",
        "A;A;;3;;;2999-01-01 00:00;;;;;;": "createdAt: a moment that is past.",
        "A;A;;4;;;;gold;;;;;": "level: there is no level gold; there are bronze, silver.",
        "A;A;;13;;;;;1e5;;;;": "points: a number with at most two decimals, not negative.",
        "A;A;;14": "4 cells, where the heading has 13.",
        "A;A;;5;;;;;1.234;;;;": "points: a number with at most two decimals, not negative.",
        "A;A;;6;;;;;NaN;;;;": "points: a number with at most two decimals, not negative.",
        "A;A;;8;;;;;-1;;;;": "points: a number with at most two decimals, not negative.",
        "A;A;;9;;;;;;nothing;;;": "labels: key:value;key:value.",
        "A;A;;10;;;;;;;perhaps;;": "agreement1: 1 or 0.",
        "A;A;;11;;;;;;;;;Poland": "country: two letters, like PL.",
        "A;A;;00000000-0000-0000-0000-000000000001;;;;;;;;;": "phone: 00000000-0000-0000-0000-000000000001 reads as a UUID",
        "A;;no address;;;31.12.1999;;gold;x;;;;": "firstName and lastName are needed. email: no address is no e-mail address."
        " level: there is no level gold; there are bronze, silver. birthDate: YYYY-MM-DD. points: a number",
        "A;A;;12;;;;;;;;;;more": "14 cells, where the heading has 13.",
    }  # fmt: skip
    before = count(world)
    answer = guerdon("customer", "import", write(tmp_path, *lines))
    assert answer.exit_code == 1
    for number, said in enumerate(lines.values(), 2):
        assert said is None or f"Line {number}: {said}" in answer.output, answer.output
    assert f"{len(lines) - 1} things are wrong" in answer.output
    assert count(world) == before
    world.require_invariants()


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("first,name", "Unknown columns: first, name."),
        ("firstName,lastName,Email,e-mail", "The heading has email twice."),
        ("email,phone", "lacks firstName, lastName"),
        ("firstName,lastName,email", "The file holds no customers."),
    ],
)
def test_what_is_no_table(guerdon: Guerdon, tmp_path: Path, heading: str, said: str) -> None:
    answer = guerdon("customer", "import", write(tmp_path, heading=heading))
    assert answer.exit_code == 1
    assert said in answer.output


def test_the_last_of_many_is_wrong(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    lines: list[Any] = [f"A;A;a{i}@guerdon.example;;;;;;;;;;" for i in range(5_000)]
    before = count(world)
    answer = guerdon("customer", "import", write(tmp_path, *lines, "A;A;a7@guerdon.example;;;;;;;;;;"))
    assert "Line 5002: a7@guerdon.example stands in line 9, too." in answer.output
    assert count(world) == before
    assert guerdon("customer", "import", write(tmp_path, *lines)).exit_code == 0
    assert count(world) == before + 5_000
    world.require_invariants()


def test_another_chain_has_customers_of_its_own(guerdon: Guerdon, tmp_path: Path, world: World) -> None:
    there = world.a_chain("There")
    world.a_customer("Con", email="con@guerdon.example")
    file = write(tmp_path, "Con;Con;con@guerdon.example;;;;;;;;;;")
    assert guerdon("customer", "import", file, "--chain", str(there)).exit_code == 0
    with world.database.reading() as session:
        assert len(session.scalars(select(Profile).where(Profile.email == "con@guerdon.example")).all()) == 2
    assert guerdon("customer", "import", file, "--chain", "99").exit_code == 1
