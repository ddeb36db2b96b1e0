"""Roles of admins: what those may see and change who may not do everything. Source: contract section 3.1.

An admin without a role may do everything for the chains that the admin acts for. One with roles may do what any of them permits.
Nobody gives what he may not do himself.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.access.errors import MayNotGiveMore, RoleInUse, RoleNotFound
from app.access.models import ChainPermission, Login, LoginRole, Role
from app.organizations.scope import Chains, includes, within
from app.refusal import AlreadyTaken

RESOURCES = (
    "ACL",
    "ADMIN",
    "ANALYTICS",
    "AUDIT",
    "CUSTOMER",
    "EARNING_RULE",
    "LEVEL",
    "POINT_TRANSFER",
    "POS",
    "REWARD_CAMPAIGN",
    "SEGMENT",
    "SEGMENT_EXPORT",
    "SELLER",
    "SETTINGS",
    "TRANSACTION",
)
ACCESSES = ("VIEW", "MODIFY")


class Permission(NamedTuple):
    """One of ACCESSES to one of RESOURCES."""

    resource: str
    access: str


Permissions = frozenset[Permission] | None  # None: everything


def granted(session: Session, login_id: int | None) -> Permissions:
    """What an admin may do."""
    return together(of(session, login_id))


def together(held: Sequence[Role]) -> Permissions:
    """What these roles permit whoever has them and no others; everything, without any."""
    return frozenset(it for role in held for it in permissions(role)) if held else None


def permissions(role: Role) -> list[Permission]:
    """What a role permits, in the order in which it was written."""
    return [Permission(*it) for it in role.permissions]


def of(session: Session, login_id: int | None) -> Sequence[Role]:
    """The roles of an admin."""
    held = select(LoginRole.role_id).where(LoginRole.login_id == login_id)
    return session.scalars(select(Role).where(Role.id.in_(held)).order_by(Role.id)).all()


def listed(session: Session, chains: Chains) -> Sequence[Role]:
    """The roles of these chains."""
    return session.scalars(select(Role).where(within(chains, Role.chain_id)).order_by(Role.id)).all()


def get(session: Session, uuid: UUID, chains: Chains) -> Role:
    """Raises RoleNotFound."""
    query = select(Role).where(Role.uuid == uuid, within(chains, Role.chain_id))
    role = session.scalars(query).one_or_none()
    if role is None:
        raise RoleNotFound
    return role


def create(session: Session, chain_id: int, name: str, wanted: Iterable[Permission], by: int | None) -> Role:
    """A role for the admins of a chain; `by` is the login of who makes it. Raises AlreadyTaken or MayNotGiveMore."""
    role = Role(chain_id=chain_id)
    _write(session, role, name, wanted, by)
    session.add(role)
    session.flush()
    return role


def change(
    session: Session, role: Role, name: str, wanted: Iterable[Permission], by: int | None, writes: Chains
) -> None:
    """Change a role as a whole, and with it what its admins may do, who act for no other chains than `writes`.

    Raises AlreadyTaken or MayNotGiveMore.
    """
    require_no_more(session, by, frozenset(permissions(role)))
    _require_only_admins_of(session, role, by, writes)
    _write(session, role, name, wanted, by)
    session.flush()


def remove(session: Session, role: Role, by: int | None) -> None:
    """Raises RoleInUse while somebody has it: who had no other would be let do everything."""
    require_no_more(session, by, frozenset(permissions(role)))
    session.execute(select(Role.id).where(Role.id == role.id).with_for_update())
    if session.scalar(select(LoginRole.login_id).where(LoginRole.role_id == role.id).limit(1)) is not None:
        raise RoleInUse
    session.delete(role)
    session.flush()


def give(session: Session, login: Login, held: Sequence[Role], by: int | None) -> None:
    """Let an admin do what these roles permit, and nothing else; without any, everything. Raises MayNotGiveMore."""
    if {role.id for role in held} == {role.id for role in of(session, login.id)}:
        return
    if login.id == by:
        raise MayNotGiveMore("Your own roles are changed by another admin.", field="roles")
    require_no_more(session, by, together(held))
    # Who removes one of them waits, or has been faster.
    found = session.scalars(
        select(Role.id).where(Role.id.in_([role.id for role in held])).with_for_update(read=True)
    ).all()
    if len(found) < len({role.id for role in held}):
        raise RoleNotFound(field="roles")
    session.execute(delete(LoginRole).where(LoginRole.login_id == login.id))
    session.add_all(LoginRole(login_id=login.id, role_id=id) for id in sorted(found))
    login.is_limited = bool(held)
    session.flush()


def require_no_more(session: Session, by: int | None, wanted: Permissions) -> None:
    """Raises MayNotGiveMore where somebody with roles would decide about more than these permit."""
    own = granted(session, by)
    if own is not None and (wanted is None or not wanted <= own):
        raise MayNotGiveMore


def _require_only_admins_of(session: Session, role: Role, by: int | None, writes: Chains) -> None:
    holders = select(LoginRole.login_id).where(LoginRole.role_id == role.id)
    acted_for = session.execute(
        select(ChainPermission.login_id, ChainPermission.chain_id).where(ChainPermission.login_id.in_(holders))
    ).all()
    if any(not includes(writes, it.chain_id) for it in acted_for):
        raise MayNotGiveMore("An admin with this role acts for chains that you may not write for.")
    if any(it.login_id == by for it in acted_for):
        raise MayNotGiveMore("Your own roles are changed by another admin.")


def _write(session: Session, role: Role, name: str, wanted: Iterable[Permission], by: int | None) -> None:
    chosen = list(dict.fromkeys(wanted))
    require_no_more(session, by, frozenset(chosen))
    taken = select(Role.id).where(Role.chain_id == role.chain_id, Role.name == name, Role.id != (role.id or 0))
    if session.scalar(taken.limit(1)) is not None:
        raise AlreadyTaken(field="name")
    role.name, role.permissions = name, [[*it] for it in chosen]
