"""Sign in, stay signed in, sign out. Tokens themselves are `app.web.callers`'s; here is who may have one."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, func, literal, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from app.access import passwords
from app.access.errors import (
    BadCredentials,
    BadRefreshToken,
    LoginNotActive,
    SeveralProgrammes,
    WeakApiKey,
    WrongPassword,
)
from app.access.models import ADMIN, CUSTOMER, SELLER, ChainPermission, Login, RefreshToken, SessionKey
from app.db.prepared import Executor, Prepared
from app.db.types import AnySelect
from app.members.models import Customer, Profile
from app.refusal import AlreadyTaken

Row = TypeVar("Row")
# Two tabs of one browser may refresh with the same token at once; within this time that is no theft.
REUSE_GRACE_SECONDS = 10
API_KEY_LENGTH_MIN = 32


def open_for_customer(session: Session, customer_id: int, password_hash: str | None) -> None:
    """Give a customer a login; without a password, nobody signs in with it yet."""
    session.add(Login(role=CUSTOMER, customer_id=customer_id, password_hash=password_hash, token_version=0))


@dataclass(frozen=True)
class LoginState:
    """What a login is worth right now, read fresh for every request."""

    login_id: int
    role: str
    token_version: int
    active: bool
    customer_id: int | None
    customer_uuid: UUID | None
    reads: frozenset[int]  # the chains that it may look at
    writes: frozenset[int]  # and change
    own_chain_id: int | None = None  # of customers and sellers
    is_limited: bool = False  # of admins: to what their roles permit


class _LoginRow(NamedTuple):
    id: int
    role: str
    token_version: int
    active: bool
    deleted: bool
    customer_id: int | None
    status: str | None
    uuid: UUID | None
    own_chain_id: int | None
    permitted_chain_id: int | None
    may_write: bool | None
    is_limited: bool


_STATE_QUERY = (
    select(
        Login.id,
        Login.role,
        Login.token_version,
        Login.active,
        Login.deleted,
        Login.customer_id,
        Customer.status,
        Customer.uuid,
        func.coalesce(Login.chain_id, Customer.chain_id).label("own_chain_id"),
        ChainPermission.chain_id.label("permitted_chain_id"),
        ChainPermission.may_write,
        Login.is_limited,
    )
    .outerjoin(Customer, Customer.id == Login.customer_id)
    .outerjoin(ChainPermission, ChainPermission.login_id == Login.id)
    .where(Login.uuid == bindparam("login"))
)
_OF_KEY = select(Login.uuid).where(Login.role == ADMIN, Login.api_key_sha256 == bindparam("hashed"))
_STATE = Prepared(_STATE_QUERY, _LoginRow)


def find_state(executor: Executor, login: UUID) -> LoginState | None:
    """Customers and sellers act for a chain of their own; the staff, besides, for those that it has permission for."""
    return _state(_STATE.run(executor, {"login": login}))


def of_api_key(executor: Executor, key: str) -> UUID | None:
    """The login of the admin whose key this is."""
    return executor.execute(_OF_KEY, {"hashed": _sha256(key)}).scalar()


def set_api_key(session: Session, login: Login, key: str | None) -> None:
    """Let a program act as this admin with a key, in the place of one that it had; with none, no more.

    Raises WeakApiKey or AlreadyTaken.
    """
    # As a header can hold it.
    if key is not None and (len(key) < API_KEY_LENGTH_MIN or not key.isascii() or not key.isprintable() or " " in key):
        raise WeakApiKey(field="api_key")
    hashed = _sha256(key) if key is not None else None
    if hashed is not None and session.scalar(
        select(Login.id).where(Login.api_key_sha256 == hashed, Login.id != login.id)
    ):
        raise AlreadyTaken(field="api_key")
    login.api_key_sha256 = hashed


class Beside(Generic[Row]):
    """A statement of one row that is run together with `find_state`, in one round trip: what a caller is about to ask anyway."""

    def __init__(self, statement: AnySelect, row: type[Row]) -> None:
        beside = statement.subquery("beside")
        self._statement: Prepared[Any] = Prepared(_STATE_QUERY.add_columns(*beside.c).outerjoin(beside, true()))
        self._row: Any = row

    def find_state(
        self, executor: Executor, login: UUID, parameters: Mapping[str, Any]
    ) -> tuple[LoginState | None, Row | None]:
        """The state of the login, and the statement's row, of which the first column is never NULL."""
        rows = self._statement.run(executor, {"login": login, **parameters})
        own = len(_LoginRow._fields)
        found = self._row._make(rows[0][own:]) if rows and rows[0][own] is not None else None
        return _state([_LoginRow._make(row[:own]) for row in rows]), found


def _state(rows: Sequence[_LoginRow]) -> LoginState | None:
    if not rows:
        return None
    row = rows[0]
    active = bool(row.active) and not row.deleted and row.status in (None, "active")
    writes = {row.permitted_chain_id for row in rows if row.may_write} | {row.own_chain_id}
    reads = {row.permitted_chain_id for row in rows} | writes
    return LoginState(
        row.id,
        row.role,
        row.token_version,
        active,
        row.customer_id,
        row.uuid,
        _known(reads),
        _known(writes),
        row.own_chain_id,
        bool(row.is_limited),
    )


def _known(chain_ids: Set[int | None]) -> frozenset[int]:
    return frozenset(id for id in chain_ids if id is not None)


CANDIDATES_MAX = 5  # each costs the hash of a password


@dataclass(frozen=True)
class Candidate:
    """A login that somebody claims to own; the password is checked outside the transaction."""

    login: Login
    active: bool


def candidates(session: Session, role: str, name: str, chain_id: int | None = None) -> list[Candidate]:
    """The logins of that name: an e-mail, or else what serves the role as a name; one, or a customer's in each of several chains.

    Admins: username. Sellers: UUID. Customers: loyalty card number, then phone; of one chain, where it is known.
    """
    for named in _names(role, name):
        of_chain = () if chain_id is None or role != CUSTOMER else (Customer.chain_id == chain_id,)
        query = _logins(role).where(named, *of_chain).order_by(Login.id).limit(CANDIDATES_MAX)
        rows = session.execute(query).unique().all()
        if rows:
            return [
                Candidate(login, login.active and not login.deleted and status in (None, "active"))
                for login, status in rows
            ]
    return []


def _logins(role: str) -> Any:
    if role != CUSTOMER:
        return select(Login, literal(None)).where(Login.role == role)
    named = aliased(Customer)  # or who was merged into somebody, whose login counts
    return (
        select(Login, Customer.status)
        .select_from(Profile)
        .join(named, named.id == Profile.customer_id)
        .join(Login, Login.customer_id == func.coalesce(named.merged_into_id, named.id))
        .join(Customer, Customer.id == Login.customer_id)
    )


def _names(role: str, name: str) -> Iterator[Any]:
    """The ways in which this may be the name of a login, the surest first; each is unique among the role's logins, or in a chain."""
    if role == CUSTOMER:
        # One question: the same text may be a card in one chain, and a phone in another.
        yield or_(Profile.email == name.lower(), Profile.loyalty_card_number == name, Profile.phone == name)
        return
    yield Login.email == name.lower()
    if role == ADMIN:
        yield Login.username == name.lower()
    if role == SELLER:
        with suppress(ValueError):
            uuid = UUID(name)
            if str(uuid) == name.lower():  # one spelling, or each would be another account to guess at
                yield Login.uuid == uuid


def check(found: Sequence[Candidate], password: str) -> Login:
    """The login among the candidates whose password this is. Slow on purpose: call it outside a transaction.

    Raises BadCredentials, LoginNotActive for the right password of a disabled account, or SeveralProgrammes.
    """
    if not found:
        passwords.verify(None, password)
    owned = [it for it in found if passwords.verify(it.login.password_hash, password)]
    if not owned:
        raise BadCredentials
    active = [it for it in owned if it.active]
    if not active:
        raise LoginNotActive
    if len(active) > 1:
        raise SeveralProgrammes
    return active[0].login


def signed_in(session: Session, checked: Login, now: datetime, days: int, rehashed: str | None = None) -> str:
    """Note the sign-in and begin a chain of refresh tokens; return its first. Raises as `note_sign_in` does."""
    note_sign_in(session, checked, now, rehashed)
    return _issue(session, checked.id, uuid4(), now, now + timedelta(days=days))


def note_sign_in(session: Session, checked: Login, now: datetime, rehashed: str | None = None) -> None:
    """Note when a login signed in, and its password hashed anew.

    `checked` is the login as it was when its password was checked. Raises BadCredentials when the password was changed,
    or the login signed out everywhere, since then.
    """
    values = {"last_login_at": now} | ({"password_hash": rehashed} if rehashed else {})
    noted = session.execute(
        update(Login)
        .where(
            Login.id == checked.id,
            Login.password_hash == checked.password_hash,
            Login.token_version == checked.token_version,
        )
        .values(**values)
        .returning(Login.id)
    ).scalar_one_or_none()
    if noted is None:
        raise BadCredentials


def refreshed(session: Session, token: str, now: datetime) -> tuple[Login, str]:
    """Spend a refresh token; return its login and the next token of the chain, which ends when the first would have.

    A spent token that comes again was stolen, or its successor was: the chain ends for both (see `end_chain`).
    Raises BadRefreshToken.
    """
    digest = _sha256(token)
    owner = select(RefreshToken.login_id).where(RefreshToken.token_sha256 == digest).scalar_subquery()
    login = session.scalars(
        select(Login).where(Login.id == owner).with_for_update(key_share=True, of=Login)
    ).one_or_none()
    if login is None:
        raise BadRefreshToken
    spent = session.execute(
        update(RefreshToken)
        .where(RefreshToken.token_sha256 == digest, RefreshToken.spent_at.is_(None), RefreshToken.expires_at > now)
        .values(spent_at=now)
        .returning(RefreshToken.login_id, RefreshToken.family, RefreshToken.expires_at)
    ).one_or_none()
    if spent is None:
        spent = session.execute(
            select(RefreshToken.login_id, RefreshToken.family, RefreshToken.expires_at).where(
                RefreshToken.token_sha256 == digest,
                RefreshToken.spent_at > now - timedelta(seconds=REUSE_GRACE_SECONDS),
                RefreshToken.expires_at > now,
            )
        ).one_or_none()
    if spent is None:
        raise BadRefreshToken
    login_id, family, expires_at = spent
    found = find_state(session, login.uuid)
    if found is None or not found.active:
        raise BadRefreshToken
    return login, _issue(session, login_id, family, now, expires_at)


def end_chain(session: Session, token: str) -> None:
    """End the chain that a refused refresh token belongs to, if any."""
    family = session.scalar(select(RefreshToken.family).where(RefreshToken.token_sha256 == _sha256(token)))
    if family is not None:
        session.execute(delete(RefreshToken).where(RefreshToken.family == family))


def revoke(session: Session, login_id: int) -> None:
    """Sign out everywhere: no refresh token, and no token given out until now, opens a door any more."""
    # The login first: a refresh under way holds its row, or waits for it and then finds its token gone.
    session.execute(update(Login).where(Login.id == login_id).values(token_version=Login.token_version + 1))
    session.execute(delete(RefreshToken).where(RefreshToken.login_id == login_id))
    session.execute(delete(SessionKey).where(SessionKey.login_id == login_id))


def password_hash(session: Session, login_id: int) -> str | None:
    return session.scalar(select(Login.password_hash).where(Login.id == login_id))


def require_password(known_hash: str | None, password: str) -> None:
    """Slow on purpose: call it outside a transaction. Raises WrongPassword."""
    if not passwords.verify(known_hash, password):
        raise WrongPassword("This value should be the user's current password.", field="current_password")


def set_password(session: Session, login_id: int, new_hash: str) -> None:
    """Give a login a new password and sign it out everywhere."""
    session.execute(update(Login).where(Login.id == login_id).values(password_hash=new_hash))
    revoke(session, login_id)


def _issue(session: Session, login_id: int, family: UUID, now: datetime, expires_at: datetime) -> str:
    token = secrets.token_hex(32)
    session.add(
        RefreshToken(
            token_sha256=_sha256(token), family=family, login_id=login_id, created_at=now, expires_at=expires_at
        )
    )
    return token


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def public_name(session: Session, login: Login) -> tuple[str, UUID]:
    """What the world calls a login: its user name, and the id of the customer or member of staff behind it."""
    if login.customer_id is None:
        return login.username or login.email or str(login.uuid), login.uuid
    customer = session.scalars(select(Customer).where(Customer.id == login.customer_id)).one()
    profile = customer.profile
    return profile.email or profile.loyalty_card_number or profile.phone or str(customer.uuid), customer.uuid


def chain_id(session: Session, login: Login) -> int | None:
    """The chain of a customer's login."""
    return session.scalar(select(Customer.chain_id).where(Customer.id == login.customer_id))


def names(session: Session, login_id: int) -> set[str]:
    """The user names and addresses that a login may be named by."""
    query = (
        select(Login.username, Login.email, Profile.email, Profile.loyalty_card_number, Profile.phone)
        .outerjoin(Profile, Profile.customer_id == Login.customer_id)
        .where(Login.id == login_id)
    )
    return {name.lower() for row in session.execute(query) for name in row if name is not None}
