"""Find vouchers: by a caller's name for one, or all of a customer; each with its campaign, its chain and its owner's card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.campaign import errors
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.db.prepared import Executor, Prepared
from app.db.types import holds
from app.members.models import Customer, Profile
from app.organizations.models import Chain
from app.paging import Page, Paged


@dataclass(frozen=True)
class VoucherIdentifiers:
    """How a caller names a voucher: by any of these, which must agree."""

    key: str | None = None
    id: int | None = None
    third_party_id: int | None = None


@dataclass(frozen=True)
class Holder:
    """Who acts: a customer for himself, or (`is_staff`) the staff, for this customer or for whoever holds the voucher.

    `login_id` or `token_id` is whose request it is.
    """

    chain_id: int
    customer_id: int | None
    is_staff: bool
    login_id: int | None = None
    token_id: int | None = None


class VoucherRow(NamedTuple):
    """A voucher with its campaign, its chain and its owner's card; amounts in hundredths of the chain's money."""

    id: int
    key: str
    third_party_id: int | None
    status: str
    kind: str
    code: str | None
    amount: int
    redeemed: int
    hundredths_of_percent: int | None
    text: str | None
    details: dict[str, str] | None
    created_at: datetime
    claimed_at: datetime | None
    redeemed_at: datetime | None
    expires_at: datetime | None
    locked_until: datetime | None
    lock_code: str | None
    basket_code: str | None
    parent_id: int | None
    superseded: bool
    customer_id: int | None
    campaign_id: int
    campaign_kind: str
    campaign_name: str
    chain_id: int
    customer_may_claim: bool
    currency: str
    loyalty_card_number: str | None
    customer_status: str | None
    may_be_given: bool | None  # the customer; None of one that nobody has yet


_SHOWN = (
    select(
        Voucher.id,
        Voucher.key,
        Voucher.third_party_id,
        Voucher.status,
        Voucher.kind,
        Voucher.code,
        Voucher.amount,
        Voucher.redeemed,
        Voucher.hundredths_of_percent,
        Voucher.text,
        Voucher.details,
        Voucher.created_at,
        Voucher.claimed_at,
        Voucher.redeemed_at,
        Voucher.expires_at,
        Voucher.locked_until,
        Voucher.lock_code,
        Voucher.basket_code,
        Voucher.parent_id,
        Voucher.superseded,
        Voucher.customer_id,
        Voucher.campaign_id,
        Campaign.kind.label("campaign_kind"),
        Campaign.name.label("campaign_name"),
        Campaign.chain_id,
        Campaign.customer_may_claim,
        Chain.currency,
        Profile.loyalty_card_number,
        Customer.status.label("customer_status"),
        holds(Chain.spending_statuses, Customer.status).label("may_be_given"),
    )
    .join(Campaign, Campaign.id == Voucher.campaign_id)
    .join(Chain, Chain.id == Campaign.chain_id)
    .outerjoin(Customer, Customer.id == Voucher.customer_id)
    .outerjoin(Profile, Profile.customer_id == Voucher.customer_id)
)
_BY_KEY = Prepared(_SHOWN.where(Voucher.key == bindparam("named")), VoucherRow)
_BY_ID = Prepared(_SHOWN.where(Voucher.id == bindparam("named")), VoucherRow)
_BY_THIRD_PARTY_ID = Prepared(_SHOWN.where(Voucher.third_party_id == bindparam("named")), VoucherRow)


def is_expired(voucher: VoucherRow | Voucher, now: datetime) -> bool:
    return voucher.expires_at is not None and voucher.expires_at <= now


def is_locked(voucher: VoucherRow | Voucher, now: datetime) -> bool:
    return voucher.locked_until is not None and voucher.locked_until > now


def worth(voucher: VoucherRow) -> int:
    """What the voucher stands for now: what was redeemed of a redeemed one, or all that can be."""
    return int(voucher.redeemed if voucher.status == "redeemed" else voucher.amount)


def get(executor: Executor, named: VoucherIdentifiers, holder: Holder) -> VoucherRow:
    """The voucher with its campaign, chain and owner's card, if it is the holder's or still nobody's.

    Raises VoucherNotFound, VoucherIdentifiersDisagree or VoucherElsewhere.
    """
    if named.key is not None:
        rows = _BY_KEY.run(executor, {"named": named.key})
    elif named.id is not None:
        rows = _BY_ID.run(executor, {"named": named.id})
    else:
        rows = _BY_THIRD_PARTY_ID.run(executor, {"named": named.third_party_id})
    if not rows:
        raise errors.VoucherNotFound
    [voucher] = rows
    for wanted, actual in ((named.id, voucher.id), (named.third_party_id, voucher.third_party_id)):
        if wanted is not None and wanted != actual:
            raise errors.VoucherIdentifiersDisagree
    if not _may_see(voucher, named, holder):
        raise errors.VoucherNotFound
    if voucher.chain_id != holder.chain_id:
        raise errors.VoucherElsewhere
    return voucher


def _may_see(voucher: VoucherRow, named: VoucherIdentifiers, holder: Holder) -> bool:
    """A customer's own; an anonymous one by its key alone, for ids can be counted through. The staff sees all."""
    if voucher.customer_id is None:
        return holder.is_staff or named.key is not None
    return bool(voucher.customer_id == holder.customer_id) or (holder.is_staff and holder.customer_id is None)


def of_customer(
    session: Session, customer_id: int, statuses: Sequence[str], paging: Page, now: datetime, with_expired: bool = False
) -> Paged[VoucherRow]:
    """A customer's vouchers in these states, the newest first."""
    return _page(session, Voucher.customer_id == customer_id, statuses, paging, now, with_expired)


def of_chain(
    session: Session, chain_id: int, statuses: Sequence[str], paging: Page, now: datetime, with_expired: bool = False
) -> Paged[VoucherRow]:
    """A chain's vouchers in these states, the newest first."""
    return _page(session, Campaign.chain_id == chain_id, statuses, paging, now, with_expired)


def chain_of(executor: Executor, named: VoucherIdentifiers) -> int | None:
    """The chain of the voucher that is named, if there is one."""
    conditions = [
        column == value
        for column, value in (
            (Voucher.key, named.key),
            (Voucher.id, named.id),
            (Voucher.third_party_id, named.third_party_id),
        )
        if value is not None
    ]
    if not conditions:
        return None
    query = select(Campaign.chain_id).join(Voucher, Voucher.campaign_id == Campaign.id).where(or_(*conditions))
    return executor.scalar(query.limit(1))


def _page(
    session: Session,
    whose: ColumnElement[bool],
    statuses: Sequence[str],
    paging: Page,
    now: datetime,
    with_expired: bool,
) -> Paged[VoucherRow]:
    conditions: list[Any] = [whose, Voucher.status.in_(statuses)]
    if not with_expired:
        conditions.append(or_(Voucher.expires_at.is_(None), Voucher.expires_at > now))
    count = select(func.count()).select_from(Voucher).join(Campaign, Campaign.id == Voucher.campaign_id)
    total = session.scalar(count.where(*conditions)) or 0
    query = paging.cut(_SHOWN.where(*conditions).order_by(Voucher.id.desc()))
    return Paged([VoucherRow._make(row) for row in session.execute(query)], total)
