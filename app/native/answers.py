"""What Guerdon's own calls do for a customer, whoever asks: the customer, or who serves one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import BadRequest

from app import clock
from app.access.errors import NotPermitted
from app.campaign.listings import holdings, shop
from app.campaign.listings.shop import CONTEXTS, ShopFilter
from app.members import customers, finding
from app.native import views
from app.openloyalty.queries import choice, flag, number, text, uuid
from app.points import ledger
from app.refusal import Missing, Refusal
from app.web.door import chains, reading

SIZE, SIZE_MAX = 24, 100
SIZE_PARAMETER = {"in": "query", "name": "size", "schema": {"type": "integer", "default": SIZE, "maximum": SIZE_MAX}}
WAYS = {view: context for context, view in views.ACTIONS.items()}


def reading_on(by: str, parameter: str = "before", **schema: str) -> list[dict[str, Any]]:
    """The parameters of a list that is read on from the last row, which is named by that field of it."""
    told = f"Read on: the `{by}` of the last one that was answered."
    return [SIZE_PARAMETER, {"in": "query", "name": parameter, "schema": schema, "description": told}]


READING = reading_on("number", type="integer")
DRAWS = reading_on("id", type="string", format="uuid")
SHELF = [
    {"in": "query", "name": "text", "schema": {"type": "string"}, "description": "Text in the name."},
    {
        "in": "query",
        "name": "action",
        "schema": {"type": "string", "enum": ["buy", *WAYS]},
        "description": "Only what is to be had in this way.",
    },
    *READING,
]
EVERYTHING = {
    "in": "query",
    "name": "everything",
    "schema": {"type": "boolean"},
    "description": "Also what the customer is not shown, and why; for admins.",
}
USABLE = {"in": "query", "name": "usable", "schema": {"type": "boolean"}, "description": "Only what can still be used."}
SEARCH = [
    {
        "in": "query",
        "name": "text",
        "schema": {"type": "string"},
        "description": "How a card, a phone, an address or a name begins; the newest customers without.",
    },
    SIZE_PARAMETER,
]


def refused(refusal: Refusal) -> Response:
    """Every reason, the first as the answer's sentence: 404 for what is not there, 403 for what roles do not permit, 409 otherwise."""
    reasons = [refusal, *refusal.others]
    status = 403 if isinstance(refusal, NotPermitted) else 404 if isinstance(refusal, Missing) else 409
    answer = jsonify(error={"code": status, "message": str(refusal)}, reasons=[views.reason(it) for it in reasons])
    answer.status_code = status
    return answer


def campaigns(customer: str, at: datetime | None = None, everything: bool = False) -> Response:
    """The campaigns that a customer is shown, or all of the chain."""
    now = clock.now()
    action = choice("action", ("buy", *WAYS))
    wanted = ShopFilter(
        text=text("text"),
        contexts=("interaction",) if action == "buy" else (WAYS[action],) if action else CONTEXTS,
        sells_coupons={"buy": True, "play": False}.get(action or ""),
        before=number("before"),
        everything=everything,
    )
    with reading() as session:
        found, more = shop.page(session, customers.get(session, customer, chains()), wanted, size(), at or now)
        return jsonify(views.more("campaigns", [views.shelf(it, at or now, now) for it in found], more))


def campaign_of(customer: str, campaign: UUID, at: datetime | None = None) -> Response:
    now = clock.now()
    with reading() as session:
        found = shop.one(session, customers.get(session, customer, chains()), campaign, at or now)
        return jsonify(views.shelf(found, at or now, now))


def vouchers(customer: str) -> Response:
    """What a customer holds."""
    now = clock.now()
    with reading() as session:
        customer_id = customers.get(session, customer, chains()).id
        found, more = holdings.vouchers(session, customer_id, size(), now, number("before"), bool(flag("usable")))
        return jsonify(views.more("vouchers", [views.held(it, now) for it in found], more))


def draws(customer: str) -> Response:
    """The draws of a customer."""
    now = clock.now()
    with reading() as session:
        customer_id = customers.get(session, customer, chains()).id
        found, more = holdings.draws_of_customer(session, customer_id, size(), uuid("before"))
        return jsonify(views.more("draws", [views.draw(it, now) for it in found], more))


def people() -> Response:
    """The customers that a text finds."""
    with reading() as session:  # who was registered a moment ago is looked for
        found = finding.find(session, chains(), text("text") or "", min(size(), finding.SIZE_MAX))
        balances = ledger.balances(session, [it.id for it in found])
        return jsonify(customers=[views.person(it, balances.get(it.id, 0)) for it in found])


def size(default: int = SIZE, most: int = SIZE_MAX) -> int:
    """How many rows are asked for. Raises BadRequest."""
    found = number("size")
    if found is not None and not 0 < found <= most:
        raise BadRequest(f"size: 1 to {most}.")
    return found or default
