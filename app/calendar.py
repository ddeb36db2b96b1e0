"""Units of time as a retailer counts them: this hour, this day, this week, in the chain's own zone. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# A window that is always open is stored as ALWAYS_FROM to ALWAYS_TO: rules and SQL then need no special case.
ALWAYS_FROM = datetime(1, 1, 1, tzinfo=UTC)
ALWAYS_TO = datetime(9999, 12, 31, tzinfo=UTC)
DAY_SECONDS = 24 * 60 * 60
EVERY_DAY = 0b111_1111  # Monday is the lowest bit

_SMALL = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


def start(unit: str | None, now: datetime, zone: ZoneInfo) -> datetime:
    """When the current second, minute … or year began; ALWAYS_FROM without a unit. Weeks begin on Monday."""
    if unit is None:
        return ALWAYS_FROM
    if unit in _SMALL:
        # Elapsed time, shifted to where the zone's hours begin: the hour that summer time repeats is two hours.
        epoch = datetime(1970, 1, 1, tzinfo=UTC) - (now.astimezone(zone).utcoffset() or timedelta())
        return epoch + (now - epoch) // _SMALL[unit] * _SMALL[unit]
    day = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "year":
        day = day.replace(month=1, day=1)
    return day.astimezone(UTC)


def later(since: datetime, quantity: int, unit: str, zone: ZoneInfo) -> datetime:
    """The moment so many units after another; months and years keep the day where the month has it."""
    if unit in _SMALL:
        return since + quantity * _SMALL[unit]
    local = since.astimezone(zone)
    if unit in {"day", "week"}:
        return (local + timedelta(days=quantity * (7 if unit == "week" else 1))).astimezone(UTC)
    months = local.year * 12 + local.month - 1 + quantity * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    day = local.day
    while True:
        try:
            return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)
        except ValueError:
            day -= 1


def is_in_hours(weekdays: int, opens_second: int, closes_second: int, now: datetime, zone: ZoneInfo) -> bool:
    """The weekday is one of those (bits, Monday lowest), and the time of day lies in [opens, closes).

    Hours that end before they begin go over midnight, and belong to the weekday on which they began.
    """
    local = now.astimezone(zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    weekday = local.weekday()
    if opens_second < closes_second:
        return bool(weekdays >> weekday & 1) and opens_second <= second < closes_second
    if second >= opens_second:
        return bool(weekdays >> weekday & 1)
    return bool(weekdays >> (weekday - 1) % 7 & 1) and second < closes_second
