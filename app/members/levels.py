"""The levels of the programme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.members import listing, sizes
from app.members.errors import BadLevel, LevelNotFound
from app.members.models import ERASED, Customer, Level, Profile
from app.organizations.keys import new_key
from app.organizations.scope import Chains, within
from app.paging import Page, Paged

PERCENT_MAX = 100 * 100  # hundredths
SORTABLE = {"name": func.lower(Level.name), "condition_value": Level.condition_value, "active": Level.active}


@dataclass(frozen=True)
class SpecialReward:
    """A discount that a level has for a time; `id` is that of one that is there, None of a new one."""

    name: str
    hundredths_of_percent: int
    code: str
    starts_at: datetime
    ends_at: datetime
    active: bool = False
    id: UUID | None = None


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
    special_rewards: Sequence[SpecialReward] | None = None  # None: they stay as they are


def create(session: Session, chain_id: int, terms: LevelDetails, now: datetime, uuid: UUID | None = None) -> Level:
    """A level of a chain; `uuid` only for the demo world, whose ids are the documents'. Raises BadLevel."""
    key = new_key(session, Level, chain_id, terms.name)
    level = Level(chain_id=chain_id, key=key, created_at=now, **({"uuid": uuid} if uuid else {}))
    _apply(level, terms, now)
    session.add(level)
    session.flush()
    return level


def change(session: Session, uuid: UUID, terms: LevelDetails, chains: Chains, now: datetime) -> Level:
    """Raises LevelNotFound or BadLevel."""
    level = get(session, uuid, chains)
    _apply(level, terms, now)
    return level


def special_rewards(level: Level) -> list[SpecialReward]:
    """As they are stored."""
    return [_special(it) for it in level.special_rewards or []]


def _special(it: Mapping[str, Any]) -> SpecialReward:
    moments = {name: datetime.fromisoformat(it[name]) for name in ("starts_at", "ends_at")}
    return SpecialReward(
        it["name"], it["hundredths_of_percent"], it["code"], **moments, active=it["active"], id=UUID(it["id"])
    )


def _apply(level: Level, terms: LevelDetails, now: datetime) -> None:
    if not 0 <= (terms.reward_hundredths_of_percent or 0) <= PERCENT_MAX:
        raise BadLevel("The reward of a level is at most 100 percent.", field="reward")
    made = {it["id"]: it["made_at"] for it in level.special_rewards or []}
    rewards = []
    given = special_rewards(level) if terms.special_rewards is None else terms.special_rewards
    ids = [it.id for it in given if it.id is not None]
    if len(set(ids)) < len(ids):
        raise BadLevel("A special reward is sent twice.", field="special_rewards")
    for it in given:
        if not 0 <= it.hundredths_of_percent <= PERCENT_MAX:
            raise BadLevel(f"The special reward {it.name} is at most 100 percent.", field="special_rewards")
        if it.ends_at <= it.starts_at:
            raise BadLevel(f"The special reward {it.name} ends before it starts.", field="special_rewards")
        if it.id is not None and str(it.id) not in made:
            raise BadLevel(f"The level has no special reward {it.id}.", field="special_rewards")
        id = str(it.id or uuid4())
        moments = {"starts_at": it.starts_at.isoformat(), "ends_at": it.ends_at.isoformat()}
        rewards.append({**vars(it), **moments, "id": id, "made_at": made.get(id, now.isoformat())})
    for name, value in vars(terms).items():
        setattr(level, name, rewards if name == "special_rewards" else value)


def get(session: Session, uuid: UUID, chains: Chains) -> Level:
    """Raises LevelNotFound."""
    level = session.scalars(select(Level).where(Level.uuid == uuid, within(chains, Level.chain_id))).one_or_none()
    if level is None:
        raise LevelNotFound
    return level


def page(session: Session, chains: Chains, paging: Page, only_active: bool = False) -> Paged[Level]:
    mine = [within(chains, Level.chain_id), *([Level.active.is_(True)] if only_active else [])]
    total = session.scalar(select(func.count()).select_from(Level).where(*mine)) or 0
    query = select(Level).where(*mine).order_by(*paging.order(SORTABLE, Level.condition_value, tie=Level.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def of_chain(session: Session, chain_id: int) -> Sequence[Level]:
    """All levels of a chain, the lowest first."""
    return session.scalars(
        select(Level).where(Level.chain_id == chain_id).order_by(Level.condition_value, Level.id)
    ).all()


def customers_counts(session: Session) -> dict[int, int]:
    """How many customers stand on each level, by its id."""
    found: dict[int, int] = {}
    for (_, level, _), customers in sizes.by_place(session, {sizes.ANY_SEGMENT}).items():
        found[level] = found.get(level, 0) + customers
    return found


def customers(session: Session, uuid: UUID, chains: Chains, paging: Page) -> Paged[Customer]:
    """Raises LevelNotFound."""
    level = get(session, uuid, chains)
    query = select(Customer).join(Profile).where(Customer.level_id == level.id, Customer.status != ERASED)
    ordered = listing.in_order(query, paging)
    return Paged(list(session.scalars(paging.cut(ordered))), customers_counts(session).get(level.id, 0))


def above(session: Session, chain_id: int, level: Level | None) -> Level | None:
    """The chain's next active level after this one, if there is one; after None, the one where everybody begins."""
    active = Level.chain_id == chain_id, Level.active.is_(True)
    query = select(Level).where(*active).order_by(Level.condition_value, Level.id).limit(1)
    if level is not None:
        query = query.where(Level.condition_value > level.condition_value)
    return session.scalars(query).one_or_none()
