"""What was bought: the coupons that customers hold. The words are Open Loyalty's; every coupon given to somebody counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, contains_eager

from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import DELIVERIES, Voucher
from app.members.models import Customer
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.points.models import Account

Period = tuple[datetime | None, datetime | None]
# A coupon is a voucher; what was bought is listed by the vouchers that hold the coupons now.
BOUGHT = and_(Voucher.coupon_id.is_not(None), Voucher.superseded.is_(False))
SORTABLE = {
    "given_at": Award.given_at,
    "cost": Award.cost,
    "redeemed_at": Voucher.redeemed_at,
    "delivery": func.coalesce(Voucher.delivery, DELIVERIES[0]),
    "campaign_name": Campaign.name_folded,
}


@dataclass(frozen=True)
class BoughtFilter:
    """What to look for among the coupons that were bought; each period from and to, both inclusive, None unbounded."""

    bought: Sequence[Period] = ()
    redeemed: Period = (None, None)
    expires: Period = (None, None)
    is_used: bool | None = None
    delivery: str | None = None


class BoughtCoupon(NamedTuple):
    """A bought coupon with who bought it, and the points that they hold now, in hundredths."""

    voucher: Voucher
    customer: Customer
    balance: int


def bought_query() -> Select[Voucher]:
    """The coupons that were bought, with award and campaign. Narrow it."""
    return (
        select(Voucher)
        .join(Voucher.award)
        .join(Voucher.campaign)
        .options(contains_eager(Voucher.award), contains_eager(Voucher.campaign))
        .where(BOUGHT)
    )


def page(session: Session, chains: Chains, wanted: BoughtFilter, paging: Page) -> Paged[BoughtCoupon]:
    """The coupons that customers of these chains have bought, the newest first unless sorted otherwise."""
    joined = _chosen(chains, wanted)
    total = session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    ordered = joined.order_by(*paging.order(SORTABLE, Award.given_at.desc(), tie=Voucher.id.desc()))
    return Paged(_whole(session, session.scalars(paging.cut(ordered)).all()), total)


def batch(session: Session, chains: Chains, wanted: BoughtFilter, after: int, most: int = 500) -> list[BoughtCoupon]:
    """The next coupons that were bought behind the voucher of this id, in the order in which they were given."""
    query = _chosen(chains, wanted).where(Voucher.id > after).order_by(Voucher.id).limit(most)
    return _whole(session, session.scalars(query).all())


def _chosen(chains: Chains, wanted: BoughtFilter) -> Select[int]:
    conditions: list[ColumnElement[bool]] = [BOUGHT, within(chains, Campaign.chain_id)]
    for column, (first, last) in (
        *((Award.given_at, period) for period in wanted.bought),
        (Voucher.redeemed_at, wanted.redeemed),
        (Voucher.expires_at, wanted.expires),
    ):
        conditions += [column >= first] if first else []
        conditions += [column <= last] if last else []
    if wanted.is_used is not None:
        conditions.append((Voucher.status == "redeemed") == wanted.is_used)
    if wanted.delivery is not None:
        conditions.append(func.coalesce(Voucher.delivery, DELIVERIES[0]) == wanted.delivery)
    return select(Voucher.id).join(Voucher.award).join(Voucher.campaign).where(*conditions)


def _whole(session: Session, ids: Sequence[int]) -> list[BoughtCoupon]:
    """In the order of the ids."""
    query = (
        bought_query()
        .add_columns(Customer, Account.balance)
        .join(Customer, Customer.id == Voucher.customer_id)
        .join(Account, Account.customer_id == Customer.id)
        .where(Voucher.id.in_(ids))
    )
    by_id = {row[0].id: BoughtCoupon(*row) for row in session.execute(query).unique()}
    return [by_id[id] for id in ids]


def of_customer(session: Session, customer_id: int, paging: Page) -> Paged[Voucher]:
    """The coupons that a customer has bought, the newest first unless sorted otherwise; with award, campaign and its text."""
    mine = Voucher.customer_id == customer_id
    total = session.scalar(select(func.count()).select_from(Voucher).where(mine, BOUGHT)) or 0
    query = (
        bought_query()
        .options(contains_eager(Voucher.campaign).joinedload(Campaign.text))
        .where(mine)
        .order_by(*paging.order(SORTABLE, Award.given_at.desc(), tie=Voucher.id))
    )
    return Paged(list(session.scalars(paging.cut(query))), total)


def latest_by_customer(session: Session, customer_ids: Sequence[int], most: int) -> dict[int, list[Voucher]]:
    """The latest coupons of each of a few customers, at most `most` each, oldest first, in one statement."""
    rank = func.row_number().over(partition_by=Voucher.customer_id, order_by=Voucher.id.desc())
    ranked = select(Voucher.id, rank.label("rank")).where(Voucher.customer_id.in_(customer_ids), BOUGHT).subquery()
    query = (
        bought_query()
        .join(ranked, and_(ranked.c.id == Voucher.id, ranked.c.rank <= most))
        .order_by(Award.given_at, Voucher.id)
    )
    found: dict[int, list[Voucher]] = {customer_id: [] for customer_id in customer_ids}
    for voucher in session.scalars(query):
        found[cast(int, voucher.customer_id)].append(voucher)
    return found
