"""Which customer and which campaign an address names."""

from contextlib import suppress
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app.campaign.errors import CampaignNotFound
from app.campaign.listings import lookup
from app.db.prepared import Executor
from app.members import identifiers
from app.members.errors import CustomerNotFound
from app.members.identifiers import KnownCustomer
from app.sessionm import access, codes
from app.web.door import caller
from app.web.rejected import Rejected

ID_MAX = 2**63 - 1


def customer(registered: bool = True) -> KnownCustomer:
    """The ids and the status of the customer whom the address names, or whom the auth_token stands for.

    Raises CustomerNotFound, or `requires_registered_user` for one who is anonymous where somebody `registered` is needed.
    """
    found = access.customer()
    if found is None:
        raise CustomerNotFound
    if caller().role != access.VISITOR and registered:
        _require_registered(found)
    return found


def customer_named(executor: Executor, user_id: str | None, external_id: str | None) -> KnownCustomer:
    """The registered customer whom a body names. Raises as `customer` does."""
    chain_id = access.application().chain_id
    if external_id is not None:
        found = identifiers.by_external_id(executor, chain_id, external_id)
    else:
        found = identifiers.by_uuid(executor, chain_id, uuid(user_id or ""))
    _require_registered(found)
    return found


def _require_registered(found: KnownCustomer) -> None:
    if found.is_anonymous:
        raise Rejected(codes.REQUIRES_REGISTERED_USER, "This customer has not registered; use an auth_token.")


def campaign_id(session: Session) -> int:
    """The campaign that the address names: by its number, by its permalink, or by either. Raises CampaignNotFound."""
    named = request.view_args or {}
    if "permalink" in named:
        return lookup.by_permalink(session, access.application().chain_id, named["permalink"])
    if "campaign" in named:
        return campaign_of(session, named["campaign"])
    number = whole(named["campaign_id"])
    if number is None:
        raise CampaignNotFound
    return lookup.by_number(session, access.application().chain_id, number)


def campaign_of(executor: Executor, named: str) -> int:
    """The campaign with this number, or else with this permalink. Raises CampaignNotFound."""
    chain_id, number = access.application().chain_id, whole(named)
    if number is not None:
        with suppress(CampaignNotFound):
            return lookup.by_number(executor, chain_id, number)
    return lookup.by_permalink(executor, chain_id, named)


def whole(text: str) -> int | None:
    """An id; None when it is no whole number that can be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(ID_MAX))):
        return None
    return int(text) if int(text) <= ID_MAX else None


def uuid(text: str) -> UUID:
    """Raises CustomerNotFound: nobody has an id that is none."""
    try:
        return UUID(text)
    except ValueError as e:
        raise CustomerNotFound from e
