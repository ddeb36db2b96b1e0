"""On which level a customer stands by what they bought or earned, where the chain says so. Amounts in hundredths.

Up at once, and down again after a return; what falls out of the window is the worker's. Never below a level that was given by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from app.members import customers, levels
from app.members.models import ERASED, Customer, Level
from app.organizations import chains
from app.organizations.chains import ChainTerms
from app.organizations.models import Chain
from app.points.models import ADDING, LedgerEntry, LotUse
from app.sales.models import Sale, SaleItem

BATCH = 500


def refresh(session: Session, chain: ChainTerms, customer_id: int, now: datetime) -> bool:
    """Put a customer on the level that they have reached; whether they moved."""
    if chain.levels_by == "hand":
        return False
    session.flush()
    customer = session.get_one(Customer, customer_id)
    value = value_of(session, chain, customer.id, now)
    return _move(session, customer, _reached(_levels(session, chain.id), value, customer), now)


def release(session: Session, customer: Customer, now: datetime) -> None:
    """Take back a level that was given by hand: the customer stands on the one that they have reached, or where everybody begins."""
    customers.release_level(session, customer, now)
    refresh(session, chains.terms(session, customer.chain_id), customer.id, now)


def follow_points(session: Session, customer_ids: Iterable[int], now: datetime) -> None:
    """Where levels are reached by points, put these customers on those that they have reached.

    The last that a use case does: the customers' rows are locked, in the order of their ids, and then how many stand on a level.
    """
    session.flush()
    by_points = select(Customer.id, Customer.chain_id).join(Chain, Chain.id == Customer.chain_id)
    by_points = by_points.where(Customer.id.in_(list(customer_ids)), Chain.levels_by == "points").order_by(Customer.id)
    rows = session.execute(by_points.with_for_update(of=Customer)).all()
    for customer_id, chain_id in rows:
        refresh(session, chains.terms(session, chain_id), customer_id, now)


def value_of(session: Session, chain: ChainTerms, customer_id: int, now: datetime) -> int:
    """What a customer has bought or earned towards levels, whichever the chain reaches them by, in hundredths."""
    found = _values(chain, now).where(Customer.id == customer_id).with_only_columns(_value(chain, now))
    return int(session.scalar(found) or 0)


@dataclass(frozen=True)
class LevelProgress:
    """How far a customer is on the way to the next level, and from falling. Amounts in hundredths of points or of money."""

    value: int  # what counts now
    next_level: Level | None
    falls_at: datetime | None  # from the level that was reached, if nothing more comes
    lacking: int  # what would have to come before that, to stay


def progress(session: Session, chain: ChainTerms, customer: Customer, now: datetime) -> LevelProgress:
    """Where a customer stands on the way up, and when down again."""
    if chain.levels_by == "hand":  # nothing is counted: what they bought is told beside what a level would ask
        spent = customers.spending(session, [customer.id]).get(customer.id)
        value = spent.amount_without_delivery if spent else 0
    else:
        value = value_of(session, chain, customer.id, now)
    falls_at, left = _fall(session, chain, customer, value, now)
    lacking = customer.level.condition_value - left if customer.level and falls_at else 0
    return LevelProgress(value, levels.above(session, chain.id, customer.level), falls_at, lacking)


def _fall(
    session: Session, chain: ChainTerms, customer: Customer, value: int, now: datetime
) -> tuple[datetime | None, int]:
    """When what counts falls below the customer's level, as it leaves the window, and what is left of it then; None where it never does."""
    level, days = customer.level, chain.level_days
    if chain.levels_by == "hand" or days is None or level is None or level.id == customer.manual_level_id:
        return None, value
    if value < level.condition_value:  # the worker has not come by yet
        return now, value
    counted = _counted(chain, literal(customer.id), now)
    running = func.sum(counted.amount).over(order_by=counted.at)
    left = select(counted.at.label("at"), (value - running).label("left")).where(*counted.conditions).subquery()
    query = select(left.c.at, left.c.left).where(left.c.left < level.condition_value).order_by(left.c.at).limit(1)
    found = session.execute(query).one_or_none()
    return (found.at + timedelta(days=days), int(found.left)) if found else (None, value)


def list_chains(session: Session) -> Sequence[int]:
    """The open chains whose levels time changes, or points that come in other ways than by a sale."""
    by_time = or_(Chain.levels_by == "points", and_(Chain.levels_by == "sales", Chain.level_days.is_not(None)))
    query = select(Chain.id).where(by_time, chains.is_open(Chain.id))
    return session.scalars(query.order_by(Chain.id)).all()


def refresh_batch(session: Session, chain_id: int, after: int, now: datetime) -> tuple[int, int | None]:
    """Put a batch of a chain's customers with higher ids on the levels that they have reached by now; how many moved, and the last id."""
    chain = chains.terms(session, chain_id)
    found = _levels(session, chain_id)
    query = _values(chain, now).where(Customer.id > after)
    if chain.levels_by == "sales" and found:  # a sale has lifted them at once: who stands lowest cannot fall
        query = query.where(Customer.level_id != found[0].id)
    rows = session.execute(query.order_by(Customer.id).limit(BATCH)).all()
    moved = 0
    for customer_id, value in rows:
        customer = session.get_one(Customer, customer_id)
        moved += _move(session, customer, _reached(found, int(value or 0), customer), now)
    return moved, rows[-1][0] if rows else None


def _values(chain: ChainTerms, now: datetime) -> Select[int, int]:
    """What each customer of a chain has bought or earned, in the chain's window."""
    return select(Customer.id, _value(chain, now)).where(Customer.chain_id == chain.id, Customer.status != ERASED)


def _value(chain: ChainTerms, now: datetime) -> ColumnElement[int]:
    """The sum of what counts, for the customer of the row."""
    counted = _counted(chain, Customer.id.expression, now)
    query: Select[int] = select(func.coalesce(func.sum(counted.amount), 0)).where(*counted.conditions)
    return query.correlate(Customer).scalar_subquery()


class _TowardsLevels(NamedTuple):
    """What counts towards the levels of a customer: when it came, how much it is, and which rows it is."""

    at: ColumnElement[datetime]
    amount: ColumnElement[int]
    conditions: Sequence[ColumnElement[bool]]


def _counted(chain: ChainTerms, owner: ColumnElement[int], now: datetime) -> _TowardsLevels:
    """Of the customer with this id, in the chain's window."""
    if chain.levels_by == "points":
        account = aliased(Customer)  # the customer's own, and those that were merged into it
        accounts = select(account.id).where(or_(account.id == owner, account.merged_into_id == owner))
        conditions: list[ColumnElement[bool]] = [
            LedgerEntry.customer_id.in_(accounts.correlate(Customer)),
            LedgerEntry.kind.in_((*ADDING, "cancelled", "taken_back")),
        ]
        amount = type_coerce(LedgerEntry.amount, BigInteger)
        return _within(chain, now, _TowardsLevels(_earned_at(), amount, conditions))
    # A return is taken off its sale, so that both leave the window together.
    delivery = (
        select(func.coalesce(func.sum(SaleItem.amount), 0))
        .where(SaleItem.sale_id == Sale.id, SaleItem.sku.in_(chain.delivery_skus))
        .correlate(Sale)
        .scalar_subquery()
    )
    kept = Sale.amount - Sale.returned
    counted = case((kept > delivery, kept - delivery), else_=0) if chain.delivery_skus else kept
    conditions = [Sale.customer_id == owner, Sale.returns_id.is_(None)]
    return _within(chain, now, _TowardsLevels(Sale.bought_at.expression, counted, conditions))


def _earned_at() -> ColumnElement[datetime]:
    """When the points of an entry were earned. What was cancelled or taken back was then, too, so that both leave the window together."""
    earned = aliased(LedgerEntry)
    of_lot = select(earned.created_at).join(LotUse, LotUse.lot_id == earned.id).where(LotUse.entry_id == LedgerEntry.id)
    of_sale = (
        select(func.min(earned.created_at))
        .join(Sale, Sale.returns_id == earned.sale_id)
        .where(Sale.id == LedgerEntry.sale_id, earned.kind == "earned")
    )
    return case(
        (LedgerEntry.kind == "cancelled", of_lot.correlate(LedgerEntry).scalar_subquery()),
        (LedgerEntry.kind == "taken_back", of_sale.correlate(LedgerEntry).scalar_subquery()),
        else_=LedgerEntry.created_at,
    )


def _within(chain: ChainTerms, now: datetime, counted: _TowardsLevels) -> _TowardsLevels:
    if chain.level_days is None:
        return counted
    return counted._replace(conditions=[*counted.conditions, counted.at > now - timedelta(days=chain.level_days)])


def _levels(session: Session, chain_id: int) -> Sequence[Level]:
    """The chain's active levels, the lowest first."""
    active = select(Level).where(Level.chain_id == chain_id, Level.active.is_(True))
    return session.scalars(active.order_by(Level.condition_value, Level.id)).all()


def _reached(levels: Sequence[Level], value: int, customer: Customer) -> Level | None:
    """The highest level whose condition is met, and no lower than the one that was given by hand."""
    met = [it for it in levels if it.condition_value <= value]
    reached = met[-1] if met else None
    by_hand = customer.manual_level
    if by_hand is not None and (reached is None or by_hand.condition_value > reached.condition_value):
        return by_hand
    return reached


def _move(session: Session, customer: Customer, level: Level | None, now: datetime) -> bool:
    if (level.id if level else None) == customer.level_id:
        return False
    customers.move(session, customer, level, now)
    return True
