"""Objects of a JSON body, read attribute by attribute: what is missing, unknown or wrong is refused by its name."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app import clock
from app.campaign.limits import UNLIMITED
from app.sessionm import codes
from app.web import fields
from app.web.body import json_body
from app.web.fields import TEXT_LENGTH_MAX, Fields
from app.web.rejected import Rejected

JSON_DEPTH_MAX = 30  # targetings are trees
AMOUNT_MAX = 10**12
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?\Z")


def body(called: str = "") -> "SentObject":
    """The JSON of the current request. Raises BadRequest, or `missing_data` when there is none."""
    if not request.content_length:
        raise missing("data")
    if request.mimetype not in {"application/json", ""}:
        raise UnsupportedMediaType(f"Send application/json, not {request.mimetype}.")
    return SentObject(called, json_body(request.get_data(), JSON_DEPTH_MAX))


def missing(what: str) -> Rejected:
    return Rejected(codes.MISSING_DATA, f"Missing {what}.")


class SentObject(Fields):
    """An object of the body and what it is called in messages: `campaign`, or `behavior` for one of several."""

    def __init__(self, called: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.called = called

    def wrong(self, name: str, expected: str) -> Rejected:
        return Rejected(codes.VALIDATION, f"Validation error. {name} is {expected}.")

    def missing(self, name: str) -> Rejected:
        return missing(f"{self.called} data: {name}".strip())

    def require_known(self, names: Collection[str]) -> None:
        """Raises `argument_error`, which names what is not known."""
        unknown = ", ".join(name for name in self.values if name not in names)
        if unknown:
            raise Rejected(codes.ARGUMENT_ERROR, f"Unknown {self.called} attributes {unknown}.")

    def text(self, name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
        """Blank text is none."""
        found = self.read(name, f"text of at most {length_max} characters", fields.text, length_max)
        return found or None

    def email(self, name: str) -> str | None:
        return self.read(name, "an e-mail address", fields.email) if self.text(name) else None

    def name_in_addresses(self, name: str) -> str | None:
        """Text that may stand in an address."""
        value = self.text(name)
        if value is not None and ("/" in value or value in {".", ".."}):
            raise self.wrong(name, "text without slashes, and more than dots, for it stands in addresses")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str, least: int = 0, most: int = UNLIMITED) -> int | None:
        return self.read(name, f"a whole number from {least} to {most}", fields.whole, least, most)

    def hundredths(self, name: str, most: int = AMOUNT_MAX) -> int:
        """An amount with at most two decimals, in hundredths; 0 when it was not sent."""
        return self.read(name, f"a number from 0 to {most} with at most two decimals", fields.hundredths, most) or 0

    def moment(self, name: str) -> datetime | None:
        """`2021-12-31T05:00:00Z`, with another offset, or `2021-12-31 05:00:00` in UTC."""
        first, last = fields.YEARS
        return self.read(
            name, f"a date and time like 2021-12-31T05:00:00Z, from {first} to {last}", fields.moment, MOMENT
        )

    def birth_day(self, name: str) -> date | None:
        """`1990-09-11`, from 1900 to today."""
        return self.read(name, "a date like 1990-09-11, from 1900 to today", fields.birth_day, clock.now().date())

    def object(self, name: str, called: str | None = None) -> "SentObject | None":
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return SentObject(called or name, value)

    def objects(self, name: str, called: str, key: str | None = None) -> list["SentObject"]:
        """A list of objects, or an object of them, whose names then become `key`."""
        value = self.values.get(name)
        if value is None:
            return []
        if isinstance(value, dict) and key is not None and all(isinstance(one, dict) for one in value.values()):
            if any(one.get(key, named) != named for named, one in value.items()):
                raise self.wrong(name, f"an object of which each {key} is the {called}'s")
            return [SentObject(called, {**one, key: named}) for named, one in value.items()]
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(name, "a list of objects" + (" or an object of them" if key else ""))
        return [SentObject(called, one) for one in value]

    def texts(self, name: str, most: int) -> list[str]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(name, f"a list of at most {most} texts")
        try:
            return [fields.code(one) for one in value]
        except ValueError as e:
            raise self.wrong(name, f"texts of 1 to {TEXT_LENGTH_MAX} characters") from e
