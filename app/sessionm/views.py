"""The JSON of campaigns and of customers' progress in them, in the key order of the document. A presenter never causes SQL."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from app.amounts import number
from app.campaign.engagement import counting, creatives
from app.campaign.engagement.behaviors import terms
from app.campaign.engagement.counting import Progress
from app.campaign.engagement.creatives import TILE
from app.campaign.limits import UNLIMITED
from app.campaign.listings.customer_campaigns import CampaignForCustomer
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Behavior, Creative, Goal
from app.sessionm.formats import iso, opt_in_window, plain, underscored, unless_none, window

WEIGHT, TOTAL_BUDGET = 5, 0  # "Legacy field": read by old clients, and always the same
VERSION = 2


class Addresses:
    """Where a customer's creatives are seen, tapped and tracked. `root` is the service's own, with a slash at its end."""

    def __init__(self, root: str, api_key: str, customer: Any, auth_token: str = "") -> None:
        self.root, self.api_key, self.customer, self.auth_token = root, api_key, customer, auth_token

    def page(self, campaign: Campaign, creative: Creative | None) -> str:
        """The page of a creative; of a campaign without any, a page about the campaign."""
        place = f"ads/{creative.id}" if creative else f"campaigns/{campaign.id}"
        return f"{self.root}apps/{self.api_key}/users/{self.customer.uuid}/{place}"

    def seen(self, creative: Creative) -> str:
        """For customers' devices, with the auth_token; for servers, with the customer's id."""
        tail = f"creatives/{creative.id}/stats/{self.stat(creative)}/seen/track?"
        if self.auth_token:
            query = urlencode({"auth_token": self.auth_token, **self._who()})
            return f"{self.root}api/v1/apps/{self.api_key}/{tail}{query}"
        return f"{self.root}priv/v1/apps/{self.api_key}/users/{self.customer.uuid}/{tail}{urlencode(self._who())}"

    def clicked(self, creative: Creative) -> str:
        query = urlencode({"auth_token": self.auth_token, **self._who()})
        return f"{self.root}api/v1/apps/{self.api_key}/creatives/{creative.id}/stats/{self.stat(creative)}/click/redir?{query}"

    def stat(self, creative: Creative) -> str:
        return str(creatives.stat_uuid(creative.id, self.customer.uuid))

    def _who(self) -> dict[str, str]:
        return {"xsid": str(self.customer.uuid), "locale": "en-us"}


def created(it: Campaign, has_divisions: bool) -> dict[str, Any]:
    """A campaign as its creation answers it, and after that what else was sent of it."""
    answer = {
        "ends_at": iso(window(it)[1]),
        "external_id": it.known_as,
        "id": it.id,
        "metadata": it.text.details or {},
        "name": it.name,
        "starts_at": iso(window(it)[0]),
        "status": it.lifecycle,
        "total_budget": TOTAL_BUDGET,
        "weight": WEIGHT,
        "campaign_type": it.text.campaign_type or "promotion",
        "template": it.text.campaign_type or "promotion",
    }
    if it.opt_in_required:
        answer |= {"optin_required": True}
        answer |= {"opt_in_starts_at": iso(opt_in_window(it)[0]), "opt_in_ends_at": iso(opt_in_window(it)[1])}
    text = it.text
    more = {
        "reporting_ends_at": iso(text.reporting_ends_at) if text.reporting_ends_at else None,
        "ssap_name": text.sponsor_name,
        "targeting": it.restrictions,
        "qualify_tag": text.qualify_tag,
        "disqualify_tag": text.disqualify_tag,
    }
    return answer | unless_none(more) | division(it, has_divisions)


def listed(it: Campaign, has_divisions: bool) -> dict[str, Any]:
    """A campaign in the list of all."""
    text = it.text
    return {
        "id": it.id,
        "external_id": it.known_as,
        "name": it.name,
        "starts_at": iso(window(it)[0]),
        "ends_at": iso(window(it)[1]),
        "status": it.lifecycle,
        "weight": WEIGHT,
        "total_budget": TOTAL_BUDGET,
        "ssap_name": text.sponsor_name,
        "reporting_ends_at": iso(text.reporting_ends_at) if text.reporting_ends_at else None,
        "campaign_type": text.campaign_type or "promotion",
        "metadata": text.details or {},
        "template": text.campaign_type or "promotion",
        "targeting": it.restrictions or {},
        "qualify_tag": text.qualify_tag,
        "disqualify_tag": text.disqualify_tag,
    } | division(it, has_divisions)


def info(it: Campaign, has_divisions: bool) -> dict[str, Any]:
    starts, ends = window(it)
    opt_in_starts, opt_in_ends = opt_in_window(it)
    return {
        "campaign_id": it.id,
        "permalink": it.known_as,
        "starts_at": plain(starts),
        "ends_at": plain(ends),
        "optin_required": it.opt_in_required,
        "opt_in_starts_at": plain(opt_in_starts),
        "opt_in_ends_at": plain(opt_in_ends),
    } | division(it, has_divisions)


def division(it: Campaign, has_divisions: bool) -> dict[str, str]:
    """Not printed when the organization has no divisions."""
    return {"division_id": it.business.division_id} if has_divisions and it.business else {}


def v1(campaigns: Sequence[CampaignForCustomer], where: Addresses, has_divisions: bool) -> dict[str, Any]:
    """A customer's campaigns by how they present themselves; those without a creative have a page all the same."""
    tiles: list[dict[str, Any]] = []
    promotions: list[dict[str, Any]] = []
    for for_customer in campaigns:
        for creative in for_customer.creatives or (None,):
            shown = _v1(for_customer, creative, where, has_divisions)
            (tiles if creative is not None and creative.kind == TILE else promotions).append(shown)
    return {"tiles": tiles, "promotions": promotions}


def _v1(
    for_customer: CampaignForCustomer, creative: Creative | None, where: Addresses, has_divisions: bool
) -> dict[str, Any]:
    it = for_customer.campaign
    starts, ends = window(it)
    opt_in_starts, opt_in_ends = opt_in_window(it)
    is_completed = for_customer.state == "completed"  # such campaigns tell no more of their behaviors
    progress: dict[str, Any] = {"state": for_customer.state}
    if not is_completed:
        progress |= {"behaviors": [_progress(*mine) for mine in for_customer.behaviors]}
    return {
        "campaign_id": it.id,
        "name": it.name,
        "group_id": creative.group_id if creative else None,
        "creative_id": creative.id if creative else None,
        "start_date": plain(starts),
        "end_date": plain(ends),
        "opt_in_starts_at": plain(opt_in_starts),
        "opt_in_ends_at": plain(opt_in_ends),
        "permalink": it.known_as,
        "template": _template(it, creative, where),
        "progress": progress,
        "behaviors": {} if is_completed else behaviors(for_customer.behaviors),
        "version": VERSION,
    } | division(it, has_divisions)


def _template(campaign: Campaign, creative: Creative | None, where: Addresses) -> dict[str, Any]:
    if creative is None:
        return {"type": "internal_full_page", "html_payload": where.page(campaign, None)}
    if creative.kind == TILE:
        return {"type": TILE, **_tile(creative, where)}
    return {"type": creative.kind, "html_payload": where.page(campaign, creative)}


def _tile(creative: Creative, where: Addresses) -> dict[str, Any]:
    answer: Mapping[str, Any] = creative.content.get("action") or {}
    type_, url = answer.get("type"), answer.get("url")
    if type_ is not None and creative.tracks_clicks:
        url = where.clicked(creative)
    action = {
        **unless_none({"type": type_, "url": url}),
        "tracking_urls": [where.seen(creative)],
        **unless_none({"section": answer.get("section"), "campaign_id": answer.get("campaign_id")}),
        "event_meta_data": {"ad_unit_id": creative.id, "ad_stat_id": where.stat(creative)},
    }
    return {"message": creative.content.get("message") or {"points": 0}, "action": action}


def progress(for_customer: CampaignForCustomer, has_divisions: bool) -> dict[str, Any]:
    """`opted_in` only of who said something."""
    said = {} if for_customer.opted_in is None else {"opted_in": for_customer.opted_in}
    answer = {**said, "state": for_customer.state, "behaviors": [_progress(*mine) for mine in for_customer.behaviors]}
    return answer | division(for_customer.campaign, has_divisions)


def v2(
    for_customer: CampaignForCustomer,
    sections: frozenset[str],
    shown: frozenset[str],
    where: Addresses,
    has_divisions: bool,
    offers: Sequence[Any],
    redemptions: Sequence[Any],
) -> dict[str, Any]:
    """A campaign for one customer, with the sections and creatives that were asked for; keys in alphabetical order."""
    it = for_customer.campaign
    starts, ends = window(it)
    opt_in_starts, opt_in_ends = opt_in_window(it)
    answer = {
        "campaign_id": it.id,
        "campaign_permalink": it.known_as,
        "ends_at": plain(ends),
        "name": it.name,
        "opt_in_ends_at": plain(opt_in_ends),
        "opt_in_starts_at": plain(opt_in_starts),
        "qualified": for_customer.qualifies,
        "starts_at": plain(starts),
        "status": for_customer.state,
        **division(it, has_divisions),
    }
    if for_customer.opted_in is not None:
        answer["opted_in"] = for_customer.opted_in
    if "behaviors" in sections:
        answer["behaviors"] = behaviors(for_customer.behaviors)
    if "progress" in sections:
        answer["progress"] = {
            "state": for_customer.state,
            "behaviors": [_progress(*mine) for mine in for_customer.behaviors],
        }
    if "offers" in sections:
        answer["offers"] = offers
    if "redemptions" in sections:
        answer["redemptions"] = redemptions
    creative = _creatives(for_customer, shown, where)
    if creative:
        answer["creative"] = creative
    return dict(sorted(answer.items()))


def _creatives(for_customer: CampaignForCustomer, shown: frozenset[str], where: Addresses) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for creative in for_customer.creatives:
        if creative.kind == TILE and "tile" in shown:
            found["tile"] = _tile(creative, where)
        elif creative.kind != TILE and "promotion" in shown:
            found["promotion"] = _template(for_customer.campaign, creative, where)
    return found


def _progress(it: Behavior, come: Progress) -> dict[str, Any]:
    return {
        "behavior_id": it.id,
        "external_behavior_id": str(it.uuid),
        "event_name": it.event_name,
        "name": it.name,
        "progress": counting.events_counted(terms(it), come),
        "goal": counting.events_wanted(terms(it)),
    }


def behaviors(progress: Sequence[tuple[Behavior, Progress]]) -> dict[str, Any]:
    """By their names, underscored."""
    return {
        underscored(it.name): _composite(it, come) if it.kind == "composite" else _simple(it, it.goals[0], come)
        for it, come in progress
    }


def _simple(it: Behavior, goal: Goal, come: Progress) -> dict[str, Any]:
    return {
        "event_name": goal.event_name,
        "type": goal.kind,
        "points": number(it.points),
        "max_times_repeatable": limit(it.times_max),
        "max_times_repeatable_per_period": limit(it.per_period_max),
        "period": it.period_seconds,
        "min_time_between_events": goal.min_gap_seconds,
        "consecutive": goal.consecutive,
        "achieved": come.achieved,
        "current_count": _current(goal, come),
        "total_count": goal.earn_count,
    }


def _composite(it: Behavior, come: Progress) -> dict[str, Any]:
    counted = terms(it)
    return {
        "external_behavior_id": str(it.uuid),
        "type": it.kind,
        "points": number(it.points),
        "achieved": come.achieved,
        "max_times_repeatable": limit(it.times_max),
        "max_times_repeatable_per_period": limit(it.per_period_max),
        "period": it.period_seconds,
        "min_time_between_events": None,
        "consecutive": False,
        "goals": {goal.event_name: _goal(it, goal, come) for goal in it.goals},
        "groups": {
            group: {
                "type": "group",
                "current_count": counting.completed_in_group(counted, come, group),
                "total_count": wanted,
                "num_goals": sum(goal.group_key == group for goal in it.goals),
                "completed": counting.completed_in_group(counted, come, group) >= wanted,
            }
            for group, wanted in counted.groups.items()
        },
    }


def _goal(it: Behavior, goal: Goal, come: Progress) -> dict[str, Any]:
    return {
        "type": "goal",
        "points": number(goal.points),
        "completed": _current(goal, come) >= goal.earn_count,
        "required": goal.required,
        "earn_count": goal.earn_count,
        "group_id": goal.group_key,
        "progress": {
            "event_name": goal.event_name,
            "type": goal.kind,
            "points": number(goal.points),
            "max_times_repeatable": None,
            "max_times_repeatable_per_period": None,
            "period": it.period_seconds,
            "min_time_between_events": goal.min_gap_seconds,
            "consecutive": goal.consecutive,
            "achieved": come.counts.get(goal.id, counting.NOTHING_YET).completed,
            "current_count": _current(goal, come),
            "total_count": goal.earn_count,
        },
    }


def _current(goal: Goal, come: Progress) -> int:
    return come.counts.get(goal.id, counting.NOTHING_YET).current


def limit(most: int) -> int | None:
    """Null is unlimited."""
    return None if most >= UNLIMITED else most
