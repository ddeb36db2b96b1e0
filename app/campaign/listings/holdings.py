"""What a customer holds and has been given: vouchers, draws, and what one award was; a few rows at a time, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import Draw, DrawSeed
from app.campaign.models.limits import Usage
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.db.types import AnySelect
from app.members.models import Customer
from app.points.models import LedgerEntry


class HeldVoucher(NamedTuple):
    """A voucher with its campaign, and the title of the reward that it came from."""

    voucher: Voucher
    title: str | None


class DrawnReward(NamedTuple):
    """A draw as anybody may check it: its campaign with the seed, the customer, and the titles of all candidates, by method."""

    draw: Draw
    campaign: Campaign
    seed: DrawSeed
    customer: UUID
    given_at: datetime
    titles: dict[int, str]


@dataclass(frozen=True)
class GivenThings:
    """What one award gave: rewards by their titles, each with a voucher or points; and the draw that chose it."""

    award: Award
    methods: Sequence[RewardMethod]
    vouchers: Sequence[HeldVoucher]
    entries: Sequence[LedgerEntry]
    draw: DrawnReward | None


def vouchers(
    session: Session, customer_id: int, size: int, now: datetime, before: int | None = None, only_usable: bool = False
) -> tuple[list[HeldVoucher], bool]:
    """What the customer holds, those before a voucher's number; and whether there are more."""
    conditions: list[Any] = [Voucher.customer_id == customer_id, Voucher.superseded.is_(False)]
    if before is not None:
        conditions.append(Voucher.id < before)
    if only_usable:
        conditions += [Voucher.status != "redeemed", or_(Voucher.expires_at.is_(None), Voucher.expires_at > now)]
    rows = session.execute(_held().where(*conditions).order_by(Voucher.id.desc()).limit(size + 1)).unique().all()
    return [HeldVoucher(*row) for row in rows[:size]], len(rows) > size


def draws_of_campaign(
    session: Session, campaign_id: int, size: int, after: UUID | None = None
) -> tuple[list[DrawnReward], bool]:
    """The draws of a campaign by customer and number, those after the one with this id; and whether there are more."""
    query = _drawn().where(Draw.campaign_id == campaign_id)
    last = session.get(Draw, after) if after else None
    if last is not None:
        query = query.where(tuple_(Draw.customer_id, Draw.number) > (last.customer_id, last.number))
    return _draws(session, query.order_by(Draw.customer_id, Draw.number), size)


def draws_of_customer(
    session: Session, customer_id: int, size: int, before: UUID | None = None
) -> tuple[list[DrawnReward], bool]:
    """The newest draws of a customer, those before the one with this id; and whether there are more."""
    # By way of what the customer was given, which is found by customer; draws are found by campaign.
    mine = and_(Usage.campaign_id == Draw.campaign_id, Usage.customer_id == Draw.customer_id)
    query = _drawn().join(Usage, mine).where(Usage.customer_id == customer_id)
    last = session.get(Award, before) if before else None
    if last is not None:
        query = query.where(tuple_(Award.given_at, Draw.award_id) < (last.given_at, last.id))
    return _draws(session, query.order_by(Award.given_at.desc(), Draw.award_id.desc()), size)


def of_award(session: Session, award_id: UUID) -> GivenThings:
    """What an award that is known to be there gave."""
    award = session.get_one(Award, award_id)
    given = _held().where(Voucher.award_id == award_id, Voucher.parent_id.is_(None)).order_by(Voucher.id)
    held = [HeldVoucher(*row) for row in session.execute(given).unique()]
    entries = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.award_id == award_id, LedgerEntry.kind == "rewarded")
        .order_by(LedgerEntry.id)
    ).all()
    draws, _ = _draws(session, _drawn().where(Draw.award_id == award_id), 1)
    draw = draws[0] if draws else None
    method_ids = {it.voucher.method_id for it in held} | {it.method_id for it in entries}
    if draw is not None:
        method_ids.add(draw.draw.method_id)
    methods = session.scalars(
        select(RewardMethod).where(RewardMethod.id.in_(method_ids - {None})).order_by(RewardMethod.position)
    ).all()
    return GivenThings(award, methods, held, entries, draw)


def _held() -> AnySelect:
    return (
        select(Voucher, RewardMethod.title)
        .join(Voucher.campaign)
        .outerjoin(RewardMethod, RewardMethod.id == Voucher.method_id)
        .options(
            contains_eager(Voucher.campaign).options(
                joinedload(Campaign.text), joinedload(Campaign.chain), joinedload(Campaign.photos)
            ),
            joinedload(Voucher.award),
        )
    )


def _drawn() -> AnySelect:
    return (
        select(Draw, Campaign, DrawSeed, Customer.uuid, Award.given_at)
        .join(Campaign, Campaign.id == Draw.campaign_id)
        .join(DrawSeed, DrawSeed.campaign_id == Draw.campaign_id)
        .join(Customer, Customer.id == Draw.customer_id)
        .join(Award, Award.id == Draw.award_id)
        .options(joinedload(Campaign.text))
    )


def _draws(session: Session, query: AnySelect, size: int) -> tuple[list[DrawnReward], bool]:
    rows = session.execute(query.limit(size + 1)).all()
    titles = _titles(session, {int(method) for row in rows[:size] for method, _ in row[0].candidates})
    return [DrawnReward._make((*row, titles)) for row in rows[:size]], len(rows) > size


def _titles(session: Session, method_ids: set[int]) -> dict[int, str]:
    rows = session.execute(select(RewardMethod.id, RewardMethod.title).where(RewardMethod.id.in_(method_ids)))
    return dict(rows.all())
