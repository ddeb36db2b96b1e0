"""The mails that somebody asks for by what they do: a link to activate an account, or to choose a new password."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import logins
from app.access.links import ACTIVATION, HOLDS, INVITATION_HOLDS, RESET
from app.access.models import CUSTOMER, Login
from app.members import customers
from app.members.models import Customer
from app.outbox import writing


def write_link(session: Session, name: str, now: datetime, may_activate: bool, chain_id: int | None = None) -> None:
    """What a customer of this name needs to get in: a link to choose a new password, or to activate the account. Nothing for a stranger.

    Where the chain is not known, one for each chain that knows the name: the letter says of which it is.
    """
    for found in logins.candidates(session, CUSTOMER, name, chain_id):
        status = session.get_one(Customer, found.login.customer_id).status
        if found.active:
            _write(session, "password.reset", RESET, found.login, now)
        elif status == "new" and may_activate:
            _write(session, "customer.activation", ACTIVATION, found.login, now)


def write_activation(session: Session, customer: Customer, now: datetime) -> None:
    """A link to activate a new customer's account."""
    login = session.scalars(select(Login).where(Login.customer_id == customer.id)).one()
    _write(session, "customer.activation", ACTIVATION, login, now)


def write_invitation(session: Session, customer: Customer, address: str, now: datetime) -> None:
    """A link with which whoever has this address registers as recommended by the customer; none for who is one in the chain already.

    The address is kept no longer than the letter waits.
    """
    if customers.find_by_email(session, customer.chain_id, address) is not None:
        return
    data = {"customer": {"id": str(customer.uuid)}, "address": address}
    # With the customer's own letters, so that it goes when the customer is erased.
    subject = writing.customer_subject(customer.id)
    writing.write_mail(session, customer.chain_id, "customer.invitation", subject, data, now, now + INVITATION_HOLDS)


def _write(session: Session, kind: str, purpose: str, login: Login, now: datetime) -> None:
    customer = session.get_one(Customer, login.customer_id)
    # The link itself is made when it is sent: whoever reads the tables finds none.
    data = {"customer": {"id": str(customer.uuid)}, "login": str(login.uuid)}
    subject = f"{kind} {customer.id}"  # nobody waits for a link behind what was bought
    writing.write_mail(session, customer.chain_id, kind, subject, data, now, now + HOLDS[purpose])
