"""The few people that all tests know, and builders of campaigns."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self, cast
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.access import passwords, roles, staff
from app.access.models import Login
from app.access.roles import Permission
from app.access.staff import AdminDetails
from app.campaign import invariants
from app.campaign.awards.give import SYSTEM, GivenAward
from app.campaign.document import spec as specs
from app.campaign.document.spec import CampaignSpec, RewardSpec
from app.campaign.eligibility.facts import facts_by_id
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import campaigns
from app.campaign.triggers import interactions, purchases, signups
from app.db.engine import Database
from app.jobs.models import ClockJob
from app.media.blobs import BlobStore
from app.members import levels
from app.members.customers import Joining, Person
from app.members.models import Customer, Level
from app.organizations import chains, shops
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from app.points import ledger
from app.settings import Settings
from app.worker.clock_jobs import ClockWork, works

PASSWORD = "Correct-Horse-7"
PLAYS = int(os.environ.get("GUERDON_TEST_PLAYS", "25"))  # how often what is played at random is played


@cache
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


PARTS: dict[str, Any] = {
    "texts": specs.TextSpec,
    "schedule": specs.ScheduleSpec,
    "audience": specs.AudienceSpec,
    "opt_in": specs.OptInSpec,
    "limits": specs.LimitSpec,
    "sale": specs.SaleSpec,
    "listing": specs.ListingSpec,
}


def flat_spec(**details: Any) -> CampaignSpec:
    """A live campaign, from fields of `CampaignSpec` and of its parts, each put where it belongs."""
    if details.pop("unlimited", False):
        details |= {"limit": None, "limit_per_customer": None}
    for part, kind in PARTS.items():
        inside = {field.name: details.pop(field.name) for field in fields(kind) if field.name in details}
        if inside:
            details[part] = kind(**inside)
    return CampaignSpec(**{"lifecycle": "live", **details})


class World:
    """Ada the admin, Sol the seller, Cleo the customer, on the levels bronze and silver."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime.now(UTC)
        with database.transaction() as session:
            self.ada = staff.add_admin(session, "ada", password_hash(), "ada@guerdon.example")
            self.chain_id = chains.first(session)
            shop = shops.add(session, self.chain_id, "Corner shop", "corner")
            self.shop = shop.uuid
            self.sol = staff.add_seller(
                session,
                self.chain_id,
                staff.SellerDetails("Sol", "Stone", "sol@guerdon.example", pos=shop.uuid),
                password_hash(),
            )
            self.bronze = self._level(session, "bronze", 0)
            self.silver = self._level(session, "silver", 10_000)
        self.cleo = self.a_customer("Cleo", points=1_000, level=self.silver, email="cleo@guerdon.example")
        with database.reading() as session:
            self.cleo_login = session.scalars(select(Login).where(Login.customer_id == self.cleo.id)).one()

    def over(self, database: Database) -> Self:
        """The same people in a copy of the database in which they were made."""
        found = copy(self)
        found.database, found.now = database, datetime.now(UTC)
        return found

    def _level(self, session: Session, name: str, condition: int) -> Level:
        terms = levels.LevelDetails(name, condition, active=True, reward_hundredths_of_percent=1_000)
        return levels.create(session, self.chain_id, terms, self.now)

    def a_customer(
        self,
        name: str = "Con",
        points: int = 1_000,
        level: Level | None = None,
        chain_id: int | None = None,
        **details: Any,
    ) -> Customer:
        with self.database.transaction() as session:
            details.setdefault("email", f"{name.lower()}-{uuid4().hex[:8]}@guerdon.example")
            person = Person(name, "Customer", **details)
            customer = signups.sign_up(
                session, person, self.now, SYSTEM, password_hash(), Joining(chain_id, level and level.uuid)
            ).customer
            session.flush()
            if points:
                ledger.add(session, customer.id, points * 100, self.now)
        return customer

    def a_campaign(self, **details: Any) -> Campaign:
        """A campaign that Cleo can buy: 10 points, for silver, one coupon more than the limit. Details as in `flat_spec`."""
        with self.database.transaction() as session:
            return campaigns.create(session, self.sale_spec(**details), self.now)

    def sale_spec(self, **details: Any) -> CampaignSpec:
        limit = details.get("limit", 5)
        plain = {
            "name": "Free coffee",
            "coupon_kind": "gift_code",
            "cost": 1_000,
            "levels": [self.silver.uuid],
            "limit": limit,
            "limit_per_customer": 2,
        }
        if "codes" not in details:
            plain["codes"] = [f"CODE-{i}" for i in range((limit or 5) + 1)]
        return flat_spec(**{**plain, **details})

    def buy(self, campaign: Campaign, customer: Customer | None = None) -> purchases.Purchase:
        with self.database.transaction() as session:
            return purchases.buy(
                session, campaign.uuid, (customer or self.cleo).uuid, EVERY_CHAIN, datetime.now(UTC), None, "system"
            )[0]

    def a_reward_campaign(self, *rewards: RewardSpec, chain_id: int | None = None, **details: Any) -> Campaign:
        """A campaign for everyone that gives these rewards, 5 points unless told. Details as in `flat_spec`."""
        context = details.setdefault("context", details.get("kind", "interaction"))
        details.setdefault("kind", context if context not in {"internal", "event"} else "composable")
        rewards = rewards or (() if context == "event" else (points(5),))
        plain = {"name": "Tap and win", "rewards": rewards, "for_everyone": "segments" not in details}
        with self.database.transaction() as session:
            return campaigns.create(session, flat_spec(**{**plain, **details}), self.now, chain_id)

    def interact(self, campaign: Campaign, customer: Customer | None = None, now: datetime | None = None) -> GivenAward:
        with self.database.transaction() as session:
            who = customer or self.cleo
            return interactions.interact(
                session, campaign.chain_id, campaign.id, who.id, now or datetime.now(UTC), SYSTEM
            )

    def a_chain(self, name: str = "Elsewhere", **details: Any) -> int:
        with self.database.transaction() as session:
            return chains.create(session, ChainDetails(name, **details), self.now).id

    def an_admin_with(self, permitted: Iterable[Permission]) -> Login:
        """An admin who may do no more than this."""
        with self.database.transaction() as session:
            role = roles.create(session, self.chain_id, "limited", permitted, by=None)
            lea = AdminDetails("Lea", "Limited", "lea@guerdon.example")
            return staff.register_admin(session, self.chain_id, lea, password_hash(), [role])

    def facts(self, campaign: Campaign, customer: Customer | None = None) -> Any:
        with self.database.reading() as session:
            return facts_by_id(session, campaign.id, (customer or self.cleo).id)

    def balance(self, customer: Customer | None = None) -> int:
        with self.database.reading() as session:
            return ledger.balance(session, (customer or self.cleo).id)

    def count(self, model: Any) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def work(self, job: str, now: datetime) -> None:
        """Let the worker do one kind of its work by the clock."""
        work = self.work_of(job)
        with clock_at(now), self.database.transaction() as session:
            session.execute(update(ClockJob).where(ClockJob.name == job).values(due_at=now))
        with clock_at(now):
            assert work.do_one()
        with self.database.reading() as session:
            assert session.get_one(ClockJob, job).outcome == "done"

    def work_of(self, job: str) -> ClockWork:
        """A worker that does one kind of work only."""
        work = ClockWork(self.database, cast(BlobStore, None), {job: works(Settings(storage=Path("unused")))[job]})
        work.enter()
        return work

    def require_invariants(self) -> None:
        with self.database.reading() as session:
            assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []


def points(amount: float, **terms: Any) -> RewardSpec:
    return RewardSpec("points", f"{amount} points", {"amount": round(amount * 100), **terms})


def voucher(amount: float, **terms: Any) -> RewardSpec:
    return RewardSpec("voucher", f"€{amount}", {"amount": round(amount * 100), "voucher_kind": "basket", **terms})


def coupon(**terms: Any) -> RewardSpec:
    return RewardSpec("coupon", "A code", terms)


def nothing(**terms: Any) -> RewardSpec:
    return RewardSpec("nothing", "Better luck next time", terms)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Every door reads this time."""
    from app import clock

    real = clock.now
    clock.now = lambda: moment
    try:
        yield
    finally:
        clock.now = real


def offered(world: World, **changed: Any) -> dict[str, Any]:
    """The body of a campaign that can be created, as JSON."""
    return {
        "campaign": {
            "reward": "discount_code",
            "name": "Free coffee",
            "active": 1,
            "costInPoints": 10,
            "target": "level",
            "levels": [str(world.silver.uuid)],
            "unlimited": 0,
            "singleCoupon": 0,
            "limit": 5,
            "limitPerUser": 2,
            "coupons": ["A1", "A2", "A3"],
            "campaignVisibility": {"allTimeVisible": 1},
            "campaignActivity": {"allTimeActive": 1},
            **changed,
        }
    }
