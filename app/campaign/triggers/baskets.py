"""Purchases in the shops, as tills report them: they move basket campaigns, and complete referrals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import number
from app.campaign.awards.give import Actor, Unrewarded, give_all
from app.campaign.errors import BasketDiffers
from app.campaign.models.baskets import Basket
from app.campaign.triggers import referrals
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.members import customers
from app.members.models import Customer


@dataclass(frozen=True)
class RecordedBasket:
    """A basket as it was recorded, and the campaigns that did not reward it, and why; nothing of one that was known already."""

    basket: Basket
    unrewarded: list[Unrewarded]


PAID_WITH = "voucher_ids"  # in a basket's details


def record(
    session: Session,
    basket: Basket,
    now: datetime,
    actor: Actor,
    redeemed: Sequence[VoucherIdentifiers] = (),
    holder: Holder | None = None,
) -> RecordedBasket:
    """Record a basket, once: the same basket sent again changes nothing, and is returned as it was recorded.

    `redeemed` are the vouchers that paid for it, of its customer, for whom `holder` acts.
    Raises BasketDiffers when the chain has another basket with this reference, or as `lifecycle.redeem` does.
    """
    known = session.scalars(
        select(Basket).where(Basket.chain_id == basket.chain_id, Basket.reference == basket.reference)
    ).one_or_none()
    paid_with = _ids(session, redeemed, holder) if holder is not None else []
    if known is not None:
        if (known.customer_id, known.amount) != (basket.customer_id, basket.amount):
            raise BasketDiffers
        if paid_with and paid_with != (known.details or {}).get(PAID_WITH):
            raise BasketDiffers("The basket was recorded already, without these vouchers.")
        return RecordedBasket(known, [])
    if paid_with:
        basket.details = {**(basket.details or {}), PAID_WITH: paid_with}
    session.add(basket)
    session.flush()
    for voucher in redeemed:
        assert holder is not None, "somebody redeems them"
        lifecycle.redeem(session, voucher, holder, None, now, basket_code=basket.reference)
    # First who was waiting for this purchase, and all accounts in everybody's order: two who referred each other's friends
    # may buy at once.
    unrewarded: list[Unrewarded] = []
    customer = session.get_one(Customer, basket.customer_id)
    # A purchase of somebody who takes part in nothing is not the one that is waited for.
    if basket.amount and customer.is_active:
        unrewarded += referrals.complete_by_purchase(session, basket.customer_id, now, actor)
    customers.add_spending(session, basket.customer_id, basket.amount, basket.bought_at)
    chain_id = customer.chain_id
    traits = {"basket.amount": number(basket.amount)}
    unrewarded += give_all(session, chain_id, basket.customer_id, "basket", f"basket {basket.id}", traits, now, actor)
    return RecordedBasket(basket, unrewarded)


def _ids(session: Session, vouchers: Sequence[VoucherIdentifiers], holder: Holder) -> list[int]:
    return sorted(lookup.get(session, named, holder).id for named in vouchers)
