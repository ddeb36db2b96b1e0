"""Registering customers and switching them on and off, for admins and sellers alike."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app import calendar, clock
from app.access import codes, mails, passwords, staff
from app.access.errors import BadLink
from app.access.models import SELLER
from app.campaign.awards.give import SYSTEM, Unrewarded
from app.campaign.triggers import signups
from app.members import customers
from app.members.customers import Joining
from app.members.errors import CustomerNotFound
from app.members.models import Customer
from app.openloyalty import member_views
from app.openloyalty.formats import without_none
from app.openloyalty.forms.form import lacking
from app.openloyalty.shared.people import asked_customer
from app.organizations import chains as organizations
from app.points import summary
from app.sales import levels as reached
from app.web.brakes import counted
from app.web.callers import identity
from app.web.door import (
    caller,
    chains,
    note_subject,
    note_unrewarded,
    own_chain,
    reading,
    settings,
    transaction,
    visited_chain,
)


def register(data: dict[str, Any], status: str = "active", by_staff: bool = True) -> Response:
    """Register a customer; see `registered`."""
    customer, email = registered(data, status, by_staff, welcomes=by_staff)
    return jsonify(without_none({"customerId": customer, "email": email}))


def registered(
    data: dict[str, Any], status: str = "active", by_staff: bool = True, welcomes: bool = False
) -> tuple[str, str | None]:
    """Register a customer, by the staff for their chain, or by the customer for that of the address, or else the first one.

    Who is `new` waits to be activated: by the staff, or with a link or a code that is sent. A password may be given;
    who is registered by the staff without one is mailed a link to choose it, where it `welcomes`. The id, and the address.
    """
    password_hash = passwords.chosen(data["password"]) if data["password"] else None
    with transaction() as session:
        chain_id = own_chain() if by_staff else visited_chain(session)
        made = signups.sign_up(
            session,
            data["person"],
            clock.now(),
            SYSTEM,
            password_hash,
            _joining(session, data, chain_id, status, by_staff),
            referral_code=_code_of(session, data["referred_by"], chain_id),
            invited_by=_inviting(session, data, chain_id) if data.get("invitation") else None,
        )
        customer = made.customer
        _note(made.unrewarded)
        if not by_staff:
            mails.send_activation(session, customer, clock.now(), settings().self_registration, settings().sends_mail)
        elif welcomes and password_hash is None and settings().sends_mail:
            mails.write_welcome(session, customer, clock.now())
        note_subject(customer=customer.uuid)
        return str(customer.uuid), customer.profile.email


def _joining(session: Session, data: dict[str, Any], chain_id: int | None, status: str, by_staff: bool) -> Joining:
    """A seller registers for herself and her shop, unless she says otherwise. Raises SellerNotFound."""
    shop, seller = data["shop"], data["seller"]
    if seller is not None:
        staff.require_seller(session, seller, {chain_id or organizations.first(session)})
    if by_staff and caller().role == SELLER:
        own = staff.seller(session, cast(UUID, caller().login), chains())
        shop, seller = shop or (own.pos.uuid if own.pos else None), seller or own.uuid
    return Joining(chain_id, data["level"], status, shop, seller, data["registered_at"])


def _code_of(session: Session, email: str | None, chain_id: int | None) -> str | None:
    """The code with which somebody recommends the programme, who is named by an e-mail address. Raises CustomerNotFound."""
    if email is None:
        return None
    try:
        return customers.referral_code(session, chain_id or organizations.first(session), email)
    except CustomerNotFound as e:
        raise CustomerNotFound("There is no customer with this address.", field="referred_by") from e


def _inviting(session: Session, data: dict[str, Any], chain_id: int | None) -> int:
    """The customer whose invitation it is. Raises BadLink."""
    if data["referred_by"]:
        raise BadLink(
            "Who recommends the programme is said once: by the invitation, or by an address.", field="invitation"
        )
    try:
        named = str(identity().links.read_invitation(data["invitation"], data["person"].email or ""))
        return customers.get(session, named, {chain_id or organizations.first(session)}).id
    except BadLink as e:
        raise BadLink(str(e), field="invitation") from e
    except CustomerNotFound as e:
        raise BadLink("This invitation does not hold any more.", field="invitation") from e


def switch(name: str, on: bool) -> Response:
    """Activate or block a customer. The answer is an empty text."""
    now = clock.now()
    with transaction() as session:
        customer = customers.get(session, name, chains())
        if on:
            _note(signups.activate(session, customer, now, SYSTEM))
        else:
            customers.block(session, customer, now)
    return jsonify("")


def send_code(name: str) -> Response:
    """Send the code again to a customer who waits to be activated. The answer is an empty text."""
    counted("send code")
    with transaction() as session:
        codes.send(session, customers.get(session, name, chains()), clock.now(), settings().sends_mail)
    return jsonify("")


def assign_shop(name: str, shop: UUID | None) -> Response:
    """Say in which shop a customer is at home."""
    if shop is None:
        return lacking(posId="field is required")
    with transaction() as session:
        customers.set_shop(session, customers.get(session, name, chains()), shop, clock.now())
    return jsonify([])


def _note(unrewarded: Iterable[Unrewarded]) -> None:
    for it in unrewarded:
        note_unrewarded(it.campaign_id, it.reasons[0].code, is_answered=False)


def status(name: str) -> Response:
    """A customer's points and level."""
    with reading() as session:
        customer = asked_customer(session, name)
        chain = organizations.terms(session, customer.chain_id)
        return jsonify(
            member_views.customer_status(
                customer,
                organizations.printed_currencies(session, [customer.chain_id])[customer.chain_id],
                customers.spending(session, [customer.id]).get(customer.id),
                summary.as_of(session, customer.id),
                _expiring_next_month(session, customer),
                reached.progress(session, chain, customer, clock.now()),
                chain.levels_by == "points",
            )
        )


def _expiring_next_month(session: Session, customer: Customer) -> int:
    """The points that expire in the month behind this one, of the chain's calendar."""
    zone = ZoneInfo(organizations.get(session, customer.chain_id).time_zone)
    begins = calendar.later(calendar.start("month", clock.now(), zone), 1, "month", zone)
    soon = summary.expiring(session, customer.id, calendar.later(begins, 1, "month", zone))
    return sum(it.points for it in soon if it.expires_at >= begins)
