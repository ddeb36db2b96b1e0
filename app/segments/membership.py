"""Who belongs to which segment now, kept in rows: computed set by set in SQL, or for one customer when something happens.

Only who comes and who goes is written, so that campaigns for a segment never flicker while it is computed anew.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from app.batches import batched
from app.db.guarded import insert_into
from app.db.prepared import Prepared, dialect_of, is_postgresql
from app.db.types import AnyColumn, UtcDateTime, as_stored, read_stored
from app.members import sizes
from app.members.models import ERASED, Customer, Segment, SegmentCriterion, SegmentMember, SegmentPart
from app.organizations import chains
from app.organizations.chains import ChainTerms
from app.segments import criteria
from app.segments.criteria import Asked, Criterion

STATEMENTS_MAX = 128  # that ask for one customer, of as many chains
KEPT_MAX = 20_000  # letters of the definitions in one
CHUNK = 2_000  # ids in one statement: drivers take some 30,000 parameters


class OfType(Protocol):
    """A criterion, stored or only sent."""

    @property
    def type(self) -> Any: ...

    @property
    def terms(self) -> Any: ...


def recompute(session: Session, segment: Segment, now: datetime) -> int:
    """Let exactly those belong to a segment whom its definition means; how many came or went. An inactive segment has no members."""
    session.flush()
    members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
    parts = [part.criteria for part in segment.parts]
    wanted = meant(session, segment.chain_id, parts, now) if segment.active else None
    if wanted is None:
        coming: set[int] = set()
        going = set(session.scalars(members))
    else:
        coming, going = _differences(session, wanted.cte("wanted"), members.cte("members"))
    _write(session, segment.chain_id, segment.id, coming, going)
    return len(coming) + len(going)


def _differences(session: Session, wanted: CTE, members: CTE) -> tuple[set[int], set[int]]:
    """Who comes and who goes; whom the definition means is asked once."""
    new = select(wanted.c.id, literal(1)).where(~exists().where(members.c.customer_id == wanted.c.id))
    old = select(members.c.customer_id, literal(0)).where(~exists().where(wanted.c.id == members.c.customer_id))
    coming: set[int] = set()
    going: set[int] = set()
    for id, is_new in session.execute(new.union_all(old)):
        (coming if is_new else going).add(id)
    return coming, going


class _Row(NamedTuple):
    """A criterion of an active segment of a chain, None where a part has none; and of the customer, as that segment sees them."""

    segment_id: int
    part_id: int
    type: str | None
    terms: str | None  # as they are stored: they are compared at every sale, and read once
    belongs: bool
    is_meant: int | None  # None where there is no such customer

    @property
    def criterion(self) -> tuple[object, ...]:
        """What it asks, of which part."""
        return self.segment_id, self.part_id, self.type, self.terms


@dataclass(frozen=True)
class _Question:
    """Asks at once how a chain's segments are defined, and whether they mean one customer, as far as they still are as `defined` here.

    Built once, as long as nobody changes them and the day lasts.
    """

    day: date | None
    defined: Sequence[tuple[object, ...]]
    statement: Prepared[_Row]

    def is_answered_by(self, rows: Sequence[_Row]) -> bool:
        """Whether the segments are still defined as it takes them to be."""
        return self.defined == [it.criterion for it in rows]


_questions: dict[tuple[bool, int, str, bool], _Question] = {}


def refresh(session: Session, chain: ChainTerms, customer_id: int, now: datetime, only_moving: bool = True) -> None:
    """Let one customer belong to those segments whose definitions mean them now: after a sale, or whatever else changed.

    Only those that sales or time move, or all.
    """
    session.flush()
    at, on_postgresql, zone = session.connection(), is_postgresql(session), ZoneInfo(chain.time_zone)
    key, today = (on_postgresql, chain.id, chain.time_zone, only_moving), now.astimezone(zone).date()
    question = _questions.get(key)
    if question is None or question.day != today:
        question = _HOW_DEFINED[only_moving]
    parameters = {"chain": chain.id, "customer": customer_id, "moment": now}
    while not question.is_answered_by(rows := question.statement.run(at, parameters)):
        moment = bindparam("moment", None, type_=UtcDateTime())
        asked = Asked(on_postgresql, chain.id, zone, today, moment)
        question = _question(asked, only_moving, rows) if rows else _HOW_DEFINED[only_moving]
        if key not in _questions and len(_questions) >= STATEMENTS_MAX:
            _questions.clear()
        if rows and len(str(question.defined)) <= KEPT_MAX:
            _questions[key] = question
        else:
            _questions.pop(key, None)
    for id, own in groupby(rows, key=lambda it: it.segment_id):
        first = next(own)
        if first.is_meant is not None and bool(first.is_meant) != bool(first.belongs):
            coming, going = ({customer_id}, set()) if first.is_meant else (set(), {customer_id})
            _write(session, chain.id, id, coming, going)


def _question(asked: Asked | None, only_moving: bool, defined: Sequence[_Row] = ()) -> _Question:
    """Whether segments that are defined so mean a customer; without any, only how they are defined."""
    customer = bindparam("customer", None, type_=BigInteger())
    belongs = exists().where(SegmentMember.segment_id == Segment.id, SegmentMember.customer_id == customer)
    columns: list[AnyColumn] = [
        Segment.id.label("segment_id"),
        SegmentPart.id.label("part_id"),
        SegmentCriterion.type.label("type"),
        as_stored(SegmentCriterion.terms.expression).label("terms"),
        belongs.label("belongs"),
    ]
    query = (
        select(*columns, null().label("is_meant"))
        .join(SegmentPart, SegmentPart.segment_id == Segment.id)
        .outerjoin(SegmentCriterion, SegmentCriterion.part_id == SegmentPart.id)
        .where(Segment.chain_id == bindparam("chain", None, type_=BigInteger()), Segment.active.is_(True))
        .order_by(Segment.id, SegmentPart.id, SegmentCriterion.id)
    )
    if only_moving:
        moving = select(SegmentPart.segment_id).join(SegmentCriterion, SegmentCriterion.part_id == SegmentPart.id)
        query = query.where(Segment.id.in_(moving.where(SegmentCriterion.type.in_(MOVING))))
    if asked is not None:
        means = {id: _means(asked, list(own)) for id, own in groupby(defined, key=lambda it: it.segment_id)}
        met = select(*(it.label(f"of_{id}") for id, it in means.items())).where(Customer.id == customer)
        # On PostgreSQL once, not once for each row beside which it stands.
        known = met.cte("met").prefix_with("MATERIALIZED", dialect="postgresql")
        is_meant = case(*((Segment.id == id, known.c[f"of_{id}"]) for id in means))
        query = query.outerjoin(known, true()).with_only_columns(*columns, is_meant.label("is_meant"))
    today = asked.today if asked is not None else None
    return _Question(today, [it.criterion for it in defined], Prepared(query, _Row, keeps_values=True))


def _means(asked: Asked, criteria_of: Sequence[_Row]) -> ColumnElement[int]:
    """Whether a segment of these criteria means the customer of the row; one with an empty part means nobody."""
    parts = [
        [Criterion(it.type, read_stored(it.terms)) for it in part if it.type and it.terms]
        for _, part in groupby(criteria_of, key=lambda it: it.part_id)
    ]
    if not all(parts):
        return literal(0)
    return case((and_(Customer.status != ERASED, _all_of(asked, parts)), 1), else_=0)


MOVING = [name for name, it in criteria.TYPES.items() if it.moves]
_HOW_DEFINED = {only_moving: _question(None, only_moving) for only_moving in (True, False)}


def moves(segment: Segment) -> bool:
    """Whether sales or time may change who belongs to it."""
    return any(criteria.TYPES[it.type].moves for part in segment.parts for it in part.criteria)


def meant(session: Session, chain_id: int, parts: Sequence[Sequence[OfType]], now: datetime) -> Select[Any] | None:
    """The ids of the customers whom all parts mean, each of them by any of its criteria; None where a part, or everything, is empty."""
    if not parts or not all(parts):
        return None
    zone = ZoneInfo(chains.terms(session, chain_id).time_zone)
    moment = literal(now, UtcDateTime())
    asked = Asked(is_postgresql(session), chain_id, zone, now.astimezone(zone).date(), moment)
    mine = Customer.chain_id == chain_id, Customer.status != ERASED
    return select(Customer.id).where(*mine, _all_of(asked, parts))


def _all_of(asked: Asked, parts: Sequence[Sequence[OfType]]) -> ColumnElement[bool]:
    return and_(true(), *(or_(*(criteria.TYPES[it.type].condition(asked, it.terms) for it in part)) for part in parts))


def _write(session: Session, chain_id: int, segment_id: int, coming: set[int], going: set[int]) -> None:
    for changed, step in ((going, -1), (coming, +1)):
        counted: Counter[int | None] = Counter()
        for chunk in batched(sorted(changed), CHUNK):
            # Kept from moving between levels while they are counted; in the order of their ids, so that nobody deadlocks.
            query = select(Customer.id, Customer.level_id).where(Customer.id.in_(chunk)).order_by(Customer.id)
            rows = session.execute(query.with_for_update(key_share=True, of=Customer)).all()
            changed_now = (
                _add(session, chain_id, segment_id, chunk) if step > 0 else _remove(session, segment_id, chunk)
            )
            counted.update(row.level_id for row in rows if row.id in changed_now)
        for level_id in sorted(counted, key=lambda it: it or 0):
            sizes.add(session, chain_id, level_id, segment_id, step * counted[level_id])


def _add(session: Session, chain_id: int, segment_id: int, customer_ids: Sequence[int]) -> set[int]:
    """Those who did not belong to it: whoever refreshes a customer meanwhile may have been faster."""
    of_segment = {"chain_id": chain_id, "segment_id": segment_id}
    new = insert_into(dialect_of(session), SegmentMember).values(
        [{**of_segment, "customer_id": it} for it in customer_ids]
    )
    return set(session.scalars(new.on_conflict_do_nothing().returning(SegmentMember.customer_id)))


def _remove(session: Session, segment_id: int, customer_ids: Sequence[int]) -> set[int]:
    gone = SegmentMember.segment_id == segment_id, SegmentMember.customer_id.in_(customer_ids)
    return set(session.scalars(delete(SegmentMember).where(*gone).returning(SegmentMember.customer_id)))
