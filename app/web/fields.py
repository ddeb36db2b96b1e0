"""One value that a client sent, read as what it should be.

What may be written and how is said by whoever reads; so are the words of the complaint. Every reader raises ValueError for
what it cannot read, and takes no boolean for a number.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeVar

from app.text import is_email, trimmed, written
from app.web.rejected import Rejected

TEXT_LENGTH_MAX = 255
INTEGER_MAX = 2**63 - 1
YEARS = (1970, 2999)  # of every moment that any dialect reads: what is stored can be printed in any zone
BORN_YEAR_MIN = 1900

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Value = TypeVar("Value")


def text(value: object, length_max: int = TEXT_LENGTH_MAX, length_min: int = 0) -> str:
    """Text as `app.text.trimmed` keeps it; a whole number is text, too: its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(value)
    kept = trimmed(value)
    if not length_min <= len(kept) <= length_max:
        raise ValueError(value)
    return kept


def code(value: object, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A coupon's code, in its written form."""
    if not isinstance(value, str) or not 0 < len(written(value)) <= length_max:
        raise ValueError(value)
    return written(value)


def secret(value: object, length_max: int) -> str:
    """A password, to the letter."""
    if not isinstance(value, str) or not 0 < len(value) <= length_max:
        raise ValueError(value)
    return value


def email(value: object) -> str:
    """An e-mail address, alone."""
    found = text(value)
    if not is_email(found):
        raise ValueError(value)
    return found


def whole(value: object, least: int = -INTEGER_MAX, most: int = INTEGER_MAX) -> int:
    """A whole number, not as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(value)
    return value


def digits(value: object, least: int = -INTEGER_MAX, most: int = INTEGER_MAX) -> int:
    """A whole number, or text of its digits."""
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,19}", str(value)):
        raise ValueError(value)
    return whole(int(str(value)), least, most)


def decimal(value: object, shape: re.Pattern[str], places: int) -> int:
    """A number of this shape, or its text, in units of its last decimal place: 1.5 is 150 to two places."""
    written = repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, bool) or not shape.fullmatch(written):
        raise ValueError(value)
    before, _, behind = written.lstrip("-").partition(".")
    units = int(before + behind.ljust(places, "0"))
    return -units if written.startswith("-") else units


def hundredths(value: object, most: int) -> int:
    """A number from 0 to `most`, not as text, in hundredths; what a sum of doubles is off by is passed over."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(value)
    units = round(value * 100)
    if abs(value * 100 - units) > 1e-6 * max(1, units):
        raise ValueError(value)
    return units


def moment(value: object, shape: re.Pattern[str], zone: tzinfo = UTC) -> datetime:
    """ISO 8601 that begins with this shape, in UTC; in `zone` where it names no offset. Its year is one of YEARS."""
    if not isinstance(value, str) or not shape.match(value):
        raise ValueError(value)
    at = datetime.fromisoformat(value)
    try:
        found = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as e:  # elsewhere it would be in no calendar
        raise ValueError(value) from e
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise ValueError(value)
    return found


def word(value: object, words: Mapping[str, Value]) -> Value:
    """What one of these words stands for; capitals do not count."""
    found = words.get(str(value).lower())
    if found is None:
        raise ValueError(value)
    return found


def birth_day(value: object, today: date) -> date:
    """`1990-09-11`, from 1900 to today."""
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError(value)
    born = date.fromisoformat(value)
    if born.year < BORN_YEAR_MIN or born > today:
        raise ValueError(value)
    return born


class Fields:
    """The named values of one object that a client sent. A dialect adds how it reads them, and says what is wrong or missing."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def wrong(self, name: str, expected: str) -> Rejected:
        raise NotImplementedError

    def missing(self, name: str) -> Rejected:
        raise NotImplementedError

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def required(self, name: str, value: Value | None) -> Value:
        """The value that was read. Raises `missing` for none."""
        if value is None:
            raise self.missing(name)
        return value

    def read(self, name: str, expected: str, reader: Callable[..., Value], *limits: Any) -> Value | None:
        """None when it was not sent. Raises `wrong` for what cannot be read so."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return reader(value, *limits)
        except ValueError as e:
            raise self.wrong(name, expected) from e

    def text(self, name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
        raise NotImplementedError

    def choice(self, name: str, words: Sequence[str]) -> str | None:
        """One of a few words."""
        word = self.text(name)
        if word is not None and word not in words:
            raise self.wrong(name, f"one of {', '.join(words)}")
        return word
