"""What each kind of letter says, and to whom."""

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
    if found is None or not (found.email or message.kind == "customer.invitation"):
        return None
    if message.kind == "customer.invitation":
        if not found.Customer.is_active:
            return None
        link = f"{settings.public_url}/shop/register#{links.make_invitation(found.Customer.uuid, data['address'])}"
        about = {"programme": found.name, "url": f"{settings.public_url}/shop", "support": settings.mail_from}
        return Letter(data["address"], {**about, "from_name": _a_name(found.first_name), "link": link})
    context = {
        "programme": found.name,
        "first_name": found.first_name,
        "url": f"{settings.public_url}/shop",
        "support": settings.mail_from,
    }
    if message.kind in LINKS:
        purpose, page = LINKS[message.kind]
        link = links.make(session, purpose, UUID(data["login"]))
        return Letter(found.email, {**context, "link": f"{settings.public_url}/shop/{page}#{link}"})
    if message.kind == "customer.code":
        return Letter(found.email, {**context, "code": data["code"]})
    if message.kind == "points.expiring":
        expires_at = datetime.fromisoformat(data["expires_at"])
        if expires_at <= clock.now():
            return None
        said = {"points": data["points"], "balance": data["balance"], "expires_on": _day(expires_at, settings)}
        return Letter(found.email, {**context, **said})
    context["campaign"] = data["campaign"]["name"]
    if message.kind == "voucher.expiring":
        status = session.scalar(select(Voucher.status).where(Voucher.id == data["voucher"]["number"]))
        if status == "redeemed" or datetime.fromisoformat(data["voucher"]["expires_at"]) <= clock.now():
            return None
        return Letter(found.email, {**context, "voucher": _voucher(data["voucher"], settings)})
    instructions = session.scalar(
        select(CampaignText.usage_instruction)
        .join(Campaign, Campaign.id == CampaignText.campaign_id)
        .where(Campaign.uuid == UUID(data["campaign"]["id"]))
    )
    vouchers = [_voucher(it, settings) for it in data["vouchers"]]
    bought = {"price": data["price"], "balance": data["balance"], "vouchers": vouchers, "instructions": instructions}
    return Letter(found.email, {**context, **bought})


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
