"""Whose sale it is, by what the till knows of the buyer."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.members.models import ERASED, Customer, Profile
from app.organizations.models import Chain
from app.text import written


def find(session: Session, chain: Chain, buyer: Mapping[str, Any], names: Sequence[str] | None = None) -> int | None:
    """The customer of a chain whom the till means.

    The first identifier that is somebody's decides, in the chain's order or in that of `names`.
    """
    for name in chain.matches_by if names is None else names:
        value = written(str(buyer.get(name) or ""))
        if not value:
            continue
        column = getattr(Profile, name)
        query = (
            select(Customer.id)
            .join(Profile)
            .where(Customer.chain_id == chain.id, Customer.status != ERASED)
            .where(column == (value.lower() if name == "email" else value))
        )
        found = session.scalar(query)
        if found is not None:
            return found
    return None
