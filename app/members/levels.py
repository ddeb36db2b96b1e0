"""The levels of the programme."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.members import sizes
from app.members.errors import LevelNotFound
from app.members.models import Customer, Level
from app.paging import Page, Paged

SORTABLE = {"name": Level.name, "conditionValue": Level.condition_value, "active": Level.active}


@dataclass(frozen=True)
class LevelDetails:
    """What an admin decides about a level; values in hundredths."""

    name: str
    condition_value: int
    description: str | None = None
    active: bool = False
    min_order: int | None = None
    reward_name: str | None = None
    reward_hundredths_of_percent: int | None = None
    reward_code: str | None = None


def create(session: Session, terms: LevelDetails, now: datetime, uuid: UUID | None = None) -> Level:
    level = Level(created_at=now, **vars(terms), **({"uuid": uuid} if uuid else {}))
    session.add(level)
    session.flush()
    return level


def change(session: Session, uuid: UUID, terms: LevelDetails) -> Level:
    """Raises LevelNotFound."""
    level = get(session, uuid)
    for name, value in vars(terms).items():
        setattr(level, name, value)
    return level


def get(session: Session, uuid: UUID) -> Level:
    """Raises LevelNotFound."""
    level = session.scalars(select(Level).where(Level.uuid == uuid)).one_or_none()
    if level is None:
        raise LevelNotFound
    return level


def page(session: Session, paging: Page) -> Paged[Level]:
    total = session.scalar(select(func.count()).select_from(Level)) or 0
    query = select(Level).order_by(*paging.order(SORTABLE, Level.condition_value, tie=Level.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def customers_counts(session: Session) -> dict[int, int]:
    """How many customers stand on each level, by its id."""
    found: dict[int, int] = {}
    for (_, level, _), customers in sizes.by_place(session, {sizes.ANY_SEGMENT}).items():
        found[level] = found.get(level, 0) + customers
    return found


def customers(session: Session, uuid: UUID, paging: Page) -> Paged[Customer]:
    """Raises LevelNotFound."""
    level = get(session, uuid)
    query = select(Customer).where(Customer.level_id == level.id).order_by(Customer.id)
    return Paged(list(session.scalars(paging.cut(query))), customers_counts(session).get(level.id, 0))


def above(session: Session, level: Level | None) -> Level | None:
    """The next active level after this one, if there is one."""
    query = select(Level).where(Level.active.is_(True)).order_by(Level.condition_value, Level.id).limit(1)
    if level is not None:
        query = query.where(Level.condition_value > level.condition_value)
    return session.scalars(query).one_or_none()
