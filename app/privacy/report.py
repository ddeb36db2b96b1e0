"""All that is kept of one customer, table by table, for the customer's own reading."""

from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.cells import file
from app.media.pictures import place_of
from app.members.models import Customer
from app.migrations.tables import metadata
from app.outbox.writing import customer_subject

SECRETS = {
    "password_hash",
    "token_version",
    "key",
    "third_party_id",
}  # they open something, and tell nothing about anybody
BY_SUBJECT = ("outbox", "delivery")


def report(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table that has some, as JSON: moments in UTC, amounts in hundredths; those of merged accounts among them."""
    found: dict[str, list[dict[str, Any]]] = {}
    merged = select(Customer.id).where(Customer.merged_into_id == customer_id).order_by(Customer.id)
    for id in (customer_id, *session.scalars(merged)):
        for name, rows in _of_one(session, id).items():
            found[name] = [*found.get(name, []), *rows]
    return found


def _of_one(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    uuid = session.scalars(select(Customer.uuid).where(Customer.id == customer_id)).one()
    for table in metadata.sorted_tables:
        condition = _about(table, customer_id, uuid)
        if condition is None:
            continue
        encode, columns = file.to_json(table), file.columns(table)
        rows = session.execute(select(*columns).where(condition).order_by(*table.primary_key.columns)).all()
        told = [
            {
                column.name: value
                for column, value in zip(columns, encode(row), strict=True)
                if column.name not in SECRETS
            }
            for row in rows
        ]
        found |= {table.name: told} if told else {}
    return found


def _about(table: Table, customer_id: int, uuid: UUID) -> Any:
    if table.name == "customer":
        return table.c.id == customer_id
    if table.name == "shown_picture":
        return table.c.place == place_of("customer", uuid)
    if table.name in BY_SUBJECT:
        return table.c.subject == customer_subject(customer_id)
    if table.name == "sale_item":
        sale = metadata.tables["sale"]
        return table.c.sale_id.in_(select(sale.c.id).where(sale.c.customer_id == customer_id))
    if table.name == "referral_relation":
        return (table.c.referring_id == customer_id) | (table.c.referred_id == customer_id)
    return table.c.customer_id == customer_id if "customer_id" in table.columns else None
