"""Links in mails that let somebody do one thing once: choose a new password, or activate an account.

Nothing of them is kept. A link is signed, and names the state that it was made for: once that has changed, by the link itself or by
anything else, it opens nothing any more.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.errors import BadLink
from app.access.models import Login
from app.members.models import Customer
from app.text import written

RESET, WELCOME, ACTIVATION = "password reset", "welcome", "activation"
PASSWORDS = (RESET, WELCOME)  # whose links let somebody choose one
INVITATION, INVITATION_HOLDS = "invitation", timedelta(days=30)
HOLDS = {RESET: timedelta(hours=1), WELCOME: timedelta(days=7), ACTIVATION: timedelta(days=7)}
STATUS = {RESET: "active", WELCOME: "active", ACTIVATION: "new"}  # of a customer that the link is for
LENGTH_MAX = 500


class Linked(NamedTuple):
    """Whose link it is."""

    login: Login
    customer: Customer


class Links:
    """Makes and reads links with keys derived from those that sign tokens: the first makes, all read."""

    def __init__(self, private_keys: Sequence[str]) -> None:
        self._keys = [hashlib.sha256(f"guerdon link {key}".encode()).hexdigest() for key in reversed(private_keys)]

    def make(self, session: Session, purpose: str, login: UUID) -> str:
        """Raises BadLink when there is no such login of a customer, or it is not in a state for this."""
        linked = _linked(session, login)
        return self._serializer(purpose).dumps([login.hex, _state(purpose, linked)])

    def read_for_password(self, session: Session, link: str) -> Linked:
        """Whose link this is, with which a password is chosen; as `read`. Raises BadLink."""
        try:
            return self.read(session, RESET, link)
        except BadLink:
            return self.read(session, WELCOME, link)

    def read(self, session: Session, purpose: str, link: str) -> Linked:
        """Whose link this is; the login's row is locked until the transaction ends. Raises BadLink."""
        try:
            name, state = self._serializer(purpose).loads(
                link[:LENGTH_MAX], max_age=int(HOLDS[purpose].total_seconds())
            )
        except BadData as e:
            raise BadLink from e
        linked = _linked(session, UUID(name), lock=True)
        if state != _state(purpose, linked):
            raise BadLink
        return linked

    def make_invitation(self, customer: UUID, address: str) -> str:
        """A link with which whoever has this e-mail address registers, to whom the customer recommends the programme."""
        return self._serializer(INVITATION).dumps([customer.hex, _of_address(address)])

    def read_invitation(self, link: str, address: str) -> UUID:
        """Who recommends the programme to this address: each letter is one registration. Raises BadLink."""
        seconds = int(INVITATION_HOLDS.total_seconds())
        try:
            customer, invited = self._serializer(INVITATION).loads(link[:LENGTH_MAX], max_age=seconds)
        except BadData as e:
            raise BadLink("This invitation does not hold any more.") from e
        if invited != _of_address(address):
            raise BadLink("This invitation is for another e-mail address.")
        return UUID(customer)

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._keys, salt=purpose)


def _of_address(address: str) -> str:
    return hashlib.sha256(written(address).lower().encode()).hexdigest()[:16]


def _linked(session: Session, name: UUID, lock: bool = False) -> Linked:
    query = select(Login).where(Login.uuid == name, Login.customer_id.is_not(None))
    login = session.scalars(query.with_for_update(of=Login) if lock else query).one_or_none()
    if login is None:
        raise BadLink
    return Linked(login, session.get_one(Customer, login.customer_id))


def _state(purpose: str, linked: Linked) -> str:
    """What the link is about, so that it ends with it: the password, or what the staff last made of a new customer; and the address.

    Raises BadLink where there is nothing to do.
    """
    login, customer = linked
    if customer.status != STATUS[purpose] or not login.active or login.deleted:
        raise BadLink
    made_of = login.password_hash if purpose in PASSWORDS else customer.updated_at.timestamp()
    return hashlib.sha256(f"{made_of} {login.token_version} {customer.profile.email}".encode()).hexdigest()[:16]
