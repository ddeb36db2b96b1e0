"""Attributes: what a chain notes of its customers under names of its own."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.members.models import CustomerAttribute, chain_of

Value = str | int | float | bool


def put(session: Session, customer_id: int, values: Mapping[str, Value | None]) -> None:
    """Note these; None takes a note away, and what is not named stays. Booleans are kept as the text `true` or `false`."""
    for name, value in values.items():
        row = session.get(CustomerAttribute, (customer_id, name))
        if value is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = CustomerAttribute(chain_id=chain_of(customer_id), customer_id=customer_id, name=name)
            session.add(row)
        if isinstance(value, bool):
            value = "true" if value else "false"
        row.text, row.number = (value, None) if isinstance(value, str) else (None, float(value))
    session.flush()


def of_customer(session: Session, customer_id: int) -> dict[str, str | int | float]:
    """By name."""
    rows = session.scalars(
        select(CustomerAttribute).where(CustomerAttribute.customer_id == customer_id).order_by(CustomerAttribute.name)
    )
    return {row.name: str(row.text) if row.number is None else _plain(row.number) for row in rows}


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number
