"""Keys: what files call a level, a segment or a campaign of a chain, on whatever installation. Slugs, unique in the chain."""

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.text import SLUG_LENGTH_MAX, slug

_APART = 9  # a hyphen, and what tells apart those that are called the same


def new_key(session: Session, model: Any, chain_id: int, name: str) -> str:
    """A key for one of a chain's `model`s of this name: the name's slug, with some digits behind it if another has that."""
    key = slug(name)[: SLUG_LENGTH_MAX - _APART].rstrip("-")
    if not key or _is_uuid(key):  # which names another thing
        key = str(model.__tablename__).replace("_", "-")
    is_taken = session.scalar(select(model.id).where(model.chain_id == chain_id, model.key == key)) is not None
    return f"{key}-{secrets.token_hex(4)}" if is_taken else key


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
