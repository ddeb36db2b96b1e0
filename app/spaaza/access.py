"""Who is calling: a customer with a session, a member of the staff with one, or a partner with an access token.

What each may do is read fresh for every request. Source: contract section 1.2, and the order of checks in 3.1.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, cast

from flask import g, request
from sqlalchemy.orm import Session

from app import clock
from app.access import logins, tokens
from app.campaign.awards.give import Actor
from app.campaign.listings import lookup
from app.campaign.vouchers import lookup as vouchers
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.organizations import chains
from app.organizations.errors import AppNotFound, AppWithoutChain
from app.refusal import Refusal
from app.spaaza import codes
from app.spaaza.envelope import version
from app.spaaza.parameters import parameters
from app.web.brakes import braked
from app.web.callers import Caller
from app.web.door import caller, database, reading
from app.web.rejected import Rejected

CUSTOMER, ADMIN, PRIVILEGED = "customer", "admin", "privileged"
AUTH_METHODS = {"user", "admin", "privileged"}
HOSTNAME = ("X-Spaaza-MyPrice-App-Hostname", "X-MyPrice-App-Hostname")
USER_ID = ("X-Spaaza-Session-User-Id", "Session-User-Id")
USERNAME = ("X-Spaaza-Session-Username", "Session-Username")
KEY = ("X-Spaaza-Session-Key", "Session-Key")


@dataclass(frozen=True)
class Access:
    """For which chain the caller acts; None is still to be chosen (`enter`)."""

    chain_id: int | None
    owner: Any


def authenticate(
    write: bool = False,
    partners_write: bool = False,
    chain: str = "chain_id",
    app_for_partners: bool = False,
    chain_since: tuple[int, ...] = (0,),
    customers: bool = True,
    infers_chain: bool = False,
) -> Callable[[], Caller]:
    """How a call finds out who is calling.

    `write` is what the staff needs permission for, `partners_write` partners. The staff names its chain by the parameter `chain`, or
    later, by `enter`, when that is empty. Clients of versions before `chain_since` act for their only chain.
    `infers_chain`: or what the request names tells it: a campaign, a voucher, the app's host name.
    `app_for_partners`: partners must send their app's host name. `customers`: whether customers may call.
    """

    def find() -> Caller:
        authorization = request.headers.get("Authorization")
        key = _header(KEY)
        _require_known_method()
        if authorization is not None:
            token = _bearer(authorization)
            if key is not None:
                raise Rejected(codes.AUTH_METHOD_INVALID)
            return _partner(token, partners_write, chain, app_for_partners)
        if key is None or not (_header(USER_ID) or _header(USERNAME)):
            raise Rejected(codes.NO_VALID_SESSION)
        return _person(key, write, chain, chain_since, customers, infers_chain)

    return find


def access() -> Access:
    return cast(Access, g.access)


def enter(session: Session, chain_id: int, write: bool) -> None:
    """Act for this chain. Raises 405 for partners of another one, and 68 for staff without the permission."""
    it, who = access(), caller()
    if who.role == PRIVILEGED:
        if it.chain_id != chain_id:
            raise Rejected(codes.ENTITY_MISMATCH)
        return
    owner: Any = tokens.find_session(session, _header(KEY) or "", chain_id, None, clock.now())
    _require_permission(owner, write)
    g.access = Access(chain_id, owner)


def chain_id() -> int:
    """The chain that the caller acts for."""
    return cast(int, access().chain_id)


def is_customer() -> bool:
    return caller().role == CUSTOMER


def guessing_is_braked(kind: str, wrong: type[Refusal]) -> AbstractContextManager[None]:
    """Customers who try what is nobody's are braked; the staff and partners have a till's many customers to serve."""
    return braked(kind, caller().principal, wrong) if is_customer() else nullcontext()


def hostname() -> str | None:
    """The app that the request comes from, in lower case."""
    name = _header(HOSTNAME)
    return name.lower() if name else None


def session_key() -> str | None:
    return _header(KEY)


def chain_of_app(session: Session, name: str) -> int:
    """The chain of the app with this host name. Raises 238 or 264."""
    chain_id = chains.app(session, name).chain_id
    if chain_id is None:
        raise AppWithoutChain
    return chain_id


def actor() -> Actor:
    """Who asked, for the records."""
    who = caller()
    return Actor(who.login_id, access().owner.role if who.role == ADMIN else "system", who.token_id)


def holder(customer_id: int | None) -> Holder:
    who = caller()
    return Holder(chain_id(), customer_id, who.role != CUSTOMER, who.login_id, who.token_id)


def _person(
    key: str, write: bool, chain: str, chain_since: tuple[int, ...], customers: bool, infers_chain: bool
) -> Caller:
    app = hostname()
    unreadable, named = None, None
    try:
        named = parameters().whole(chain) if chain else None
    except Rejected as e:  # only those who may come in learn of it
        unreadable = e
    with database().lookup_connection() as connection:
        owner: Any = tokens.find_session(connection, key, named, app, clock.now())
    if owner is None or not _is_owner(owner):
        raise Rejected(codes.NO_VALID_SESSION)
    if unreadable is not None:
        raise unreadable
    active = owner.active and not owner.deleted and owner.customer_status in (None, "active")
    if owner.role == CUSTOMER:
        if not customers:
            raise Rejected(codes.ACCESS_DENIED)
        _require_app(owner, app)
        if not active:
            raise Rejected(codes.NO_VALID_USER)
        if owner.app_chain_id != owner.customer_chain_id:
            raise Rejected(codes.ENTITY_MISMATCH)
        _require_same_chain(named, owner.customer_chain_id)
        g.access = Access(owner.customer_chain_id, owner)
    else:
        if not active:
            raise Rejected(codes.NO_VALID_USER)
        if owner.is_limited:  # roles permit calls of the console, and no others
            raise Rejected(codes.PERMISSION_DENIED)
        if chain and named is None and version() < chain_since:
            owner = _for_only_chain(key, owner)
        elif chain and named is None and infers_chain:
            owner = _for_inferred_chain(key, app)
        if chain:
            _require_permission(owner, write)
        g.access = Access(owner.chain_id, owner)
    role = CUSTOMER if owner.role == CUSTOMER else ADMIN
    return Caller(owner.login_id, owner.login, role, owner.customer_id, owner.customer)


def _for_inferred_chain(key: str, app: str | None) -> Any:
    inferred = _inferred(app)
    with database().lookup_connection() as connection:
        found: Any = tokens.find_session(connection, key, inferred, None, clock.now())
        if found is not None and found.may_write is None:  # another's: it tells nothing
            return tokens.find_session(connection, key, None, None, clock.now())
        return found


def _inferred(app: str | None) -> int | None:
    """The chain of what the request names: its campaign, its voucher, or the app that it comes from; None when nothing tells it."""
    sent = parameters()
    campaign_id = sent.whole("campaign_id")
    key = sent.values.get("voucher_key")
    voucher = VoucherIdentifiers(
        key if isinstance(key, str) else None, sent.whole("voucher_id"), sent.whole("third_party_id")
    )
    with reading() as session:
        found = lookup.chain_of(session, campaign_id) if campaign_id is not None else None
        if found is None:
            found = vouchers.chain_of(session, voucher)
        if found is None and app is not None:
            with suppress(AppNotFound):
                found = chains.app(session, app).chain_id
    return found


def _partner(token: str, write: bool, chain: str, app_for_partners: bool) -> Caller:
    app = hostname()
    with database().lookup_connection() as connection:
        owner: Any = tokens.find_token(connection, token, app, clock.now())
    if owner is None:
        raise Rejected(codes.ACCESS_TOKEN_INVALID)
    chain_id = owner.bound_chain_id
    if app is not None or app_for_partners or owner.app_host_id is None:
        _require_app(owner, app)
        chain_id = owner.app_chain_id
        if owner.app_host_id is not None and owner.bound_chain_id != chain_id:
            raise Rejected(codes.ENTITY_MISMATCH)
    if chain_id is None:
        raise Rejected(codes.APP_WITHOUT_ENTITY)
    if write and not owner.may_write:
        raise Rejected(codes.PERMISSION_DENIED)
    if chain:
        _require_same_chain(parameters().whole(chain), chain_id)
    g.access = Access(chain_id, owner)
    return Caller(None, None, PRIVILEGED, None, None, token_id=owner.token_id, chain_id=chain_id)


def _require_same_chain(named: int | None, own: int) -> None:
    if named not in (None, own):
        raise Rejected(codes.ENTITY_MISMATCH)


def _for_only_chain(key: str, owner: Any) -> Any:
    with database().lookup_connection() as connection:
        only = tokens.only_chain(connection, owner.login_id)
        return tokens.find_session(connection, key, only, None, clock.now())


def _require_app(owner: Any, hostname: str | None) -> None:
    if hostname is None:
        raise Rejected(codes.NO_MYPRICE_APP)
    if owner.app_id is None:
        raise Rejected(codes.MYPRICE_APP_NOT_FOUND)
    if owner.app_chain_id is None:
        raise Rejected(codes.APP_WITHOUT_ENTITY)


def _require_permission(owner: Any, write: bool) -> None:
    if owner is None:
        raise Rejected(codes.NO_VALID_SESSION)
    if owner.chain_id is None:
        raise Rejected(codes.CHAIN_ID_NOT_FOUND)
    if owner.may_write is None or (write and not owner.may_write):
        raise Rejected(codes.PERMISSION_DENIED)


def _is_owner(owner: Any) -> bool:
    """The user that the request names is the one whose key it sends."""
    user_id = _header(USER_ID)
    if user_id is not None:
        return user_id == str(owner.customer_id or owner.login_id)
    name = (_header(USERNAME) or "").lower()
    with reading() as session:
        return name in logins.names(session, owner.login_id)


def _require_known_method() -> None:
    method = request.args.get("auth_method")
    with suppress(Rejected):
        method = method or parameters().text("auth_method")
    if method is not None and method not in AUTH_METHODS:
        raise Rejected(codes.AUTH_METHOD_INVALID)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rejected(codes.AUTHORIZATION_INVALID)
    return token.strip()


def _header(names: tuple[str, ...]) -> str | None:
    """Spaaza's headers have two spellings, with its name and, until 2024, without."""
    found = next((request.headers[name].strip() for name in names if name in request.headers), None)
    return found or None
