"""The campaign that is sent when one is created: the documented attributes, and ours, which say what it counts and gives.

Source: SessionM, "Creating Campaigns"; contract sections 3.4 (M1) and 3.5. Attributes that the document does not know:
behaviors, rewards, creatives, opt_in_limit, cost_in_points, limit, limit_per_user; docs/sessionm.md tells them.
"""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest

from app.campaign.audience import targeting
from app.campaign.document.spec import EVERYONE, CampaignSpec, LimitSpec, ListingSpec, OptInSpec, ScheduleSpec
from app.campaign.engagement.behaviors import PERIOD_SECONDS, BehaviorSpec, GoalSpec
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import CAMPAIGN_TYPES, LIFECYCLES
from app.campaign.models.engagement import BEHAVIOR_KINDS
from app.sessionm import codes
from app.sessionm.formats import MINUTE, underscored
from app.sessionm.forms import rewards as reward_form
from app.sessionm.forms.bodies import JSON_DEPTH_MAX, SentObject
from app.web.body import json_body
from app.web.rejected import Rejected

CAMPAIGN = {
    "name",
    "status",
    "starts_at",
    "ends_at",
    "external_id",
    "permalink",
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
# What clients send back of what they were shown. It says nothing that is not said by the others, and is passed over.
PASSED_OVER = {
    "campaign_id",
    "campaign_permalink",
    "start_date",
    "end_date",
    "qualified",
    "group_id",
    "creative_id",
    "version",
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


def read(sent: SentObject) -> CampaignSpec:
    """All but the division, which must be looked up. Raises `argument_error`, `missing_data` or `validation`."""
    if not sent.values:
        raise Rejected(codes.MISSING_DATA, "Missing campaign data.")
    sent.require_known(CAMPAIGN | PASSED_OVER)
    name = sent.required("name", sent.text("name"))
    lifecycle = sent.required("status", sent.choice("status", LIFECYCLES))
    starts = sent.required("starts_at", sent.moment("starts_at"))
    ends = sent.required("ends_at", sent.moment("ends_at"))
    if ends - starts < MINUTE:
        raise sent.wrong("ends_at", "at least a minute after starts_at")
    plans = [_behavior(one) for one in sent.objects("behaviors", "behavior", "name")]
    if len({underscored(plan.name) for plan in plans}) < len(plans):
        raise sent.wrong("behaviors", "a list whose names differ also when they are underscored")
    rewards, coupons = reward_form.rewards(sent)
    if not plans and any(reward.behavior for reward in rewards):
        raise sent.wrong("rewards", "for a behavior only where there are behaviors")
    for term in ("cost_in_points", "limit", "limit_per_user"):
        if sent.has(term) and (plans or not rewards):
            raise sent.wrong(term, "for a campaign that has rewards and no behaviors only")
    opens, closes = sent.moment("opt_in_starts_at"), sent.moment("opt_in_ends_at")
    # What no behavior earns is given by who interacts with the campaign or buys it; and bare campaigns only tell.
    context = "interaction" if rewards and not plans else "event"
    return CampaignSpec(
        name=name,
        lifecycle=lifecycle,
        kind="interaction" if context == "interaction" else "composable",
        context=context,
        schedule=ScheduleSpec((starts, ends - MINUTE)),
        audience=EVERYONE,
        restrictions=_targeting(sent),
        opt_in=OptInSpec(
            opt_in_required=sent.flag("optin_required", False),
            opt_in_from=opens,
            opt_in_to=closes - MINUTE if closes else None,
            participants_max=UNLIMITED if not sent.has("opt_in_limit") else sent.whole("opt_in_limit", 1) or UNLIMITED,
        ),
        limits=LimitSpec(limit=sent.whole("limit"), limit_per_customer=sent.whole("limit_per_user")),
        cost=sent.hundredths("cost_in_points"),
        codes=coupons,
        rewards=rewards,
        behaviors=plans,
        claimed_by_default=True,
        listing=_listing(sent),
    )


def division_id(sent: SentObject) -> str | None:
    """Of the division that the campaign belongs to."""
    return sent.text("division_id")


def _listing(sent: SentObject) -> ListingSpec:
    type_, template = sent.choice("campaign_type", CAMPAIGN_TYPES), sent.choice("template", CAMPAIGN_TYPES)
    if type_ is not None and template is not None and type_ != template:
        raise sent.wrong("template", "the same as campaign_type")
    for name in ("total_budget", "weight"):
        sent.whole(name)
    return ListingSpec(
        external_id=_external_id(sent),
        has_unique_name=True,
        creatives=reward_form.creatives(sent),
        campaign_type=type_ or template or CAMPAIGN_TYPES[0],
        details=_metadata(sent),
        sponsor_name=sent.text("ssap_name"),
        reporting_ends_at=sent.moment("reporting_ends_at"),
        qualify_tag=sent.text("qualify_tag"),
        disqualify_tag=sent.text("disqualify_tag"),
    )


def _metadata(sent: SentObject) -> Mapping[str, Any] | None:
    metadata = sent.object("metadata")
    if metadata is not None and len(json.dumps(metadata.values)) > METADATA_LENGTH_MAX:
        raise sent.wrong("metadata", f"an object of at most {METADATA_LENGTH_MAX} characters")
    return metadata.values if metadata else None


def _targeting(sent: SentObject) -> Mapping[str, Any] | None:
    """An object, or the same serialized; an empty one is for everybody. Raises BadRestriction."""
    tree = sent.values.get("targeting")
    if isinstance(tree, str):
        try:
            tree = json_body((tree or "{}").encode(), JSON_DEPTH_MAX)
        except BadRequest as e:
            raise sent.wrong("targeting", "a JSON query") from e
    if tree in (None, {}):
        return None
    return targeting.checked(tree, targeting.USER)


def _external_id(sent: SentObject) -> str | None:
    """What another system calls it; real clients call that its permalink."""
    names = {sent.name_in_addresses("external_id"), sent.name_in_addresses("permalink")} - {None}
    if len(names) > 1:
        raise sent.wrong("permalink", "the same as external_id, or one of the two")
    return names.pop() if names else None


def _behavior(sent: SentObject) -> BehaviorSpec:
    sent.require_known(BEHAVIOR)
    kind = sent.choice("type", BEHAVIOR_KINDS) or ("composite" if sent.has("goals") else "count")
    name = sent.required("name", sent.text("name"))
    if kind == "composite":
        for other in ("total_count", "min_time_between_events", "consecutive", "unique_key"):
            if sent.values.get(other):
                raise sent.wrong(other, "not for a composite behavior, but for its goals")
        goals = [_goal(one) for one in sent.objects("goals", "goal", "event_name")]
    else:
        if sent.has("goals") or sent.has("groups"):
            raise sent.wrong("goals", "for a composite behavior only")
        goals = [
            GoalSpec(
                sent.required("event_name", sent.text("event_name")),
                sent.whole("total_count", 1) or 1,
                kind=kind,
                min_gap_seconds=sent.whole("min_time_between_events", 0, SECONDS_MAX) or None,
                consecutive=sent.flag("consecutive", False),
                unique_key=sent.text("unique_key"),
            )
        ]
    return BehaviorSpec(
        name=name,
        goals=goals,
        kind=kind,
        event_name=sent.text("event_name") if kind == "composite" else None,
        points=sent.hundredths("points"),
        times_max=sent.whole("max_times_repeatable", 1) or UNLIMITED,
        per_period_max=sent.whole("max_times_repeatable_per_period", 1) or UNLIMITED,
        period_seconds=sent.whole("period", 1, SECONDS_MAX) or PERIOD_SECONDS,
        groups=_groups(sent),
    )


def _goal(sent: SentObject) -> GoalSpec:
    sent.require_known(GOAL)
    return GoalSpec(
        event_name=sent.required("event_name", sent.text("event_name")),
        earn_count=sent.whole("earn_count", 1) or 1,
        points=sent.hundredths("points"),
        required=sent.flag("required", True),
        group=sent.text("group_id") or "0",
        kind=sent.choice("type", ("count", "unique")) or "count",
        min_gap_seconds=sent.whole("min_time_between_events", 0, SECONDS_MAX) or None,
        consecutive=sent.flag("consecutive", False),
        unique_key=sent.text("unique_key"),
    )


def _groups(sent: SentObject) -> dict[str, int]:
    """How many goals of each group it takes: `{"0": 2}`, or as they are printed, `{"0": {"total_count": 2}}`."""
    groups = sent.object("groups")
    found = {}
    for name, value in (groups.values if groups else {}).items():
        one = SentObject("group", value if isinstance(value, dict) else {"total_count": value})
        found[name] = one.required("total_count", one.whole("total_count", 1))
    return found


def moved(sent: SentObject) -> str:
    """The state that a campaign is brought to. Raises as `read` does."""
    if not sent.values:
        raise Rejected(codes.MISSING_DATA, "Missing campaign data.")
    sent.require_known({"status"})
    return sent.required("status", sent.choice("status", LIFECYCLES))
