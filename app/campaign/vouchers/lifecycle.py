"""Claim, unclaim, lock, unlock, redeem and expire vouchers; issue them. `lookup` finds and lists them.

`generated` becomes `claimed` becomes `redeemed`, and a redeemed voucher never changes. Locks and expiry are moments beside
the state. What is not redeemed of a voucher's amount lives on in a child voucher, so that over the whole tree
original = redeemed + the children's originals. Source: contract section 1.5, the model's section 5.1.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, bindparam, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from app.campaign import errors, telling
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.campaign.vouchers import keys
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers, VoucherRow, get, is_expired, is_locked
from app.campaign.vouchers.terms import validate
from app.db.guarded import GuardFailed
from app.db.prepared import Executor, Prepared, atomic
from app.db.types import UtcDateTime, holds
from app.members.models import Customer
from app.organizations.models import Chain
from app.outbox import writing
from app.text import written

LOCKABLE = {"basket", "basket_pct"}


@dataclass(frozen=True)
class Redemption:
    """What is left after redeeming: the voucher, and the child that holds the rest, if there is one."""

    voucher_id: int
    rest_id: int | None


_now, _claimant = bindparam("moment", type_=UtcDateTime()), bindparam("claimant", type_=BigInteger())
_CLAIM: Prepared[Any] = Prepared(
    update(Voucher)
    .where(
        Voucher.id == bindparam("voucher"),
        Voucher.status == "generated",
        or_(Voucher.expires_at.is_(None), Voucher.expires_at > _now),
        or_(bindparam("by_staff", type_=Boolean()), Voucher.locked_until.is_(None), Voucher.locked_until <= _now),
        or_(Voucher.customer_id.is_(None), Voucher.customer_id == _claimant),
    )
    .values(
        status="claimed",
        claimed_at=_now,
        customer_id=_claimant,
        claimed_by=bindparam("login", type_=BigInteger()),
        claimed_by_token=bindparam("partner", type_=BigInteger()),
    )
    .returning(Voucher.id)
)


def claim(executor: Executor, named: VoucherIdentifiers, holder: Holder, now: datetime) -> VoucherRow:
    """Claim a voucher for its customer, or an anonymous one for whoever claims it first; claimed twice, it stays as it is.

    Raises as `get` does, VoucherNotForCustomers, CustomerNotActive, VoucherRedeemed, VoucherExpired or VoucherLocked, or
    GuardFailed when somebody was faster.
    """
    voucher = get(executor, named, holder)
    if not holder.is_staff and not voucher.customer_may_claim:
        raise errors.VoucherNotForCustomers
    if voucher.status == "claimed" and voucher.customer_id == holder.customer_id:
        return voucher
    _require_active(executor, holder.customer_id)
    _require_active_owner(voucher)
    _require_usable(voucher, now, is_staff=holder.is_staff)
    change = {
        "voucher": voucher.id,
        "moment": now,
        "by_staff": holder.is_staff,
        "claimant": holder.customer_id,
        "login": holder.login_id,
        "partner": holder.token_id,
    }
    is_heard = writing.is_heard(executor, voucher.chain_id, "voucher.claimed")
    with atomic(executor) if is_heard else nullcontext():
        if not _CLAIM.run(executor, change):
            raise GuardFailed
        if is_heard:
            telling.vouchers(executor, voucher.chain_id, "voucher.claimed", [voucher.id], now)
    return (
        get(executor, VoucherIdentifiers(key=voucher.key), holder)
        if voucher.customer_id is None
        else voucher._replace(status="claimed", claimed_at=now)
    )


def unclaim(session: Session, named: VoucherIdentifiers, holder: Holder, now: datetime) -> VoucherRow:
    """Give a claimed voucher back into the state before; one that is not claimed stays as it is. Raises as `claim` does."""
    voucher = _locked(session, named, holder)
    if not holder.is_staff and not get(session, VoucherIdentifiers(id=voucher.id), holder).customer_may_claim:
        raise errors.VoucherNotForCustomers
    _require_usable(voucher, now, is_staff=holder.is_staff)
    voucher.status, voucher.claimed_at, voucher.claimed_by, voucher.claimed_by_token = "generated", None, None, None
    return _shown(session, voucher, holder)


def lock(
    session: Session,
    named: VoucherIdentifiers,
    holder: Holder,
    seconds: int,
    lock_code: str | None,
    basket_code: str | None,
    now: datetime,
) -> VoucherRow:
    """Keep a voucher for one basket for some seconds; the same basket, or whoever knows the code, may lock it again.

    A lock without either is nobody's: it lapses, or is unlocked.

    Raises as `get` does, NotLockable, VoucherRedeemed, VoucherExpired or VoucherLocked.
    """
    voucher = _locked(session, named, holder)
    if voucher.kind not in LOCKABLE:
        raise errors.NotLockable
    _require_usable(voucher, now, is_staff=True)
    is_mine = _opens(voucher, lock_code, basket_code)
    if is_locked(voucher, now) and not is_mine:
        raise errors.VoucherLocked
    voucher.locked_until = now + timedelta(seconds=seconds)
    if is_mine:  # what is not given anew stays
        lock_code, basket_code = lock_code or voucher.lock_code, basket_code or voucher.basket_code
    voucher.lock_code, voucher.basket_code = lock_code, basket_code
    return _shown(session, voucher, holder)


def unlock(session: Session, named: VoucherIdentifiers, holder: Holder) -> VoucherRow:
    """Let a voucher go, and forget its basket. Raises as `get` does."""
    voucher = _locked(session, named, holder)
    voucher.locked_until = voucher.lock_code = voucher.basket_code = None
    return _shown(session, voucher, holder)


def redeem(
    session: Session,
    named: VoucherIdentifiers,
    holder: Holder,
    amount: int | None,
    now: datetime,
    lock_code: str | None = None,
    basket_code: str | None = None,
) -> Redemption:
    """Redeem a claimed voucher, wholly or an amount of it; the rest becomes a claimed child voucher.

    A locked one is redeemed for the basket that it is kept for, or by whoever knows the code.
    Raises as `get` does, CustomerNotActive, VoucherNotClaimed, VoucherRedeemed, VoucherExpired, VoucherLocked or
    MoreThanVoucher.
    """
    voucher = _locked(session, named, holder)
    _require_active_owner(get(session, VoucherIdentifiers(id=voucher.id), holder))
    _require_usable(voucher, now, is_staff=True)
    if voucher.status != "claimed":
        raise errors.VoucherNotClaimed
    if is_locked(voucher, now) and not _opens(voucher, lock_code, basket_code):
        raise errors.VoucherLocked(opens_at=voucher.locked_until)
    amount = voucher.amount if amount is None else amount
    if amount > voucher.amount:
        raise errors.MoreThanVoucher(required=amount, actual=voucher.amount)
    rest = voucher.amount - amount
    _redeem(voucher, amount, now)
    if not rest:
        session.flush()
        _tell_redeemed(session, holder.chain_id, voucher, now)
        return Redemption(voucher.id, None)
    child = _child(session, voucher, rest, now)
    _tell_redeemed(session, holder.chain_id, voucher, now, rest=child.id)
    return Redemption(voucher.id, child.id)


def expire(session: Session, named: VoucherIdentifiers, holder: Holder, now: datetime) -> VoucherRow:
    """Let a claimed voucher expire now; one that has expired stays as it is.

    Raises as `get` does, VoucherNotClaimed or VoucherRedeemed.
    """
    voucher = _locked(session, named, holder)
    if voucher.status == "redeemed":
        raise errors.VoucherRedeemed
    if voucher.status != "claimed":
        raise errors.VoucherNotClaimed
    if not is_expired(voucher, now):
        voucher.expires_at = now
    return _shown(session, voucher, holder)


@dataclass(frozen=True)
class VoucherTerms:
    """What the staff decides about a voucher that it issues by hand. Amount in hundredths."""

    kind: str
    amount: int = 0
    hundredths_of_percent: int | None = None
    code: str | None = None
    text: str | None = None
    claimed: bool = False
    expires_at: datetime | None = None
    details: Mapping[str, str] | None = None  # title, description, notes, image_url
    locked_seconds: int | None = None  # kept for a basket from the beginning
    basket_code: str | None = None


def issue(
    session: Session, chain_id: int, campaign_id: int, customer_id: int | None, terms: VoucherTerms, now: datetime
) -> Voucher:
    """Issue a voucher by hand. The limits of its campaign count what the campaign gives, and so do not count it.

    Raises CampaignNotFound, CampaignNotActive for a completed one, CustomerNotActive or BadVoucher.
    """
    validate(terms.kind, terms.amount, terms.hundredths_of_percent, terms.code)
    if terms.claimed and customer_id is None:
        raise errors.BadVoucher("A voucher is claimed by somebody; name the customer.")
    found = session.execute(
        select(Campaign.id, Campaign.lifecycle, Chain.third_party_voucher_ids)
        .join(Chain, Chain.id == Campaign.chain_id)
        .where(Campaign.id == campaign_id, Campaign.chain_id == chain_id)
    ).one_or_none()
    if found is None:
        raise errors.CampaignNotFound
    if found.lifecycle == "completed":
        raise errors.CampaignNotActive("The campaign is completed, and gives nothing any more.", actual=found.lifecycle)
    _require_active(session, customer_id)
    if terms.locked_seconds and terms.kind not in LOCKABLE:
        raise errors.NotLockable
    voucher = Voucher(
        key=keys.new_key(),
        third_party_id=keys.new_third_party_id() if found.third_party_voucher_ids else None,
        chain_id=chain_id,
        campaign_id=campaign_id,
        customer_id=customer_id,
        kind=terms.kind,
        code=terms.code,
        status="claimed" if terms.claimed else "generated",
        claimed_at=now if terms.claimed else None,
        amount=terms.amount,
        redeemed=0,
        hundredths_of_percent=terms.hundredths_of_percent,
        text=terms.text,
        created_at=now,
        expires_at=terms.expires_at,
        details=dict(terms.details) if terms.details else None,
        locked_until=now + timedelta(seconds=terms.locked_seconds) if terms.locked_seconds else None,
        basket_code=terms.basket_code if terms.locked_seconds else None,
    )
    session.add(voucher)
    session.flush()
    telling.vouchers(session, chain_id, "voucher.created", [voucher.id], now)
    return voucher


def use(session: Session, voucher: Voucher, now: datetime) -> Voucher:
    """Redeem all of a voucher whose row the caller has locked; one not claimed yet is claimed on the way.

    Raises VoucherRedeemed or VoucherExpired.
    """
    _require_usable(voucher, now, is_staff=True)
    voucher.claimed_at = voucher.claimed_at or now
    _redeem(voucher, voucher.amount, now)
    session.flush()
    _tell_redeemed(session, voucher.campaign.chain_id, voucher, now)
    return voucher


def reinstate(session: Session, voucher: Voucher, now: datetime) -> Voucher:
    """Give back a redeemed coupon as a claimed voucher for the same code; the redeemed one stays redeemed.

    For vouchers without an amount: nothing is worth more afterwards. The caller has locked the row.
    """
    child = _child(session, voucher, 0, now)
    return session.scalars(
        select(Voucher).join(Voucher.campaign).options(contains_eager(Voucher.campaign)).where(Voucher.id == child.id)
    ).one()


def _opens(voucher: Voucher, lock_code: str | None, basket_code: str | None) -> bool:
    """Whether the lock is this basket's, or the caller knows its code."""
    return (basket_code is not None and written(basket_code) == voucher.basket_code) or (
        lock_code is not None and written(lock_code) == voucher.lock_code
    )


def _require_active(executor: Executor, customer_id: int | None) -> None:
    """To whose status the chain gives nothing is given nothing, by the staff neither."""
    if customer_id is None:
        return
    is_granted = holds(Chain.spending_statuses, Customer.status)
    query = select(Customer.status, is_granted).join(Chain, Chain.id == Customer.chain_id)
    status, may_be_given = executor.execute(query.where(Customer.id == customer_id)).one()
    if not may_be_given:
        raise errors.CustomerNotActive(required="active", actual=status)


def _require_active_owner(voucher: VoucherRow) -> None:
    if voucher.customer_id is not None and not voucher.may_be_given:
        raise errors.CustomerNotActive(required="active", actual=voucher.customer_status)


def _require_usable(voucher: VoucherRow | Voucher, now: datetime, is_staff: bool) -> None:
    if voucher.status == "redeemed":
        raise errors.VoucherRedeemed
    if is_expired(voucher, now):
        raise errors.VoucherExpired
    if is_locked(voucher, now) and not is_staff:
        raise errors.VoucherLocked(opens_at=voucher.locked_until)


def _locked(session: Session, named: VoucherIdentifiers, holder: Holder) -> Voucher:
    """The voucher; who else wants to change it waits. Raises as `get` does."""
    voucher_id = get(session, named, holder).id
    return session.scalars(
        select(Voucher)
        .where(Voucher.id == voucher_id)
        .with_for_update(of=Voucher)
        .execution_options(populate_existing=True)
    ).one()


def _shown(session: Session, voucher: Voucher, holder: Holder) -> VoucherRow:
    session.flush()
    return get(session, VoucherIdentifiers(id=voucher.id), holder)


def _redeem(voucher: Voucher, amount: int, now: datetime) -> None:
    # Not before it was claimed: that may have been noted by a clock that runs ahead.
    redeemed_at = max(now, voucher.claimed_at or now)
    voucher.status, voucher.redeemed, voucher.redeemed_at = "redeemed", amount, redeemed_at
    voucher.locked_until = voucher.lock_code = voucher.basket_code = None


def _tell_redeemed(session: Session, chain_id: int, voucher: Voucher, now: datetime, rest: int | None = None) -> None:
    kinds = ["voucher.redeemed"] if voucher.coupon_id is None else ["purchase.used", "voucher.redeemed"]
    for kind in kinds:
        telling.vouchers(session, chain_id, kind, [voucher.id], now, rest)


def _child(session: Session, parent: Voucher, amount: int, now: datetime) -> Voucher:
    parent.superseded = True
    session.flush()  # before the child holds the coupon
    child = Voucher(
        key=keys.new_key(),
        third_party_id=keys.new_third_party_id() if parent.third_party_id else None,
        chain_id=parent.chain_id,
        campaign_id=parent.campaign_id,
        customer_id=parent.customer_id,
        award_id=parent.award_id,
        method_id=parent.method_id,
        parent_id=parent.id,
        coupon_id=parent.coupon_id,
        kind=parent.kind,
        code=parent.code,
        status="claimed",
        claimed_at=now,
        amount=amount,
        redeemed=0,
        hundredths_of_percent=parent.hundredths_of_percent,
        text=parent.text,
        details=parent.details,
        delivery=parent.delivery,
        created_at=now,
        expires_at=parent.expires_at,
    )
    session.add(child)
    session.flush()
    return child
