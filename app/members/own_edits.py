"""What customers may change of themselves, and what of it needs their password: a token that was found is not to become an account.

Changes are a customer's details by the names of `Person`, and `shop`, `seller` and `level` by their UUIDs; what is absent stays.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.members.customers import AGREEMENTS
from app.members.errors import OwnEditsClosed
from app.members.models import Customer
from app.organizations import chains
from app.text import written

DECIDED_BY_STAFF = "labels", "shop", "seller", "level", "loyalty_card_number"
NEEDS_PASSWORD = "email", "phone"  # one signs in by them; by the card, too, which is the staff's to change


def require_open(session: Session, customer: Customer) -> None:
    """The programme lets customers change their own details. Raises OwnEditsClosed."""
    if not chains.get(session, customer.chain_id).allows_profile_edits:
        raise OwnEditsClosed


def require_allowed(session: Session, customer: Customer, changes: Mapping[str, Any]) -> None:
    """What customers agree to is theirs to say anywhere, and what is as it was is no change. Raises OwnEditsClosed."""
    if set(_changed(customer, changes)) - set(AGREEMENTS):
        require_open(session, customer)


def of_staff(customer: Customer, changes: Mapping[str, Any]) -> list[str]:
    """The names of what would change, and is the staff's to change."""
    return [name for name in _changed(customer, changes) if name in DECIDED_BY_STAFF]


def needing_password(customer: Customer, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the changes that need it; another spelling of an address is the same one."""
    known = {name: getattr(customer.profile, name) or "" for name in NEEDS_PASSWORD}
    return {
        it: changes[it] for it in known if it in changes and written(changes[it] or "").lower() != known[it].lower()
    }


def _changed(customer: Customer, changes: Mapping[str, Any]) -> list[str]:
    known = {
        "labels": sorted(map(tuple, customer.profile.labels)),
        "shop": customer.shop.uuid if customer.shop else None,
        "seller": customer.seller_uuid,
        "level": customer.level.uuid if customer.level else None,
    }
    sent = {**changes, **({"labels": sorted(changes["labels"] or [])} if "labels" in changes else {})}
    return [
        name
        for name, value in sent.items()
        if (value or None) != ((known[name] if name in known else getattr(customer.profile, name)) or None)
    ]
