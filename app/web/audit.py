"""The audit log: who of the staff and the partners changed what, and when. Rows are only ever added."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, Index, Select, bindparam, event, func, insert, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.access.models import AccessToken, Login
from app.db.prepared import Executor, Prepared
from app.db.types import Base, Serial, UtcDateTime
from app.organizations.scope import Chains, within_or_unowned
from app.paging import Page, Paged

LISTED_MAX = (
    10_000  # of those that are asked for by the number of a page: to count more would take longer than it tells
)


class AuditEntry(Base):
    """One write by an admin, a seller or a partner. Ids only, nothing personal. Purchases and points name who made them themselves."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain.id"))  # whose it is; none: of several, or of none
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    action: Mapped[str]
    subject: Mapped[dict[str, Any]] = mapped_column(JSON)
    # [{"what", "id", "field", "before", "after"}, …] of what models call `__audited__`; a campaign's are in its history
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (Index("ix_audit_entry_chain_id_id", "chain_id", "id"),)


_WRITE: Prepared[Any] = Prepared(
    insert(AuditEntry)
    .values(
        {it.name: bindparam(f"its_{it.name}", type_=it.type) for it in AuditEntry.__table__.columns if it.name != "id"}
    )
    .returning(AuditEntry.id)
)


def write(
    executor: Executor,
    at: datetime,
    action: str,
    subject: Mapping[str, Any],
    chain_id: int | None,
    login_id: int | None,
    token_id: int | None,
    changes: Sequence[Mapping[str, Any]] | None,
) -> None:
    """Write an entry; every write of the staff's ends with one."""
    its = {"at": at, "action": action, "subject": subject, "chain_id": chain_id, "login_id": login_id}
    its |= {"token_id": token_id, "changes": changes}
    _WRITE.run(executor, {f"its_{name}": value for name, value in its.items()})


class AuditRow(NamedTuple):
    """An entry, and who it was: a user name or a token's name, and the role."""

    entry: AuditEntry
    by: str | None
    role: str


@dataclass
class Observed:
    """What a session loads and writes, as far as the log tells of it: whose rows, and what changes."""

    chain_ids: set[int] = field(default_factory=set)
    changes: list[dict[str, Any]] = field(default_factory=list)


def observe(session: Session) -> Observed:
    """Watch a session from now on."""
    observed = Observed()

    def touch(session: Session, it: object) -> None:
        chain_id = vars(it).get("chain_id")
        observed.chain_ids |= {chain_id} if chain_id is not None else set()

    event.listen(session, "loaded_as_persistent", touch)
    event.listen(session, "pending_to_persistent", touch)
    event.listen(session, "before_flush", lambda session, *_: observed.changes.extend(changes(session)))
    return observed


def changes(session: Session) -> Iterator[dict[str, Any]]:
    """What is about to be written of the fields that models call `__audited__`, before and after."""
    for it in session.dirty:
        for name in getattr(type(it), "__audited__", ()):
            history = inspect(it).attrs[name].history
            if history.has_changes() and (history.deleted or [None]) != (history.added or [None]):
                before, after = (values[0] if values else None for values in (history.deleted, history.added))
                named = next(filter(None, (getattr(it, name, None) for name in ("uuid", "id", "code"))), None)
                yield {
                    "what": it.__tablename__,
                    "id": str(named),
                    "field": name,
                    "before": _plain(before),
                    "after": _plain(after),
                }


def page(session: Session, chains: Chains, before: int | None, size: int) -> tuple[list[AuditRow], bool]:
    """The newest entries of these chains, those before an id; and whether there are more.

    What is of no one chain is for who acts for all.
    """
    query = _of(session, chains)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    rows = session.execute(query.limit(size + 1)).all()
    return [_row(*row) for row in rows[:size]], len(rows) > size


def numbered_page(session: Session, chains: Chains, paging: Page) -> Paged[AuditRow]:
    """The same by the number of the page, among the newest LISTED_MAX."""
    mine = within_or_unowned(session, chains, AuditEntry.chain_id)
    newest = select(AuditEntry.id).where(mine).order_by(AuditEntry.id.desc()).limit(LISTED_MAX).subquery()
    total = session.scalar(select(func.count()).select_from(newest)) or 0
    listed = _of(session, chains).where(AuditEntry.id.in_(select(newest.c.id)))
    return Paged([_row(*row) for row in session.execute(paging.cut(listed))], total)


def _of(session: Session, chains: Chains) -> Select[AuditEntry, Login, AccessToken]:
    return (
        select(AuditEntry, Login, AccessToken)
        .outerjoin(Login, Login.id == AuditEntry.login_id)
        .outerjoin(AccessToken, AccessToken.id == AuditEntry.token_id)
        .where(within_or_unowned(session, chains, AuditEntry.chain_id))
        .order_by(AuditEntry.id.desc())
    )


def _row(entry: AuditEntry, login: Login | None, token: AccessToken | None) -> AuditRow:
    if login is not None:
        return AuditRow(entry, login.username or login.email, login.role)
    return AuditRow(entry, token.name if token else None, "partner" if token else "service")


def _plain(value: Any) -> Any:
    if isinstance(value, Base):  # a level, a shop
        return getattr(value, "name", None)
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)
