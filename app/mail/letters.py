"""What each kind of letter says, and to whom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access.links import ACTIVATION, RESET, WELCOME, Links
from app.campaign.models.campaigns import Campaign, CampaignText
from app.campaign.models.vouchers import Voucher
from app.members.models import Customer, Profile
from app.organizations.models import Chain
from app.outbox.queue import Leased
from app.settings import Settings

NAME_LENGTH_MAX = 30
LINKS = {
    "customer.activation": (ACTIVATION, "activate"),
    "customer.welcome": (WELCOME, "reset"),
    "password.reset": (RESET, "reset"),
}


@dataclass(frozen=True)
class Letter:
    """Who is written to, and what the templates are rendered with."""

    address: str
    context: dict[str, Any]


@dataclass(frozen=True)
class _Told:
    """What a letter is about, and what can be asked for it."""

    session: Session
    settings: Settings
    links: Links
    kind: str
    data: dict[str, Any]


def letter(session: Session, settings: Settings, links: Links, message: Leased, data: dict[str, Any]) -> Letter | None:
    """The letter about a message; None where nobody can be written to. Raises BadLink for a link that is not needed any more."""
    customer = data.get("customer")
    if not customer:
        return None
    found = session.execute(
        select(Customer, Profile.email, Profile.first_name, Chain.name, Chain.time_zone)
        .join(Profile, Profile.customer_id == Customer.id)
        .join(Chain, Chain.id == Customer.chain_id)
        .where(Customer.uuid == UUID(customer["id"]))
    ).one_or_none()
    if found is None:
        return None
    told = _Told(session, settings, links, message.kind, data)
    about = {"programme": found.name, "url": f"{settings.public_url}/shop", "support": settings.mail_from}
    if message.kind == "customer.invitation":
        if not found.Customer.is_active:
            return None
        said = {"from_name": _a_name(found.first_name), "link": _invitation(told, found.Customer)}
        return Letter(data["address"], {**about, **said})
    content = CONTENTS[message.kind](told) if found.email else None
    return None if content is None else Letter(found.email, {**about, "first_name": found.first_name, **content})


def _invitation(told: _Told, customer: Customer) -> str:
    return f"{told.settings.public_url}/shop/register#{told.links.make_invitation(customer.uuid, told.data['address'])}"


def _link(told: _Told) -> dict[str, Any]:
    purpose, page = LINKS[told.kind]
    link = told.links.make(told.session, purpose, UUID(told.data["login"]))
    return {"link": f"{told.settings.public_url}/shop/{page}#{link}"}


def _code(told: _Told) -> dict[str, Any]:
    return {"code": told.data["code"]}


def _points_that_expire(told: _Told) -> dict[str, Any] | None:
    expires_at = datetime.fromisoformat(told.data["expires_at"])
    if expires_at <= clock.now():
        return None
    return {
        "points": told.data["points"],
        "balance": told.data["balance"],
        "expires_on": _day(expires_at, told.settings),
    }


def _voucher_that_expires(told: _Told) -> dict[str, Any] | None:
    voucher = told.data["voucher"]
    status = told.session.scalar(select(Voucher.status).where(Voucher.id == voucher["number"]))
    if status == "redeemed" or datetime.fromisoformat(voucher["expires_at"]) <= clock.now():
        return None
    return {"campaign": told.data["campaign"]["name"], "voucher": _voucher(voucher, told.settings)}


def _purchase(told: _Told) -> dict[str, Any]:
    instructions = told.session.scalar(
        select(CampaignText.usage_instruction)
        .join(Campaign, Campaign.id == CampaignText.campaign_id)
        .where(Campaign.uuid == UUID(told.data["campaign"]["id"]))
    )
    return {
        "campaign": told.data["campaign"]["name"],
        "price": told.data["price"],
        "balance": told.data["balance"],
        "vouchers": [_voucher(it, told.settings) for it in told.data["vouchers"]],
        "instructions": instructions,
    }


# What a letter of each kind says beside whom it is to, and from; None where it is not needed any more.
CONTENTS: dict[str, Callable[[_Told], dict[str, Any] | None]] = {
    **dict.fromkeys(LINKS, _link),
    "customer.code": _code,
    "points.expiring": _points_that_expire,
    "voucher.expiring": _voucher_that_expires,
    "purchase.made": _purchase,
}


def _a_name(written: str) -> str | None:
    """A first name in a letter to a stranger; None for what looks like more than a name, for anybody may write it."""
    name = written.strip()
    return name if len(name) <= NAME_LENGTH_MAX and all(it.isalpha() or it in " -'’" for it in name) and name else None


def _day(at: datetime, settings: Settings) -> str:
    return at.astimezone(settings.zone).date().isoformat()


def _voucher(data: dict[str, Any], settings: Settings) -> dict[str, Any]:
    expires_at = data["expires_at"]
    on = _day(datetime.fromisoformat(expires_at), settings) if expires_at else None
    return {"code": data["code"], "kind": data["kind"], "amount": data["amount"], "expires_on": on}
