"""How SessionM writes moments and names. A presenter never causes SQL."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.campaign.models.campaigns import Campaign

MINUTE = timedelta(minutes=1)  # the domain's windows are open to the end of their last minute, SessionM's to their end
NEVER = datetime(2099, 12, 31, tzinfo=UTC)  # how the end of what never ends is written
OFFERS = UUID("6c0f3b4e-6a55-4a0d-9a5b-0d2d7f3f8f11")  # the namespace of ids that are made of numbers


def plain(at: datetime) -> str:
    """UTC, without saying so: `2017-07-03 19:04:18`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso(at: datetime) -> str:
    """`2020-08-12T15:02:54Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_offset(at: datetime) -> str:
    """`2017-11-28T16:26:10+0000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def window(campaign: Campaign) -> tuple[datetime, datetime]:
    """When a campaign starts and ends. One that was always active started when it was made."""
    starts = campaign.created_at if campaign.active_from == ALWAYS_FROM else campaign.active_from
    return starts, ends(campaign.active_to)


def opt_in_window(campaign: Campaign) -> tuple[datetime, datetime]:
    """When customers may opt in: as long as it runs, unless the campaign says otherwise."""
    starts, closes = window(campaign)
    return campaign.opt_in_from or starts, ends(campaign.opt_in_to) if campaign.opt_in_to else closes


def ends(window_to: datetime) -> datetime:
    """The first moment after one of the domain's windows."""
    return NEVER if window_to == ALWAYS_TO else window_to + MINUTE


def underscored(name: str) -> str:
    """`TEstt0714441 Campaign Action 1` is `t_estt0714441 campaign action 1`: as Rails underscores, spaces stay."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name)
    return name.replace("-", "_").lower()


def id_of(kind: str, number: int) -> str:
    """A UUID that always stands for the same thing."""
    return str(uuid5(OFFERS, f"{kind} {number}"))


def unless_none(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}
