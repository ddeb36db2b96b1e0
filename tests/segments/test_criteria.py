"""Whom each type of criterion means, on both databases; who comes and goes when sales arrive, time passes or a definition changes."""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import sales
from app.db.engine import TryAgain
from app.members import attributes, tags
from app.members.errors import BadSegment
from app.members.models import Customer, SegmentMember
from app.organizations import chains, shops
from app.organizations.scope import EVERY_CHAIN
from app.sales.recording import SaleDetails, SoldItem
from app.segments import membership, segments
from app.segments.criteria import Criterion
from app.segments.segments import SegmentDetails
from tests.client import Client
from tests.privacy.test_merging import wait_until, waiting
from tests.world import World

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Town:
    """Ann has bought much, Ben little, Con nothing, and Dee is somebody of another chain."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.database.transaction() as session:
            self.mall = shops.add(session, world.chain_id, "Mall", "mall").uuid
        there = world.a_chain("There")
        born = {"Ann": date(1990, 11, 5), "Ben": date(1992, 2, 29), "Con": date(1991, 6, 1), "Dee": date(1990, 11, 5)}
        self.people = {
            name: world.a_customer(name, points=10 * i, born_on=day, chain_id=there if name == "Dee" else None,
                                   email=f"{name}@guerdon.example")
            for i, (name, day) in enumerate(born.items(), 1)
        }  # fmt: skip
        coffee = SoldItem(
            "COFFEE", "Coffee", 2, 700, maker="O'Hara \\ 100% :x", labels=[("kind", "drink"), ("fair", "yes")]
        )
        tea = SoldItem("TEA", "Tea", 1, 300, maker="Leaf", labels=[("kind", "hot")])
        self.sell("Ann", "A1", 1, [coffee, tea], self.mall)
        self.sell("Ann", "A2", 40, [coffee], world.shop)
        self.sell("Ann", "A3", 400, [tea], self.mall)
        self.sell("Ben", "B1", 40, [tea], world.shop)
        self.sell("Dee", "D1", 1, [coffee, tea])

    def sell(self, name: str, number: str, days_ago: int, items: Any, shop: Any = None) -> None:
        customer = self.people[name]
        reported = SaleDetails(number, NOW - timedelta(days=days_ago), items=items, customer_id=customer.id, shop=shop)
        with self.world.database.transaction() as session:
            sales.record(session, customer.chain_id, reported, NOW, SYSTEM)

    def of(self, *parts: list[Criterion], now: datetime = NOW) -> set[str]:
        """Whom a definition means, asked of all at once; asked of one after the other, it means the same."""
        with self.world.database.reading() as session:
            total, found = segments.preview(session, self.world.chain_id, SegmentDetails("s", True, parts), now)
            assert total == len(found)
        meant = {it.profile.first_name for it in found} & self.people.keys()
        assert self._of_each(parts, now) == meant
        return meant

    def _of_each(self, parts: Sequence[list[Criterion]], now: datetime) -> set[str]:
        anybody = one("transaction_count", min=0)  # so that sales move the segment, whatever else is asked
        with self.world.database.transaction() as session:
            terms = chains.terms(session, self.world.chain_id)
            # Made while it means nobody, so that whoever belongs to it afterwards was asked alone.
            details = SegmentDetails("s", True, [*parts, anybody, one("transaction_count", min=10**9)] if parts else [])
            segment = segments.create(session, self.world.chain_id, details, now)
            if parts:
                session.delete(segment.parts.pop())
            session.flush()
            for person in (it for it in self.people.values() if it.chain_id == terms.id):
                membership.refresh(session, terms, person.id, now)
            belongs = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
            ids = set(session.scalars(belongs))
            session.rollback()
        return {name for name, it in self.people.items() if it.id in ids}


@pytest.fixture
def town(world: World) -> Town:
    return Town(world)


def one(kind: str, **terms: Any) -> list[Criterion]:
    return [Criterion(kind, terms)]


@pytest.mark.parametrize(
    ("kind", "terms", "expected"),
    [
        ("transaction_count", {"min": 0, "max": 0}, {"Con"}),
        ("transaction_count", {"min": 1, "max": 2}, {"Ben"}),
        ("transaction_count", {"min": 3, "max": 3}, {"Ann"}),
        ("transaction_count", {"min": 1}, {"Ann", "Ben"}),
        ("transaction_amount", {"toAmount": 300}, {"Ben", "Con"}),
        ("average_transaction_amount", {"fromAmount": 301}, {"Ann"}),
        ("balance", {"fromPoints": 2_000}, {"Ben", "Con"}),
        ("transaction_amount", {"fromAmount": 300, "toAmount": 2_000}, {"Ann", "Ben"}),
        ("transaction_amount", {"fromAmount": 0, "toAmount": 300}, {"Ben", "Con"}),
        ("average_transaction_amount", {"fromAmount": 600, "toAmount": 700}, {"Ann"}),
        ("average_transaction_amount", {"fromAmount": 0, "toAmount": 300}, {"Ben"}),
        ("purchase_period", {"fromDate": "2026-09-20", "toDate": "2026-09-23"}, {"Ann", "Ben"}),
        ("purchase_period", {"fromDate": "2026-11-01", "toDate": "2026-11-01"}, {"Ann"}),
        ("last_purchase_n_days_before", {"days": 5}, {"Ann"}),
        ("last_purchase_n_days_before", {"days": 40}, {"Ann", "Ben"}),
        ("bought_skus", {"skuIds": ["COFFEE", "MILK"]}, {"Ann"}),
        ("bought_makers", {"makers": ["Leaf"]}, {"Ann", "Ben"}),
        ("bought_makers", {"makers": ["Leaf's \\", "%s :x $1"]}, set()),
        ("bought_makers", {"makers": ["Leaf's \\", "O'Hara \\ 100% :x"]}, {"Ann"}),
        ("bought_labels", {"labels": [{"key": "kind", "value": "drink"}]}, {"Ann"}),
        ("bought_labels", {"labels": [{"key": "kind"}, {"key": "x", "value": "y"}]}, {"Ann", "Ben"}),
        ("bought_labels", {"labels": [{"key": "kind", "value": "yes"}]}, set()),
        ("anniversary", {"anniversaryType": "birthday", "days": 3}, {"Ann"}),
        ("anniversary", {"anniversaryType": "birthday", "days": 2}, set()),
        ("anniversary", {"anniversaryType": "registration", "days": 30}, set()),
        ("customer_list", {"customers": ["BEN@guerdon.example", "nobody"]}, {"Ben"}),
        ("balance", {"fromPoints": 2_000, "toPoints": 3_000}, {"Ben", "Con"}),
    ],
)
def test_each_type_means_whom_it_says(town: Town, kind: str, terms: dict[str, Any], expected: set[str]) -> None:
    assert town.of(one(kind, **terms)) == expected


def test_types_that_name_what_the_chain_has(town: Town) -> None:
    world = town.world
    ann, con = town.people["Ann"], town.people["Con"]
    with world.database.transaction() as session:
        tags.put(session, con.id, ["vip"], NOW)
        tags.put(session, ann.id, ["guest"], NOW, ttl_seconds=60)
        attributes.put(session, ann.id, {"colour": "red", "size": 42})
    assert town.of(one("bought_in_pos", posIds=[str(town.mall)])) == {"Ann"}
    assert town.of(one("bought_in_pos", posIds=[str(town.mall), str(world.shop)])) == {"Ann", "Ben"}
    assert town.of(one("transaction_percent_in_pos", posId=str(town.mall), percent=6_666)) == {"Ann"}
    assert town.of(one("transaction_percent_in_pos", posId=str(town.mall), percent=6_667)) == set()
    assert town.of(one("level", levelIds=[str(world.bronze.uuid)])) == {"Ann", "Ben", "Con"}
    assert town.of(one("level", levelIds=[str(world.silver.uuid)])) == set()
    assert town.of(one("tag", tags=["vip", "guest"])) == {"Ann", "Con"}
    assert town.of(one("tag", tags=["vip", "guest"]), now=NOW + timedelta(minutes=2)) == {"Con"}
    assert town.of(one("attribute", name="colour", value="red")) == {"Ann"}
    assert town.of(one("attribute", name="size", value="42")) == {"Ann"}
    assert town.of(one("attribute", name="size", value="43")) == set()


def test_a_leap_day_is_celebrated_every_year(town: Town) -> None:
    birthday = one("anniversary", anniversaryType="birthday", days=1)
    assert town.of(birthday, now=datetime(2027, 2, 27, 12, tzinfo=UTC)) == {"Ben"}
    assert town.of(birthday, now=datetime(2028, 2, 28, 12, tzinfo=UTC)) == {"Ben"}
    assert town.of(birthday, now=datetime(2027, 3, 1, 12, tzinfo=UTC)) == set()


def test_criteria_of_a_part_are_any_and_parts_are_all(town: Town) -> None:
    leaf, coffee = Criterion("bought_makers", {"makers": ["Leaf"]}), Criterion("bought_skus", {"skuIds": ["COFFEE"]})
    nothing = Criterion("transaction_count", {"min": 0, "max": 0})
    assert town.of([leaf, nothing]) == {"Ann", "Ben", "Con"}
    assert town.of([leaf], [coffee]) == {"Ann"}
    assert town.of([leaf], []) == set()
    assert town.of() == set()


def members(world: World) -> set[str]:
    with world.database.reading() as session:
        query = select(Customer).join(SegmentMember, SegmentMember.customer_id == Customer.id)
        return {it.profile.first_name for it in session.scalars(query)}


def test_a_sale_brings_its_customer_in_at_once_and_time_takes_them_out(town: Town) -> None:
    world = town.world
    lately = SegmentDetails("lately", True, [one("last_purchase_n_days_before", days=5)])
    with world.database.transaction() as session:
        segment = segments.create(session, world.chain_id, lately, NOW)
    assert members(world) == {"Ann"}
    town.sell("Ben", "B2", 0, [SoldItem("TEA", "Tea", 1, 300)])
    assert members(world) == {"Ann", "Ben"}
    world.require_invariants()
    written: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "segment_member" in statement and not statement.startswith(("SELECT", "WITH")):
            written.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    world.work("segments", NOW + timedelta(days=1))
    assert (members(world), written) == ({"Ann", "Ben"}, []), "who stays is not written"
    world.work("segments", NOW + timedelta(days=5))
    assert members(world) == {"Ben"}
    assert [it.split()[0] for it in written] == ["DELETE"]
    event.remove(world.database.engine, "before_cursor_execute", note)
    world.require_invariants()
    with world.database.transaction() as session:
        segments.switch(session, segment.uuid, False, EVERY_CHAIN, NOW)
    assert members(world) == set()
    world.require_invariants()


@pytest.mark.parametrize("letters_max", [membership.KEPT_MAX, 0], ids=["short", "too long to keep"])
def test_a_sale_is_asked_about_by_what_a_segment_is_now(
    town: Town, monkeypatch: pytest.MonkeyPatch, letters_max: int
) -> None:
    monkeypatch.setattr(membership, "KEPT_MAX", letters_max)
    world = town.world

    def buys(sku: str) -> SegmentDetails:
        return SegmentDetails("buys", True, [one("bought_skus", skuIds=[sku])])

    with world.database.transaction() as session:
        segment = segments.create(session, world.chain_id, buys("JAM"), NOW)
    town.sell("Ben", "B2", 0, [SoldItem("JAM", "Jam", 1, 300)])
    assert members(world) == {"Ben"}
    with world.database.transaction() as session:
        segments.change(session, segment.uuid, buys("MILK"), EVERY_CHAIN, NOW)
    assert members(world) == set()
    town.sell("Ben", "B3", 0, [SoldItem("JAM", "Jam", 1, 300)])
    town.sell("Ann", "A4", 0, [SoldItem("MILK", "Milk", 1, 300)])
    assert members(world) == {"Ann"}
    with world.database.transaction() as session:
        segments.switch(session, segment.uuid, False, EVERY_CHAIN, NOW)
    town.sell("Ann", "A5", 0, [SoldItem("MILK", "Milk", 1, 300)])
    assert members(world) == set()
    world.require_invariants()


@pytest.mark.waits
def test_a_sale_is_tried_again_when_the_segment_is_removed_meanwhile(town: Town) -> None:
    world = town.world
    if not world.database.is_postgresql:
        pytest.skip("On SQLite nothing is removed while a sale is under way.")
    jam = SegmentDetails("jam", True, [one("bought_skus", skuIds=["JAM"])])
    with world.database.transaction() as session:
        segment = segments.create(session, world.chain_id, jam, NOW)
    raised: list[Exception] = []

    def sell() -> None:
        try:
            town.sell("Ben", "B2", 0, [SoldItem("JAM", "Jam", 1, 300)])
        except TryAgain as e:
            raised.append(e)

    seller = threading.Thread(target=sell)
    with world.database.transaction() as session:
        segments.remove(session, segment.uuid, EVERY_CHAIN, NOW)
        session.flush()
        seller.start()
        wait_until(lambda: waiting(world) > 0)
    seller.join(60)
    assert len(raised) == 1
    sell()
    assert (len(raised), members(world)) == (1, set())
    world.require_invariants()


def test_where_no_segment_is_no_question_is_built(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "_question", None)
    town.sell("Ben", "B2", 0, [SoldItem("JAM", "Jam", 1, 300)])
    with town.world.database.transaction() as session:  # nor for one that sales do not move
        listed = SegmentDetails("listed", True, [one("customer_list", customers=["ben@guerdon.example"])])
        segments.create(session, town.world.chain_id, listed, NOW)
    town.sell("Ben", "B3", 0, [SoldItem("JAM", "Jam", 1, 300)])
    assert members(town.world) == {"Ben"}


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("dances", {}),
        ("transaction_count", {}),
        ("transaction_count", {"min": 2, "max": 1}),
        ("purchase_period", {"fromDate": "2026-02-01", "toDate": "2026-01-01"}),
        ("bought_skus", {"skuIds": []}),
    ],
)
def test_what_cannot_be_is_refused(world: World, kind: str, terms: dict[str, Any]) -> None:
    with pytest.raises(BadSegment), world.database.transaction() as session:
        segments.create(session, world.chain_id, SegmentDetails("s", True, [one(kind, **terms)]), NOW)


def test_what_the_chain_does_not_have_is_refused(world: World) -> None:
    chain = world.a_chain("There")
    with world.database.transaction() as session:
        there = shops.add(session, chain, "There", "there").uuid
    for id in (str(there), "00000000-0000-0000-0000-000000000001"):
        for wrong in (
            one("bought_in_pos", posIds=[str(world.shop), id]),
            one("transaction_percent_in_pos", posId=id, percent=50),
            one("level", levelIds=[id]),
        ):
            details = SegmentDetails("s", True, [[*one("transaction_count", min=1), *wrong]])
            with pytest.raises(BadSegment, match=id), world.database.transaction() as session:
                segments.create(session, world.chain_id, details, NOW)
            with pytest.raises(BadSegment, match=id), world.database.reading() as session:
                segments.preview(session, world.chain_id, details, NOW)


PRINTED: list[dict[str, Any]] = [
    {"type": "bought_skus", "skuIds": ["A"]},
    {"type": "transaction_amount", "fromAmount": 1.5, "toAmount": 20},
    {"type": "bought_labels", "labels": [{"key": "k", "value": "v"}]},
    {"type": "anniversary", "anniversaryType": "registration", "days": 7},
    {"type": "purchase_period", "fromDate": "2026-01-01", "toDate": "2026-02-01"},
    {"type": "customer_list", "customers": ["a@guerdon.example"]},
]


def test_a_segment_is_taken_back_as_it_was_printed(ada: Client, world: World) -> None:
    percent = {"type": "transaction_percent_in_pos", "posId": str(world.shop), "percent": 12.5}
    sent = {"name": "S", "active": True, "parts": [{"criteria": [*PRINTED, percent]}]}
    made = ada.post("/api/segment", json={"segment": sent})
    assert made.status_code == 200, made.json
    url = f"/api/segment/{made.json['segmentId']}"
    shown = ada.get(url).json
    found = [{name: it[name] for name in it if name != "criterionId"} for it in shown["parts"][0]["criteria"]]
    assert found == [*PRINTED, {**percent, "percent": 0.125}], "as a fraction of one, as Open Loyalty prints it"
    assert ada.put(url, json={"segment": shown}).status_code == 200
    assert ada.get(url).json["parts"][0]["criteria"][-1]["percent"] == 0.125
    more = {"name": "S", "active": True, "parts": [{"criteria": [{**percent, "percent": 50}]}]}
    assert ada.put(url, json={"segment": more}).status_code == 200
    assert ada.get(url).json["parts"][0]["criteria"][-1]["percent"] == 0.5
    for wrong in (
        {"type": "bought_skus", "makers": ["x"], "skuIds": ["A"]},
        {"type": "anniversary", "days": 0},
        {"type": "x"},
    ):
        answer = ada.post("/api/segment", json={"segment": {**sent, "parts": [{"criteria": [wrong]}]}})
        assert answer.json["form"]["children"]["parts"]["errors"], wrong
    preview = ada.post("/api/segment/preview", json={"segment": {"name": "P", "parts": [{"criteria": [PRINTED[-1]]}]}})
    assert preview.json == {"customers": [], "total": 0}
