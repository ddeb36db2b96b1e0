"""Whether a campaign is switched on, open, or over at a moment. Pure.

The predicates work on values and on columns alike (hence `&` and `|`, and windows without NULL), so a page is filtered in
SQL by the very rule that decides about one campaign.
Source: Open Loyalty, contract section 4.4; our decisions, section 6; the model's section 4.2.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app import calendar

LAST_MINUTE = timedelta(minutes=1)


def is_live(campaign: Any) -> Any:
    """The campaign's switch is on."""
    return campaign.lifecycle == "live"


def is_open(window_from: Any, window_to: Any, now: datetime) -> Any:
    """A window is open from its first moment to the end of its last minute."""
    return is_open_since(window_from, window_to, now, now - LAST_MINUTE)


def is_open_since(window_from: Any, window_to: Any, now: Any, minute_ago: Any) -> Any:
    """The same for statements that are built before anybody knows what time it is: `minute_ago` is LAST_MINUTE before now."""
    return (window_from <= now) & (minute_ago < window_to)


def bounded(window_from: Any, window_to: Any) -> tuple[Any, ...]:
    """One of these holds for a window that is not always open; each is one range of an index on its end and beginning."""
    return (
        window_to < calendar.ALWAYS_TO,
        (window_to == calendar.ALWAYS_TO) & (window_from > calendar.ALWAYS_FROM),
        window_to > calendar.ALWAYS_TO,
    )


def is_active(campaign: Any, now: datetime) -> Any:
    """The campaign is switched on, and its activity window is open."""
    return is_live(campaign) & is_open(campaign.active_from, campaign.active_to, now)


def is_over(campaign: Any, now: datetime) -> Any:
    """It never gives anything again."""
    return (campaign.lifecycle == "completed") | (campaign.active_to <= now - LAST_MINUTE)


def is_in_hours(campaign: Any, time_zone: str, now: datetime) -> bool:
    """The campaign gives something on this weekday at this hour, where its chain is."""
    return calendar.is_in_hours(
        campaign.weekdays, campaign.opens_second, campaign.closes_second, now, ZoneInfo(time_zone)
    )
