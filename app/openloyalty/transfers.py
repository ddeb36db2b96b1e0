"""Points: what all roles share."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.members import customers
from app.openloyalty import views
from app.openloyalty.queries import paging, text
from app.points import ledger
from app.web.door import caller, chains, note_subject, reading, transaction

ENTRY_KINDS = {"adding": ("added", "rewarded"), "spending": ("spent", "bought")}


def transfers(customer: UUID | None = None) -> Response:
    """The changes of one account, or of all."""
    wanted = ledger.EntryFilter(
        customer=customer,
        first_name=text("customerFirstName"),
        last_name=text("customerLastName"),
        phone=text("customerPhone"),
        email=text("customerEmail"),
        kinds=ENTRY_KINDS.get(text("type") or "", ()),
    )
    with reading() as session:
        return views.paged("transfers", ledger.entries(session, chains(), wanted, paging(True)), views.transfer)


def move(change: Any, data: dict[str, Any]) -> Response:
    """Add or spend points: `change` is `ledger.add` or `ledger.spend`."""
    who = caller()
    with transaction() as session:
        customer_id = customers.get(session, data["customer"], chains()).id
        entry = change(session, customer_id, data["amount"], clock.now(), data["comment"], who.role, who.login_id)
        note_subject(transfer=entry)
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
