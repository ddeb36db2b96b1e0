"""Registering customers and switching them on and off, for admins and sellers alike."""

from typing import Any

from flask import Response, jsonify

from app import clock
from app.access import passwords
from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import signups
from app.members import customers, levels
from app.openloyalty import views
from app.openloyalty.formats import without_none
from app.points import ledger
from app.web.door import chains, note_subject, note_unrewarded, own_chain, reading, transaction


def register(data: dict[str, Any]) -> Response:
    """Register a customer, who is active at once. A password may be given; there is no mail to send one with."""
    password_hash = None
    if data["password"]:
        passwords.require_strong(data["password"])
        password_hash = passwords.hashed(data["password"])
    with transaction() as session:
        made = signups.sign_up(session, data["person"], clock.now(), SYSTEM, password_hash, data["level"], own_chain())
        customer = made.customer
        for unrewarded in made.unrewarded:
            note_unrewarded(unrewarded.campaign_id, unrewarded.reasons[0].code, is_answered=False)
        note_subject(customer=customer.uuid)
        answer = without_none({"customerId": str(customer.uuid), "email": customer.profile.email})
    return jsonify(answer)


def switch(name: str, on: bool) -> Response:
    """Activate or block a customer. The answer is an empty text."""
    with transaction() as session:
        customers.set_status(
            session, customers.get(session, name, chains()), "active" if on else "blocked", clock.now()
        )
    return jsonify("")


def status(name: str) -> Response:
    """A customer's points and level."""
    with reading() as session:
        customer = customers.get(session, name, chains())
        return jsonify(
            views.customer_status(
                customer,
                customers.spending(session, [customer.id]).get(customer.id),
                ledger.balance(session, customer.id),
                ledger.totals(session, customer.id),
                levels.above(session, customer.chain_id, customer.level),
            )
        )
