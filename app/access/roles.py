"""Roles of admins: what those may see and change who may not do everything. Source: contract section 3.1.

An admin without a role may do everything for the chains that the admin acts for. One with roles may do what any of them permits.
Nobody gives what he may not do himself.
"""

from collections.abc import Collection, Iterable, Sequence
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
# What every seller may do: whoever makes one could sign in as one.
OF_SELLERS = frozenset(
    Permission(resource, access)
    for resource in ("CUSTOMER", "EARNING_RULE", "LEVEL", "POINT_TRANSFER", "POS", "REWARD_CAMPAIGN", "TRANSACTION")
    for access in (ACCESSES if resource not in ("EARNING_RULE", "LEVEL", "POS") else ACCESSES[:1])
)


def granted(session: Session, login_id: int | None) -> Permissions:
    """What an admin may do."""
    held = of(session, login_id)
    if not held and session.scalar(select(Login.is_limited).where(Login.id == login_id)):
        return frozenset()
    return together(held)


def together(held: Sequence[Role]) -> Permissions:
    """What these roles permit whoever has them and no others; everything, without any."""
    return frozenset(it for role in held for it in permissions(role)) if held else None


def permissions(role: Role) -> list[Permission]:
    """What a role permits, in the order in which it was written."""
    return [Permission(*it) for it in role.permissions]


def of(session: Session, login_id: int | None) -> Sequence[Role]:
    """The roles of an admin."""
    return [] if login_id is None else of_all(session, [login_id]).get(login_id, [])


def of_all(session: Session, login_ids: Collection[int]) -> dict[int, list[Role]]:
    """The roles of each of some admins who have any."""
    held = select(LoginRole.login_id, Role).join(Role, Role.id == LoginRole.role_id)
    found: dict[int, list[Role]] = {}
    for login_id, role in session.execute(held.where(LoginRole.login_id.in_(login_ids)).order_by(Role.id)):
        found.setdefault(login_id, []).append(role)
    return found


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
    _lock(session, role)
    require_no_more(session, by, frozenset(permissions(role)))
    _require_only_admins_of(session, role, by, writes)
    _write(session, role, name, wanted, by)
    session.flush()


def remove(session: Session, role: Role, by: int | None) -> None:
    """Raises RoleInUse while somebody has it: who had no other would be let do everything."""
    _lock(session, role)
    require_no_more(session, by, frozenset(permissions(role)))
    if session.scalar(select(LoginRole.login_id).where(LoginRole.role_id == role.id).limit(1)) is not None:
        raise RoleInUse
    session.delete(role)
    session.flush()


def give(session: Session, login: Login, held: Sequence[Role], by: int | None) -> bool:
    """Let an admin do what these roles permit, and nothing else; without any, everything. Whether that is new.

    Raises MayNotGiveMore, or RoleNotFound for a role that was removed meanwhile.
    """
    # One at a time for each admin; who removes a role waits, or has been faster.
    session.execute(select(Login.id).where(Login.id == login.id).with_for_update())
    known = {role.id for role in of(session, login.id)}
    wanted = {role.id for role in held}
    if wanted == known:
        return False
    if login.id == by:
        raise MayNotGiveMore("Your own roles are changed by another admin.", field="roles")
    require_no_more(session, by, together(held))
    found = session.scalars(select(Role.id).where(Role.id.in_(wanted)).with_for_update(read=True)).all()
    if len(found) < len(wanted):
        raise RoleNotFound(field="roles")
    session.execute(delete(LoginRole).where(LoginRole.login_id == login.id))
    session.add_all(LoginRole(login_id=login.id, role_id=id) for id in sorted(found))
    login.is_limited = bool(held)
    session.flush()
    return True


def leave(session: Session, login_id: int, chain_id: int) -> None:
    """Take the roles of a chain from somebody who acts for it no more; who has no other may do nothing until somebody gives one."""
    of_chain = select(Role.id).where(Role.chain_id == chain_id)
    session.execute(delete(LoginRole).where(LoginRole.login_id == login_id, LoginRole.role_id.in_(of_chain)))


def require_no_more(session: Session, by: int | None, wanted: Permissions) -> None:
    """Raises MayNotGiveMore where somebody with roles would decide about more than these permit."""
    own = granted(session, by)
    if own is not None and (wanted is None or not wanted <= own):
        raise MayNotGiveMore


def _lock(session: Session, role: Role) -> None:
    """Whoever gives it to somebody comes before or after."""
    session.refresh(role, with_for_update=True)


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
