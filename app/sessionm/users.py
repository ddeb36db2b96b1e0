"""Customers: register them, look at them, change them, tag them, and give them an auth_token."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.amounts import number
from app.campaign.audience.targeting import ATTRIBUTE
from app.campaign.triggers import signups
from app.members import attributes, customers, tags
from app.members.attributes import Value
from app.members.customers import Person
from app.members.models import Customer
from app.points import ledger
from app.sessionm import access, identify
from app.sessionm.access import AUTH_TOKEN_SECONDS
from app.sessionm.bodies import SentObject, body, missing
from app.sessionm.calls import USER, V1, addresses, call
from app.sessionm.envelope import respond
from app.sessionm.formats import iso
from app.web.door import note_subject, note_unrewarded, reading, transaction

PROFILE = {  # by what they are called inside
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "phone",
    "gender": "gender",
    "born_on": "dob",
}
FIELDS = {*PROFILE.values(), "external_id", "time_zone", "anonymous", "attributes"}
ATTRIBUTES_MAX, TAGS_MAX = 100, 100
GENDERS = ("male", "female", "not_disclosed")
USER_BODY = {"user": {"type": "object", "properties": {name: {} for name in sorted(FIELDS)}}}
TAGS_BODY = {
    "tags": {"type": "array", "items": {"type": "string"}},
    "ttl": {"type": "integer", "description": "Seconds; without it, the tag is counted."},
}


@call("create_user", addresses(V1, "/users"), "POST", changes=True, body=USER_BODY)
def create() -> Response:
    """Register a customer, or one who is still anonymous."""
    sent = _user()
    is_anonymous = sent.flag("anonymous", False)
    if not is_anonymous and not (sent.has("external_id") or sent.has("email")):
        raise missing("user data: external_id or email")
    noted, now = _attributes(sent), clock.now()
    with transaction() as session:
        made = signups.sign_up(
            session,
            Person(**_person(sent)),
            now,
            access.actor(),
            chain_id=access.application().chain_id,
            external_id=sent.name_in_addresses("external_id"),
            time_zone=sent.text("time_zone"),
            is_anonymous=is_anonymous,
        )
        customer = made.customer
        for unrewarded in made.unrewarded:
            note_unrewarded(unrewarded.campaign_id, unrewarded.reasons[0].code, is_answered=False)
        attributes.put(session, customer.id, noted)
        note_subject(customer=customer.uuid)
        return _answer(session, customer)


@call("show_user", addresses(V1, USER), "GET")
def show() -> Response:
    """A customer, with points and attributes."""
    with reading() as session:
        return _answer(session, _customer(session))


@call("change_user", addresses(V1, USER), "PUT", changes=True, body=USER_BODY)
def change() -> Response:
    """Change a customer; what is not sent stays. Who is given an external_id or an e-mail has registered."""
    sent = _user()
    noted, now = _attributes(sent), clock.now()
    with transaction() as session:
        customer = _customer(session)
        person = _person(sent)
        customers.change(
            session, customer, {name: person[name] for name in PROFILE if PROFILE[name] in sent.values}, now
        )
        external_id = sent.name_in_addresses("external_id") if "external_id" in sent.values else customer.external_id
        time_zone = sent.text("time_zone") if "time_zone" in sent.values else customer.time_zone
        customers.rename(session, customer, external_id, time_zone, now)
        if sent.flag("anonymous", customer.is_anonymous) and not customer.is_anonymous:
            raise sent.wrong("anonymous", "false for who has registered")
        has_registered = sent.has("external_id") or sent.has("email")
        customer.is_anonymous = sent.flag("anonymous", customer.is_anonymous and not has_registered)
        attributes.put(session, customer.id, noted)
        session.flush()
        return _answer(session, customer)


@call("set_tags", [f"{address}/tags" for address in addresses(V1, USER)], "POST", changes=True, body=TAGS_BODY)
def set_tags() -> Response:
    """Tag a customer: each time is counted, unless a time to live is given, in seconds."""
    sent = body("request")
    sent.require_known(TAGS_BODY)
    names = sent.texts("tags", TAGS_MAX)
    if not names:
        raise missing("tags")
    ttl, now = sent.whole("ttl", 1, tags.TTL_SECONDS_MAX), clock.now()
    with transaction() as session:
        customer = _customer(session)
        tags.put(session, customer.id, names, now, ttl)
        return _tags(session, customer)


@call("show_tags", [f"{address}/tags" for address in addresses(V1, USER)], "GET")
def show_tags() -> Response:
    """The tags that a customer has now."""
    with reading() as session:
        return _tags(session, _customer(session))


@call("remove_tags", [f"{address}/tags" for address in addresses(V1, USER)], "DELETE", changes=True)
def remove_tags() -> Response:
    """Take tags from a customer."""
    names = body().texts("tags", TAGS_MAX)
    if not names:
        raise missing("tags")
    with transaction() as session:
        customer = _customer(session)
        tags.remove(session, customer.id, names)
        return _tags(session, customer)


@call(
    "create_auth_token",
    [f"{address}/auth_token" for address in addresses(V1, USER)],
    "POST",
    changes=True,
    audited=False,
)
def create_auth_token() -> Response:
    """Give a customer's device a token that lets it look at the customer's campaigns for a day."""
    with reading() as session:
        customer = _customer(session)
    token = access.auth_token(access.application().api_key, customer.uuid)
    return respond({"status": "ok", "auth_token": token, "expires_in": AUTH_TOKEN_SECONDS})


def _user() -> SentObject:
    sent = body().object("user")
    if sent is None:
        raise missing("user data")
    sent.require_known(FIELDS)
    return sent


def _person(sent: SentObject) -> dict[str, Any]:
    return {
        "first_name": sent.text("first_name") or "",
        "last_name": sent.text("last_name") or "",
        "email": sent.email("email"),
        "phone": sent.text("phone"),
        "gender": sent.choice("gender", GENDERS),
        "born_on": sent.birth_day("dob"),
    }


def _attributes(sent: SentObject) -> dict[str, Value | None]:
    found = sent.object("attributes")
    values = found.values if found else {}
    if len(values) > ATTRIBUTES_MAX:
        raise sent.wrong("attributes", f"an object of at most {ATTRIBUTES_MAX} names")
    for name, value in values.items():
        if not ATTRIBUTE.fullmatch(name):
            raise sent.wrong(f"attributes.{name}", "named with letters, digits, - and _")
        if not (value is None or isinstance(value, str | bool | int | float)):
            raise sent.wrong(f"attributes.{name}", "text, a number or a boolean")
        if (isinstance(value, str) and len(value) > 255) or (isinstance(value, int | float) and abs(value) >= 2**53):
            raise sent.wrong(f"attributes.{name}", "at most 255 characters, or a number below 2^53")
    return dict(values)


def _customer(session: Session) -> Customer:
    return customers.get_by_id(session, identify.customer(registered=False).id)


def _answer(session: Session, it: Customer) -> Response:
    profile = it.profile
    user = {
        "id": str(it.uuid),
        "external_id": it.external_id,
        "first_name": profile.first_name or None,
        "last_name": profile.last_name or None,
        "email": profile.email,
        "phone": profile.phone,
        "gender": profile.gender,
        "dob": profile.born_on.isoformat() if profile.born_on else None,
        "time_zone": it.time_zone,
        "anonymous": it.is_anonymous,
        "available_points": number(ledger.balance(session, it.id)),
        "attributes": attributes.of_customer(session, it.id),
        "created_at": iso(it.created_at),
    }
    return respond({"status": "ok", "user": user})


def _tags(session: Session, it: Customer) -> Response:
    alive = tags.alive(session, it.id, clock.now())
    shown = {
        tag.name: {"count": tag.count} if tag.expires_at is None else {"expires_at": iso(tag.expires_at)}
        for tag in alive
    }
    return respond({"status": "ok", "tags": shown})
