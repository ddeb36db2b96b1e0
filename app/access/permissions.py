"""What the staff may do for which chain: read, or write as well."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import roles
from app.access.errors import LoginNotFound
from app.access.models import ChainPermission, Login
from app.organizations import chains as organizations
from app.organizations.scope import EVERY_CHAIN, Chains


def permit(
    session: Session, username: str, chain_id: int, may_write: bool | None, chains: Chains = EVERY_CHAIN
) -> None:
    """Let a member of the staff read, or read and write, for a chain; None takes it back.

    Raises LoginNotFound or ChainNotFound.
    """
    organizations.get(session, chain_id, chains)
    name = username.lower()
    logins = session.scalars(
        select(Login).where(
            Login.role != "customer", Login.deleted.is_(False), (Login.username == name) | (Login.email == name)
        )
    ).all()
    if not logins:
        raise LoginNotFound
    if len(logins) > 1:
        raise LoginNotFound(f"An admin and a seller are both called {username}; name the admin by the user name.")
    [login] = logins
    permission = session.get(ChainPermission, (login.id, chain_id))
    if may_write is None:
        if permission is not None:
            session.delete(permission)
            roles.leave(session, login.id, chain_id)
    elif permission is None:
        session.add(ChainPermission(login_id=login.id, chain_id=chain_id, may_write=may_write))
    else:
        permission.may_write = may_write
    session.flush()


def give(session: Session, login_id: int, chain_id: int) -> None:
    """Let whoever made a chain write for it."""
    session.add(ChainPermission(login_id=login_id, chain_id=chain_id, may_write=True))
    session.flush()


def permissions(session: Session, chain_id: int) -> list[tuple[str, bool]]:
    """Who of the staff may act for a chain, and whether it may write."""
    query = (
        select(func.coalesce(Login.username, Login.email), ChainPermission.may_write)
        .join(Login, Login.id == ChainPermission.login_id)
        .where(ChainPermission.chain_id == chain_id)
        .order_by(Login.id)
    )
    return [(name, may_write) for name, may_write in session.execute(query)]
