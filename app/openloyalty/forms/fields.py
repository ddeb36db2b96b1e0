"""The kinds of form fields, lenient and strict where Open Loyalty's forms are. Messages are its own.

A scalar may come as text (forms) or as a JSON value; an absent, null or empty one is None.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, missing

from app import clock
from app.text import is_email, trimmed, written
from app.web.door import settings
from app.web.fields import birth_day, moment

BLANK = "This value should not be blank."
INVALID = "This value is not valid."
AT_LEAST_ONE = "This collection should contain 1 element or more."
TEXT_LENGTH_MAX = 255
LONG_TEXT_LENGTH_MAX = 10_000
AMOUNT_MAX = 10**12  # points or money; far from what 64 bits of hundredths hold
WHOLE_MAX = 1_000_000_000
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}")

MESSAGES: dict[str, Any] = {
    "required": BLANK,
    "null": BLANK,
    "invalid": INVALID,
    "validator_failed": INVALID,
    "type": INVALID,
}


def described(options: dict[str, Any], **schema: Any) -> dict[str, Any]:
    """A field's options, with what the manual shows of it."""
    return {**options, "metadata": {**schema, **options.get("metadata", {})}}


class BlankIsNone(fields.Field[Any]):
    """Absent, null and empty are the same: None, or a complaint when the field is required."""

    def __init__(self, **kw: Any) -> None:
        kw.setdefault("allow_none", not kw.get("required"))
        if not kw.get("required"):
            kw.setdefault("load_default", None)
        super().__init__(error_messages=MESSAGES, **kw)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        value = _scalar(value)
        if value is None and self.required:
            raise ValidationError(BLANK)
        return super().deserialize(value, attr, data, **kw)


class Text(BlankIsNone, fields.String):
    """Trimmed text of bounded length."""

    def __init__(self, length_max: int = TEXT_LENGTH_MAX, **kw: Any) -> None:
        self.length_max = length_max
        super().__init__(**described(kw, maxLength=length_max))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        if isinstance(value, bool):
            raise ValidationError(INVALID)
        text = trimmed(str(value))
        if len(text) > self.length_max:
            raise ValidationError(f"This value is too long. It should have {self.length_max} characters or less.")
        return text


class Secret(BlankIsNone, fields.String):
    """A password, to the letter; whether it is fit is the domain's to say."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**described(kw, format="password"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(INVALID)
        return value


class Country(Text):
    """A country by the two letters of ISO 3166."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        text = super()._deserialize(value, attr, data, **kw)
        if not re.fullmatch(r"[A-Za-z]{2}", text):
            raise ValidationError(INVALID)
        return text.upper()


class Choice(Text):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], **kw: Any) -> None:
        self.words = words
        super().__init__(**described(kw, enum=list(words)))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        word = super()._deserialize(value, attr, data, **kw)
        if word not in self.words:
            raise ValidationError(INVALID)
        return word


class Email(Text):
    """An e-mail address."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**described(kw, format="email"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        text = super()._deserialize(value, attr, data, **kw)
        if not is_email(text):
            raise ValidationError("This value is not a valid email address.")
        return text


class Uuid(BlankIsNone, fields.String):
    """A UUID, or the complaint that the value is not valid."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**described(kw, format="uuid"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> UUID:  # type: ignore[override]
        return _uuid(value)


class Checkbox(fields.Boolean):
    """Ticked unless absent, null, false, 0 or one of those words in quotes."""

    def __init__(self, **kw: Any) -> None:
        kw.setdefault("load_default", False)
        super().__init__(allow_none=True, **kw)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        if value is missing:
            return super().deserialize(value, attr, data, **kw)
        if isinstance(value, dict | list):
            raise ValidationError(INVALID)
        if value is None or not isinstance(value, bool | int | float | str):
            return False
        return str(value).strip("'\"").lower() not in {"false", "0", "null"}


class Hundredths(BlankIsNone, fields.Float):
    """A decimal, rounded to two places, as a whole number of hundredths."""

    def __init__(self, least: int = 0, **kw: Any) -> None:
        self.least = least
        super().__init__(**described(kw, minimum=least, maximum=AMOUNT_MAX))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> int:
        text = str(value).strip() if not isinstance(value, bool) else ""
        if not re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,30})?", text):
            raise ValidationError(INVALID)
        # Rounded with more digits than any text that comes this far can have.
        hundredths = int(Context(prec=80, rounding=ROUND_HALF_UP).quantize(Decimal(text).scaleb(2), Decimal(1)))
        _require_between(hundredths, self.least * 100, AMOUNT_MAX * 100, per=100)
        return hundredths


class Whole(BlankIsNone, fields.Integer):
    """A whole number."""

    def __init__(self, least: int = 0, most: int = WHOLE_MAX, **kw: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**described(kw, minimum=least, maximum=most))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> int:
        text = str(value).strip() if not isinstance(value, bool) else ""
        if not re.fullmatch(r"[+-]?\d{1,30}(\.0{1,30})?", text):
            raise ValidationError(INVALID)
        number = int(Decimal(text))
        _require_between(number, self.least, self.most)
        return number


class Number(BlankIsNone, fields.Float):
    """A decimal between two numbers, such as an angle in degrees."""

    def __init__(self, least: float, most: float, **kw: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**described(kw, minimum=least, maximum=most))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> float:
        text = str(value).strip() if not isinstance(value, bool) else ""
        # As JSON prints numbers, very small ones, too: 5e-05.
        if not re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", text):
            raise ValidationError(INVALID)
        _require_between(float(text), self.least, self.most)
        return float(text)


FIRST_MOMENT, LAST_SECOND = time(), time(23, 59, 59)  # of a day
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Moment(BlankIsNone, fields.String):
    """`YYYY-MM-DD HH:mm` in the programme's zone, or ISO 8601 with an offset; aware, in UTC. Where `of_day` says so, a day alone, too."""

    def __init__(self, of_day: time | None = None, **kw: Any) -> None:
        self._of_day = of_day
        day = "; a day alone is its first moment" if of_day == FIRST_MOMENT else "; a day alone is its last second"
        super().__init__(
            **described(
                kw,
                description="`YYYY-MM-DD HH:mm` in the programme's zone, or ISO 8601 with an offset"
                f"{day if of_day is not None else ''}.",
            )
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> datetime:  # type: ignore[override]
        sent = str(value).strip()
        try:
            if self._of_day is not None and _DAY.fullmatch(sent):
                moment(f"{sent} 00:00", MOMENT, settings().zone)  # of the years that there are
                return datetime.combine(date.fromisoformat(sent), self._of_day, settings().zone).astimezone(UTC)
            return moment(sent, MOMENT, settings().zone)
        except ValueError as e:
            raise ValidationError(INVALID) from e


class BirthDay(BlankIsNone, fields.String):
    """`YYYY-MM-DD`, not after today; a time behind it is passed over."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**described(kw, format="date"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> date:  # type: ignore[override]
        if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", value.strip()):
            raise ValidationError(INVALID)
        try:
            return birth_day(value.strip()[:10], clock.now().astimezone(settings().zone).date())
        except ValueError as e:
            raise ValidationError(INVALID) from e


class Day(BlankIsNone, fields.String):
    """`YYYY-MM-DD`; a time behind it is passed over."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**described(kw, format="date"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", value.strip()):
            raise ValidationError(INVALID)
        try:
            return date.fromisoformat(value.strip()[:10]).isoformat()
        except ValueError as e:
            raise ValidationError(INVALID) from e


class Percent(Hundredths):
    """A percentage from 0 to 100, in hundredths of a percent."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> int:
        found = super()._deserialize(value, attr, data, **kw)
        _require_between(found, 0, 100 * 100, per=100)
        return found


class Collection(fields.List[Any]):
    """A list, or a map whose keys only give an order. Numbered keys are read in the order of their numbers."""

    def __init__(self, inner: fields.Field[Any], most: int = 1_000, **kw: Any) -> None:
        self.most = most
        kw.setdefault("load_default", list)
        super().__init__(inner, allow_none=True, error_messages=MESSAGES, **described(kw, maxItems=most))

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        if value is missing:
            return super().deserialize(value, attr, data, **kw)
        sent = items(value)
        if len(sent) > self.most:
            raise ValidationError(f"This collection should contain {self.most} elements or less.")
        found = []
        for item in sent:
            try:
                found.append(self.inner.deserialize(item))
            except ValidationError as e:
                raise ValidationError(e.messages if isinstance(e.messages, list) else INVALID) from e
        return found


class CouponCode(Text):
    """A coupon's code: not blank."""

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        code = super().deserialize(value, attr, data, **kw)
        if not code or not written(code):
            raise ValidationError(BLANK)
        return written(code)


LABELS_TEXT = {"type": "string", "description": "`key:value;key1:value1`"}
LABEL = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
    "required": ["key"],
    "additionalProperties": False,
}
LABELS_LIST = {"type": "array", "items": LABEL}


class Labels(fields.Field[list[tuple[str, str]]]):
    """Labels: `key:value;key1:value1`, or a list of `{"key": …, "value": …}`. A value may be empty."""

    def __init__(self, most: int = 100, **kw: Any) -> None:
        self.most = most
        if not kw.get("required"):
            kw.setdefault("load_default", list)
        super().__init__(allow_none=True, error_messages=MESSAGES, **described(kw, oneOf=[LABELS_TEXT, LABELS_LIST]))

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        if value is missing:
            return super().deserialize(value, attr, data, **kw)
        if value is None or value == "":
            return []
        pairs = self._split(value) if isinstance(value, str) else [_label(item) for item in items(value)]
        if len(pairs) > self.most:
            raise ValidationError(f"At most {self.most} labels.")
        if any(not key or len(key) > 255 or len(text) > 255 for key, text in pairs):
            raise ValidationError(INVALID)
        return pairs

    def _split(self, text: str) -> list[tuple[str, str]]:
        pairs = [part.partition(":") for part in text.split(";") if part.strip()]
        if any(not colon for _, colon, _ in pairs):
            raise ValidationError(INVALID)
        return [(key.strip(), value.strip()) for key, _, value in pairs]


def default_texts(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A form whose texts may come translated, as later versions send them: the default locale's take their places."""
    form = dict(data)
    translations = by_locale(form.get("translations"))
    texts = translations.get(settings().locale) if isinstance(translations, Mapping) else None
    if isinstance(texts, Mapping):
        form |= {name: texts[name] for name in names if form.get(name) is None and name in texts}
    return form


def by_locale(translations: Any) -> Any:
    """Translations as they are sent, a map by locale; also from a list, as they are printed. What says a locale twice stays a list."""
    rows = [*translations.values()] if isinstance(translations, Mapping) else translations
    if not isinstance(rows, list) or not all(isinstance(it, Mapping) and "locale" in it for it in rows):
        return translations
    found = {str(it["locale"]): {name: it[name] for name in it if name != "locale"} for it in rows}
    return found if len(found) == len(rows) else rows


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise ValidationError(INVALID)
    if isinstance(value, str) and not trimmed(value):
        return None
    return value


def items(value: Any) -> list[Any]:
    """The items of a list, or of a map that stands for one. Raises ValidationError."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        raise ValidationError(INVALID)
    if all(key.isdecimal() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return list(value.values())


def _label(item: Any) -> tuple[str, str]:
    if isinstance(item, Mapping) and (unknown := sorted(map(str, item.keys() - {"key", "value"}))):
        raise ValidationError(f"A label has a key and a value. Unknown: {', '.join(unknown)}.")
    if (
        not isinstance(item, Mapping)
        or not isinstance(item.get("key"), str)
        or not isinstance(item.get("value", ""), str)
    ):
        raise ValidationError(INVALID)
    return item["key"].strip(), item.get("value", "").strip()


def _uuid(value: Any) -> UUID:
    if not isinstance(value, str) or not re.fullmatch(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value.strip()
    ):
        raise ValidationError(INVALID)
    return UUID(value.strip())


def _require_between(number: float, least: float, most: float, per: int = 1) -> None:
    if number < least:
        raise ValidationError(f"This value should be {least // per} or more.")
    if number > most:
        raise ValidationError(f"This value should be {most // per} or less.")
