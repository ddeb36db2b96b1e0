"""Erase one person: nothing that names or describes anybody is left, and what was bought, won and paid stays under a number.

Accounting needs the ledger, and draws must be verified by whoever took part: those rows hold no more of a person than a number.
"""

import json
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import String, Table, cast, delete, false, func, null, or_, select, update
from sqlalchemy.orm import Session

from app.access import codes
from app.access.models import Login
from app.media import pictures
from app.members import sizes, telling
from app.members.errors import CustomerNotFound
from app.members.models import ERASED, IDENTIFIERS, Customer, SegmentMember
from app.migrations.tables import metadata
from app.outbox import writing
from app.outbox.models import MAIL, Message
from app.outbox.writing import customer_subject
from app.points import ledger
from app.sales.models import Sale
from app.segments import segments
from app.web.audit import AuditEntry
from app.web.idempotency import StoredAnswer

# What is put in the place of what describes somebody. Of the tables that are not here, rows hold ids, amounts and moments only, or go.
BLANK: Mapping[str, Mapping[str, Any]] = {
    "profile": {
        "first_name": "",
        "last_name": "",
        "first_name_folded": "",
        "last_name_folded": "",
        **dict.fromkeys((*IDENTIFIERS, "gender", "born_on", "address", "company")),
        "agreement1": False,
        "agreement2": False,
        "agreement3": False,
        **dict.fromkeys(("agreement1_at", "agreement2_at", "agreement3_at")),
        "labels": [],
    },
    "login": {
        **dict.fromkeys(
            (
                "username",
                "email",
                "password_hash",
                "api_key_sha256",
                "last_login_at",
                "first_name",
                "last_name",
                "phone",
            )
        ),
        "active": False,
        "deleted": True,
    },
    "event_receipt": {"context": {}},
    "sale": {"buyer": None, "place": None, "details": {}, "labels": []},
    "voucher": {"text": None, "details": None},
    "ledger_entry": {"comment": None},
    "delivery": {"data": None, "answer": None},
}
WRITTEN_BY_HAND = {"comment", "text", "external_id"}  # in what is told of events
GONE = ("activation_code", "customer_tag", "customer_attribute", "spending")


def erase(session: Session, customer: Customer, now: datetime) -> None:
    """Erase a customer, and tell so whoever is told of customers. Raises CustomerNotFound for one who is erased already."""
    ledger.lock_accounts(session, [customer.id])  # whoever buys or tells an event now comes first, or finds nobody
    session.refresh(customer, with_for_update={"of": Customer})  # and so does whoever changes the person, or the level
    session.refresh(customer.profile)
    if customer.status == ERASED:
        raise CustomerNotFound
    merged = session.scalars(select(Customer).where(Customer.merged_into_id == customer.id).order_by(Customer.id)).all()
    everybody = [customer, *merged]
    names = {name.lower() for each in everybody for name in (getattr(each.profile, it) for it in IDENTIFIERS) if name}
    _forget_names_in_the_log(session, customer, names)
    _forget_names_in_sales(session, customer, [it.id for it in everybody], names)
    for each in everybody:
        _end_sessions(session, each)
        _leave_segments(session, each, names)
        sizes.move(session, each, None)
        each.level = each.manual_level = None
        each.status, each.external_id, each.time_zone, each.shop = ERASED, None, None, None
        each.is_anonymous, each.updated_at, each.seller_uuid = False, now, None
        pictures.remove(session, each.chain_id, pictures.place_of("customer", each.uuid))
        session.flush()
        _blank(session, each)
    data = {"customer": telling.reference(customer.uuid, customer.id, None)}
    writing.write(session, customer.chain_id, "customer.erased", customer_subject(customer.id), data, now)
    action = AuditEntry(
        at=now, chain_id=customer.chain_id, action="command.erase_customer", subject={"customer": str(customer.uuid)}
    )
    session.add(action)
    session.flush()
    for each in everybody:
        session.expire(each)


def _end_sessions(session: Session, customer: Customer) -> None:
    login = session.scalars(select(Login).where(Login.customer_id == customer.id)).one_or_none()
    if login is None:
        return
    for name in ("refresh_token", "session_key"):
        table = metadata.tables[name]
        session.execute(delete(table).where(table.c.login_id == login.id))
    session.execute(delete(StoredAnswer).where(StoredAnswer.principal == login.uuid.hex))


def _blank(session: Session, customer: Customer) -> None:
    for name in GONE:
        table = metadata.tables[name]
        session.execute(delete(table).where(table.c.customer_id == customer.id))
    _forget_messages(session, customer.id)
    for name, blank in BLANK.items():
        table = metadata.tables[name]
        values = {column: null() if value is None else value for column, value in blank.items()}
        session.execute(update(table).where(_about(table, customer.id)).values(values))


def _about(table: Table, customer_id: int) -> Any:
    """The rows of a table in which somebody may have written about a customer: not what a campaign says to everybody."""
    if table.name == "delivery":
        return table.c.subject == customer_subject(customer_id)
    if table.name in {"voucher", "ledger_entry"}:
        return (table.c.customer_id == customer_id) & table.c.award_id.is_(None)
    return table.c.customer_id == customer_id


def _forget_messages(session: Session, customer_id: int) -> None:
    """What has not left yet: letters, and what tells about the person. What else happened is told, without what somebody wrote by hand."""
    mine = (Message.subject == customer_subject(customer_id),)
    session.execute(delete(Message).where(Message.subject == f"{codes.TOLD} {customer_id}"))
    personal = or_(Message.subscription_id == MAIL, Message.kind.startswith("customer."))
    session.execute(delete(Message).where(*mine, personal))
    for message in session.scalars(select(Message).where(*mine).with_for_update()):
        message.data = _impersonal(message.data)
        message.lease = None  # what a worker sends of it now is not noted, and sent again without the person


def _impersonal(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: None if key in WRITTEN_BY_HAND else _impersonal(value) for key, value in data.items()}
    return data


def _leave_segments(session: Session, customer: Customer, names: Set[str]) -> None:
    """Belong to none, and stand on no list by which the staff made one."""
    mine = SegmentMember.customer_id == customer.id
    for segment_id in session.scalars(
        select(SegmentMember.segment_id).where(mine).order_by(SegmentMember.segment_id)
    ).all():
        sizes.add(session, customer.chain_id, customer.level_id, segment_id, -1)
    session.execute(delete(SegmentMember).where(mine))
    segments.replace_listed(session, customer.chain_id, {*names, str(customer.uuid)})


def _forget_names_in_sales(session: Session, customer: Customer, own: Sequence[int], names: Set[str]) -> None:
    """Receipts of nobody, or of somebody else, may hold what the till wrote of the person."""
    said = func.lower(cast(Sale.buyer, String))
    holds = or_(false(), *(said.contains(json.dumps(it).strip('"'), autoescape=True) for it in names))
    others = or_(Sale.customer_id.is_(None), Sale.customer_id.not_in(own))
    mine = Sale.chain_id == customer.chain_id, others, holds
    for sale in session.scalars(select(Sale).where(*mine)):
        known = {str(it).lower() for it in (sale.buyer or {}).values()}
        if known & names:
            sale.buyer = sale.place = None


def _forget_names_in_the_log(session: Session, customer: Customer, names: Set[str]) -> None:
    """Addresses of the API may name a customer by a card, and the audit log keeps what they name: the UUID stays in its place."""
    of_chain = or_(AuditEntry.chain_id == customer.chain_id, AuditEntry.chain_id.is_(None))
    said = cast(AuditEntry.subject, String)  # as JSON, in which what is not ASCII stands as an escape
    holds = or_(false(), *(said.icontains(json.dumps(it), autoescape=True) for it in names))
    for entry in session.scalars(select(AuditEntry).where(of_chain, holds)):
        if str(entry.subject.get("customer")).lower() in names:
            entry.subject = {**entry.subject, "customer": str(customer.uuid)}
