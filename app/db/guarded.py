"""Guarded changes: several steps that are made as a whole, or not at all, each of which succeeds only if its guard holds.

PostgreSQL gets them as one data-modifying statement, where each reads what an earlier one returned: a round trip costs more than a
change. SQLite, which has no round trips and no such statements, gets them one by one; there each reads from the table what an
earlier one has left. Both are built from the same steps.

A step returns a row, or its guard has failed. Then the whole fails, nothing is kept, and the caller decides again on new facts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from psycopg.errors import DivisionByZero
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    ScalarSelect,
    String,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.dml import UpdateBase

from app.db.engine import TryAgain
from app.db.prepared import Executor, Prepared, is_postgresql
from app.db.types import AnyColumn, AnySelect, UtcDateTime

Condition = ColumnElement[bool]
Change = UpdateBase | AnySelect
Result = TypeVar("Result")


class GuardFailed(TryAgain):
    """Between the decision and the change somebody else was faster; decide again on the new facts."""

    def __init__(self) -> None:
        super().__init__("another request or a change of the campaign came first")


def insert_into(dialect: ModuleType, model: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what becomes of it `on conflict`."""
    return postgresql.insert(model) if dialect is postgresql else sqlite.insert(model)


# The parameters of statements that are built of steps. No parameter may be named like a column that its statement sets.
def integer(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger())


def string(name: str) -> BindParameter[str]:
    return bindparam(name, type_=String())


def moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


def inserted(
    model: type[DeclarativeBase],
    columns: Mapping[str, AnyColumn],
    *conditions: Condition,
    returning: InstrumentedAttribute[int] | InstrumentedAttribute[UUID],
    source: FromClause | None = None,
) -> Change:
    """One row for each of `source`, or one; with these columns, where the conditions hold."""
    row = select(*columns.values())
    row = row if source is None else row.select_from(source)
    values = row.where(true(), *conditions)
    return insert(model).from_select(list(columns), values, include_defaults=False).returning(returning)


class EarlierSteps:
    """The steps so far, for the next one: the database's dialect, and what earlier steps have done."""

    def __init__(self, dialect: ModuleType) -> None:
        self.dialect = dialect  # `postgresql` or `sqlite`
        # That the step before succeeded; where the steps come one by one, there is nothing to ask.
        self.succeeded: tuple[Condition, ...] = ()
        self._rows: dict[str, FromClause] = {}

    def rows(self, name: str) -> FromClause:
        """What the step of this name returned; or, where the steps come one by one, what it left behind."""
        return self._rows[name]

    def has(self, name: str) -> bool:
        return name in self._rows

    def note(self, name: str, rows: FromClause) -> None:
        self._rows[name] = rows


class Step:
    """One change. `name` is unique among the steps of a whole, and names its rows for those behind it.

    `rows_count` is the parameter that says how many rows it returns if its guard holds; one or more where there is no such parameter.
    A step that `may_be_empty` has no guard: it returns any number of rows, and those behind it ask the one before it as well.
    """

    rows_count: ClassVar[str | None] = None
    may_be_empty: ClassVar[bool] = False

    @property
    def name(self) -> str:
        raise NotImplementedError

    def change(self, earlier: EarlierSteps) -> Change:
        """The statement, which returns a row if its guard holds. It asks for `earlier.succeeded` as well."""
        raise NotImplementedError

    def left_behind(self) -> AnySelect | None:
        """Where its rows are found afterwards, if a later step needs them."""
        return None


class GuardedChange(Generic[Result]):
    """Steps that are made as a whole. `result` is a step and one of its columns, which is what `make` returns."""

    def __init__(self, steps: Sequence[Step], result: tuple[str, str] | None = None) -> None:
        names = [step.name for step in steps]
        assert len(set(names)) == len(names), f"two steps have one name: {names}"
        self._steps, self._result = steps, result
        self._whole: Prepared[Any] | None = None
        self._parts: list[Prepared[Any]] | None = None

    def make(self, executor: Executor, parameters: Mapping[str, object]) -> Result | None:
        """Make all changes, and return the result, if one is wanted. Raises GuardFailed: nothing of the transaction may be kept."""
        return (self._at_once if is_postgresql(executor) else self._one_by_one)(executor, parameters)

    def _at_once(self, executor: Executor, parameters: Mapping[str, object]) -> Result | None:
        self._whole = self._whole or Prepared(self.on_postgresql())
        try:
            [row] = self._whole.run(executor, parameters)
        except DivisionByZero as e:
            raise GuardFailed from e
        return row.result if self._result else None

    def _one_by_one(self, executor: Executor, parameters: Mapping[str, object]) -> Result | None:
        self._parts = self._parts or [Prepared(statement) for statement in self.on_sqlite()]
        result: Result | None = None
        for step, statement in zip(self._steps, self._parts, strict=True):
            rows = statement.run(executor, parameters)
            wanted = parameters[step.rows_count] if step.rows_count else len(rows) or 1
            if len(rows) != wanted and not step.may_be_empty:
                raise GuardFailed
            if self._result and step.name == self._result[0]:
                result = getattr(rows[0], self._result[1])
        return result

    def on_postgresql(self) -> AnySelect:
        """All steps as one statement, which fails as a whole when a guard fails.

        It divides by the rows that the last step returned, which is one or none.
        """
        earlier, last = EarlierSteps(postgresql), None
        for step in self._steps:
            last = step.change(earlier).cte(step.name)
            if step.may_be_empty:
                # Always so; but whoever asks waits for it, and what nobody asks for comes after the hottest row.
                earlier.succeeded = (*earlier.succeeded, _count(last) >= 0)
            elif step.rows_count:
                earlier.succeeded = (_count(last) == bindparam(step.rows_count, type_=BigInteger()),)
            else:
                earlier.succeeded = (exists(select(literal(1)).select_from(last)),)
            earlier.note(step.name, last)
        assert last is not None, "a change has at least one step"
        assert step.rows_count is None, "and ends with one that returns a row"
        assert not step.may_be_empty, "which says whether the whole succeeded"
        columns: list[Any] = [(literal(1) // _count(last)).label("whole")]
        if self._result:
            step_name, column = self._result
            columns.insert(0, select(earlier.rows(step_name).c[column]).scalar_subquery().label("result"))
        return select(*columns)

    def on_sqlite(self) -> list[Change]:
        """The steps as statements of their own."""
        earlier, statements = EarlierSteps(sqlite), []
        for step in self._steps:
            statements.append(step.change(earlier))
            left_behind = step.left_behind()
            if left_behind is not None:
                earlier.note(step.name, left_behind.subquery(step.name))
        return statements


def _count(rows: FromClause) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows).scalar_subquery()
