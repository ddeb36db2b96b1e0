"""Restrictions as a condition on all customers: made of the same nodes as the evaluation for one, and saying the same of each.

No condition here is ever NULL: what a customer does not have is a row that does not exist.
"""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from math import ceil, floor
from typing import Any
from uuid import UUID

from sqlalchemy import Double, and_, cast, exists, false, not_, or_, true

from app.campaign.audience import targeting
from app.campaign.audience.targeting import All, Node, Not, Some, Test
from app.members.models import Customer, CustomerAttribute, CustomerTag, Level, Profile, Segment, SegmentMember
from app.points.models import Account

SECOND = timedelta(seconds=1)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_LISTS = {"$in", "$nin"}
_ORDERED: Mapping[str, Callable[[Any, Any], Any]] = {
    "$gt": lambda column, value: column > value,
    "$gte": lambda column, value: column >= value,
    "$lt": lambda column, value: column < value,
    "$lte": lambda column, value: column <= value,
}


def admitted(tree: Mapping[str, Any] | None, now: datetime, is_postgresql: bool) -> Any:
    """The customers whom a tree admits, as a condition on Customer."""
    return _Builder(now, is_postgresql).condition(targeting.parsed(tree))


class _Builder:
    def __init__(self, now: datetime, is_postgresql: bool) -> None:
        self.now = now
        self.is_postgresql = is_postgresql

    def condition(self, node: Node) -> Any:
        match node:
            case All(parts):
                return and_(true(), *map(self.condition, parts))
            case Some(parts):
                return or_(false(), *map(self.condition, parts))
            case Not(part):
                return not_(self.condition(part))
            case Test(name) if name in _FIELDS:
                return _FIELDS[name](self, node)
            case Test(name) if name.startswith(targeting.ATTRIBUTES):
                return self.attribute(node)
            case Test(_, _, "$exists", operand):
                return false() if operand else true()
        return false()  # of something that is no customer's

    def by_character(self, column: Any) -> Any:
        """Text ordered by its characters, as in Python, and not as a language would."""
        return column.collate("C") if self.is_postgresql else column

    def among(self, test: Test, owned: Callable[[Any], Any]) -> Any:
        """A set of texts: `owned` is the condition that the customer has one of these, or any at all."""
        if test.operator == "$exists":
            return owned(None) if test.operand else not_(owned(None))
        values = list(test.operand) if test.operator in _LISTS else [test.operand]
        is_among = owned(values)
        return is_among if test.operator in {"$eq", "$in"} else not_(is_among)

    def level(self, test: Test) -> Any:
        return self.among(test, lambda values: exists().where(Level.id == Customer.level_id, *_named(Level, values)))

    def segments(self, test: Test) -> Any:
        def owned(values: list[str] | None) -> Any:
            return exists().where(
                SegmentMember.customer_id == Customer.id,
                Segment.id == SegmentMember.segment_id,
                *_named(Segment, values),
            )

        return self.among(test, owned)

    def tags(self, test: Test) -> Any:
        alive = or_(CustomerTag.expires_at.is_(None), CustomerTag.expires_at > self.now)

        def owned(values: list[str] | None) -> Any:
            named = [] if values is None else [CustomerTag.name.in_(values)]
            return exists().where(CustomerTag.customer_id == Customer.id, *named, alive)

        return self.among(test, owned)

    def age(self, test: Test) -> Any:
        """Compared by the day of birth, which has no arithmetic to be done for each customer."""
        born = Profile.born_on
        there = exists().where(Profile.customer_id == Customer.id, born.is_not(None))
        if test.operator == "$exists":
            return there if test.operand else not_(there)
        return exists().where(Profile.customer_id == Customer.id, born.is_not(None), self.of_age(test, born))

    def of_age(self, test: Test, born: Any) -> Any:
        def at_least(years: int) -> Any:
            return born <= self.born_until(years)

        def exactly(years: float) -> Any:
            return and_(at_least(int(years)), not_(at_least(int(years) + 1))) if years == int(years) else false()

        match test.operator:
            case "$gt":
                return at_least(floor(test.operand) + 1)
            case "$gte":
                return at_least(ceil(test.operand))
            case "$lt":
                return not_(at_least(ceil(test.operand)))
            case "$lte":
                return not_(at_least(floor(test.operand) + 1))
            case "$eq" | "$ne":
                return exactly(test.operand) if test.operator == "$eq" else not_(exactly(test.operand))
        found = or_(false(), *map(exactly, test.operand))
        return found if test.operator == "$in" else not_(found)

    def born_until(self, years: int) -> date:
        """Who was born then or before is so many years old today."""
        year = self.now.year - years
        if not MINYEAR <= year <= MAXYEAR:
            return date.min if year < MINYEAR else date.max
        try:
            return date(year, self.now.month, self.now.day)
        except ValueError:  # today is a leap day, and that year had none
            return date(year, 2, 28)

    def gender(self, test: Test) -> Any:
        return self.one(test, Profile.gender, self.by_character(Profile.gender), Profile)

    def points(self, test: Test) -> Any:
        return self.one(test, Account.balance, cast(Account.balance, Double) / 100.0, Account)

    def one(self, test: Test, column: Any, value: Any, owner: Any) -> Any:
        """A single value of a row that each customer has, which may be NULL."""
        there = exists().where(owner.customer_id == Customer.id, column.is_not(None))
        if test.operator == "$exists":
            return there if test.operand else not_(there)
        return exists().where(owner.customer_id == Customer.id, column.is_not(None), _compared(test, value))

    def created_at(self, test: Test) -> Any:
        """To the second: what lies within it is equal to it."""
        column = Customer.created_at

        def within(moment: datetime) -> Any:
            return and_(column >= moment, column < _a_second_later(moment))

        match test.operator:
            case "$exists":
                return true() if test.operand else false()
            case "$eq" | "$ne":
                return within(test.operand) if test.operator == "$eq" else not_(within(test.operand))
            case "$in" | "$nin":
                found = or_(false(), *map(within, test.operand))
                return found if test.operator == "$in" else not_(found)
            case "$gt":
                return column >= _a_second_later(test.operand)
            case "$gte":
                return column >= test.operand
            case "$lt":
                return column < test.operand
        return column < _a_second_later(test.operand)

    def attribute(self, test: Test) -> Any:
        row = (
            CustomerAttribute.customer_id == Customer.id,
            CustomerAttribute.name == test.field.removeprefix(targeting.ATTRIBUTES),
        )
        there = exists().where(*row)
        if test.operator == "$exists":
            return there if test.operand else not_(there)
        if test.operator in _LISTS:
            texts = [one for one in test.operand if isinstance(one, str)]
            numbers = [float(one) for one in test.operand if not isinstance(one, str)]
            found = exists().where(*row, or_(CustomerAttribute.text.in_(texts), CustomerAttribute.number.in_(numbers)))
            return found if test.operator == "$in" else and_(there, not_(found))
        is_text = isinstance(test.operand, str)
        column = self.by_character(CustomerAttribute.text) if is_text else CustomerAttribute.number
        if test.operator == "$ne":
            return and_(there, not_(exists().where(*row, column == _typed(test.operand))))
        return exists().where(*row, _compared(test, column))


_FIELDS: Mapping[str, Callable[[_Builder, Test], Any]] = {
    "user.level": _Builder.level,
    "user.segments": _Builder.segments,
    "user.tags": _Builder.tags,
    "user.age": _Builder.age,
    "user.gender": _Builder.gender,
    "user.created_at": _Builder.created_at,
    "user.points": _Builder.points,
}


def _named(model: Any, values: list[str] | None) -> list[Any]:
    """Called one of these, or having one of these as its key or UUID."""
    if values is None:
        return []
    uuids = [UUID(value) for value in values if _is_uuid(value)]
    return [or_(model.name.in_(values), model.key.in_(values), model.uuid.in_(uuids))]


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _compared(test: Test, value: Any) -> Any:
    match test.operator:
        case "$eq":
            return value == _typed(test.operand)
        case "$ne":
            return value != _typed(test.operand)
        case "$in":
            return value.in_([_typed(one) for one in test.operand])
        case "$nin":
            return value.not_in([_typed(one) for one in test.operand])
    return _ORDERED[test.operator](value, _typed(test.operand))


def _typed(operand: Any) -> Any:
    """Numbers are all of one type, or the first of a list would decide for the others."""
    return operand if isinstance(operand, str) else float(operand)


def _a_second_later(moment: datetime) -> datetime:
    return moment + SECOND if moment < LATEST else LATEST
