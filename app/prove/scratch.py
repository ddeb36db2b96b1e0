"""A chain of its own for a proof: made, looked at, and removed. No other chain's rows are read or written."""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.access import passwords, staff
from app.access.models import Login
from app.amounts import BALANCE_MAX
from app.campaign.awards.give import SYSTEM
from app.campaign.document.spec import EVERYONE, CampaignSpec, LimitSpec, SaleSpec
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.coupons import Coupon
from app.campaign.models.limits import Stock
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers import signups
from app.db.engine import Database
from app.members.customers import Joining, Person
from app.members.models import Customer
from app.migrations.tables import metadata
from app.organizations import chains, shops
from app.organizations.details import ChainDetails
from app.organizations.models import Chain
from app.points import ledger
from app.points.models import Account, LedgerEntry
from app.web.idempotency import StoredAnswer

COST = 100  # one point
NAME = "guerdon prove"


@dataclass(frozen=True)
class Scratch:
    """The chain, its campaign, and who buys of it; the seller's name and password."""

    chain_id: int
    campaign: UUID
    customers: list[UUID]
    seller: str
    password: str


@dataclass(frozen=True)
class Tables:
    """What the tables say after all: codes given, how often each; awards; and what does not add up, by its name."""

    codes: Counter[str]
    awards: int
    broken: dict[str, int]


def make(database: Database, now: datetime, customers_count: int, limit: int, codes: int) -> Scratch:
    """A chain with customers who have points enough, and a campaign with fewer coupons to sell than codes."""
    password = f"Aa1-{secrets.token_urlsafe(18)}"
    hashed, mark = passwords.hashed(password), secrets.token_hex(6)
    with database.transaction() as session:
        database.without_time_limit(session)
        chain = chains.create(session, ChainDetails(f"{NAME} {mark}", time_zone="UTC"), now)
        shop = shops.add(session, chain.id, f"{NAME} {mark}", f"{NAME} {mark}")
        details = staff.SellerDetails("Guerdon", "Prove", f"prove-{mark}@localhost.example", pos=shop.uuid)
        seller = staff.add_seller(session, chain.id, details, hashed)
        people = []
        for i in range(customers_count):
            person = Person("Buyer", str(i))
            customer = signups.sign_up(session, person, now, SYSTEM, joining=Joining(chain.id)).customer
            ledger.add(session, customer.id, min(codes * COST, BALANCE_MAX), now)
            people.append(customer.uuid)
        spec = CampaignSpec(
            f"{NAME} {mark}",
            lifecycle="live",
            audience=EVERYONE,
            limits=LimitSpec(limit=limit, limit_per_customer=limit),
            cost=COST,
            sale=SaleSpec("gift_code"),
            codes=[f"{mark}-{i:06}" for i in range(codes)],
        )
        campaign = campaigns.create(session, spec, now, chain.id)
        return Scratch(chain.id, campaign.uuid, people, str(seller.email), password)


def look(database: Database, scratch: Scratch) -> Tables:
    """Read what became of it."""
    with database.reading() as session:
        database.without_time_limit(session)
        campaign_id = session.scalars(select(Campaign.id).where(Campaign.uuid == scratch.campaign)).one()
        sold = (
            select(Coupon.code).join(Voucher, Voucher.coupon_id == Coupon.id).where(Coupon.campaign_id == campaign_id)
        )
        awards = select(func.count()).select_from(Award).where(Award.campaign_id == campaign_id)
        return Tables(
            Counter(session.scalars(sold)), session.scalar(awards) or 0, _broken(session, scratch.chain_id, campaign_id)
        )


def _broken(session: Session, chain_id: int, campaign_id: int) -> dict[str, int]:
    """How many rows of the chain contradict each other."""
    mine = select(Customer.id).where(Customer.chain_id == chain_id)
    sums = (
        select(LedgerEntry.customer_id, func.sum(LedgerEntry.delta).label("sum"))
        .where(LedgerEntry.customer_id.in_(mine))
        .group_by(LedgerEntry.customer_id)
        .subquery()
    )
    unbalanced = (
        select(func.count())
        .select_from(Account)
        .join(sums, sums.c.customer_id == Account.customer_id)
        .where(Account.balance != sums.c.sum)
    )
    paid = (
        select(LedgerEntry.award_id)
        .where(LedgerEntry.customer_id.in_(mine), LedgerEntry.kind == "bought", LedgerEntry.delta == -COST)
        .subquery()
    )
    unpaid = (
        select(func.count())
        .select_from(Award)
        .outerjoin(paid, paid.c.award_id == Award.id)
        .where(Award.campaign_id == campaign_id, paid.c.award_id.is_(None))
    )
    awards = select(func.count()).select_from(Award).where(Award.campaign_id == campaign_id).scalar_subquery()
    miscounted = select(func.count()).select_from(Stock).where(Stock.campaign_id == campaign_id, Stock.given != awards)
    oversold = (
        select(func.count()).select_from(Stock).where(Stock.campaign_id == campaign_id, Stock.given > Stock.allowed)
    )
    return {
        "accounts that are not the sum of their entries": session.scalar(unbalanced) or 0,
        "purchases without a debit of their price": session.scalar(unpaid) or 0,
        "campaigns that count other than they sold": session.scalar(miscounted) or 0,
        "campaigns that sold more than their limit": session.scalar(oversold) or 0,
    }


def remove(database: Database, chain_id: int) -> None:
    """Remove every row of the chain, the last that was made first. Its campaign is paused before: a worker has no more to do with it."""
    with database.transaction() as session:
        session.execute(update(Campaign).where(Campaign.chain_id == chain_id).values(lifecycle="completed"))
    with database.transaction() as session:
        database.without_time_limit(session)
        sellers = session.scalars(select(Login.uuid).where(Login.chain_id == chain_id)).all()
        session.execute(
            delete(StoredAnswer).where(StoredAnswer.principal.in_([it.hex for it in sellers])),
            execution_options={"synchronize_session": False},
        )
        for table in reversed(metadata.sorted_tables):
            for condition in _of_chain(table, chain_id):  # one at a time, each by its index
                session.execute(table.delete().where(condition))
        session.execute(metadata.tables["chain"].delete().where(metadata.tables["chain"].c.id == chain_id))


def forgotten(database: Database) -> list[int]:
    """The chains of proofs that were cut off before they could remove them."""
    with database.reading() as session:
        return list(session.scalars(select(Chain.id).where(Chain.name.regexp_match(f"^{NAME} [0-9a-f]{{12}}$"))))


def left(database: Database, chain_id: int) -> dict[str, int]:
    """Rows of the chain that are still there, by table: none, once it is removed."""
    found: dict[str, int] = {}
    with database.reading() as session:
        for table in metadata.sorted_tables:
            conditions = _of_chain(table, chain_id)
            if conditions and table.name != "chain":
                count = session.scalar(select(func.count()).select_from(table).where(or_(*conditions))) or 0
                found |= {table.name: count} if count else {}
    return found


def _of_chain(table: Table, chain_id: int) -> list[Any]:
    """What makes a row the chain's: its own column, or that of the customer, the campaign or the login that it is about."""
    customers = select(Customer.id).where(Customer.chain_id == chain_id)
    campaigns_ = select(Campaign.id).where(Campaign.chain_id == chain_id)
    logins = select(Login.id).where(or_(Login.chain_id == chain_id, Login.customer_id.in_(customers)))
    owners = {"customer_id": customers, "campaign_id": campaigns_, "login_id": logins}
    found: list[Any] = [table.c[name].in_(ids) for name, ids in owners.items() if name in table.c]
    if "chain_id" in table.c:
        found.append(table.c["chain_id"] == chain_id)
    return found
