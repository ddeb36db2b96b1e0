"""Lists of customers as CSV, sent while they are read."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from app.members.models import Customer
from app.openloyalty.formats import moment
from app.web.door import listing

Batch = Callable[[Session, int], Sequence[Customer]]  # the next customers behind an id
COLUMNS = ("customerId", "firstName", "lastName", "email", "phone", "loyaltyCardNumber", "active", "level", "createdAt")
# Spreadsheets run what begins so; a sign before digits is a phone or a number.
RUNS = ("=", "@", "\t", "\r")


def customers(name: str, batch: Batch) -> Response:
    """A file of this name; each batch is read in a session of its own, so that nothing is held while somebody takes their time."""
    response = Response(stream_with_context(_lines(batch)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(batch: Batch) -> Iterator[str]:
    yield _line(COLUMNS)
    after = 0
    while True:
        with listing() as session:
            found = batch(session, after)
            text = "".join(_line(_row(it)) for it in found)
        if not found:
            return
        yield text
        after = found[-1].id


def _row(it: Customer) -> list[Any]:
    profile = it.profile
    named = [profile.first_name, profile.last_name, profile.email, profile.phone, profile.loyalty_card_number]
    level = it.level.name if it.level else None
    return [it.uuid, *named, int(it.is_active), level, moment(it.created_at)]


def _line(values: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(_harmless(value) for value in values)
    return line.getvalue()


def _harmless(value: Any) -> Any:
    """As it is, unless a spreadsheet would run it."""
    if not isinstance(value, str):
        return value
    signed = value[:1] in ("+", "-") and not value[1:].replace(" ", "").replace("-", "").isdecimal()
    return f"'{value}" if value.startswith(RUNS) or signed else value
