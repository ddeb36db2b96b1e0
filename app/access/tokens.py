"""Session keys of people and access tokens of partners: made, looked up fresh for every request, revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.access import logins
from app.access.errors import TokenNotFound
from app.access.models import AccessToken, ChainPermission, Login, SessionKey
from app.db.prepared import Executor, Prepared
from app.db.types import UtcDateTime
from app.members.models import Customer
from app.organizations import chains as organizations
from app.organizations.models import AppHost, Chain
from app.organizations.scope import EVERY_CHAIN, Chains, require_every_chain, within_or_unowned

SESSION_HOURS = 336
NOWHERE = -1  # the chain of a request that names none

_BOUND = aliased(AppHost)
_NAMED = aliased(AppHost)


@dataclass(frozen=True)
class NewSession:
    """A new session. Only its hash is stored, so this is the one time that the key is shown."""

    key: str
    expires_at: datetime


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def begin(session: Session, checked: Login, now: datetime, rehashed: str | None = None) -> NewSession:
    """Sign in; whoever was signed in with this login before is signed out. Raises as `logins.note_sign_in` does."""
    logins.note_sign_in(session, checked, now, rehashed)
    session.execute(delete(SessionKey).where(SessionKey.login_id == checked.id))
    key, expires_at = secrets.token_hex(32), now + timedelta(hours=SESSION_HOURS)
    session.add(SessionKey(key_sha256=_sha256(key), login_id=checked.id, created_at=now, expires_at=expires_at))
    return NewSession(key, expires_at)


def end(session: Session, key: str) -> None:
    session.execute(delete(SessionKey).where(SessionKey.key_sha256 == _sha256(key)))


def purge(session: Session, now: datetime) -> None:
    """Forget the sessions that have expired."""
    session.execute(delete(SessionKey).where(SessionKey.expires_at <= now))


class SessionOwner(NamedTuple):
    """Who a session key belongs to, what that is worth now, and the chain and the app that the request names, if they exist."""

    login_id: int
    login: UUID
    role: str
    active: bool
    deleted: bool
    customer_id: int | None
    customer: UUID | None
    customer_status: str | None
    customer_chain_id: int | None
    chain_id: int | None
    may_write: bool | None
    app_id: int | None
    app_chain_id: int | None
    is_limited: bool


class TokenOwner(NamedTuple):
    """What a partner's access token is worth now, and the app that the request names, if it exists."""

    token_id: int
    may_write: bool
    app_host_id: int | None
    bound_chain_id: int | None
    app_id: int | None
    app_chain_id: int | None


class AppOfKey(NamedTuple):
    """The app of an api key, what the secret sent with it is worth, and the customer whom the address names, if there is one."""

    app_id: int
    chain_id: int
    has_divisions: bool
    token_id: int | None
    may_write: bool | None
    customer_id: int | None
    customer_uuid: UUID | None
    customer_is_anonymous: bool | None
    customer_status: str | None


_SESSION = Prepared(
    select(
        Login.id.label("login_id"),
        Login.uuid.label("login"),
        Login.role,
        Login.active,
        Login.deleted,
        Customer.id.label("customer_id"),
        Customer.uuid.label("customer"),
        Customer.status.label("customer_status"),
        Customer.chain_id.label("customer_chain_id"),
        Chain.id.label("chain_id"),
        ChainPermission.may_write,
        _NAMED.id.label("app_id"),
        _NAMED.chain_id.label("app_chain_id"),
        Login.is_limited,
    )
    .select_from(SessionKey)
    .join(Login, Login.id == SessionKey.login_id)
    .outerjoin(Customer, Customer.id == Login.customer_id)
    .outerjoin(Chain, Chain.id == bindparam("chain"))
    .outerjoin(
        ChainPermission, and_(ChainPermission.login_id == Login.id, ChainPermission.chain_id == bindparam("chain"))
    )
    .outerjoin(_NAMED, _NAMED.hostname == bindparam("hostname"))
    .where(
        SessionKey.key_sha256 == bindparam("hashed"), SessionKey.expires_at > bindparam("moment", type_=UtcDateTime())
    ),
    SessionOwner,
)
_TOKEN = Prepared(
    select(
        AccessToken.id.label("token_id"),
        AccessToken.may_write,
        AccessToken.app_host_id,
        _BOUND.chain_id.label("bound_chain_id"),
        _NAMED.id.label("app_id"),
        _NAMED.chain_id.label("app_chain_id"),
    )
    .outerjoin(_BOUND, _BOUND.id == AccessToken.app_host_id)
    .outerjoin(_NAMED, _NAMED.hostname == bindparam("hostname"))
    .where(
        AccessToken.token_sha256 == bindparam("hashed"),
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at.is_(None) | (AccessToken.expires_at > bindparam("moment", type_=UtcDateTime())),
    ),
    TokenOwner,
)

_CUSTOMER = aliased(Customer)
_KNOWN = aliased(Customer)


def _either(name: str) -> Any:
    return func.coalesce(getattr(_CUSTOMER, name), getattr(_KNOWN, name)).label(f"customer_{name}")


_APP = Prepared(
    select(
        AppHost.id.label("app_id"),
        AppHost.chain_id,
        Chain.has_divisions,
        AccessToken.id.label("token_id"),
        AccessToken.may_write,
        *(_either(name) for name in ("id", "uuid", "is_anonymous", "status")),
    )
    .select_from(AppHost)
    .join(Chain, Chain.id == AppHost.chain_id)
    .outerjoin(
        AccessToken,
        and_(
            AccessToken.token_sha256 == bindparam("hashed"),
            or_(AccessToken.app_host_id.is_(None), AccessToken.app_host_id == AppHost.id),
            AccessToken.revoked_at.is_(None),
            or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > bindparam("moment", type_=UtcDateTime())),
        ),
    )
    # Two joins, so that each looks in an index of its own; an id that is not given finds nobody.
    .outerjoin(_CUSTOMER, and_(_CUSTOMER.chain_id == AppHost.chain_id, _CUSTOMER.uuid == bindparam("customer")))
    .outerjoin(_KNOWN, and_(_KNOWN.chain_id == AppHost.chain_id, _KNOWN.external_id == bindparam("external")))
    .where(AppHost.api_key == bindparam("key")),
    AppOfKey,
)


def find_session(
    executor: Executor, key: str, chain_id: int | None, hostname: str | None, now: datetime
) -> SessionOwner | None:
    """Who the key's owner is, what that is worth now, and the chain and the app that the request names, if they exist."""
    parameters = {"hashed": _sha256(key), "chain": chain_id or NOWHERE, "hostname": hostname or "", "moment": now}
    rows = _SESSION.run(executor, parameters)
    return rows[0] if rows else None


def find_token(executor: Executor, token: str, hostname: str | None, now: datetime) -> TokenOwner | None:
    """What a token is worth now, and the app that the request names, if it exists."""
    rows = _TOKEN.run(executor, {"hashed": _sha256(token), "hostname": hostname or "", "moment": now})
    return rows[0] if rows else None


def find_app(
    executor: Executor,
    api_key: str,
    secret: str,
    now: datetime,
    customer: UUID | None = None,
    external_id: str | None = None,
) -> AppOfKey | None:
    """The app with this api key and its chain, and what the secret, one of its access tokens, is worth now; None without an app.

    And the customer of the chain with this UUID, or whom another system knows by this id; its columns are None without one.
    """
    parameters = {
        "key": api_key,
        "hashed": _sha256(secret),
        "moment": now,
        "customer": customer,
        "external": external_id,
    }
    rows = _APP.run(executor, parameters)
    return rows[0] if rows else None


def only_chain(executor: Executor, login_id: int) -> int | None:
    """The chain of a member of the staff who works for one only."""
    chains = executor.scalars(select(ChainPermission.chain_id).where(ChainPermission.login_id == login_id)).all()
    return chains[0] if len(chains) == 1 else None


def create_token(
    session: Session,
    name: str,
    app: AppHost | None,
    may_write: bool,
    now: datetime,
    expires_at: datetime | None = None,
    token: str | None = None,
    chains: Chains = EVERY_CHAIN,
) -> tuple[AccessToken, str]:
    """Make a token and return it, for this one time; `token` only for a world whose secrets are public.

    One that is bound to no app opens every chain. Raises SharedByAll for who may not write for each of them.
    """
    if app is None:
        require_every_chain(session, chains)
    secret = token or f"gt_{secrets.token_hex(32)}"
    made = AccessToken(
        name=name,
        token_sha256=_sha256(secret),
        app_host_id=app.id if app else None,
        may_write=may_write,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(made)
    session.flush()
    return made, secret


def revoke_token(session: Session, token_id: int, now: datetime, chains: Chains = EVERY_CHAIN) -> None:
    """Raises TokenNotFound."""
    token = session.scalars(_tokens_of(session, chains).where(AccessToken.id == token_id)).one_or_none()
    if token is None:
        raise TokenNotFound
    token.revoked_at = token.revoked_at or now


def tokens(session: Session, chains: Chains) -> list[tuple[AccessToken, str | None]]:
    """The tokens of these chains, each with the host name of its app. One that is bound to no app opens all chains."""
    query = _tokens_of(session, chains).add_columns(AppHost.hostname)
    return [(token, hostname) for token, hostname in session.execute(query.order_by(AccessToken.id))]


def give_app(
    session: Session, hostname: str, chain_id: int | None, now: datetime, chains: Chains = EVERY_CHAIN
) -> AppHost:
    """Register an app's host name, or give it to another chain, or to none.

    With its chain it leaves its partners: their tokens end, and it gets another api key, so that nobody who was let in by one chain
    comes into the next. Raises as `chains.set_app` does.
    """
    before = session.scalar(select(AppHost.chain_id).where(AppHost.hostname == hostname))
    host = organizations.set_app(session, hostname, chain_id, chains)
    if chain_id not in (None, before):
        mine = AccessToken.app_host_id == host.id, AccessToken.revoked_at.is_(None)
        revoked = session.scalars(
            update(AccessToken).where(*mine).values(revoked_at=now).returning(AccessToken.id)
        ).all()
        if revoked:
            host.api_key = secrets.token_hex(20)
            session.flush()
    return host


def _tokens_of(session: Session, chains: Chains) -> Select[AccessToken]:
    """The tokens of these chains' apps; those that are bound to no app only for who acts for every chain, as they do."""
    is_theirs = within_or_unowned(session, chains, AppHost.chain_id)
    return select(AccessToken).outerjoin(AppHost, AppHost.id == AccessToken.app_host_id).where(is_theirs)
