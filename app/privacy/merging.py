"""Find out that two accounts are one person's: what is in the one moves into the other, and the one is closed.

Points move as they are, locked or not, and expire when they would have; so do purchases, vouchers and limits: what both have bought of a
campaign is what the person has bought. Ledger, awards and draws stay under the number under which they were made, for they are facts, and
draws are verified by it; so do the limits of draws. Identifiers stay: whoever comes with the old card, or asks for the old id, is the
customer.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.access.models import Login, RefreshToken, SessionKey
from app.campaign.awards.give import lock_stocks
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import BehaviorProgress, EventReceipt, Participation
from app.campaign.models.limits import MethodUsage, Stock, Usage
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.media import pictures
from app.members import customers, sizes, telling
from app.members.errors import BadCustomer, CustomerElsewhere
from app.members.models import (
    ERASED,
    IDENTIFIERS,
    Customer,
    CustomerAttribute,
    CustomerTag,
    Level,
    SegmentMember,
    Spending,
)
from app.organizations import chains
from app.outbox import writing
from app.outbox.writing import customer_subject
from app.points import ledger
from app.points.models import Account
from app.sales import levels
from app.sales.models import EarningUsage, Sale
from app.segments import membership, segments

COMMENT = "Two accounts became one"


def merge(
    session: Session,
    kept: Customer,
    gone: Customer,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
) -> Customer:
    """Move all that `gone` has into the account of `kept`, who is returned.

    Raises BadCustomer for one and the same, CustomerElsewhere for those of two chains, or TooManyPoints.
    """
    if kept.id == gone.id:
        raise BadCustomer("These are one account already.", field="customer")
    if kept.chain_id != gone.chain_id:
        raise CustomerElsewhere
    both = sorted((kept.id, gone.id))
    # In everybody's order: accounts, then relations and sales, then customers, and the stocks last.
    ledger.lock_accounts(session, both)
    _relations(session, kept, gone, now)
    session.execute(update(Sale).where(Sale.customer_id == gone.id).values(customer_id=kept.id))
    lock = select(Customer.id).where(Customer.id.in_(both)).order_by(Customer.id)
    session.execute(lock.with_for_update(of=Customer)).all()
    for it in (kept, gone):
        session.refresh(it)
        session.refresh(it.profile)
        if it.status == ERASED:
            raise BadCustomer("Whoever is erased, or was merged already, is not merged.", field="customer")
    if kept.status != gone.status:
        raise BadCustomer(
            f"One of them is {kept.status}, the other {gone.status}: say first what the person is to be.",
            field="customer",
        )
    by_hand = [it.manual_level for it in (kept, gone) if it.manual_level is not None]
    ledger.pass_all_on(session, gone.id, kept.id, now, issuer, issued_by, COMMENT)
    _spending(session, kept, gone)
    session.execute(update(Voucher).where(Voucher.customer_id == gone.id).values(customer_id=kept.id))
    _describe(session, kept, gone)
    _segments(session, kept, gone, now)
    _close(session, kept, gone, now)
    _level(session, kept, by_hand, now)
    _limits(session, kept, gone)
    session.flush()
    telling.customer(session, kept, "customer.changed", now)
    data = {
        "customer": telling.reference(gone.uuid, gone.id, None),
        "into": telling.reference(kept.uuid, kept.id, kept.external_id),
    }
    writing.write(session, kept.chain_id, "customer.merged", customer_subject(gone.id), data, now)
    return kept


def _relations(session: Session, kept: Customer, gone: Customer, now: datetime) -> None:
    """Who referred, or was referred, did so under the other account; but not oneself, and once in each campaign."""
    known = set(session.scalars(select(ReferralRelation.campaign_id).where(ReferralRelation.referred_id == kept.id)))
    either = or_(ReferralRelation.referring_id == gone.id, ReferralRelation.referred_id == gone.id)
    mine = select(ReferralRelation).where(either).order_by(ReferralRelation.id).with_for_update()
    for it in session.scalars(mine.execution_options(populate_existing=True)):
        is_double = it.referred_id == gone.id and it.campaign_id in known
        if is_double or {it.referring_id, it.referred_id} == {kept.id, gone.id}:
            it.lapsed_at = it.lapsed_at or max(now, it.created_at)
        elif it.referring_id == gone.id:
            it.referring_id = kept.id
        else:
            it.referred_id = kept.id
    session.flush()


def _spending(session: Session, kept: Customer, gone: Customer) -> None:
    theirs = session.get(Spending, gone.id, with_for_update=True)
    if theirs is None:
        return
    own = session.get(Spending, kept.id, with_for_update=True)
    if own is None:
        own = Spending(
            chain_id=kept.chain_id, customer_id=kept.id, transactions_count=0, amount=0, amount_without_delivery=0,
            amount_excluded_for_level=0,
        )  # fmt: skip
        session.add(own)
    for name in ("transactions_count", "amount", "amount_without_delivery", "amount_excluded_for_level"):
        setattr(own, name, getattr(own, name) + getattr(theirs, name))
    own.last_at = max(filter(None, (own.last_at, theirs.last_at)), default=None)
    session.delete(theirs)


def _describe(session: Session, kept: Customer, gone: Customer) -> None:
    """What is not known of the one is taken from the other; of what both say, the one's counts."""
    ours, theirs = kept.profile, gone.profile
    moved = {name: getattr(theirs, name) for name in IDENTIFIERS if getattr(ours, name) is None}
    external_id = gone.external_id if kept.external_id is None else None
    for name in moved:
        setattr(theirs, name, None)
    gone.external_id = None if external_id is not None else gone.external_id
    session.flush()
    for name, value in moved.items():
        setattr(ours, name, value)
    kept.external_id = kept.external_id or external_id
    for name in ("gender", "born_on", "address", "company"):
        setattr(ours, name, getattr(ours, name) or getattr(theirs, name))
    ours.labels = [*ours.labels, *(it for it in theirs.labels if it not in ours.labels)]
    kept.shop = kept.shop or gone.shop
    kept.seller_uuid = kept.seller_uuid or gone.seller_uuid
    pictures.move(session, kept.chain_id, *(pictures.place_of("customer", it.uuid) for it in (gone, kept)))
    for model in (CustomerTag, CustomerAttribute, BehaviorProgress, EventReceipt, Participation):
        _move_rows(session, model, kept, gone)
    _progress(session, kept, gone)


def _move_rows(session: Session, model: Any, kept: Customer, gone: Customer) -> None:
    """The rows that the one does not have, by what else names them; the others stay where they are."""
    own = aliased(model)
    others = [column.name for column in model.__table__.primary_key.columns if column.name != "customer_id"]
    same = [getattr(own, name) == getattr(model, name) for name in others]
    is_there = select(literal(1)).where(own.customer_id == kept.id, *same).correlate(model).exists()
    session.execute(
        update(model).where(model.customer_id == gone.id, ~is_there).values(customer_id=kept.id),
        execution_options={"synchronize_session": False},
    )


def _progress(session: Session, kept: Customer, gone: Customer) -> None:
    """Of what both are on their way to: what both have achieved counts, and the way of who has come further."""
    for theirs in session.scalars(select(BehaviorProgress).where(BehaviorProgress.customer_id == gone.id)).all():
        own = session.get_one(BehaviorProgress, (kept.id, theirs.behavior_id), populate_existing=True)
        own.achieved, own.version = own.achieved + theirs.achieved, own.version + 1
        if own.current is not None and theirs.current is not None:
            own.current = max(own.current, theirs.current)
        session.delete(theirs)
    session.flush()


def _segments(session: Session, kept: Customer, gone: Customer, now: datetime) -> None:
    """Belong to what both belonged to; lists that name the one, name the other."""
    mine = SegmentMember.customer_id == gone.id
    for segment_id in session.scalars(
        select(SegmentMember.segment_id).where(mine).order_by(SegmentMember.segment_id)
    ).all():
        sizes.add(session, gone.chain_id, gone.level_id, segment_id, -1)
    session.execute(delete(SegmentMember).where(mine))
    names = {name.lower() for name in (*(getattr(gone.profile, it) for it in IDENTIFIERS), str(gone.uuid)) if name}
    segments.replace_listed(session, gone.chain_id, names, str(kept.uuid))


def _close(session: Session, kept: Customer, gone: Customer, now: datetime) -> None:
    """Nobody signs in to the closed account; who had no password for the other one has this one's."""
    logins = {
        it.customer_id: it for it in session.scalars(select(Login).where(Login.customer_id.in_([kept.id, gone.id])))
    }
    ours, theirs = logins.get(kept.id), logins.get(gone.id)
    if theirs is not None:
        if ours is not None and ours.password_hash is None:
            ours.password_hash = theirs.password_hash
        theirs.active, theirs.deleted, theirs.password_hash = False, True, None
        for model in (RefreshToken, SessionKey):
            session.execute(delete(model).where(model.login_id == theirs.id))
    sizes.move(session, gone, None)
    gone.level = gone.manual_level = None
    session.get_one(Account, gone.id, populate_existing=True).closed = True
    gone.status, gone.merged_into_id, gone.updated_at, kept.updated_at = ERASED, kept.id, now, now
    earlier = update(Customer).where(Customer.merged_into_id == gone.id).values(merged_into_id=kept.id)
    session.execute(earlier, execution_options={"synchronize_session": False})
    session.flush()


def _level(session: Session, kept: Customer, by_hand: Sequence[Level], now: datetime) -> None:
    """No lower than what was given by hand to either; else what both have reached together."""
    highest = max(by_hand, key=lambda it: it.condition_value, default=None)
    if highest is not None and highest is not kept.manual_level:
        customers.give_level(session, kept, highest, now)
    terms = chains.terms(session, kept.chain_id)
    levels.refresh(session, terms, kept.id, now)
    membership.refresh(session, terms, kept.id, now, only_moving=False)


def _limits(session: Session, kept: Customer, gone: Customer) -> None:
    """What both were given of a campaign counts as given to the one; draws are numbered by account, and stay.

    Last, for whoever buys waits for the stocks.
    """
    drawn = select(Campaign.id).where(Campaign.handling == "random_draw")
    theirs = session.scalars(
        select(Usage).where(Usage.customer_id == gone.id, Usage.campaign_id.not_in(drawn)).order_by(Usage.campaign_id)
    ).all()
    both_in = _participations(session, kept, gone)
    of_either = Usage.customer_id.in_([kept.id, gone.id]), Usage.campaign_id.in_([it.campaign_id for it in theirs])
    usages = select(Usage).where(*of_either).order_by(Usage.campaign_id, Usage.customer_id).with_for_update()
    session.scalars(usages.execution_options(populate_existing=True)).all()
    lock_stocks(session, sorted({*(it.campaign_id for it in theirs), *both_in}))
    for it in theirs:
        own = session.get(Usage, (kept.id, it.campaign_id))
        if own is None:
            own = Usage(
                chain_id=kept.chain_id, customer_id=kept.id, campaign_id=it.campaign_id, received=it.received,
                in_period=it.in_period, period_from=it.period_from,
            )  # fmt: skip
            session.add(own)
        else:
            own.received += it.received
            _count_together(own, it)
            _change_stock(session, it.campaign_id, customers_count=Stock.customers_count - 1)
        session.delete(it)
    for campaign_id in both_in:
        _change_stock(session, campaign_id, participants_count=Stock.participants_count - 1)
    for model, key in ((MethodUsage, "method_id"), (EarningUsage, "rule_id")):
        _move_rows(session, model, kept, gone)
        of_both = select(model).where(model.customer_id.in_([kept.id, gone.id]))
        rows: Sequence[Any] = session.scalars(of_both).all()
        ours = {getattr(row, key): row for row in rows if row.customer_id == kept.id}
        for row in rows:
            if row.customer_id == gone.id:
                _count_together(ours[getattr(row, key)], row)
                session.delete(row)
    session.flush()


def _participations(session: Session, kept: Customer, gone: Customer) -> Sequence[int]:
    """The campaigns in which both took part; the rest has moved."""
    left = Participation.customer_id == gone.id
    both = session.scalars(select(Participation.campaign_id).where(left, Participation.opted_in.is_(True))).all()
    session.execute(delete(Participation).where(left))
    return both


def _count_together(own: Any, other: Any) -> None:
    if own.period_from == other.period_from:
        own.in_period += other.in_period
    elif own.period_from < other.period_from:
        own.in_period, own.period_from = other.in_period, other.period_from


def _change_stock(session: Session, campaign_id: int, **values: Any) -> None:
    session.execute(
        update(Stock).where(Stock.campaign_id == campaign_id).values(**values),
        execution_options={"synchronize_session": False},
    )
