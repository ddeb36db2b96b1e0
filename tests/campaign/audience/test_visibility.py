"""Who is shown what: one rule for one customer and for pages, and every door asks it."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.campaign import activity
from app.campaign.audience import traits, visibility, visibility_sql
from app.campaign.audience.visibility import Visibility
from app.campaign.document.spec import ALWAYS
from app.campaign.eligibility.facts import facts_by_campaign, facts_by_id
from app.campaign.engagement import opt_ins
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.campaign.errors import CampaignNotFound
from app.campaign.listings import catalogue, chain_campaigns, customer_campaigns
from app.campaign.listings.customer_campaigns import Include
from app.campaign.models.campaigns import LIFECYCLES, Campaign
from app.campaign.models.engagement import Behavior, BehaviorProgress, Participation
from app.members import tags
from app.members.models import Customer
from app.organizations.models import Chain
from app.paging import Page
from app.segments import segments
from app.segments.criteria import Criterion
from tests.world import PLAYS, World, coupon, hours, points

NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
ALL = Page(per_page=None)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "shown"),
        ({"lifecycle": "paused"}, "shown"),
        ({"lifecycle": "completed"}, "shown"),
        ({"lifecycle": "draft"}, "secret"),
        ({"lifecycle": "inreview"}, "secret"),
        ({"visible_from": NOW + hours(1)}, "secret"),
        ({"visible_to": NOW - hours(1)}, "hidden"),
        ({"targeted": False}, "hidden"),
        ({"restrictions": {"user.tags": "vip"}}, "hidden"),
        ({"may_be_given": False}, "hidden"),
        ({"targeted": False, "has_history": True}, "shown"),
        ({"restrictions": {"user.tags": "vip"}, "has_history": True}, "shown"),
        ({"lifecycle": "draft", "has_history": True}, "secret"),
        ({"visible_to": NOW - hours(1), "has_history": True}, "hidden"),
    ],
)
def test_how_much_a_customer_knows(changed: dict[str, Any], expected: str) -> None:
    facts: dict[str, Any] = {
        "lifecycle": "live",
        "visible_from": NOW - hours(2),
        "visible_to": NOW + hours(2),
        "targeted": True,
        "restrictions": None,
        "may_be_given": True,
        "has_history": False,
        **changed,
    }
    has_history = facts.pop("has_history")
    assert visibility.to_customer(SimpleNamespace(**facts), {}, has_history, NOW).value == expected


@pytest.fixture
def crowd(world: World) -> list[Customer]:
    """Customers on both levels and on none, in and out of a segment, tagged or not, one of them blocked, one of another chain."""
    elsewhere = world.a_chain()
    made = [world.a_customer(f"P{i}", points=0, level=[world.silver, world.bronze][i % 2]) for i in range(8)]
    made.append(world.a_customer("Far", points=0, chain_id=elsewhere))
    with world.database.transaction() as session:
        for i, customer in enumerate(made):
            row = session.get_one(Customer, customer.id)
            if i == 3:
                row.status = "blocked"
            if i == 4:
                row.level = None
            if i % 3 == 0:
                tags.put(session, row.id, ["vip"], NOW)
        part = [Criterion(segments.CUSTOMER_LIST, {"customers": [str(c.uuid) for c in made[::2]]})]
        segments.create(
            session, world.chain_id, segments.SegmentDetails("regulars", active=True, parts=[part]), NOW, UUID(int=7)
        )
    return made


def _random_campaigns(world: World, random: Random, count: int, elsewhere: int) -> None:
    """Campaigns of every lifecycle, window, audience, restriction and kind."""
    for i in range(count):
        opens = NOW + timedelta(hours=random.choice([-48, -1, 0, 1, 48]))
        window = random.choice([ALWAYS, (opens, opens + timedelta(hours=random.choice([0, 24, 72])))])
        details: dict[str, Any] = {
            "name": f"C{i}",
            "visibility": window,
            "restrictions": random.choice([None, None, {"user.tags": "vip"}, {"user.level": "bronze"}]),
            "opt_in_required": random.choice([False, True]),
        }
        if random.random() < 0.5:
            details |= {"levels": [random.choice([world.silver, world.bronze]).uuid], "for_everyone": False}
        if random.random() < 0.3:
            details |= {"segments": [UUID(int=7)], "for_everyone": False}
        kind = random.choice(["sale", "points", "event"])
        rewards = {"sale": [coupon()], "points": [points(1)], "event": []}[kind]
        if kind == "event":
            details |= {"context": "event", "behaviors": [a_behavior()]}
        if kind == "sale":
            details["codes"] = [f"K{i}"]
        made = world.a_reward_campaign(*rewards, chain_id=random.choice([None, None, elsewhere]), **details)
        with world.database.transaction() as session:
            session.get_one(Campaign, made.id).lifecycle = random.choice([*LIFECYCLES, "live", "live"])


def a_behavior() -> BehaviorSpec:
    return BehaviorSpec("Visits", [GoalSpec("visit")])


def _random_participation(world: World, random: Random, crowd: list[Customer]) -> None:
    """Some have opted in or out, some have progress."""
    with world.database.transaction() as session:
        campaign_ids = session.scalars(select(Campaign.id)).all()
        behavior_ids = session.scalars(select(Behavior.id)).all()
        for customer in crowd:
            for campaign_id in random.sample(campaign_ids, len(campaign_ids) // 5):
                row = Participation(
                    chain_id=customer.chain_id, customer_id=customer.id, campaign_id=campaign_id, since=NOW
                )
                row.opted_in = random.choice([True, False])
                session.add(row)
            for behavior_id in random.sample(behavior_ids, len(behavior_ids) // 4):
                session.add(
                    BehaviorProgress(
                        chain_id=customer.chain_id,
                        customer_id=customer.id,
                        behavior_id=behavior_id,
                        version=1,
                        achieved=0,
                        current=1,
                        counts=None,
                    )
                )


@pytest.mark.parametrize("seed", range(min(4, PLAYS)))
@pytest.mark.slow
def test_one_customer_and_pages_are_told_the_same(world: World, crowd: list[Customer], seed: int) -> None:
    random = Random(seed)
    elsewhere = crowd[-1].chain_id
    with world.database.transaction() as session:
        session.get_one(Chain, elsewhere).spending_statuses = Random(seed).choice([("active",), ("active", "blocked")])
        session.get_one(Chain, world.chain_id).spending_statuses = Random(seed).choice(
            [("active",), ("new", "active", "blocked")]
        )
    _random_campaigns(world, random, 25, elsewhere)
    _random_participation(world, random, crowd)
    kinds = set()
    with world.database.reading() as session:
        every = session.scalars(select(Campaign)).all()
        for customer in crowd:
            known = traits.of_customer(session, customer.id, NOW)
            facts = facts_by_campaign(session, [it.id for it in every], customer.id)
            details = {id: visibility_sql.to_customer(session, row, NOW) for id, row in facts.items()}
            kinds |= {(value, facts[id].lifecycle) for id, value in details.items()}
            shown = {id for id, value in details.items() if value is Visibility.SHOWN}
            condition = visibility_sql.shown(session, customer.id, known, NOW)
            assert set(session.scalars(select(Campaign.id).where(condition))) == shown
            for_customer = {id for id, row in facts.items() if visibility.is_for(row, known)}
            condition = visibility_sql.for_customer(session, customer.id, known)
            assert set(session.scalars(select(Campaign.id).where(condition))) == for_customer
            qualified = {id for id, row in facts.items() if visibility.qualifies(row, known)}
            condition = visibility_sql.qualified(session, customer.id, known)
            assert set(session.scalars(select(Campaign.id).where(condition))) == qualified
            _require_that_lists_agree(session, customer, details, facts, qualified)
        for campaign in every:
            condition = visibility_sql.qualifying(session, campaign.id, NOW)
            mine = {c.id for c in crowd if c.chain_id == campaign.chain_id}
            expected = {
                c.id
                for c in crowd
                if c.id in mine
                and visibility.qualifies(
                    facts_by_id(session, campaign.id, c.id), traits.of_customer(session, c.id, NOW)
                )
            }
            found = set(session.scalars(select(Customer.id).where(condition))) & {c.id for c in crowd}
            assert found == expected
    assert {kind for kind, _ in kinds} == set(Visibility)  # the test saw all of it
    assert (Visibility.SECRET, "live") in kinds


def _require_that_lists_agree(
    session: Any, customer: Customer, details: dict[int, Visibility], facts: dict[int, Any], qualified: set[int]
) -> None:
    """Every list and every look at one campaign, of all dialects, follows from what the customer knows."""
    shown = {id for id, value in details.items() if value is Visibility.SHOWN}
    active = {id for id, row in facts.items() if activity.is_active(row, NOW)}
    chain_id = facts[min(facts)].chain_id
    listed = chain_campaigns.page(
        session, chain_id, ALL, NOW, customer_id=customer.id, only_active=True, for_customer=True
    )
    assert {row.campaign.id for row in listed.rows} == shown & active
    known = SimpleNamespace(
        id=customer.id, uuid=customer.uuid, chain_id=chain_id, status=facts[min(facts)].customer_status
    )
    mine = customer_campaigns.of_customer(session, known, Include(), ALL, NOW)
    assert {row.campaign.id for row in mine.rows} == shown & active
    eligible = customer_campaigns.page(session, known, "eligible", Include(), ALL, NOW)
    on_show = {id for id, row in facts.items() if visibility.is_on_show(row, NOW)}
    assert {row.campaign.id for row in eligible.rows} == qualified & active & on_show
    offered = catalogue.available_page(session, customer.id, ALL, NOW)
    for counted in (eligible, offered):
        assert counted.total == len(counted.rows)
    others = customer_campaigns.page(session, known, "ineligible", Include(), ALL, NOW)
    every = customer_campaigns.page(session, known, "all", Include(), ALL, NOW)
    assert eligible.total + others.total == every.total == len(active & on_show)
    assert {row.campaign.id for row in offered.rows} <= on_show
    if next(iter(facts.values())).may_be_given:
        assert {row.campaign.id for row in offered.rows} <= shown
    for id, value in details.items():
        if facts[id].reward is not None:
            with _expected(value):
                catalogue.one_for_customer(session, _uuid(session, id), customer.uuid, NOW)
        if value is Visibility.SECRET:
            with pytest.raises(CampaignNotFound):
                customer_campaigns.one(session, known, id, Include(), NOW)
            with pytest.raises(CampaignNotFound):
                opt_ins.opt_out(session, id, customer.id, NOW)
        with _expected(value) if id in active else pytest.raises(CampaignNotFound):
            customer_campaigns.shown(session, known, id, NOW)


def _expected(value: Visibility) -> Any:
    if value is Visibility.SHOWN:
        return nullcontext()
    return pytest.raises(CampaignNotFound)


def _uuid(session: Any, campaign_id: int) -> UUID:
    return session.scalars(select(Campaign.uuid).where(Campaign.id == campaign_id)).one()  # type: ignore[no-any-return]
