"""A spec as it is stored, and read back whole: the one place that knows which part of it is which column."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign.document.spec import (
    AudienceSpec,
    CampaignSpec,
    LimitSpec,
    ListingSpec,
    OptInSpec,
    RewardSpec,
    SaleSpec,
    ScheduleSpec,
    TextSpec,
    TranslationSpec,
)
from app.campaign.engagement import behaviors, creatives
from app.campaign.engagement.behaviors import Behavior, BehaviorSpec, GoalSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Creative
from app.campaign.models.rewards import RewardMethod
from app.text import written

# The columns of a reward method that are its terms; the others say which one it is.
TERMS = tuple(
    column.name
    for column in RewardMethod.__table__.columns
    if column.name
    not in {"id", "campaign_id", "position", "kind", "title", "key", "closed", "changed_at", "behavior_id", "goal_id"}
)


def columns(spec: CampaignSpec) -> dict[str, Any]:
    """The columns of `Campaign` that a spec decides, but for its key, and what refers to other rows."""
    schedule, limits, listing, opt_in = spec.schedule, spec.limits, spec.listing, spec.opt_in
    return {
        "name": spec.name,
        "unique_name": spec.name.lower() if listing.has_unique_name else None,
        "lifecycle": spec.lifecycle,
        "kind": spec.kind,
        "context": spec.context,
        "handling": spec.handling,
        "reward": spec.sale.coupon_kind if spec.sale else None,
        "single_coupon": bool(spec.sale and spec.sale.single_coupon),
        "cost": spec.cost,
        "unlimited": limits.unlimited,
        "limit": limits.total,
        "limit_per_customer": limits.per_customer,
        "limit_per_customer_unit": limits.limit_per_customer_unit,
        "limit_in_period": limits.limit_in_period,
        "limit_unit": limits.limit_unit,
        "active_from": _whole_second(schedule.activity[0]),
        "active_to": _whole_second(schedule.activity[1]),
        "visible_from": _whole_second(schedule.visibility[0]),
        "visible_to": _whole_second(schedule.visibility[1]),
        "weekdays": schedule.weekdays,
        "opens_second": schedule.opens_second,
        "closes_second": schedule.closes_second,
        "customer_may_claim": spec.customer_may_claim,
        "claimed_by_default": spec.claimed_by_default,
        "business_id": spec.business_id,
        "external_id": listing.external_id,
        "is_featured": bool(listing.is_featured),
        "is_public": bool(listing.is_public),
        "opt_in_required": opt_in.opt_in_required,
        "opt_in_from": opt_in.opt_in_from,
        "opt_in_to": opt_in.opt_in_to,
    }


def text_columns(spec: CampaignSpec) -> dict[str, Any]:
    """The columns of `CampaignText` that a spec decides."""
    listing = spec.listing
    translations = {
        language: {name: text for name, text in vars(translation).items() if text is not None}
        for language, translation in spec.translations.items()
    }
    return {
        **vars(spec.texts),
        "translations": translations or None,
        "campaign_type": listing.campaign_type,
        "details": dict(listing.details) if listing.details is not None else None,
        "sponsor_name": listing.sponsor_name,
        "reporting_ends_at": listing.reporting_ends_at,
        "qualify_tag": listing.qualify_tag,
        "disqualify_tag": listing.disqualify_tag,
    }


def whole(session: Session, campaign_id: int) -> CampaignSpec:
    """The spec of one campaign, without codes."""
    return specs(session, [campaign_id])[campaign_id]


def specs(session: Session, campaign_ids: Sequence[int]) -> dict[int, CampaignSpec]:
    """The specs of these campaigns, by id, in a fixed number of statements. Codes are no part of them."""
    campaigns = session.scalars(
        select(Campaign)
        .where(Campaign.id.in_(campaign_ids))
        .options(
            joinedload(Campaign.stock),
            joinedload(Campaign.text),
            joinedload(Campaign.audience),
            joinedload(Campaign.targeting),
            selectinload(Campaign.labels),
            selectinload(Campaign.categories),
        )
    ).all()
    rewards: dict[int, list[RewardMethod]] = {id: [] for id in campaign_ids}
    methods = select(RewardMethod).where(RewardMethod.campaign_id.in_(campaign_ids), RewardMethod.closed.is_(False))
    for method in session.scalars(methods.order_by(RewardMethod.position)):
        rewards[method.campaign_id].append(method)
    behaviors_of = behaviors.of_campaigns(session, campaign_ids)
    creatives_of = creatives.of_campaigns(session, campaign_ids)
    return {it.id: _spec(it, rewards[it.id], behaviors_of[it.id], creatives_of[it.id]) for it in campaigns}


def _spec(
    it: Campaign, methods: Sequence[RewardMethod], counted: Sequence[Behavior], shown: Sequence[Creative]
) -> CampaignSpec:
    names = {behavior.id: behavior.name for behavior in counted}
    return CampaignSpec(
        key=it.key,
        name=it.name,
        lifecycle=it.lifecycle,
        kind=it.kind,
        context=it.context,
        handling=it.handling,
        texts=TextSpec(it.text.short_description, it.text.conditions_description, it.text.usage_instruction),
        translations={language: TranslationSpec(**texts) for language, texts in (it.text.translations or {}).items()},
        labels=[(label.key, label.value) for label in it.labels],
        schedule=ScheduleSpec(
            (it.active_from, it.active_to),
            (it.visible_from, it.visible_to),
            it.weekdays,
            it.opens_second,
            it.closes_second,
        ),
        audience=AudienceSpec(it.audience.is_everyone, it.audience.uuids("level"), it.audience.uuids("segment")),
        restrictions=it.restrictions,
        opt_in=OptInSpec(it.opt_in_required, it.opt_in_from, it.opt_in_to, it.stock.participants_max),
        limits=LimitSpec(
            _number(it.limit),
            _number(it.limit_per_customer),
            it.limit_per_customer_unit if it.limit_per_customer < UNLIMITED else None,
            it.limit_in_period,
            it.limit_unit if it.limit_in_period < UNLIMITED else None,
        ),
        cost=it.cost,
        sale=SaleSpec(it.reward, it.single_coupon) if it.reward is not None else None,
        rewards=[_reward(method, names) for method in methods if not method.is_a_behaviors_points],
        behaviors=[_behavior(behavior) for behavior in counted],
        customer_may_claim=it.customer_may_claim,
        claimed_by_default=it.claimed_by_default,
        business_id=it.business_id,
        listing=_listing(it, shown),
    )


def _listing(it: Campaign, shown: Sequence[Creative]) -> ListingSpec:
    return ListingSpec(
        external_id=it.external_id,
        has_unique_name=it.unique_name is not None,
        creatives=[CreativeSpec(creative.kind, creative.content, creative.tracks_clicks) for creative in shown],
        campaign_type=it.text.campaign_type,
        details=it.text.details,
        sponsor_name=it.text.sponsor_name,
        reporting_ends_at=it.text.reporting_ends_at,
        qualify_tag=it.text.qualify_tag,
        disqualify_tag=it.text.disqualify_tag,
        is_featured=it.is_featured,
        is_public=it.is_public,
        categories=[category.uuid for category in it.categories],
    )


def _reward(method: RewardMethod, behaviors: Mapping[int, str]) -> RewardSpec:
    behavior = behaviors.get(method.behavior_id) if method.behavior_id is not None else None
    return RewardSpec(method.kind, method.title, terms_of(method), behavior, method.key)


def terms_of(method: RewardMethod) -> dict[str, Any]:
    """The terms of a reward, as a spec says them."""
    terms: dict[str, Any] = {name: getattr(method, name) for name in TERMS}
    for limit, unit in (("limit_in_period", "limit_unit"), ("limit_per_customer", "limit_per_customer_unit")):
        if terms[limit] >= UNLIMITED:  # a unit without a number says nothing
            terms[unit] = None
    return terms


def _behavior(it: Behavior) -> BehaviorSpec:
    return BehaviorSpec(
        name=it.name,
        goals=[
            GoalSpec(
                goal.event_name,
                goal.earn_count,
                goal.points,
                goal.required,
                goal.group_key,
                goal.kind,
                goal.min_gap_seconds,
                goal.consecutive,
                goal.unique_key,
            )
            for goal in it.goals
        ],
        kind=it.kind,
        event_name=it.event_name if it.kind == "composite" and it.event_name != written(it.name) else None,
        points=it.points,
        times_max=it.times_max,
        per_period_max=it.per_period_max,
        period_seconds=it.period_seconds,
        groups={goal.group_key: goal.group_wanted for goal in it.goals},
    )


def _number(limit: int) -> int | None:
    return None if limit >= UNLIMITED else limit


def _whole_second(at: datetime) -> datetime:
    """No dialect prints less, and what is printed is taken back."""
    return at.replace(microsecond=0)
