"""Purchases in the shops, as tills report them: they earn points, move basket campaigns, and complete referrals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select, union_all
from sqlalchemy.orm import Session

from app.amounts import number
from app.campaign.audience.targeting import SALE_AMOUNT
from app.campaign.awards.give import Actor, Unrewarded, any_live, give_all
from app.campaign.models.campaigns import Campaign
from app.campaign.models.referrals import ReferralRelation
from app.campaign.triggers import purchases, referrals
from app.campaign.triggers.purchases import Order
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.db.engine import TryAgain
from app.db.prepared import Executor, Prepared
from app.members.models import ERASED, Customer
from app.organizations import chains
from app.organizations.chains import ChainTerms
from app.points.models import Account
from app.refusal import Refusal
from app.sales import earning, facts, levels, recording
from app.sales.earning import Earnings
from app.sales.earning_rules import RuleDetails
from app.sales.errors import BadRule, BadSale, SaleDiffers
from app.sales.facts import BuyerFacts, RuleFacts
from app.sales.models import Sale
from app.sales.recording import NewSale, SaleDetails
from app.sales.rules import Bought
from app.segments import membership
from app.text import written


@dataclass(frozen=True)
class RecordedSale:
    """A sale as it was recorded, and the campaigns that did not reward it, and why; nothing of one that was known already."""

    sale: Sale | NewSale
    unrewarded: list[Unrewarded] = field(default_factory=list)


@dataclass(frozen=True)
class _Purchase:
    """What is known of a customer's sale before it is written: of whom, who referred them, the chain's rules, and what was bought.

    `may_reward_baskets`: the chain may have campaigns that reward baskets; they say themselves which.
    """

    chain: ChainTerms
    buyer: BuyerFacts
    referring: Sequence[int]
    rules: Sequence[RuleFacts]
    bought: Bought
    may_reward_baskets: bool

    def earned(self, session: Session, now: datetime) -> Earnings:
        """What it earns; nothing is written."""
        is_first = bool(self.bought.amount) and not self.buyer.purchases_count
        who = facts.earner(session, self.buyer, self.rules)
        return earning.of_sale(self.rules, self.bought, who, self.buyer.room, is_first, now)


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

    `redeemed` are the vouchers that paid for it, of its customer, for whom `holder` acts. Raises as `recording.known` and `add`, or
    `add_return` do, SaleDiffers for other vouchers than it was recorded with, or as `lifecycle.redeem` does.
    """
    paid_with = sorted(lookup.get(session, named, holder).id for named in redeemed) if holder is not None else []
    recording.validate(reported, now)
    bought_at = reported.bought_at or now
    at = session.connection()  # of which prepared statements would ask the session each time
    is_told_whose = reported.is_return or reported.customer_id is not None
    asked_for = {} if is_told_whose else reported.buyer
    chain, rules, matched = facts.programme(at, chain_id, min(bought_at, now), asked_for)
    customer_id = recording.whose(session, chain, reported, matched)
    seen = _lock_and_look(at, customer_id, chain_id, reported.number)
    if seen.known_id is not None:
        known = recording.known(session, seen.known_id, reported)
        if paid_with and paid_with != (known.details or {}).get(recording.PAID_WITH):
            raise SaleDiffers("The sale was recorded already, without these vouchers.")
        return RecordedSale(known)
    if reported.is_return:
        back = recording.add_return(session, chain_id, reported, customer_id, now)
        _redeem(session, redeemed, holder, back.number, now)
        _settle_return(session, chain, back, now)
        return RecordedSale(back)
    buyer = facts.buyer(at, customer_id) if customer_id is not None else None
    if buyer is not None and buyer.merged_into_id is not None:
        raise TryAgain("the customer's account was merged into another meanwhile")
    if buyer is not None and buyer.status == ERASED and reported.customer_id is None:
        raise TryAgain("the customer was erased meanwhile")
    purchase = None
    if buyer is not None and buyer.status != ERASED:
        bought = earning.bought(chain, reported.total, reported.items, bought_at, reported.shop)
        purchase = _Purchase(chain, buyer, seen.referring, rules, bought, seen.may_reward_baskets)
    earned = purchase.earned(session, now) if purchase is not None else None
    sale = recording.add(session, chain, reported, buyer, earned, now, paid_with)
    _redeem(session, redeemed, holder, sale.number, now)
    if purchase is not None:
        return RecordedSale(sale, _follow(session, sale, purchase, now, actor))
    if buyer is not None and seen.may_reward_baskets:  # who was erased: nothing follows from it, and campaigns say so
        return RecordedSale(sale, _basket_campaigns(session, sale, buyer.id, now, actor))
    return RecordedSale(sale)


def simulate(session: Session, chain_id: int, reported: SaleDetails, now: datetime) -> Earnings:
    """What a sale would earn, which nobody records. Raises BadSale, for a return as well, or PosNotFound."""
    if reported.is_return:
        raise BadSale("What a return takes back is known when it is recorded.", field="document_type")
    recording.validate(reported, now)
    bought_at = reported.bought_at or now
    chain, rules, matched = facts.programme(session, chain_id, min(bought_at, now), reported.buyer)
    recording.shop_of(session, chain.id, reported)
    bought = earning.bought(chain, reported.total, reported.items, bought_at, reported.shop)
    return earning.simulate(session, rules, bought, recording.whose(session, chain, reported, matched), now)


def assign(session: Session, sale: Sale, customer: Customer, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Say whose sale it was, for one of which nobody knew: it earns now. The campaigns that did not reward it, and why.

    Raises as `recording.assign` does.
    """
    chain = chains.terms(session, sale.chain_id)
    referring = _lock(session, customer.id)
    recording.assign(session, sale, customer, now)
    buyer = facts.buyer(session, customer.id)
    bought = earning.bought(chain, sale.amount, sale.items, sale.bought_at, sale.shop.uuid if sale.shop else None)
    rules = facts.rules_of(session, chain.id, min(sale.bought_at, now))
    purchase = _Purchase(chain, buyer, referring, rules, bought, may_reward_baskets=True)
    recording.settle(session, sale, purchase.earned(session, now), now)
    return _follow(session, sale, purchase, now, actor)


def _follow(
    session: Session, sale: Sale | NewSale, purchase: _Purchase, now: datetime, actor: Actor
) -> list[Unrewarded]:
    """What follows from a sale that was recorded: referrals, levels, segments, and what campaigns give."""
    unrewarded: list[Unrewarded] = []
    buyer = purchase.buyer
    # A purchase of somebody who takes part in nothing is not the one that is waited for.
    if purchase.referring and sale.amount and buyer.is_active:
        unrewarded += referrals.complete_by_purchase(session, buyer.id, now, actor)
        happened = ("every_purchase",) if buyer.purchases_count else ("first_purchase", "every_purchase")
        referred = session.get_one(Customer, buyer.id)
        still = [session.get_one(Customer, it) for it in _referring(session, buyer.id)]
        if still:
            earning.for_referral(session, still, referred, happened, now)
            levels.follow_points(session, [referred.id, *(it.id for it in still)], now)
    # Before campaigns give: some are for whoever has just come to a level or a segment.
    levels.refresh(session, purchase.chain, buyer.id, now)
    membership.refresh(session, purchase.chain, buyer.id, now)
    unrewarded += _instant_rewards(session, sale, purchase, now, actor)
    if purchase.may_reward_baskets:
        unrewarded += _basket_campaigns(session, sale, buyer.id, now, actor)
    return unrewarded


def _settle_return(session: Session, chain: ChainTerms, back: Sale, now: datetime) -> None:
    if back.customer_id is None or session.get_one(Customer, back.customer_id).status == ERASED:
        return
    recording.settle_return(session, back, now)
    levels.refresh(session, chain, back.customer_id, now)
    membership.refresh(session, chain, back.customer_id, now)


def _redeem(
    session: Session, redeemed: Sequence[VoucherIdentifiers], holder: Holder | None, number: str, now: datetime
) -> None:
    for voucher in redeemed:
        assert holder is not None, "somebody redeems them"
        lifecycle.redeem(session, voucher, holder, None, now, basket_code=number)


def _basket_campaigns(
    session: Session, sale: Sale | NewSale, customer_id: int, now: datetime, actor: Actor
) -> list[Unrewarded]:
    """Give what the chain's campaigns have for a basket; those that refused, and why."""
    traits = {SALE_AMOUNT: number(sale.amount)}
    return give_all(session, sale.chain_id, customer_id, "basket", f"basket {sale.id}", traits, now, actor)


_buyer = bindparam("buyer", type_=BigInteger())
_REFERRING = select(ReferralRelation.referring_id).where(
    ReferralRelation.referred_id == _buyer, ReferralRelation.lapsed_at.is_(None)
)
_ACCOUNTS = (
    select(Account.customer_id)
    .where(Account.customer_id.in_(union_all(select(_buyer), _REFERRING)))
    .order_by(Account.customer_id)
    .with_for_update(of=Account)
)
_LOCK: Prepared[Any] = Prepared(_ACCOUNTS)
_LOCK_AND_LOOK: Prepared[Any] = Prepared(
    _ACCOUNTS.add_columns(facts.of_number().label("known_id"), any_live("basket").label("may_reward_baskets"))
)


class _Seen(NamedTuple):
    """Who referred a customer, the sale that has a number already, and whether the chain may have campaigns that reward baskets."""

    referring: Sequence[int]
    known_id: int | None
    may_reward_baskets: bool


def _lock(executor: Executor, customer_id: int) -> list[int]:
    """Lock all accounts that a sale may change, in everybody's order: two who referred each other's friends may buy at once.

    The ids of those who referred the customer.
    """
    return [it.customer_id for it in _LOCK.run(executor, {"buyer": customer_id}) if it.customer_id != customer_id]


def _lock_and_look(executor: Executor, customer_id: int | None, chain_id: int, number: str) -> _Seen:
    """The same, of a sale that is somebody's; and whether it is known, and what may follow from it, as of before any wait.

    Who reports it at the same time is not seen then, and the database refuses the second: who is repeated sees it. A campaign that is
    switched on while a sale waits rewards the next one.
    """
    if customer_id is None:
        return _Seen([], facts.sale_id(executor, chain_id, number), may_reward_baskets=False)
    named = {"chain": chain_id, "named": written(number)}
    rows = _LOCK_AND_LOOK.run(executor, {"buyer": customer_id, **named})
    if not rows:
        raise TryAgain("the customer was removed meanwhile")
    referring = [it.customer_id for it in rows if it.customer_id != customer_id]
    return _Seen(referring, rows[0].known_id, bool(rows[0].may_reward_baskets))


def _referring(session: Session, customer_id: int) -> Sequence[int]:
    return session.scalars(_REFERRING.distinct(), {"buyer": customer_id}).all()


def _instant_rewards(
    session: Session, sale: Sale | NewSale, purchase: _Purchase, now: datetime, actor: Actor
) -> list[Unrewarded]:
    """Rewards that rules give at once for a sale, free of points."""
    unrewarded, buyer = [], purchase.buyer
    for rule, campaign in earning.instant_rewards(session, purchase.rules, buyer.id, purchase.bought):
        reason = None
        try:
            purchases.buy(session, campaign, buyer.uuid, {sale.chain_id}, now, actor.login_id, actor.issuer, OF_A_RULE)
        except Refusal as e:
            reason = e.code
            of_chain = Campaign.uuid == campaign, Campaign.chain_id == sale.chain_id
            campaign_id = session.scalar(select(Campaign.id).where(*of_chain))
            if campaign_id is not None:
                unrewarded.append(Unrewarded.of(campaign_id, buyer.id, e))
        earning.explain(session.get_one(Sale, sale.id), rule, 0, reason)
    return unrewarded


def require_reward(session: Session, chain_id: int, details: RuleDetails) -> None:
    """A rule that gives a reward at once names a campaign of the chain that sells coupons. Raises BadRule."""
    named = details.terms.get("campaign")
    if details.kind != "instant_reward" or named is None:
        return
    sells = (Campaign.uuid == UUID(named), Campaign.chain_id == chain_id, Campaign.reward.is_not(None))
    if session.scalar(select(Campaign.id).where(*sells)) is None:
        raise BadRule("There is no campaign with this id that sells coupons.", field="campaign")
