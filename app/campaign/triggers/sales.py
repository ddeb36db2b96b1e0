"""Purchases in the shops, as tills report them: they earn points, move basket campaigns, and complete referrals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import number
from app.campaign.awards.give import Actor, Unrewarded, give_all
from app.campaign.models.campaigns import Campaign
from app.campaign.models.referrals import ReferralRelation
from app.campaign.triggers import purchases, referrals
from app.campaign.triggers.purchases import Order
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.members.models import ERASED, Customer
from app.points import ledger
from app.refusal import Refusal
from app.sales import earning, levels, recording
from app.sales.earning_rules import RuleDetails
from app.sales.errors import BadRule, SaleDiffers
from app.sales.models import Sale
from app.sales.recording import SaleDetails
from app.segments import membership


@dataclass(frozen=True)
class RecordedSale:
    """A sale as it was recorded, and the campaigns that did not reward it, and why; nothing of one that was known already."""

    sale: Sale
    unrewarded: list[Unrewarded] = field(default_factory=list)


PAID_WITH = "voucher_ids"  # in a sale's details
OF_A_RULE = Order(free=True, outside_visibility=True)


def record(
    session: Session,
    chain_id: int,
    reported: SaleDetails,
    now: datetime,
    actor: Actor,
    redeemed: Sequence[VoucherIdentifiers] = (),
    holder: Holder | None = None,
) -> RecordedSale:
    """Record a sale or a return, once: the same sent again changes nothing, and is returned as it was recorded.

    `redeemed` are the vouchers that paid for it, of its customer, for whom `holder` acts. Raises as `recording.add` does,
    SaleDiffers for other vouchers than it was recorded with, or as `lifecycle.redeem` does.
    """
    paid_with = sorted(lookup.get(session, named, holder).id for named in redeemed) if holder is not None else []
    customer_id = recording.whose(session, chain_id, reported)
    if customer_id is not None:
        _lock(session, customer_id)
        customer_id = recording.whose(session, chain_id, reported)  # who may have been erased meanwhile
    recorded = recording.add(session, chain_id, reported, customer_id, now)
    sale = recorded.sale
    if not recorded.is_new:
        if paid_with and paid_with != (sale.details or {}).get(PAID_WITH):
            raise SaleDiffers("The sale was recorded already, without these vouchers.")
        return RecordedSale(sale)
    if paid_with:
        sale.details = {**(sale.details or {}), PAID_WITH: paid_with}
    for voucher in redeemed:
        assert holder is not None, "somebody redeems them"
        lifecycle.redeem(session, voucher, holder, None, now, basket_code=sale.number)
    return RecordedSale(sale, _settle(session, sale, now, actor))


def assign(session: Session, sale: Sale, customer: Customer, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Say whose sale it was, for one of which nobody knew: it earns now. The campaigns that did not reward it, and why.

    Raises as `recording.assign` does.
    """
    _lock(session, customer.id)
    recording.assign(session, sale, customer, now)
    return _settle(session, sale, now, actor)


def _settle(session: Session, sale: Sale, now: datetime, actor: Actor) -> list[Unrewarded]:
    if sale.customer_id is None:
        return []
    customer = session.get_one(Customer, sale.customer_id)
    if customer.status == ERASED:  # it is a fact; nothing follows from it, and campaigns say so
        return [] if sale.returns_id is not None else _basket_campaigns(session, sale, now, actor)
    if sale.returns_id is not None:
        recording.settle(session, sale, now)
        levels.refresh(session, customer, now)
        membership.refresh(session, customer.id, now)
        return []
    unrewarded: list[Unrewarded] = []
    # A purchase of somebody who takes part in nothing is not the one that is waited for.
    if sale.amount and customer.is_active:
        unrewarded += referrals.complete_by_purchase(session, customer.id, now, actor)
    is_first = recording.settle(session, sale, now)
    if sale.amount and customer.is_active and (referring := _referring(session, customer.id)):
        happened = ("first_purchase", "every_purchase") if is_first else ("every_purchase",)
        earning.for_referral(session, [session.get_one(Customer, it) for it in referring], customer, happened, now)
    # Before campaigns give: some are for whoever has just come to a level or a segment.
    levels.refresh(session, customer, now)
    membership.refresh(session, customer.id, now)
    unrewarded += _instant_rewards(session, sale, customer, now, actor)
    return unrewarded + _basket_campaigns(session, sale, now, actor)


def _basket_campaigns(session: Session, sale: Sale, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Give what the chain's campaigns have for a basket; those that refused, and why."""
    assert sale.customer_id is not None, "somebody bought it"
    traits = {"basket.amount": number(sale.amount)}
    return give_all(session, sale.chain_id, sale.customer_id, "basket", f"basket {sale.id}", traits, now, actor)


def _lock(session: Session, customer_id: int) -> None:
    """All accounts that a sale may change, in everybody's order: two who referred each other's friends may buy at once."""
    ledger.lock_accounts(session, [customer_id, *_referring(session, customer_id)])


def _referring(session: Session, customer_id: int) -> Sequence[int]:
    query = select(ReferralRelation.referring_id).where(
        ReferralRelation.referred_id == customer_id, ReferralRelation.lapsed_at.is_(None)
    )
    return session.scalars(query.distinct()).all()


def _instant_rewards(session: Session, sale: Sale, customer: Customer, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Rewards that rules give at once for a sale, free of points."""
    unrewarded = []
    for rule, campaign in earning.instant_rewards(session, sale, customer):
        reason = None
        try:
            purchases.buy(
                session, campaign, customer.uuid, {sale.chain_id}, now, actor.login_id, actor.issuer, OF_A_RULE
            )
        except Refusal as e:
            reason = e.code
            of_chain = Campaign.uuid == campaign, Campaign.chain_id == sale.chain_id
            campaign_id = session.scalar(select(Campaign.id).where(*of_chain))
            if campaign_id is not None:
                unrewarded.append(Unrewarded.of(campaign_id, customer.id, e))
        earning.explain(sale, rule, 0, reason)
    return unrewarded


def require_reward(session: Session, chain_id: int, details: RuleDetails) -> None:
    """A rule that gives a reward at once names a campaign of the chain that sells coupons. Raises BadRule."""
    named = details.terms.get("campaign")
    if details.kind != "instant_reward" or named is None:
        return
    sells = (Campaign.uuid == UUID(named), Campaign.chain_id == chain_id, Campaign.reward.is_not(None))
    if session.scalar(select(Campaign.id).where(*sells)) is None:
        raise BadRule("There is no campaign with this id that sells coupons.", field="campaign")
