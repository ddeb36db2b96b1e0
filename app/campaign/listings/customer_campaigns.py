"""Campaigns as one customer stands in them: a page, all that concern the customer, or one; in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, not_, select
from sqlalchemy.orm import Session, joinedload

from app.campaign import activity
from app.campaign.audience import traits, visibility, visibility_sql
from app.campaign.eligibility.facts import facts_by_campaign
from app.campaign.eligibility.rows import CampaignFacts
from app.campaign.engagement import behaviors, creatives, progress, states
from app.campaign.engagement.counting import Progress, is_exhausted
from app.campaign.errors import CampaignNotFound
from app.campaign.models.campaigns import AlwaysOnShow, Campaign
from app.campaign.models.engagement import Behavior, Creative
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.paging import Page, Paged

Qualification = Literal["eligible", "ineligible", "all"]


@dataclass(frozen=True)
class CampaignForCustomer:
    """One campaign and one customer: the `state` (see `states`), what the customer said, and how far it has come."""

    campaign: Campaign
    state: str
    opted_in: bool | None
    qualifies: bool
    behaviors: Sequence[tuple[Behavior, Progress]]
    creatives: Sequence[Creative] = field(default=())
    methods: Sequence[RewardMethod] = field(default=())
    vouchers: Sequence[Voucher] = field(default=())

    @property
    def has_history(self) -> bool:
        return self.opted_in is not None or any(it.has_begun for _, it in self.behaviors)


@dataclass(frozen=True)
class Include:
    """What else is read: creatives, rewards, photos, the draw's seed, and the vouchers that the customer was given.

    `business_ids` None means any.
    """

    creatives: bool = False
    methods: bool = False
    photos: bool = False
    seed: bool = False
    vouchers: bool = False
    business_ids: Sequence[int] | None = None


def page(
    session: Session, customer: Any, which: Qualification, include: Include, paging: Page, now: datetime
) -> Paged[CampaignForCustomer]:
    """The campaigns of the customer's chain that are active and visible now, by id; those for the customer, or the others.

    `customer` is a row of `identifiers`.
    """
    known = traits.of_customer(session, customer.id, now)
    conditions, total = _running(customer, include, now), None
    if which == "eligible" and include.business_ids is None:
        reach = visibility_sql.reach(session, customer.id, known)
        may_be_given = visibility_sql.may_be_given(customer.id)
        total = _count_running(session, conditions, reach, may_be_given)
        conditions += [may_be_given, reach.meets()]
    elif which != "all":
        qualified = visibility_sql.qualified(session, customer.id, known)
        conditions.append(qualified if which == "eligible" else not_(qualified))
    if total is None:
        total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    ids = session.scalars(paging.cut(select(Campaign.id).where(*conditions).order_by(Campaign.id))).all()
    return Paged(_read(session, customer, ids, known, include, now), total)


def _count_running(
    session: Session, conditions: Sequence[Any], reach: visibility_sql.Reach, may_be_given: ColumnElement[bool]
) -> int:
    """How many running campaigns are for a customer who may be given what they have, in one statement, so that all is of one instant.

    What always runs is counted already, the rest in the indexes by its windows.
    """
    kept = select(func.coalesce(func.sum(AlwaysOnShow.running_count), 0)).where(
        may_be_given,
        AlwaysOnShow.chain_id == reach.chain_id,
        AlwaysOnShow.audience_id.in_(reach.audience_ids),
        AlwaysOnShow.targeting_id.in_([0, *reach.targeting_ids]),
    )
    windowed = select(func.count()).select_from(Campaign).where(*conditions, may_be_given, reach.meets())
    ranges = [  # each of them one of an index
        *visibility.bounds(Campaign),
        *(
            visibility.is_always_visible(Campaign) & it
            for it in activity.bounded(Campaign.active_from, Campaign.active_to)
        ),
    ]
    counts = (kept, *(windowed.where(it) for it in ranges))
    return int(sum(session.execute(select(*(it.scalar_subquery() for it in counts))).one()))


def of_customer(
    session: Session, customer: Any, include: Include, paging: Page, now: datetime
) -> Paged[CampaignForCustomer]:
    """The campaigns that the customer is shown, as far as they are active now."""
    known = traits.of_customer(session, customer.id, now)
    conditions = [*_running(customer, include, now), visibility_sql.shown(session, customer.id, known, now)]
    total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    ids = session.scalars(paging.cut(select(Campaign.id).where(*conditions).order_by(Campaign.id))).all()
    return Paged(_read(session, customer, ids, known, include, now), total)


def one(session: Session, customer: Any, campaign_id: int, include: Include, now: datetime) -> CampaignForCustomer:
    """One campaign of the customer's chain, also when it is over. Raises CampaignNotFound, also for what customers were never shown."""
    known = traits.of_customer(session, customer.id, now)
    found = _read(session, customer, [campaign_id], known, include, now)
    if not found or visibility.is_secret(found[0].campaign, now):
        raise CampaignNotFound
    return found[0]


def shown(session: Session, customer: Any, campaign_id: int, now: datetime) -> Campaign:
    """A campaign that the customer is shown and that is active now, with its text. Raises CampaignNotFound."""
    known = traits.of_customer(session, customer.id, now)
    query = select(Campaign).where(
        Campaign.id == campaign_id,
        activity.is_active(Campaign, now),
        visibility_sql.shown(session, customer.id, known, now),
    )
    campaign = session.scalars(query.options(joinedload(Campaign.text))).one_or_none()
    if campaign is None:
        raise CampaignNotFound
    return campaign


def _running(customer: Any, include: Include, now: datetime) -> list[Any]:
    conditions = [
        Campaign.chain_id == customer.chain_id,
        activity.is_active(Campaign, now),
        visibility.is_visible(Campaign, now),
    ]
    if include.business_ids is not None:
        conditions.append(Campaign.business_id.in_(include.business_ids))
    return conditions


def _read(
    session: Session,
    customer: Any,
    ids: Sequence[int],
    known_traits: Mapping[str, Any],
    include: Include,
    now: datetime,
) -> list[CampaignForCustomer]:
    facts = facts_by_campaign(session, ids, customer.id) if ids else {}
    return read(session, customer, [facts[it] for it in ids if it in facts], known_traits, include, now)


def read(
    session: Session,
    customer: Any,
    facts: Sequence[CampaignFacts],
    known_traits: Mapping[str, Any],
    include: Include,
    now: datetime,
) -> list[CampaignForCustomer]:
    """The campaigns of these facts, in their order; whether the customer is shown them is the caller's to ask."""
    if not facts:
        return []
    ids = [row.campaign_id for row in facts]
    campaigns = _campaigns(session, ids, include)
    by_campaign = behaviors.of_campaigns(session, ids)
    progress_of = progress.of_customer(session, customer.id, [it for group in by_campaign.values() for it in group])
    creatives_of = creatives.of_campaigns(session, ids) if include.creatives else {}
    methods_of = _methods(session, ids) if include.methods else {}
    vouchers_of = _vouchers(session, ids, customer.id) if include.vouchers else {}
    found = []
    for row in facts:
        campaign_id = row.campaign_id
        mine = [(it, progress_of[it.id]) for it in by_campaign[campaign_id]]
        qualifies = visibility.qualifies(row, known_traits)
        stood = [
            states.BehaviorState(come.achieved, come.has_begun, is_exhausted(behaviors.terms(it), come))
            for it, come in mine
        ]
        state = states.state(stood, row.opted_in, qualifies, activity.is_over(row, now))
        found.append(
            CampaignForCustomer(
                campaigns[campaign_id],
                state,
                row.opted_in,
                qualifies,
                mine,
                creatives_of.get(campaign_id, ()),
                methods_of.get(campaign_id, ()),
                vouchers_of.get(campaign_id, ()),
            )
        )
    return found


def _campaigns(session: Session, ids: Sequence[int], include: Include) -> dict[int, Campaign]:
    query = (
        select(Campaign)
        .where(Campaign.id.in_(ids))
        .options(
            joinedload(Campaign.targeting),
            joinedload(Campaign.stock),
            joinedload(Campaign.business),
            joinedload(Campaign.chain),
            joinedload(Campaign.text),
            *([joinedload(Campaign.photos)] if include.photos else []),
            *([joinedload(Campaign.seed)] if include.seed else []),
        )
    )
    return {campaign.id: campaign for campaign in session.scalars(query).unique()}


def _methods(session: Session, ids: Sequence[int]) -> dict[int, list[RewardMethod]]:
    found: dict[int, list[RewardMethod]] = {}
    for method in session.scalars(
        select(RewardMethod)
        .where(RewardMethod.campaign_id.in_(ids), RewardMethod.closed.is_(False))
        .order_by(RewardMethod.campaign_id, RewardMethod.position)
    ):
        found.setdefault(method.campaign_id, []).append(method)
    return found


def _vouchers(session: Session, ids: Sequence[int], customer_id: int) -> dict[int, list[Voucher]]:
    found: dict[int, list[Voucher]] = {}
    for voucher in session.scalars(
        select(Voucher)
        .where(Voucher.customer_id == customer_id, Voucher.campaign_id.in_(ids), Voucher.superseded.is_(False))
        .order_by(Voucher.id)
    ):
        found.setdefault(voucher.campaign_id, []).append(voucher)
    return found
