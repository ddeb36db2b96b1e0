"""What subscribers are told of customers; see `app.outbox.events`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.members.models import Customer
from app.outbox import writing

REF_COLUMNS = (Customer.uuid, Customer.id, Customer.external_id)


def reference(uuid: UUID, number: int, external_id: str | None) -> dict[str, Any]:
    """How each of the dialects names a customer."""
    return {"id": str(uuid), "number": number, "external_id": external_id}


def customer(session: Session, it: Customer, kind: str, now: datetime) -> None:
    """Tell that a customer was registered or changed. Nothing is read for it while nobody listens."""
    if not writing.is_heard(session, it.chain_id, kind):
        return
    session.flush()
    profile = it.profile
    data = {
        "customer": reference(it.uuid, it.id, it.external_id),
        "status": it.status,
        "level": it.level.name if it.level else None,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "email": profile.email,
        "phone": profile.phone,
        "loyalty_card_number": profile.loyalty_card_number,
    }
    writing.write(session, it.chain_id, kind, writing.customer_subject(it.id), data, now)
