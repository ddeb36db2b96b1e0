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
class _About:
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
    about = _About(session, settings, links, message.kind, data)
    programme = {"programme": found.name, "url": f"{settings.public_url}/shop", "support": settings.mail_from}
    if message.kind == "customer.invitation":
        if not found.Customer.is_active:
            return None
        said = {"from_name": _a_name(found.first_name), "link": _invitation(about, found.Customer)}
        return Letter(data["address"], {**programme, **said})
    content = CONTENTS[message.kind](about) if found.email else None
    return None if content is None else Letter(found.email, {**programme, "first_name": found.first_name, **content})


def _invitation(about: _About, customer: Customer) -> str:
    return (
        f"{about.settings.public_url}/shop/register#{about.links.make_invitation(customer.uuid, about.data['address'])}"
    )


def _link(about: _About) -> dict[str, Any]:
    purpose, page = LINKS[about.kind]
    link = about.links.make(about.session, purpose, UUID(about.data["login"]))
    return {"link": f"{about.settings.public_url}/shop/{page}#{link}"}


def _code(about: _About) -> dict[str, Any]:
    return {"code": about.data["code"]}


def _points_that_expire(about: _About) -> dict[str, Any] | None:
    expires_at = datetime.fromisoformat(about.data["expires_at"])
    if expires_at <= clock.now():
        return None
    return {
        "points": about.data["points"],
        "balance": about.data["balance"],
        "expires_on": _day(expires_at, about.settings),
    }


def _voucher_that_expires(about: _About) -> dict[str, Any] | None:
    voucher = about.data["voucher"]
    status = about.session.scalar(select(Voucher.status).where(Voucher.id == voucher["number"]))
    if status == "redeemed" or datetime.fromisoformat(voucher["expires_at"]) <= clock.now():
        return None
    return {"campaign": about.data["campaign"]["name"], "voucher": _voucher(voucher, about.settings)}


def _purchase(about: _About) -> dict[str, Any]:
    instructions = about.session.scalar(
        select(CampaignText.usage_instruction)
        .join(Campaign, Campaign.id == CampaignText.campaign_id)
        .where(Campaign.uuid == UUID(about.data["campaign"]["id"]))
    )
    return {
        "campaign": about.data["campaign"]["name"],
        "price": about.data["price"],
        "balance": about.data["balance"],
        "vouchers": [_voucher(it, about.settings) for it in about.data["vouchers"]],
        "instructions": instructions,
    }


# What a letter of each kind says beside whom it is to, and from; None where it is not needed any more.
CONTENTS: dict[str, Callable[[_About], dict[str, Any] | None]] = {
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
