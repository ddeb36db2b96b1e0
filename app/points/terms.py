"""When points that are given may be spent, and until when: what a chain decides for all that it gives. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, Self
from zoneinfo import ZoneInfo

from app import calendar


class Lifetime(NamedTuple):
    """From when points may be spent, and until when; None is at once, or for ever."""

    unlocks_at: datetime | None
    expires_at: datetime | None

    def due_at(self) -> datetime | None:
        """When something happens to them by itself."""
        return self.unlocks_at or self.expires_at


FOR_EVER = Lifetime(None, None)


class Deciding(Protocol):
    """What a chain decides about its points, as it is read beside other things."""

    @property
    def points_expiry(self) -> str: ...

    @property
    def points_days_active(self) -> int | None: ...

    @property
    def points_days_locked(self) -> int: ...


@dataclass(frozen=True)
class PointsTerms:
    """How long points live: so many days, or until the end of the month or the year in which they may first be spent."""

    expiry: str = "never"
    days_active: int | None = None  # of `after_days`
    days_locked: int = 0

    @classmethod
    def of(cls, chain: Deciding) -> Self:
        return cls(chain.points_expiry, chain.points_days_active, chain.points_days_locked)

    def lifetime(self, now: datetime, time_zone: str, days_active: int | None = None) -> Lifetime:
        """Of points that are given now; `days_active` is said of these alone. Days are the zone's."""
        if days_active is None and self.expiry == "never" and not self.days_locked:
            return FOR_EVER
        zone = ZoneInfo(time_zone)
        unlocks_at = calendar.later(now, self.days_locked, "day", zone) if self.days_locked else None
        usable_from, expires_at = unlocks_at or now, None
        if days_active is not None:
            expires_at = calendar.later(usable_from, days_active, "day", zone)
        elif self.expiry == "after_days":
            expires_at = calendar.later(usable_from, self.days_active or 0, "day", zone)
        elif self.expiry != "never":
            unit = self.expiry.removesuffix("_end")
            expires_at = calendar.later(calendar.start(unit, usable_from, zone), 1, unit, zone)
        return Lifetime(unlocks_at, expires_at)
