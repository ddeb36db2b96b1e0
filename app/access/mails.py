"""What is sent to somebody for what they do: a link or a code to activate an account, a link to choose a new password."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import codes, logins
from app.access.errors import CannotBeSentTo, NoCodeNeeded
from app.access.links import ACTIVATION, HOLDS, INVITATION_HOLDS, RESET, WELCOME
from app.access.models import CUSTOMER, Login
from app.members import customers
from app.members.models import Customer
from app.outbox import writing
from app.text import written


def write_link(session: Session, name: str, now: datetime, activated_by: str, chain_id: int | None = None) -> None:
    """What a customer of this name needs to get in: a link to choose a new password, or what activates the account. Nothing for a stranger.

    Where the chain is not known, one for each chain that knows the name: the letter says of which it is.
    """
    for found in logins.candidates(session, CUSTOMER, name, chain_id):
        customer = session.get_one(Customer, found.login.customer_id)
        if found.active:
            _write(session, "password.reset", RESET, found.login, now)
        elif customer.status == "new":
            with suppress(CannotBeSentTo):
                send_activation(session, customer, now, activated_by)


def send_activation(
    session: Session, customer: Customer, now: datetime, activated_by: str, sends_mail: bool = True
) -> None:
    """What a new customer's account is activated with: by `mail` a link, by `code` a code; else it is the staff's to do.

    Raises CannotBeSentTo for a code.
    """
    if activated_by == "code":
        codes.send(session, customer, now, sends_mail)
    elif activated_by == "mail" and customer.profile.email:
        _write(session, "customer.activation", ACTIVATION, _login_of(session, customer), now)


def write_welcome(session: Session, customer: Customer, now: datetime) -> None:
    """A link with which who was registered by the staff chooses a first password. Nothing to who has no address."""
    if customer.profile.email:
        _write(session, "customer.welcome", WELCOME, _login_of(session, customer), now)


def send_code_to(session: Session, phone: str, now: datetime, sends_mail: bool, chain_id: int | None) -> None:
    """Another code to whoever has this phone and waits for one. Nothing for anybody else."""
    for found in logins.candidates(session, CUSTOMER, phone, chain_id):
        customer = session.get_one(Customer, found.login.customer_id)
        if customer.profile.phone == written(phone):  # no other name asks for it, or each would have tries of its own
            with suppress(NoCodeNeeded, CannotBeSentTo):
                codes.send(session, customer, now, sends_mail)


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


def _login_of(session: Session, customer: Customer) -> Login:
    return session.scalars(select(Login).where(Login.customer_id == customer.id)).one()


def _write(session: Session, kind: str, purpose: str, login: Login, now: datetime) -> None:
    customer = session.get_one(Customer, login.customer_id)
    # The link itself is made when it is sent: whoever reads the tables finds none.
    data = {"customer": {"id": str(customer.uuid)}, "login": str(login.uuid)}
    subject = f"{kind} {customer.id}"  # nobody waits for a link behind what was bought
    writing.write_mail(session, customer.chain_id, kind, subject, data, now, now + HOLDS[purpose])
