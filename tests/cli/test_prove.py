"""The public proof: it holds where it should, leaves nothing behind, and finds out a database that loses."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app import clock
from app.cli import main
from app.migrations.tables import metadata
from app.prove import scratch
from app.prove.buyers import Journal
from app.prove.proof import Killer, ProofPlan, _compared
from app.prove.scratch import Tables
from tests.postgres import BIN
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py


def counts(world: World) -> dict[str, int]:
    with world.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
        }


def test_a_scratch_chain_leaves_no_row_behind(world: World) -> None:
    world.interact(world.a_reward_campaign())  # for everyone, as the scratch chain's: who that is, is kept once
    before = counts(world)
    made = scratch.make(world.database, clock.now(), customers_count=3, limit=5, codes=7)
    during = counts(world)
    assert during["customer"] == before["customer"] + 3
    assert scratch.look(world.database, made) == Tables(
        Counter(), 0, dict.fromkeys(scratch.look(world.database, made).broken, 0)
    )
    assert scratch.forgotten(world.database) == [made.chain_id]
    scratch.remove(world.database, made.chain_id)
    assert scratch.left(world.database, made.chain_id) == {}
    assert scratch.forgotten(world.database) == []
    after = counts(world)
    assert {name: (count, after[name]) for name, count in before.items() if count != after[name]} == {}
    world.require_invariants()


def test_it_holds_on_a_database_of_its_own() -> None:
    options = ["--limit", "80", "--buyers", "8", "--kills", "1", "--servers", "1", "--json"]
    run = CliRunner().invoke(main, ["prove", "--own", "sqlite", *options])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout[run.stdout.index("{") :])
    assert (report["holds"], report["sold"], report["servers_killed"]) == (True, 80, 1)


def test_a_database_that_loses_commits_is_found_out() -> None:
    options = ["--postgres-programs", str(BIN), "--limit", "300", "--buyers", "8", "--kills", "2", "--servers", "1"]
    run = CliRunner().invoke(main, ["prove", "--own", "postgresql", "--lossy", *options])
    assert run.exit_code == 1, run.output
    assert "IT DOES NOT HOLD" in run.output
    assert "has lost commits" in run.output


@pytest.mark.parametrize(
    ("told", "given", "awards", "found"),
    [
        (["A", "B"], ["A", "B"], 2, {}),
        (["A", "B"], ["A"], 1, {"lost": 1}),
        (["A"], ["A", "B"], 2, {"untold": 1}),
        (["A", "A"], ["A"], 1, {"lost": 1, "doubled": 1}),
        (["A", "B"], ["A", "B", "B"], 3, {"doubled": 1, "oversold": 1}),
    ],
)
def test_what_does_not_agree_is_counted(told: list[str], given: list[str], awards: int, found: dict[str, int]) -> None:
    journal = Journal(sold={str(i): code for i, code in enumerate(told)})
    report = _compared(journal, Tables(Counter(given), awards, {}), ProofPlan(limit=2), Killer([], None, False), 1.0)
    names = ("lost", "doubled", "untold", "oversold", "differing", "undecided")
    assert {name: value for name in names if (value := getattr(report, name))} == found
    assert report.holds is (found == {})
