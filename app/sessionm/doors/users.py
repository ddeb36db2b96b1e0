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
from app.members.customers import Joining, Person
from app.members.models import Customer
from app.points import ledger
from app.sessionm import access, identify, schemas
from app.sessionm.access import AUTH_TOKEN_SECONDS
from app.sessionm.calls import USER, V1, addresses, call
from app.sessionm.envelope import respond
from app.sessionm.formats import iso
from app.sessionm.forms.bodies import SentObject, body, missing
from app.sessionm.forms.queries import query
from app.web.door import note_subject, note_unrewarded, reading, transaction

PROFILE = {  # by what they are called inside
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "phone",
    "gender": "gender",
    "born_on": "dob",
}
# Where a customer lives, by what it is called inside; and what else real clients send when they register one.
ADDRESS = {"street": "address", "city": "city", "province": "state", "postal": "zip", "country": "country"}
OF_CLIENTS = {*ADDRESS.values(), "opted_in", "external_id_type", "identifiers", "phone_numbers", "user_profile"}
FIELDS = {*PROFILE.values(), "external_id", "time_zone", "anonymous", "attributes", *OF_CLIENTS}
ATTRIBUTES_MAX, TAGS_MAX = 100, 100
GENDERS = ("male", "female", "not_disclosed")
USER_BODY = {"user": {"type": "object", "properties": {name: {} for name in sorted(FIELDS)}}}
TAGS_BODY = {
    "tags": {"type": "array", "items": {"type": "string"}},
    "ttl": {"type": "integer", "description": "Seconds; without it, the tag is counted."},
}


@call("create_user", addresses(V1, "/users"), "POST", changes=True, body=USER_BODY, answer=schemas.UserAnswer)
def create() -> Response:
    """Register a customer, or one who is still anonymous."""
    sent = _user()
    is_anonymous = sent.flag("anonymous", False)
    if not is_anonymous and not (_external_id(sent) or sent.has("email")):
        raise missing("user data: external_id or email")
    noted, now = _attributes(sent), clock.now()
    with transaction() as session:
        made = signups.sign_up(
            session,
            Person(**_person(sent)),
            now,
            access.actor(),
            joining=Joining(
                access.application().chain_id,
                external_id=_external_id(sent),
                time_zone=sent.text("time_zone"),
                is_anonymous=is_anonymous,
            ),
        )
        customer = made.customer
        for unrewarded in made.unrewarded:
            note_unrewarded(unrewarded.campaign_id, unrewarded.reasons[0].code, is_answered=False)
        attributes.put(session, customer.id, noted)
        note_subject(customer=customer.uuid)
        return _answer(session, customer)


@call("show_user", addresses(V1, USER), "GET", answer=schemas.UserAnswer)
def show() -> Response:
    """A customer, with points and attributes."""
    with reading() as session:
        return _answer(session, _customer(session))


@call("change_user", addresses(V1, USER), "PUT", changes=True, body=USER_BODY, answer=schemas.UserAnswer)
def change() -> Response:
    """Change a customer; what is not sent stays. Who is given an external_id or an e-mail has registered."""
    sent = _user()
    noted, now = _attributes(sent), clock.now()
    with transaction() as session:
        customer = _customer(session)
        person = _person(sent)
        customers.change(session, customer, _changed(sent, person, customer), now)
        is_named = "external_id" in sent.values or bool(sent.objects("identifiers", "identifier"))
        external_id = _external_id(sent) if is_named else customer.external_id
        time_zone = sent.text("time_zone") if "time_zone" in sent.values else customer.time_zone
        customers.rename(session, customer, external_id, time_zone, now)
        if sent.flag("anonymous", customer.is_anonymous) and not customer.is_anonymous:
            raise sent.wrong("anonymous", "false for who has registered")
        has_registered = bool(_external_id(sent)) or sent.has("email")
        customer.is_anonymous = sent.flag("anonymous", customer.is_anonymous and not has_registered)
        attributes.put(session, customer.id, noted)
        session.flush()
        return _answer(session, customer)


@call(
    "set_tags",
    [f"{address}/tags" for address in addresses(V1, USER)],
    "POST",
    changes=True,
    body=TAGS_BODY,
    answer=schemas.TagsAnswer,
)
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


@call("show_tags", [f"{address}/tags" for address in addresses(V1, USER)], "GET", answer=schemas.TagsAnswer)
def show_tags() -> Response:
    """The tags that a customer has now."""
    with reading() as session:
        return _tags(session, _customer(session))


@call(
    "remove_tags",
    [f"{address}/tags" for address in addresses(V1, USER)],
    "DELETE",
    changes=True,
    body={"tags": TAGS_BODY["tags"]},
    answer=schemas.TagsAnswer,
)
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
    answer=schemas.AuthTokenAnswer,
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
        "phone": _phone(sent),
        "gender": sent.choice("gender", GENDERS),
        "born_on": sent.birth_day("dob"),
        "address": {name: text for name, sent_as in ADDRESS.items() if (text := sent.text(sent_as))} or None,
        "agreement2": sent.flag("opted_in", False),
    }


def _changed(sent: SentObject, person: dict[str, Any], customer: Customer) -> dict[str, Any]:
    """The details that were sent; of an address, the other parts stay."""
    changed = {name: person[name] for name in PROFILE if PROFILE[name] in sent.values}
    if sent.has("phone_numbers"):
        changed["phone"] = person["phone"]
    if "opted_in" in sent.values:
        changed["agreement2"] = person["agreement2"]
    if ADDRESS.values() & sent.values.keys():
        kept = {
            name: text
            for name, text in (customer.profile.address or {}).items()
            if ADDRESS.get(name) not in sent.values
        }
        changed["address"] = {**kept, **(person["address"] or {})} or None
    return changed


def _external_id(sent: SentObject) -> str | None:
    """By itself, or as the one of the `identifiers`."""
    names = {sent.name_in_addresses("external_id")}
    identifiers = sent.objects("identifiers", "identifier")
    if len(identifiers) > 1:
        raise sent.wrong("identifiers", "a list of one: a customer has one external id")
    for one in identifiers:
        one.require_known({"external_id", "external_id_type"})
        names.add(one.name_in_addresses("external_id"))
    names -= {None}
    if len(names) > 1:
        raise sent.wrong("identifiers", "the same as external_id")
    return names.pop() if names else None


def _phone(sent: SentObject) -> str | None:
    """By itself, or as the one of the `phone_numbers`; what kind of phone it is, is not kept."""
    numbers = sent.objects("phone_numbers", "phone number")
    for one in numbers:
        one.require_known({"phone_number", "phone_type", "preference_flags", "preferred"})
    if len(numbers) > 1:
        raise sent.wrong("phone_numbers", "a list of one: a customer has one phone")
    first = next((one.required("phone_number", one.text("phone_number")) for one in numbers), None)
    if first is not None and sent.has("phone") and sent.text("phone") != first:
        raise sent.wrong("phone_numbers", "the same as phone")
    return first or sent.text("phone")


def _attributes(sent: SentObject) -> dict[str, Value | None]:
    values: dict[str, Any] = {}
    for name in ("attributes", "user_profile"):
        found = sent.object(name)
        values |= found.values if found else {}
    if sent.has("external_id_type"):
        values["external_id_type"] = sent.text("external_id_type")
    for one in sent.objects("identifiers", "identifier"):
        if one.has("external_id_type"):
            values["external_id_type"] = one.text("external_id_type")
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
    noted = attributes.of_customer(session, it.id)
    user: dict[str, Any] = {
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
        "attributes": noted,
        "created_at": iso(it.created_at),
    }
    asked = query()
    if asked.flag("show_identifiers"):
        one = {"external_id": it.external_id, "external_id_type": noted.get("external_id_type")}
        user["identifiers"] = [one] if it.external_id else []
    if asked.flag("user[user_profile]"):
        address = profile.address or {}
        lives = {sent_as: address.get(name) for name, sent_as in ADDRESS.items()}
        user["user_profile"] = {**noted, **lives, "opted_in": profile.agreement2}
    return respond({"status": "ok", "user": user})


def _tags(session: Session, it: Customer) -> Response:
    alive = tags.alive(session, it.id, clock.now())
    shown = {
        tag.name: {"count": tag.count} if tag.expires_at is None else {"expires_at": iso(tag.expires_at)}
        for tag in alive
    }
    return respond({"status": "ok", "tags": shown})
