"""Points: what all roles share."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from app import clock
from app.access import staff
from app.amounts import number
from app.members import customers
from app.members.errors import CustomerNotFound, IdentifiersDisagree
from app.openloyalty import member_views, queries, sorting
from app.openloyalty.formats import paged
from app.openloyalty.queries import choice, choices, filters, paging, text
from app.openloyalty.schemas import TRANSFER_KINDS, TRANSFER_STATES, TRANSFER_TYPES
from app.openloyalty.shared.people import asked_customer
from app.organizations import chains as organizations
from app.organizations.models import POINTS_DAYS_MAX
from app.organizations.scope import Chains
from app.points import ledger, summary
from app.sales import listing as sales
from app.sales import matching
from app.sales import points as by_hand
from app.web.door import caller, chains, listing, note_subject, reading, transaction

EXPIRING_DAYS = 30
TRANSFER_FILTERS = filters(
    "customerId", "state", "customerFirstName", "customerLastName", "customerPhone", "customerEmail", "type"
)


def transfers(customer: UUID | None = None) -> Response:
    """The additions and spendings of one account, or of all, and what has become of them."""
    kind, states = choice("type", TRANSFER_TYPES), choices("state", TRANSFER_STATES)
    now = clock.now()
    wanted = ledger.EntryFilter(
        customer=customer,
        first_name=text("customerFirstName"),
        last_name=text("customerLastName"),
        phone=text("customerPhone"),
        email=text("customerEmail"),
        kinds=TRANSFER_TYPES[kind] if kind else TRANSFER_KINDS,
        states=[TRANSFER_STATES[it] for it in states],
    )
    with reading() if customer else listing() as session:
        found = ledger.list_entries(session, chains(), wanted, paging(sorting.TRANSFERS), now)
        of_sales = sales.numbers(session, [it.entry.sale_id for it in found.rows if it.entry.sale_id is not None])
        return paged("transfers", found, lambda row: member_views.transfer(row, of_sales.get(row.entry.sale_id or 0)))


POINTS_PARAMETERS = [
    {
        "in": "query",
        "name": "at",
        "schema": {"type": "string"},
        "description": "A past moment, as of the end of whose second points are asked; now without it.",
    },
    {
        "in": "query",
        "name": "days",
        "schema": {"type": "integer", "default": EXPIRING_DAYS},
        "description": "List what expires in so many days.",
    },
]


def points_of(name: str) -> Response:
    """A customer's points as of a moment, and what expires soon."""
    at, days, now = queries.moment("at"), queries.number("days"), clock.now()
    if at is not None and at > now:
        raise BadRequest("at: a moment that is past; what expires until a coming one is listed by days.")
    if days is not None and days > POINTS_DAYS_MAX:
        raise BadRequest(f"days: at most {POINTS_DAYS_MAX}.")
    if at is not None:
        at = min(at.replace(microsecond=999_999), now)
    with reading() as session:
        customer = asked_customer(session, name)
        points = summary.as_of(session, customer.id, at)
        until = now + timedelta(days=EXPIRING_DAYS if days is None else days)
        soon = summary.expiring(session, customer.id, until) if at is None else None
        return jsonify(member_views.points(points, at or now, soon))


def move(change: Any, data: dict[str, Any]) -> Response:
    """Add or spend points; see `moved`."""
    return jsonify(pointsTransferId=moved(change, data))


def named(session: Session, kind: str, name: str, chains: Chains) -> str:
    """The UUID of the customer of this UUID (`customer`), `card`, `email` or `phone`. Raises CustomerNotFound."""
    if kind == "customer":
        return str(customers.get(session, name, chains).uuid)
    buyer = {{"card": "loyalty_card_number"}.get(kind, kind): name}
    found = {matching.find(session, it.id, buyer) for it in organizations.of_scope(session, chains)} - {None}
    if len(found) != 1:
        raise CustomerNotFound if not found else IdentifiersDisagree("Customers of several chains are called so.")
    return str(customers.uuids(session, [it for it in found if it is not None]).popitem()[1])


def moved(change: Any, data: dict[str, Any]) -> str:
    """Add or spend points: `change` is `points.add`, whose points may live for so many days, or `ledger.spend`. The entry's id."""
    who = caller()
    with transaction() as session:
        staff.require_may_move_points(session, who.login_id)
        customer = customers.get(session, data["customer"], chains())
        lifetime = {"days_active": data["days_active"]} if "days_active" in data else {}
        entry = change(
            session, customer.id, data["amount"], clock.now(), data["comment"], who.role, who.login_id, **lifetime
        )
        note_subject(transfer=entry, customer=customer.uuid, points=number(data["amount"]))
        return str(entry)


def pass_on(data: dict[str, Any]) -> Response:
    """Move points from one customer to another; customers pass on their own. The answer is the spending of the one."""
    who = caller()
    with transaction() as session:
        sender = who.customer_id or customers.get(session, data["sender"], chains()).id
        receiver = customers.get(session, data["receiver"], chains()).id
        entry = by_hand.pass_on(session, sender, receiver, data["amount"], clock.now(), who.role, who.login_id)
        names = customers.uuids(session, [sender, receiver])
        note_subject(transfer=entry, sender=names[sender], receiver=names[receiver], points=number(data["amount"]))
    return jsonify(pointsTransferId=str(entry))


def cancel(transfer: UUID) -> Response:
    """Take back what is left of an addition of points."""
    who = caller()
    with transaction() as session:
        cancelled = by_hand.cancel(session, transfer, clock.now(), who.role, who.login_id, chains())
        entry = ledger.get(session, cancelled)
        customer = customers.uuids(session, [entry.customer_id])[entry.customer_id]
        note_subject(transfer=transfer, customer=customer, points=number(-entry.amount))
    return jsonify([])


def customer_filter() -> UUID | None:
    """The customer to list, from the query; one that is no UUID matches nobody."""
    customer = text("customerId")
    if customer is None:
        return None
    try:
        return UUID(customer)
    except ValueError:
        return UUID(int=0)
