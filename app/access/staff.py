"""The people who run the programme: admins and sellers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.access import logins, permissions, roles
from app.access.errors import AdminNotFound, MayNotChangeAdmin, MayNotMovePoints, SellerNotFound, WeakApiKey
from app.access.models import ADMIN, SELLER, ChainPermission, Login, Role
from app.members import customers
from app.members.models import Customer
from app.organizations import chains, shops
from app.organizations.scope import Chains, includes, within
from app.paging import Page, Paged
from app.refusal import AlreadyTaken

SORTABLE = {
    "first_name": func.lower(Login.first_name),
    "last_name": func.lower(Login.last_name),
    "email": Login.email,
    "phone": Login.phone,
}


@dataclass(frozen=True)
class SellerDetails:
    """What an admin decides about a seller."""

    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    pos: UUID | None = None
    active: bool = True
    may_move_points: bool | None = None  # none: as it is; who is new may


@dataclass(frozen=True)
class AdminDetails:
    """What an admin decides about another."""

    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    active: bool | None = None  # none: as it is; who is new is
    external: bool | None = None  # a program, which comes with a key; none: as it is, or as a key says
    api_key: str | None = None  # none: the one that there is


def add_admin(session: Session, username: str, password_hash: str, email: str | None = None) -> Login:
    """Add an admin, who may write for the first chain; for others, see `chains.permit`. Raises AlreadyTaken."""
    _require_new_name(session, "username", username, f"This username is already used: {username}")
    if email:
        _require_new_name(session, "email", email, f"This email is already used: {email}")
    login = Login(
        role=ADMIN, username=username.lower(), email=email.lower() if email else None, password_hash=password_hash
    )
    session.add(login)
    session.flush()
    session.add(ChainPermission(login_id=login.id, chain_id=chains.first(session), may_write=True))
    return login


def register_admin(
    session: Session,
    chain_id: int,
    admin: AdminDetails,
    password_hash: str | None,
    held: Sequence[Role] = (),
    by: int | None = None,
) -> Login:
    """An admin who signs in by the e-mail address, and may write for this chain, by these roles. `by` is the login of who registers.

    A program comes with a key instead, and needs no password. Raises AlreadyTaken, WeakApiKey or MayNotGiveMore.
    """
    roles.require_no_more(session, by, roles.together(held))
    login = Login(role=ADMIN, password_hash=password_hash, token_version=0)
    _apply_to_admin(session, login, admin)
    session.add(login)
    session.flush()
    permissions.give(session, login.id, chain_id)
    roles.give(session, login, held, by)
    return login


def change_admin(
    session: Session,
    login: Login,
    details: AdminDetails,
    password_hash: str | None,
    held: Sequence[Role] | None,
    by: int | None,
    writes: Chains,
) -> set[int]:
    """Change an admin as a whole; without a password, or roles, they stay. `by` is the login of who does it, who may write for `writes`.

    The chains for which the admin acts. Raises MayNotChangeAdmin for whoever acts for more than these: with the password their chains
    would be taken; for one's own password, and when somebody would lock himself out. Raises AlreadyTaken, and MayNotGiveMore for who
    may do more than `by`.
    """
    acts_for = set(session.scalars(select(ChainPermission.chain_id).where(ChainPermission.login_id == login.id)))
    if login.id != by and not all(includes(writes, it) for it in acts_for):
        raise MayNotChangeAdmin
    roles.require_no_more(session, by, roles.granted(session, login.id))
    if login.id == by and details.active is False:
        raise MayNotChangeAdmin("Nobody switches himself off: ask another admin.", field="active")
    if login.id == by and password_hash:
        raise MayNotChangeAdmin("Your own password is changed with the one that you have.", field="password")
    if login.id == by and details.api_key:
        raise MayNotChangeAdmin("Your own key is changed by another admin.", field="api_key")
    _apply_to_admin(session, login, details)
    if held is not None:
        roles.give(session, login, held, by)
    if password_hash:
        logins.set_password(session, login.id, password_hash)
    return acts_for


def admin(session: Session, uuid: UUID, chains: Chains) -> Login:
    """Who may act for one of these chains. Raises AdminNotFound."""
    found = session.scalars(select(Login).where(Login.uuid == uuid, *_admins_of(chains))).one_or_none()
    if found is None:
        raise AdminNotFound
    return found


def admins(session: Session, chains: Chains, paging: Page) -> Paged[Login]:
    """Those who may act for one of these chains."""
    conditions = _admins_of(chains)
    total = session.scalar(select(func.count()).select_from(Login).where(*conditions)) or 0
    query = select(Login).where(*conditions).order_by(*paging.order(SORTABLE, Login.id, tie=Login.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def _admins_of(chains: Chains) -> tuple[ColumnElement[bool], ...]:
    acts = exists().where(ChainPermission.login_id == Login.id, within(chains, ChainPermission.chain_id))
    return Login.role == ADMIN, Login.deleted.is_(False), acts


def _apply_to_admin(session: Session, login: Login, details: AdminDetails) -> None:
    if (login.email or "") != details.email.lower():
        _require_new_name(session, "email", details.email, login_id=login.id)
    login.first_name, login.last_name = details.first_name, details.last_name
    login.email, login.phone = details.email.lower(), details.phone
    if details.active is not None:
        login.active = details.active
    if details.api_key is not None and details.external is False:
        raise WeakApiKey("A key is for a program: say `external` as well.", field="api_key")
    if details.api_key is not None:
        logins.set_api_key(session, login, details.api_key)
    elif details.external is False:
        logins.set_api_key(session, login, None)
    elif details.external and login.api_key_sha256 is None:
        raise WeakApiKey("Say with which key the program comes.", field="api_key")


def _require_new_name(
    session: Session, field: str, name: str, message: str | None = None, login_id: int | None = None
) -> None:
    """Admins sign in by either name: what is one's e-mail address or user name is no other's. Raises AlreadyTaken."""
    known = select(Login.id).where(
        Login.role == ADMIN,
        or_(Login.email == name.lower(), Login.username == name.lower()),
        Login.id != (login_id or 0),
    )
    if session.scalar(known.limit(1)) is not None:
        raise AlreadyTaken(message, field=field)


def add_seller(
    session: Session, chain_id: int, seller: SellerDetails, password_hash: str, by: int | None = None
) -> Login:
    """A seller works for one chain. `by` is the login of who registers one. Raises AlreadyTaken, PosNotFound or MayNotGiveMore."""
    roles.require_no_more(session, by, roles.OF_SELLERS)
    login = Login(role=SELLER, chain_id=chain_id, password_hash=password_hash, token_version=0)
    _apply(session, login, seller)
    session.add(login)
    session.flush()
    return login


def change_seller(
    session: Session, login: Login, changes: Mapping[str, Any], password_hash: str | None, by: int | None = None
) -> None:
    """Change these details of a seller; the others stay. Raises AlreadyTaken, PosNotFound or MayNotGiveMore."""
    roles.require_no_more(session, by, roles.OF_SELLERS)
    known = {
        "first_name": login.first_name,
        "last_name": login.last_name,
        "email": login.email,
        "phone": login.phone,
        "pos": login.pos.uuid if login.pos else None,
        "active": login.active,
    }
    _apply(session, login, SellerDetails(**{**known, **changes}))
    if password_hash:
        logins.set_password(session, login.id, password_hash)


def seller(session: Session, uuid: UUID, chains: Chains) -> Login:
    """Raises SellerNotFound."""
    query = select(Login).where(Login.uuid == uuid, *_sellers_of(chains))
    login = session.scalars(query).one_or_none()
    if login is None:
        raise SellerNotFound
    return login


def require_seller(session: Session, uuid: UUID, chains: Chains) -> None:
    """For whoever names a seller of these chains in a form. Raises SellerNotFound."""
    if session.scalar(select(Login.id).where(Login.uuid == uuid, *_sellers_of(chains))) is None:
        raise SellerNotFound(field="seller")


def assign_seller(session: Session, customer: Customer, seller: UUID | None, now: datetime) -> None:
    """Say which seller of the chain looks after a customer, or that none does; one who has gone since may stay. Raises SellerNotFound."""
    if seller == customer.seller_uuid:
        return
    if seller is not None:
        require_seller(session, seller, {customer.chain_id})
    customers.set_seller(session, customer, seller, now)


def require_may_move_points(session: Session, login_id: int | None) -> None:
    """Before somebody adds or spends a customer's points by hand. Raises MayNotMovePoints."""
    if session.scalar(select(Login.may_move_points).where(Login.id == login_id)) is False:
        raise MayNotMovePoints


def remove_seller(session: Session, login: Login) -> None:
    login.deleted = True
    login.email = None  # the address may be used again
    session.flush()
    logins.revoke(session, login.id)


def sellers(session: Session, chains: Chains, paging: Page) -> Paged[Login]:
    conditions = _sellers_of(chains)
    total = session.scalar(select(func.count()).select_from(Login).where(*conditions)) or 0
    query = select(Login).where(*conditions).order_by(*paging.order(SORTABLE, Login.id, tie=Login.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def _sellers_of(chains: Chains) -> tuple[ColumnElement[bool], ...]:
    return Login.role == SELLER, Login.deleted.is_(False), within(chains, Login.chain_id)


def _apply(session: Session, login: Login, details: SellerDetails) -> None:
    if (login.email or "") != details.email.lower():
        _require_unique(session, details.email)
    login.first_name, login.last_name = details.first_name, details.last_name
    login.email, login.phone, login.active = details.email.lower(), details.phone, details.active
    if details.may_move_points is not None:
        login.may_move_points = details.may_move_points
    login.pos = shops.get(session, details.pos, {cast(int, login.chain_id)}) if details.pos else None


def _require_unique(session: Session, email: str) -> None:
    if session.scalar(select(Login.id).where(Login.role == SELLER, Login.email == email.lower())) is not None:
        raise AlreadyTaken(field="email")
