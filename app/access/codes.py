"""Codes that activate a new customer's account: sent to the phone or by mail, and typed in by the customer, or said at the till.

Who sends text messages is a webhook's business: the event `customer.code` says what to send to which phone.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.errors import BadCode, CannotBeSentTo, NoCodeNeeded
from app.access.models import ActivationCode
from app.db.engine import TryAgain
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members import telling
from app.members.models import Customer
from app.outbox import writing

DIGITS = 6
HOLDS = timedelta(hours=1)
DRAWS_MAX = 20  # of which each one is taken only if a million others wait
TOLD = "customer.code"


def send(session: Session, customer: Customer, now: datetime, sends_mail: bool) -> None:
    """Make a code, in the place of one that was sent before, and send it to the phone, if anybody does, and to the e-mail address.

    Raises NoCodeNeeded for who does not wait to be activated, and CannotBeSentTo.
    """
    if customer.status != "new":
        raise NoCodeNeeded
    profile = customer.profile
    is_texted = bool(profile.phone) and writing.is_heard(session, customer.chain_id, TOLD)
    is_mailed = bool(profile.email) and sends_mail
    if not is_texted and not is_mailed:
        raise CannotBeSentTo(field="phone")
    code = _drawn(session, customer, now)
    if is_texted:
        whose = telling.reference(customer.uuid, customer.id, customer.external_id)
        told = {"customer": whose, "code": code, "phone": profile.phone, "expires_at": writing.utc(now + HOLDS)}
        writing.write(session, customer.chain_id, TOLD, writing.customer_subject(customer.id), told, now)
    if is_mailed:
        subject = f"{TOLD} {customer.id}"  # nobody waits for a code behind anything else
        data = {"customer": {"id": str(customer.uuid)}, "code": code}
        writing.write_mail(session, customer.chain_id, TOLD, subject, data, now, now + HOLDS)


def use(session: Session, code: str, now: datetime, chain_id: int | None = None) -> Customer:
    """Who is activated with this code, of a chain or of any; it holds once. Raises BadCode."""
    query = select(ActivationCode.customer_id).where(ActivationCode.code == code, ActivationCode.expires_at > now)
    if chain_id is not None:
        query = query.where(ActivationCode.chain_id == chain_id)
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:  # or of two chains, and nothing says of which
        raise BadCode
    [customer_id] = found
    used = delete(ActivationCode).where(ActivationCode.customer_id == customer_id, ActivationCode.code == code)
    if session.scalar(used.returning(ActivationCode.customer_id)) is None:  # somebody was faster
        raise BadCode
    customer = session.get_one(Customer, customer_id)
    if customer.status != "new":
        raise BadCode
    return customer


def purge(session: Session, now: datetime) -> None:
    """Codes that hold no more go."""
    session.execute(delete(ActivationCode).where(ActivationCode.expires_at <= now))


def _drawn(session: Session, customer: Customer, now: datetime) -> str:
    """A code that nobody else of the chain has."""
    for _ in range(DRAWS_MAX):
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        of_chain = ActivationCode.chain_id == customer.chain_id
        too_old = of_chain & (ActivationCode.code == code) & (ActivationCode.expires_at <= now)
        session.execute(delete(ActivationCode).where((ActivationCode.customer_id == customer.id) | too_old))
        row = {"customer_id": customer.id, "chain_id": customer.chain_id, "code": code, "expires_at": now + HOLDS}
        # Somebody else's code, or one that is sent to the customer at this moment.
        new = insert_into(dialect_of(session), ActivationCode).values(row).on_conflict_do_nothing()
        if session.scalar(new.returning(ActivationCode.customer_id)) is not None:
            return code
    raise TryAgain("too many codes wait")
