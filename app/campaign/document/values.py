"""The values that a campaign's document holds, as marshmallow fields: how each is written, read and described.

What is printed is read back as the same. Nothing is guessed: text is no number, and a number no text, but for amounts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate

from app.campaign.limits import UNLIMITED
from app.text import SLUG_LENGTH_MAX, is_slug, trimmed, written

TEXT_LENGTH_MAX, LONG_TEXT_LENGTH_MAX = 255, 10_000
YEARS = (1970, 2999)  # of the moments that every dialect can print
SCHEMES = ("https://", "http://")
SCRIPTS = ("javascript:", "data:", "vbscript:")
AMOUNT_MAX = 10**14  # hundredths
DAY_SECONDS = 24 * 60 * 60
# A window is open to the end of the last minute that is stored of it; in documents it is closed from the moment on that is written.
MINUTE = timedelta(minutes=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?|24:00")
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")

MESSAGES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "This must be said.",
    "null": "This must not be null.",
    "invalid": "This cannot be read here.",
    "type": "This must be an object.",
}


class DocumentPart(Schema):
    """A part of a document: names that it does not know are refused."""

    class Meta:
        unknown = "raise"

    error_messages = {"unknown": "This is not known here.", "type": "This must be an object."}


def described(text: str, **more: Any) -> dict[str, Any]:
    """What the manual says of a field."""
    return ({"description": text} if text else {}) | more


class TextValue(fields.String):
    """Text, without blanks at its ends; empty only where the least is 0."""

    def __init__(self, about: str = "", length_max: int = TEXT_LENGTH_MAX, length_min: int = 1, **kw: Any) -> None:
        self.length_max, self.length_min = length_max, length_min
        kw.setdefault("metadata", described(about, minLength=length_min, maxLength=length_max))
        super().__init__(error_messages=MESSAGES | {"invalid": "This must be text."}, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> str:
        text = trimmed(_require(str, value, "This must be text."))
        if not self.length_min <= len(text) <= self.length_max:
            raise ValidationError(f"This must be text of {self.length_min} to {self.length_max} characters.")
        return text


class WrittenValue(TextValue):
    """An identifier, in its written form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> str:
        text = written(super()._deserialize(value, attr, data, **kw))
        if not text:
            raise ValidationError("Nothing of this can be seen.")
        return text


class SlugValue(fields.String):
    """What something is called in files: small letters, digits, and hyphens between them."""

    def __init__(self, about: str, **kw: Any) -> None:
        metadata = described(about, pattern="^[a-z0-9]+(-[a-z0-9]+)*$", maxLength=80)
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> str:
        text: str = _require(str, value, "This must be text.")
        if not is_slug(text):
            raise ValidationError(
                f"A key has small letters of English, digits, and hyphens between them, at most {SLUG_LENGTH_MAX}: free-coffee-2."
            )
        return text


class ChoiceValue(fields.String):
    """One of a few words."""

    def __init__(self, about: str, words: tuple[str, ...], **kw: Any) -> None:
        super().__init__(
            metadata=described(about),
            validate=validate.OneOf(words, error=f"This is one of: {', '.join(words)}."),
            error_messages=MESSAGES | {"invalid": "This must be text."},
            **kw,
        )


class FlagValue(fields.Boolean):
    """True or false, and nothing that stands for them."""

    truthy, falsy = {True}, {False}

    def __init__(self, about: str, **kw: Any) -> None:
        super().__init__(metadata=described(about), error_messages=MESSAGES, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> bool:
        flag: bool = _require(bool, value, "This must be true or false.")
        return flag


class CountValue(fields.Integer):
    """A whole number."""

    def __init__(self, about: str, least: int = 0, most: int = UNLIMITED, **kw: Any) -> None:
        self.least, self.most = least, most
        super().__init__(metadata=described(about, minimum=least, maximum=most), error_messages=MESSAGES, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> int:
        number: int = _require(int, value, "This must be a whole number.")
        if not self.least <= number <= self.most:
            raise ValidationError(f"This is a whole number from {self.least} to {self.most}.")
        return number


class AmountValue(fields.Field[int]):
    """Points, money or a percentage: text with two decimals, `"10.00"`; read as a number, too. Hundredths inside."""

    def __init__(self, about: str, most: int = AMOUNT_MAX, **kw: Any) -> None:
        self.most = most
        text = {"type": "string", "pattern": f"^{_AMOUNT.pattern}$"} | (
            {"nullable": True} if kw.get("allow_none") else {}
        )
        metadata = described(about, anyOf=[text, {"type": "number", "minimum": 0}])
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kw: Any) -> str | None:
        return None if value is None else f"{value // 100}.{value % 100:02d}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> int:
        text = repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
            raise ValidationError('This is an amount with at most two decimals, such as "10.00".')
        try:
            hundredths = int(Decimal(text) * 100)
        except InvalidOperation as e:
            raise ValidationError("This is no amount.") from e
        if hundredths > self.most:
            raise ValidationError(f"This is at most {self.most // 100}.")
        return hundredths


class MomentValue(fields.Field[datetime]):
    """A moment with its offset, to the second: `2026-12-31T23:00:00+01:00`."""

    def __init__(self, about: str, **kw: Any) -> None:
        metadata = described(about, type="string", format="date-time")
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kw: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).replace(microsecond=0).isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> datetime:
        text = _require(str, value, "This must be text.")
        try:
            at = datetime.fromisoformat(text)
            found = at.astimezone(UTC)
        except (ValueError, OverflowError) as e:
            raise ValidationError("This is a moment in ISO 8601, such as 2026-12-31T23:00:00+01:00.") from e
        if at.tzinfo is None or "T" not in text:
            raise ValidationError("A moment has a T and an offset: 2026-12-31T23:00:00+01:00, or Z for UTC.")
        if at.microsecond:
            raise ValidationError("A moment has whole seconds.")
        found = self._stored(found)
        if not YEARS[0] <= found.year <= YEARS[1]:
            raise ValidationError(f"A moment lies in the years {YEARS[0]} to {YEARS[1]}; leave it out for no end.")
        return found

    def _stored(self, at: datetime) -> datetime:
        return at


class EndValue(MomentValue):
    """The moment from which something is closed; what is stored is the beginning of its last minute."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kw: Any) -> str | None:
        return super()._serialize(None if value is None else value + MINUTE, attr, obj, **kw)

    def _stored(self, at: datetime) -> datetime:
        return at - MINUTE


class ClockValue(fields.Field[Any]):
    """A time of day, `10:00` or `10:00:30`; midnight at the day's end is `24:00`. Seconds since midnight inside."""

    def __init__(self, about: str, **kw: Any) -> None:
        metadata = described(about, type="string", pattern=f"^({_CLOCK.pattern})$")
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kw: Any) -> str:
        minutes, seconds = divmod(value, 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> int:
        match = _CLOCK.fullmatch(_require(str, value, "This must be text."))
        if match is None:
            raise ValidationError("This is a time of day, such as 10:00 or 22:30:15; the day ends at 24:00.")
        if match[0] == "24:00":
            return DAY_SECONDS
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds


class WeekdaysValue(fields.Field[Any]):
    """Days of the week. Bits inside, Monday lowest."""

    def __init__(self, about: str, **kw: Any) -> None:
        days = {"type": "string", "enum": list(WEEKDAYS)}
        metadata = described(about, type="array", items=days, minItems=1, uniqueItems=True)
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kw: Any) -> list[str]:
        return [day for i, day in enumerate(WEEKDAYS) if value >> i & 1]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> int:
        days = _require(list, value, "This must be a list of days.")
        if not days or any(day not in WEEKDAYS for day in days) or len(set(days)) < len(days):
            raise ValidationError(f"These are some of the days {', '.join(WEEKDAYS)}, each once.")
        return sum(1 << WEEKDAYS.index(day) for day in days)


class PartValue(fields.Nested):
    """A part within a part."""

    default_error_messages = MESSAGES


class ListValue(fields.List[Any]):
    """A list."""

    default_error_messages = MESSAGES | {"invalid": "This must be a list."}


class NamedValues(fields.Dict):
    """Values by names; what is wrong with an entry is said of its name."""

    def __init__(self, values: fields.Field[Any], about: str, **kw: Any) -> None:
        messages = MESSAGES | {"invalid": "This must be an object."}
        super().__init__(fields.String(), values, metadata=described(about), error_messages=messages, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kw)  # type: ignore[no-untyped-call]
        except ValidationError as e:
            if not isinstance(e.messages, dict):
                raise
            entries = {name: below.get("value") or below.get("key") for name, below in e.messages.items()}
            raise ValidationError(entries) from e


class AddressValue(TextValue):
    """A web address; of `any_scheme`, also one that opens an app."""

    def __init__(self, about: str = "", any_scheme: bool = False, **kw: Any) -> None:
        self.any_scheme = any_scheme
        super().__init__(about, 2_000, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> str:
        text = super()._deserialize(value, attr, data, **kw)
        if not is_address(text, self.any_scheme):
            raise ValidationError(f"This is an address that begins with {' or '.join(SCHEMES)}.")
        return text


def is_address(text: str, any_scheme: bool = False) -> bool:
    """It begins with https:// or http://; of `any_scheme`, with any that runs no script. Every browser can read it."""
    lowered = text.lower().strip()
    fits = (":" in lowered and not lowered.startswith(SCRIPTS)) if any_scheme else lowered.startswith(SCHEMES)
    try:
        parts = urlsplit(text)
        parts.port, (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return fits and not any(ord(character) <= 32 for character in text)


class FreeValue(fields.Field[Mapping[str, Any]]):
    """An object of whatever its owner attaches."""

    def __init__(self, about: str, **kw: Any) -> None:
        metadata = described(about, type="object", additionalProperties={})
        super().__init__(metadata=metadata, error_messages=MESSAGES, **kw)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kw: Any) -> Mapping[str, Any]:
        return dict(_require(dict, value, "This must be an object."))


def _require(kind: type[Any], value: Any, message: str) -> Any:
    """The value, if it is of exactly this kind: a boolean is no number. Raises ValidationError."""
    if type(value) is not kind:
        raise ValidationError(message)
    return value
