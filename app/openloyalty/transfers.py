"""Points: what all roles share."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.access import staff
from app.amounts import number
from app.members import customers
from app.openloyalty import views
from app.openloyalty.queries import choice, filters, paging, text
from app.points import ledger
from app.web.door import caller, chains, listing, note_subject, reading, transaction

TRANSFER_FILTERS = filters(
    "customerId", "state", "customerFirstName", "customerLastName", "customerPhone", "customerEmail", "type"
)
ENTRY_KINDS: dict[str, tuple[str, ...]] = {"": (), "adding": ("added", "rewarded"), "spending": ("spent", "bought")}


def transfers(customer: UUID | None = None) -> Response:
    """The changes of one account, or of all. All are active: none expires, and none is cancelled."""
    choice("state", ("active",))
    wanted = ledger.EntryFilter(
        customer=customer,
        first_name=text("customerFirstName"),
        last_name=text("customerLastName"),
        phone=text("customerPhone"),
        email=text("customerEmail"),
        kinds=ENTRY_KINDS[choice("type", ENTRY_KINDS) or ""],
    )
    with reading() if customer else listing() as session:
        return views.paged("transfers", ledger.entries(session, chains(), wanted, paging(True)), views.transfer)


def move(change: Any, data: dict[str, Any]) -> Response:
    """Add or spend points: `change` is `ledger.add` or `ledger.spend`."""
    who = caller()
    with transaction() as session:
        staff.require_may_move_points(session, who.login_id)
        customer = customers.get(session, data["customer"], chains())
        entry = change(session, customer.id, data["amount"], clock.now(), data["comment"], who.role, who.login_id)
        note_subject(transfer=entry, customer=customer.uuid, points=number(data["amount"]))
    return jsonify(pointsTransferId=str(entry))


def pass_on(data: dict[str, Any]) -> Response:
    """Move points from one customer to another. The answer is the spending of the one."""
    who = caller()
    with transaction() as session:
        sender = customers.get(session, data["sender"], chains()).id
        receiver = customers.get(session, data["receiver"], chains()).id
        entry = ledger.pass_on(session, sender, receiver, data["amount"], clock.now(), who.role, who.login_id)
        note_subject(transfer=entry, sender=data["sender"], receiver=data["receiver"])
    return jsonify(pointsTransferId=str(entry))


def customer_filter() -> UUID | None:
    """The customer to list, from the query; one that is no UUID matches nobody."""
    customer = text("customerId")
    if customer is None:
        return None
    try:
        return UUID(customer)
    except ValueError:
        return UUID(int=0)
