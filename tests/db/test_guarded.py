"""Guarded changes: all steps, or none, on both databases; with tables of the test's own."""

from contextlib import nullcontext
from dataclasses import dataclass

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, bindparam, insert, literal, select, true, update

from app.db.engine import Database
from app.db.guarded import Change, EarlierSteps, GuardedChange, GuardFailed, Step
from app.db.types import AnySelect

META = MetaData()
PURSE = Table("purse", META, Column("id", BigInteger, primary_key=True), Column("coins", BigInteger))
NOTE = Table("note", META, Column("id", BigInteger, primary_key=True), Column("left", BigInteger))


@dataclass(frozen=True)
class Pay(Step):
    """Guard: there are as many coins."""

    name: str = "paid"

    def change(self, earlier: EarlierSteps) -> Change:
        price = bindparam("price", type_=BigInteger())
        return (
            update(PURSE)
            .where(PURSE.c.id == 1, PURSE.c.coins >= price)
            .values(coins=PURSE.c.coins - price)
            .returning(PURSE.c.coins)
        )

    def left_behind(self) -> AnySelect:
        return select(PURSE).where(PURSE.c.id == 1)


@dataclass(frozen=True)
class Note(Step):
    """Write down how many coins the step before has left. Guard: fewer than `most`."""

    name: str = "noted"

    def change(self, earlier: EarlierSteps) -> Change:
        left = earlier.rows("paid").c.coins
        row = select(bindparam("number", type_=BigInteger()), left).where(
            left < bindparam("most", type_=BigInteger()), *earlier.succeeded
        )
        return insert(NOTE).from_select(["id", "left"], row).returning(NOTE.c.id, NOTE.c.left)


@dataclass(frozen=True)
class Confirm(Step):
    name: str = "confirmed"

    def change(self, earlier: EarlierSteps) -> Change:
        return select(literal(1).label("one")).where(true(), *earlier.succeeded)


@dataclass(frozen=True)
class Empty(Step):
    """Take the last coins out of all purses that have as many. Guard: there are so many purses, perhaps none."""

    rows_count = "purses"
    name: str = "emptied"

    def change(self, earlier: EarlierSteps) -> Change:
        has = PURSE.c.coins == bindparam("last", type_=BigInteger())
        return update(PURSE).where(has, *earlier.succeeded).values(coins=0).returning(PURSE.c.id)


@pytest.fixture
def purse(database: Database) -> Database:
    with database.transaction() as session:
        META.create_all(session.connection())
        session.execute(insert(PURSE).values(id=1, coins=10))
    return database


CHANGE = GuardedChange([Pay(), Note(), Confirm()], ("noted", "left"))


def coins(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return session.execute(select(PURSE.c.coins)).scalar_one(), len(session.execute(select(NOTE)).all())


@pytest.mark.parametrize("alone", [True, False])
def test_all_steps_are_made_and_the_result_is_returned(purse: Database, alone: bool) -> None:
    with purse.single_statement() if alone else purse.transaction() as executor:
        assert CHANGE.make(executor, {"price": 3, "number": 1, "most": 100}) == 7
    assert coins(purse) == (7, 1)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("parameters", [{"price": 11, "number": 1, "most": 100}, {"price": 3, "number": 1, "most": 7}])
def test_when_a_guard_fails_nothing_is_kept(purse: Database, alone: bool, parameters: dict[str, int]) -> None:
    with pytest.raises(GuardFailed), purse.single_statement() if alone else purse.transaction() as executor:
        CHANGE.make(executor, parameters)
    assert coins(purse) == (10, 0)


@pytest.mark.parametrize(
    ("last", "purses", "fits"), [(5, 1, True), (6, 0, True), (5, 0, False), (5, 2, False), (6, 1, False)]
)
def test_a_step_may_change_as_many_rows_as_was_decided(purse: Database, last: int, purses: int, fits: bool) -> None:
    whole: GuardedChange[None] = GuardedChange([Pay(), Empty(), Confirm()])
    parameters = {"price": 3, "last": last, "purses": purses}
    with purse.transaction() as session:
        session.execute(insert(PURSE).values(id=2, coins=5))
    with nullcontext() if fits else pytest.raises(GuardFailed), purse.transaction() as session:
        whole.make(session, parameters)
    with purse.reading() as session:
        found = session.scalars(select(PURSE.c.coins).order_by(PURSE.c.id)).all()
    assert found == [7 if fits else 10, 0 if fits and purses else 5]


def test_a_change_ends_with_a_step_that_returns_a_row() -> None:
    with pytest.raises(AssertionError, match="returns a row"):
        GuardedChange([Pay(), Empty()]).on_postgresql()


def test_two_steps_cannot_share_a_name() -> None:
    with pytest.raises(AssertionError, match="two steps"):
        GuardedChange([Confirm(), Confirm()])
