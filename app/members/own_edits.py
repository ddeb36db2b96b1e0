"""What customers may change of themselves: what the staff decides they may not, and what they sign in by needs their password."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.members.customers import AGREEMENTS
from app.members.errors import OwnEditsClosed
from app.members.models import Customer
from app.organizations import chains
from app.text import written

SIGNED_IN_BY = "email", "phone"


def require_allowed(session: Session, customer: Customer, changes: Mapping[str, Any] | None = None) -> None:
    """The programme lets customers change their own details; what they agree to is theirs to say anywhere. Raises OwnEditsClosed."""
    known = customer.profile
    changed = {name for name, value in (changes or {}).items() if (value or None) != (getattr(known, name) or None)}
    if changes is not None and changed <= set(AGREEMENTS):
        return
    if not chains.get(session, customer.chain_id).allows_profile_edits:
        raise OwnEditsClosed


def decided_by_staff(customer: Customer) -> dict[str, Any]:
    """What only the staff changes, by its name among a customer's details, as it is now."""
    return {
        "labels": [tuple(it) for it in customer.profile.labels],
        "shop": customer.shop.uuid if customer.shop else None,
        "seller": customer.seller_uuid,
        "level": customer.level.uuid if customer.level else None,
        "loyalty_card_number": customer.profile.loyalty_card_number,
    }


def of_signing_in(customer: Customer, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Of the changes, those of what the customer signs in by: a token that was found is not to become an account."""
    known = {name: getattr(customer.profile, name) or "" for name in SIGNED_IN_BY}
    return {
        it: changes[it] for it in known if it in changes and written(changes[it] or "").lower() != known[it].lower()
    }
