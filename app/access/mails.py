"""The mails that somebody asks for by what they do: a link to activate an account, or to choose a new password."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.links import ACTIVATION, HOLDS, RESET
from app.access.models import Login
from app.members.models import Customer
from app.outbox import writing


def write_reset(session: Session, login: Login, now: datetime) -> None:
    """A link to choose a new password, for a customer's login."""
    _write(session, "password.reset", RESET, login, now)


def write_activation(session: Session, customer: Customer, now: datetime) -> None:
    """A link to activate a new customer's account."""
    login = session.scalars(select(Login).where(Login.customer_id == customer.id)).one()
    _write(session, "customer.activation", ACTIVATION, login, now)


def _write(session: Session, kind: str, purpose: str, login: Login, now: datetime) -> None:
    customer = session.get_one(Customer, login.customer_id)
    # The link itself is made when it is sent: whoever reads the tables finds none.
    data = {"customer": {"id": str(customer.uuid)}, "login": str(login.uuid)}
    subject = f"{kind} {customer.id}"  # nobody waits for a link behind what was bought
    writing.write_mail(session, customer.chain_id, kind, subject, data, now, now + HOLDS[purpose])
