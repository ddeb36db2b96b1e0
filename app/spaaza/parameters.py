"""What a client sent: query, form and JSON as one set of values, read as the documents describe them.

Integers may come as text of digits. A value sent twice with a difference, or a list where one value
belongs, is refused rather than guessed.
"""

import re
from datetime import datetime
from typing import Any, cast

from flask import g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.paging import Page
from app.spaaza import codes
from app.web import fields
from app.web.body import body, json_body, query
from app.web.fields import TEXT_LENGTH_MAX, Fields
from app.web.rejected import Rejected

AMOUNT = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,2})?")
RATIO = re.compile(r"[0-9](\.[0-9]{1,4})?")
FLAGS = {"true": True, "1": True, "false": False, "0": False}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?\Z")
OFFSET_MAX = 10**9
JSON_DEPTH_MAX = 30  # restrictions are trees
USER_ID = re.compile(r"[0-9]{1,10}")
KEY = re.compile(r"[0-9a-f]{64}")
# How callers name a customer, and what the domain calls it.
IDENTIFIERS = {
    "user_id": "id",
    "member_number": "loyalty_card_number",
    "authentication_point_identifier": "authentication_point_identifier",
    "username": "email",
    "auxiliary_identifier": "auxiliary_identifier",
    "referral_code": "referral_code",
}


class Parameters(Fields):
    """The values of one request, or of one object inside it. What was not sent is None; what is wrong raises 419."""

    def wrong(self, name: str, expected: str) -> Rejected:
        return invalid(name, expected)

    def missing(self, name: str) -> Rejected:
        return Rejected(codes.HTTP_VARS_MISSING, f"{name} is missing.")

    def text(self, name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
        """Empty is not a value."""
        return self.read(name, f"text of 1 to {length_max} characters", fields.text, length_max, 1)

    def email(self, name: str) -> str | None:
        return self.read(name, "an e-mail address", fields.email)

    def secret(self, name: str, length_max: int) -> str | None:
        return self.read(name, f"text of 1 to {length_max} characters", fields.secret, length_max)

    def whole(self, name: str, least: int | None = None) -> int | None:
        """An integer; without `least`, anything else is None."""
        try:
            number = self.read(name, "an integer", fields.digits)
        except Rejected:
            if least is None:
                return None
            raise
        if number is not None and least is not None and number < least:
            raise invalid(name, f"an integer of at least {least}")
        return number

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """A yes or no."""
        found = self.read(name, "true or false", fields.word, FLAGS)
        return default if found is None else found

    def amount(self, name: str) -> int | None:
        """An amount with at most two decimals, as hundredths."""
        return self.read(name, "a number with at most two decimals", fields.decimal, AMOUNT, 2)

    def ratio(self, name: str) -> int | None:
        """A ratio with at most four decimals, as hundredths of a percent: 0.125 is 1250."""
        return self.read(name, "a number like 0.15", fields.decimal, RATIO, 4)

    def moment(self, name: str) -> datetime | None:
        """`YYYY-MM-DD HH:MM:SS` in UTC, or ISO 8601 with an offset; empty is unbounded. A day alone is refused: it is no moment."""
        if self.values.get(name) == "":
            return None
        first, last = fields.YEARS
        return self.read(
            name,
            f"a moment that there is, YYYY-MM-DD HH:MM:SS in UTC or ISO 8601 with an offset, from {first} to {last}",
            fields.moment,
            MOMENT,
        )

    def json(self, name: str) -> Any:
        """A list or an object; in a form it may be JSON as text. Raises 419."""
        value = self.values.get(name)
        if isinstance(value, str) and value.strip()[:1] in {"{", "["}:
            try:
                return json_body(f'{{"value": {value}}}'.encode(), JSON_DEPTH_MAX)["value"]
            except BadRequest as e:
                raise invalid(name, "valid JSON") from e
        return value

    def block(self, name: str) -> "Parameters":
        """An object inside this one. Raises 3 when it is missing."""
        value = self.values.get(name)
        if value is None or value == "":
            raise self.missing(name)
        if not isinstance(value, dict):
            raise Rejected(codes.HTTP_VARS_MISSING, f"{name} must be an object.")
        return Parameters(value)

    def identifiers(self) -> dict[str, Any]:
        """The customer that these values name, in the domain's words. Raises 154 or 419."""
        named: dict[str, Any] = {}
        for name, column in IDENTIFIERS.items():
            if not self.has(name):
                continue
            if name == "user_id":
                if isinstance(self.values[name], bool) or not USER_ID.fullmatch(str(self.values[name])):
                    raise Rejected(codes.USER_ID_INVALID)
                named[column] = int(self.values[name])
            else:
                text = cast(str, self.text(name))
                named[column] = text.lower() if name == "username" else text
        return named


def parameters() -> Parameters:
    """What the current request sent. Raises BadRequest, or 419 for what is sent twice."""
    if "parameters" not in g:
        g.parameters = Parameters(_read())
    return cast(Parameters, g.parameters)


def paging() -> Page:
    """`limit` (20) and `offset` of a list. Raises 419."""
    sent = parameters()
    offset = sent.whole("offset", 0) or 0
    if offset > OFFSET_MAX:
        raise invalid("offset", f"at most {OFFSET_MAX}")
    return Page(per_page=sent.whole("limit", 1) or 20, skipped=offset)


def invalid(name: str, expected: str) -> Rejected:
    return Rejected(codes.PARAMETER_INVALID, f"{name}: expected {expected}.")


def _read() -> dict[str, Any]:
    try:
        asked = query()
        # Clients send JSON with any Content-Type, and with GET: what begins like an object is one.
        content = request.get_data() if request.content_length and request.mimetype != "multipart/form-data" else b""
        sent = json_body(content, JSON_DEPTH_MAX) if content.lstrip()[:1] in (b"{", b"[") else body()
    except (BadRequest, UnsupportedMediaType) as e:
        raise Rejected(codes.PARAMETER_INVALID, e.description) from e
    for name in asked.keys() & sent.keys():
        if str(asked[name]) != str(sent[name]):
            raise Rejected(codes.PARAMETER_INVALID, f"{name} was sent twice, and differs.")
    return {**asked, **sent}
