"""Lists of many as CSV, sent while they are read."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from app.campaign.vouchers.bought import BoughtCoupon
from app.members.models import Customer
from app.openloyalty import campaign_views
from app.openloyalty.formats import moment
from app.web.door import listing

Row = TypeVar("Row")
Batch = Callable[[Session, int], Sequence[Row]]  # the next ones behind an id
OF_CUSTOMERS = (
    "customerId",
    "firstName",
    "lastName",
    "email",
    "phone",
    "loyaltyCardNumber",
    "active",
    "level",
    "createdAt",
)
# Spreadsheets run what begins so; a sign before digits is a phone or a number.
RUNS = ("=", "@", "\t", "\r")


OF_BOUGHT = (
    "purchasedAt", "customerId", "customerName", "customerLastname", "customerEmail", "customerPhone", "customerLoyaltyCardNumber",
    "campaignId", "campaignName", "campaignType", "costInPoints", "couponCode", "used", "usageDate", "status", "activeTo",
    "deliveryStatus",
)  # fmt: skip


def customers(name: str, batch: Batch[Customer]) -> Response:
    """A file of customers, of this name."""
    return _file(name, OF_CUSTOMERS, batch, _customer, lambda it: it.id)


def bought(name: str, batch: Batch[BoughtCoupon]) -> Response:
    """A file of what was bought, of this name."""
    return _file(name, OF_BOUGHT, batch, _bought, lambda it: it.voucher.id)


def _file(
    name: str, columns: Sequence[str], batch: Batch[Row], row: Callable[[Row], Sequence[Any]], id: Callable[[Row], int]
) -> Response:
    """Each batch is read in a session of its own, so that nothing is held while somebody takes their time."""
    lines = _lines(columns, batch, row, id)
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(
    columns: Sequence[str], batch: Batch[Row], row: Callable[[Row], Sequence[Any]], id: Callable[[Row], int]
) -> Iterator[str]:
    yield _line(columns)
    after = 0
    while True:
        with listing() as session:
            found = batch(session, after)
            text = "".join(_line(row(it)) for it in found)
        if not found:
            return
        yield text
        after = id(found[-1])


def _bought(it: BoughtCoupon) -> list[Any]:
    shown = campaign_views.bought_row(it)
    flat = {**shown, "couponCode": shown["coupon"]["code"], "deliveryStatus": shown["deliveryStatus"]["status"]}
    return [int(flat[name]) if name == "used" else flat.get(name) for name in OF_BOUGHT]


def _customer(it: Customer) -> list[Any]:
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
