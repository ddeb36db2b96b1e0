"""The campaign that is told when one is created: the documented attributes, and ours, which say what it counts and gives.

Source: SessionM, "Creating Campaigns"; contract sections 3.4 (M1) and 3.5. Attributes that the document does not know:
behaviors, rewards, creatives, opt_in_limit, cost_in_points, limit, limit_per_user; docs/sessionm.md tells them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import BadRequest

from app.campaign.audience import targeting
from app.campaign.engagement.behaviors import PERIOD_SECONDS, GoalPlan, Plan
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import CAMPAIGN_TYPES, LIFECYCLES
from app.campaign.models.engagement import BEHAVIOR_KINDS
from app.campaign.setup.campaigns import Listing, Manner, Offer
from app.sessionm import codes, reward_form
from app.sessionm.envelope import Told
from app.sessionm.formats import MINUTE, underscored
from app.sessionm.told import JSON_DEPTH_MAX, Object
from app.web.body import json_body

CAMPAIGN = {
    "name",
    "status",
    "starts_at",
    "ends_at",
    "external_id",
    "campaign_type",
    "template",
    "optin_required",
    "opt_in_starts_at",
    "opt_in_ends_at",
    "opt_in_limit",
    "reporting_ends_at",
    "targeting",
    "qualify_tag",
    "disqualify_tag",
    "metadata",
    "division_id",
    "ssap_name",
    "total_budget",
    "weight",
    "behaviors",
    "rewards",
    "creatives",
    "cost_in_points",
    "limit",
    "limit_per_user",
}
BEHAVIOR = {
    "name",
    "type",
    "event_name",
    "points",
    "total_count",
    "max_times_repeatable",
    "max_times_repeatable_per_period",
    "period",
    "min_time_between_events",
    "consecutive",
    "unique_key",
    "goals",
    "groups",
}
GOAL = {
    "event_name",
    "type",
    "points",
    "required",
    "earn_count",
    "group_id",
    "min_time_between_events",
    "consecutive",
    "unique_key",
}
METADATA_LENGTH_MAX = 10_000
SECONDS_MAX = 100 * 366 * 24 * 3600


@dataclass(frozen=True)
class Form:
    """What the domain needs to create a campaign, but for the division, which must be looked up."""

    offer: Offer
    manner: Callable[[int | None], Manner]
    listing: Listing
    lifecycle: str
    division_id: str | None


def read(told: Object) -> Form:
    """Raises `argument_error`, `missing_data` or `validation`."""
    if not told.values:
        raise Told(codes.MISSING_DATA, "Missing campaign data.")
    told.require_known(CAMPAIGN)
    name = told.required("name", told.text("name"))
    lifecycle = told.required("status", told.choice("status", LIFECYCLES))
    starts = told.required("starts_at", told.moment("starts_at"))
    ends = told.required("ends_at", told.moment("ends_at"))
    if ends - starts < MINUTE:
        raise told.wrong("ends_at", "at least a minute after starts_at")
    plans = [_behavior(one) for one in told.objects("behaviors", "behavior", "name")]
    if len({underscored(plan.name) for plan in plans}) < len(plans):
        raise told.wrong("behaviors", "a list whose names differ also when they are underscored")
    rewards, coupons = reward_form.rewards(told)
    if not plans and any(reward.behavior for reward in rewards):
        raise told.wrong("rewards", "for a behavior only where there are behaviors")
    for term in ("cost_in_points", "limit", "limit_per_user"):
        if told.has(term) and (plans or not rewards):
            raise told.wrong(term, "for a campaign that has rewards and no behaviors only")
    offer = Offer(
        name=name,
        reward=None,
        cost=told.hundredths("cost_in_points"),
        coupons=coupons,
        active=lifecycle == "live",
        for_everyone=True,
        limit=told.whole("limit"),
        limit_per_customer=told.whole("limit_per_user"),
        activity=(starts, ends - MINUTE),
    )
    opens, closes = told.moment("opt_in_starts_at"), told.moment("opt_in_ends_at")

    def manner(business_id: int | None) -> Manner:
        # What no behavior earns is given by who interacts with the campaign or buys it; and bare campaigns only tell.
        context = "interaction" if rewards and not plans else "event"
        return Manner(
            kind="interaction" if context == "interaction" else "composable",
            context=context,
            rewards=rewards,
            restrictions=_targeting(told),
            business_id=business_id,
            behaviors=plans,
            claimed_by_default=True,
            opt_in_required=told.flag("optin_required", False),
            opt_in_from=opens,
            opt_in_to=closes - MINUTE if closes else None,
            participants_max=UNLIMITED if not told.has("opt_in_limit") else told.whole("opt_in_limit", 1) or UNLIMITED,
        )

    manner(None)  # what is wrong in it is told before anything is looked up
    return Form(offer, manner, _listing(told), lifecycle, told.text("division_id"))


def _listing(told: Object) -> Listing:
    type_, template = told.choice("campaign_type", CAMPAIGN_TYPES), told.choice("template", CAMPAIGN_TYPES)
    if type_ is not None and template is not None and type_ != template:
        raise told.wrong("template", "the same as campaign_type")
    for name in ("total_budget", "weight"):
        told.whole(name)
    return Listing(
        external_id=told.name_in_addresses("external_id"),
        has_unique_name=True,
        creatives=reward_form.creatives(told),
        campaign_type=type_ or template or CAMPAIGN_TYPES[0],
        details=_metadata(told),
        sponsor_name=told.text("ssap_name"),
        reporting_ends_at=told.moment("reporting_ends_at"),
        qualify_tag=told.text("qualify_tag"),
        disqualify_tag=told.text("disqualify_tag"),
    )


def _metadata(told: Object) -> Mapping[str, Any] | None:
    metadata = told.object("metadata")
    if metadata is not None and len(json.dumps(metadata.values)) > METADATA_LENGTH_MAX:
        raise told.wrong("metadata", f"an object of at most {METADATA_LENGTH_MAX} characters")
    return metadata.values if metadata else None


def _targeting(told: Object) -> Mapping[str, Any] | None:
    """An object, or the same serialized; an empty one is for everybody. Raises BadRestriction."""
    tree = told.values.get("targeting")
    if isinstance(tree, str):
        try:
            tree = json_body((tree or "{}").encode(), JSON_DEPTH_MAX)
        except BadRequest as e:
            raise told.wrong("targeting", "a JSON query") from e
    if tree in (None, {}):
        return None
    return targeting.checked(tree, targeting.USER)


def _behavior(told: Object) -> Plan:
    told.require_known(BEHAVIOR)
    kind = told.choice("type", BEHAVIOR_KINDS) or ("composite" if told.has("goals") else "count")
    name = told.required("name", told.text("name"))
    if kind == "composite":
        for other in ("total_count", "min_time_between_events", "consecutive", "unique_key"):
            if told.values.get(other):
                raise told.wrong(other, "not for a composite behavior, but for its goals")
        goals = [_goal(one) for one in told.objects("goals", "goal", "event_name")]
    else:
        if told.has("goals") or told.has("groups"):
            raise told.wrong("goals", "for a composite behavior only")
        goals = [
            GoalPlan(
                told.required("event_name", told.text("event_name")),
                told.whole("total_count", 1) or 1,
                kind=kind,
                min_gap_seconds=told.whole("min_time_between_events", 0, SECONDS_MAX) or None,
                consecutive=told.flag("consecutive", False),
                unique_key=told.text("unique_key"),
            )
        ]
    return Plan(
        name=name,
        goals=goals,
        kind=kind,
        event_name=told.text("event_name") if kind == "composite" else None,
        points=told.hundredths("points"),
        times_max=told.whole("max_times_repeatable", 1) or UNLIMITED,
        per_period_max=told.whole("max_times_repeatable_per_period", 1) or UNLIMITED,
        period_seconds=told.whole("period", 1, SECONDS_MAX) or PERIOD_SECONDS,
        groups=_groups(told),
    )


def _goal(told: Object) -> GoalPlan:
    told.require_known(GOAL)
    return GoalPlan(
        event_name=told.required("event_name", told.text("event_name")),
        earn_count=told.whole("earn_count", 1) or 1,
        points=told.hundredths("points"),
        required=told.flag("required", True),
        group=told.text("group_id") or "0",
        kind=told.choice("type", ("count", "unique")) or "count",
        min_gap_seconds=told.whole("min_time_between_events", 0, SECONDS_MAX) or None,
        consecutive=told.flag("consecutive", False),
        unique_key=told.text("unique_key"),
    )


def _groups(told: Object) -> dict[str, int]:
    """How many goals of each group it takes: `{"0": 2}`, or as they are printed, `{"0": {"total_count": 2}}`."""
    groups = told.object("groups")
    found = {}
    for name, value in (groups.values if groups else {}).items():
        one = Object("group", value if isinstance(value, dict) else {"total_count": value})
        found[name] = one.required("total_count", one.whole("total_count", 1))
    return found


def moved(told: Object) -> str:
    """The state that a campaign is brought to. Raises as `read` does."""
    if not told.values:
        raise Told(codes.MISSING_DATA, "Missing campaign data.")
    told.require_known({"status"})
    return told.required("status", told.choice("status", LIFECYCLES))
