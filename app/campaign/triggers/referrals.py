"""Who recommended the programme to whom, and the rewards of both, each once.

The referred customer is rewarded when the relation comes into being, the referring one at the referred one's first
purchase, or when the staff completes the relation. Source: contract sections 1.6 and 3.2, the model's section 5.6.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import calendar
from app.campaign import activity, errors
from app.campaign.audience import audiences, targeting, traits, visibility
from app.campaign.awards.give import PROMISED, Actor, GivenAward, Trigger, Unrewarded, give, give_each, lock_stocks
from app.campaign.eligibility.facts import facts_by_campaign, giving_by_id
from app.campaign.models.campaigns import Campaign
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.rewards import RewardMethod
from app.members import customers
from app.members.models import Customer
from app.organizations.models import Chain
from app.points import ledger
from app.refusal import Refusal
from app.sales import earning, levels


@dataclass(frozen=True)
class Referred:
    """The relations that came into being, and the campaigns that had nothing for the referred customer, and why."""

    relations: list[ReferralRelation]
    unrewarded: list[Unrewarded]


def apply_code(
    session: Session,
    customer: Customer,
    code: str,
    now: datetime,
    actor: Actor,
    at_sign_up: bool = False,
    only_campaign: int | None = None,
) -> Referred:
    """Note by whom a customer was referred, in each referral campaign that is open to the referring one, or in the only one named.

    Who is not active neither refers nor is referred: the code of such a customer is nobody's.
    Raises CustomerNotActive, ReferralCodeUnknown, SelfReferral, ReferralWindowClosed, NoReferralCampaign or AlreadyReferred.
    """
    if not customer.is_active:
        raise errors.CustomerNotActive(required="active", actual=customer.status)
    referring = _of_code(session, customer.chain_id, code)
    if referring.id == customer.id:
        raise errors.SelfReferral
    if not at_sign_up:
        _require_window(session.get_one(Chain, customer.chain_id), customer, now)
    referred = _refer(session, customer, referring, now, actor, only_campaign)
    if not at_sign_up:
        levels.follow_points(session, [customer.id, referring.id], now)
    return referred


def promise(session: Session, customer: Customer, code: str, now: datetime) -> None:
    """Note by whom somebody was referred who is still to be activated; see `keep_promise`.

    Raises ReferralCodeUnknown or NoReferralCampaign.
    """
    referring = _of_code(session, customer.chain_id, code)
    if not _open_campaigns(session, customer.chain_id, referring.id, now):
        raise errors.NoReferralCampaign
    customer.referred_by_id = referring.id


def keep_promise(session: Session, customer: Customer, now: datetime, actor: Actor) -> Referred:
    """Refer who has just been activated, by whom was noted then; nothing comes of it where that is not possible any more."""
    referring = session.get(Customer, customer.referred_by_id)
    if referring is not None and referring.merged_into_id is not None:
        referring = session.get(Customer, referring.merged_into_id)
    customer.referred_by_id = None
    if referring is None or not referring.is_active or referring.id == customer.id:
        return Referred([], [])
    try:
        return _refer(session, customer, referring, now, actor)
    except (errors.NoReferralCampaign, errors.AlreadyReferred):
        return Referred([], [])


def _of_code(session: Session, chain_id: int, code: str) -> Customer:
    named = select(Customer).where(Customer.id == customers.of_referral_code(chain_id, code))
    referring = session.scalars(named).one_or_none()
    if referring is None or not referring.is_active:
        raise errors.ReferralCodeUnknown
    return referring


def _refer(
    session: Session,
    customer: Customer,
    referring: Customer,
    now: datetime,
    actor: Actor,
    only_campaign: int | None = None,
) -> Referred:
    campaigns = [
        campaign_id
        for campaign_id in _open_campaigns(session, customer.chain_id, referring.id, now)
        if only_campaign in (None, campaign_id)
    ]
    if not campaigns:
        raise errors.NoReferralCampaign
    # Whoever refers the other way round waits, and then sees this.
    ledger.lock_accounts(session, [customer.id, referring.id])
    if _have_met(session, customer.id, referring.id):
        raise errors.AlreadyReferred("One of the two has referred the other already.")
    known = set(
        session.scalars(select(ReferralRelation.campaign_id).where(ReferralRelation.referred_id == customer.id))
    )
    made = [
        ReferralRelation(
            chain_id=customer.chain_id,
            campaign_id=campaign_id,
            referring_id=referring.id,
            referred_id=customer.id,
            created_at=now,
        )
        for campaign_id in campaigns
        if campaign_id not in known
    ]
    if not made:
        raise errors.AlreadyReferred
    session.add_all(made)
    session.flush()
    if not known:
        earning.for_referral(session, [referring], customer, ("register",), now)
    refused = give_each(session, {it.campaign_id: _trigger(it, "referred") for it in made}, customer.id, now, actor)
    promising = _with_reward_for_referred(session, refused)  # the others promised nothing
    return Referred(
        made, [Unrewarded.of(id, customer.id, refusal) for id, refusal in refused.items() if id in promising]
    )


def get(session: Session, chain_id: int, campaign_id: int, referring_id: int, referred_id: int) -> ReferralRelation:
    """The relation, locked until the transaction ends, as are the accounts of both, before it: a sale locks them in that order.

    Raises CampaignNotFound, CampaignElsewhere, NotAReferralCampaign or RelationNotFound.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise errors.CampaignNotFound
    if campaign.chain_id != chain_id:
        raise errors.CampaignElsewhere
    if campaign.context != "referral":
        raise errors.NotAReferralCampaign
    ledger.lock_accounts(session, [referring_id, referred_id])
    relation = session.scalars(
        select(ReferralRelation)
        .where(
            ReferralRelation.campaign_id == campaign_id,
            ReferralRelation.referring_id == referring_id,
            ReferralRelation.referred_id == referred_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if relation is None:
        raise errors.RelationNotFound
    return relation


def complete(session: Session, relation: ReferralRelation, now: datetime, actor: Actor) -> None:
    """Give the referring customer's reward, once, whatever else must be true of the campaign now.

    The caller has locked the relation's row. Raises RelationAlreadyRedeemed, or a refusal for want of rewards.
    """
    if relation.redeemed_at is not None:
        raise errors.RelationAlreadyRedeemed
    given = _reward(session, relation, "referring", relation.referring_id, now, actor)
    # Not before it was made: that may have been noted by a clock that runs ahead.
    relation.redeemed_at, relation.award_id = max(now, relation.created_at), given.award_id
    session.flush()


def complete_by_purchase(session: Session, customer_id: int, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Complete what waits for the first purchase of a referred customer, who is active.

    What cannot be rewarded goes on waiting, and is returned with the reasons; but it lapses when the referring customer is not
    active: what was not to be given then is not given by accident later.
    """
    waiting = session.scalars(
        select(ReferralRelation)
        .where(
            ReferralRelation.referred_id == customer_id,
            ReferralRelation.redeemed_at.is_(None),
            ReferralRelation.lapsed_at.is_(None),
        )
        .order_by(ReferralRelation.campaign_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if waiting:
        ledger.lock_accounts(session, [customer_id, *(relation.referring_id for relation in waiting)])
    if len(waiting) > 1:
        lock_stocks(session, [relation.campaign_id for relation in waiting])
    unrewarded = []
    for relation in waiting:
        try:
            complete(session, relation, now, actor)
        except Refusal as e:
            if any(isinstance(reason, errors.CustomerNotActive) for reason in (e, *e.others)):
                relation.lapsed_at = max(now, relation.created_at)
            unrewarded.append(Unrewarded.of(relation.campaign_id, relation.referring_id, e))
    session.flush()
    return unrewarded


def _have_met(session: Session, referring_id: int, referred_id: int) -> bool:
    relation = select(ReferralRelation.id).where(
        ReferralRelation.referring_id == referring_id, ReferralRelation.referred_id == referred_id
    )
    return session.scalar(relation.limit(1)) is not None


def _require_window(chain: Chain, customer: Customer, now: datetime) -> None:
    if chain.referral_window_quantity is None or chain.referral_window_unit is None:
        raise errors.ReferralWindowClosed
    zone = ZoneInfo(chain.time_zone)
    closes = calendar.later(customer.created_at, chain.referral_window_quantity, chain.referral_window_unit, zone)
    if now >= closes:
        raise errors.ReferralWindowClosed(required=closes, actual=now)


def _open_campaigns(session: Session, chain_id: int, referring_id: int, now: datetime) -> list[int]:
    """The referral campaigns that are open now, and whose audience and restrictions admit the referring customer."""
    known = traits.of_customer(session, referring_id, now)
    ids = session.scalars(
        select(Campaign.id)
        .where(
            Campaign.chain_id == chain_id,
            Campaign.context == "referral",
            activity.is_active(Campaign, now),
            visibility.is_visible(Campaign, now),
            Campaign.audience_id.in_(audiences.of_customer(referring_id)),
        )
        .order_by(Campaign.id)
    )
    facts = facts_by_campaign(session, ids.all(), referring_id)
    return [
        campaign_id
        for campaign_id, it in sorted(facts.items())
        if activity.is_in_hours(it, it.time_zone, now) and targeting.holds(it.restrictions, known)
    ]


def _with_reward_for_referred(session: Session, campaign_ids: Collection[int]) -> set[int]:
    """Those of the campaigns that have something for whom is referred."""
    methods = select(RewardMethod.campaign_id).where(
        RewardMethod.campaign_id.in_(campaign_ids), RewardMethod.recipient == "referred", RewardMethod.closed.is_(False)
    )
    return set(session.scalars(methods)) if campaign_ids else set()


def _trigger(relation: ReferralRelation, recipient: str) -> Trigger:
    key = f"referral {relation.id} {recipient}"
    return Trigger("referral", context="referral", key=key, recipient=recipient, waives=PROMISED)


def _reward(
    session: Session, relation: ReferralRelation, recipient: str, customer_id: int, now: datetime, actor: Actor
) -> GivenAward:
    giving = giving_by_id(session, relation.campaign_id, customer_id)
    return give(session, giving, _trigger(relation, recipient), now, actor)
