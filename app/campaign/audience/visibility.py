"""Who is shown what: the one place that decides it. Pure; `visibility_sql` says the same for pages.

- A campaign is **secret** until customers may know of it: a draft, in review, or before its visibility begins.
  For customers it does not exist: not in lists, not by its id, not by its photo.
- It is **shown** while its visibility lasts, to the customers whom it is *for* (its audience and its restrictions) and to whose
  status the chain gives, and to those who *have a history* with it: whoever opted in or out, or has progress, may go on looking,
  whomever it is for by now.
- Otherwise it is **hidden**: no secret any more, but not for this customer, or no longer visible.

Sellers list what is *on show*, and may look at every campaign. Admins, partners and applications see all of their chain's.
Two things go past this, by the contract: `interact-campaign` says of a draft that it is not active, and a voucher names its campaign.
Whether something can be had now is not asked here, but in `rules`.
Source: contract section 4.4, D6 of section 6, the model's section 4.2; docs/decisions/0009.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.campaign import activity
from app.campaign.audience import targeting


class Visibility(Enum):
    """How much a customer knows of a campaign."""

    SECRET = "secret"
    HIDDEN = "hidden"
    SHOWN = "shown"


def is_visible(campaign: Any, now: datetime) -> Any:
    """The campaign's visibility window is open; of values and columns alike, as the next two."""
    return activity.is_open(campaign.visible_from, campaign.visible_to, now)


def is_always_visible(campaign: Any) -> Any:
    """Its visibility window has neither a beginning nor an end."""
    return (campaign.visible_from == ALWAYS_FROM) & (campaign.visible_to == ALWAYS_TO)


def bounds(campaign: Any) -> tuple[Any, ...]:
    """One of these holds for a campaign that is not always visible. See `activity.bounded`."""
    return activity.bounded(campaign.visible_from, campaign.visible_to)


def is_secret(campaign: Any, now: datetime) -> Any:
    """Customers may not know of it yet."""
    return (campaign.lifecycle == "draft") | (campaign.lifecycle == "inreview") | (campaign.visible_from > now)


def is_on_show(campaign: Any, now: datetime) -> Any:
    """Switched on, and its visibility window is open: what sellers offer."""
    return activity.is_live(campaign) & is_visible(campaign, now)


def is_for(facts: Any, traits: Mapping[str, Any]) -> bool:
    """The customer belongs to the campaign's chain and audience, and its restrictions hold."""
    return bool(facts.targeted and targeting.holds(facts.restrictions, traits))


def qualifies(facts: Any, traits: Mapping[str, Any]) -> bool:
    """The campaign is for this customer, to whose status the chain lets campaigns give."""
    return is_for(facts, traits) and bool(facts.may_be_given)


def to_customer(facts: Any, traits: Mapping[str, Any], has_history: bool, now: datetime) -> Visibility:
    """How much one customer knows of one campaign."""
    if is_secret(facts, now):
        return Visibility.SECRET
    if is_visible(facts, now) and (has_history or qualifies(facts, traits)):
        return Visibility.SHOWN
    return Visibility.HIDDEN
