"""Prepared statements: built once, compiled once for each kind of database, given straight to the driver."""

import sys
import threading
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

import psycopg
from psycopg.types.numeric import Int8
from sqlalchemy import BindParameter, Dialect, Double, Integer
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import ReturnsRows

# What prepared statements run on: a session, or the bare connection where nothing else is needed.
Executor = Session | Connection


def is_postgresql(executor: Executor) -> bool:
    return (executor.get_bind() if isinstance(executor, Session) else executor).dialect.name == "postgresql"


def dialect_of(executor: Executor) -> ModuleType:
    """SQLAlchemy's `postgresql` or `sqlite`, for what each says in its own way."""
    return postgresql if is_postgresql(executor) else sqlite


def is_autocommit(executor: Executor) -> bool:
    """Each statement on this executor is a transaction of its own."""
    if isinstance(executor, Session) or executor.dialect.name != "postgresql":
        return False
    raw = cast(Any, executor.connection.driver_connection)
    return bool(raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE)


@contextmanager
def atomic(executor: Executor) -> Iterator[None]:
    """What follows on this executor is made as a whole, even where each statement would be a transaction of its own."""
    if is_autocommit(executor):
        with cast(Any, executor).connection.driver_connection.transaction():
            yield
    else:
        yield


Row = TypeVar("Row")


class Prepared(Generic[Row]):
    """A statement with rows, built once at import, compiled once for each kind of database, and run with parameters.

    Building, compiling and dispatching a statement costs more than running it, so the hot paths keep theirs, and
    give them straight to the driver. `row` is the NamedTuple of its rows, with a field for each column; without one, they are made
    up, and nobody knows their types. What the statement was built with is written out in it; unless it `keeps_values` as parameters,
    as all do that are built with what people have written: then each of `parameters` was built with a value, if only None.
    """

    def __init__(self, statement: ReturnsRows, row: type[Row] | None = None, keeps_values: bool = False) -> None:
        columns = tuple(statement.exported_columns.keys())
        if row is not None and columns != cast(Any, row)._fields:
            raise TypeError(f"{row.__name__} has other fields than the statement has columns: {columns}")
        self._statement, self._keeps_values = statement, keeps_values
        self._row: Any = row or namedtuple("Row", columns, rename=True)
        self._compiled: dict[str, _Compiled] = {}

    def run(self, executor: Executor, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows, with the columns as attributes."""
        connection = executor.connection() if isinstance(executor, Session) else executor
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        raw = cast(Any, connection.connection.driver_connection)
        values = compiled.bound(parameters)
        if connection.dialect.name == "postgresql":
            # Prepared at once; and raw: psycopg would look for parameters in each long statement anew. sqlite3 keeps what
            # it has compiled anyway.
            rows = psycopg.RawCursor(raw).execute(compiled.sql, compiled.in_order(values), prepare=True).fetchall()
        else:
            rows = raw.execute(compiled.sql, values).fetchall()
        return [compiled.row(row) for row in rows]

    def _compile(self, dialect: Dialect) -> "_Compiled":
        dialect = cast(Any, type(dialect))(paramstyle="named" if dialect.name == "sqlite" else "numeric_dollar")
        compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect, self._row, self._keeps_values)
        return compiled


COMPILER_DEPTH = 20_000


_compiling = threading.Lock()


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python call deeper for a moment: a statement of a hundred nested changes is written by as many nested calls."""
    with _compiling:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(max(usual, COMPILER_DEPTH))
        try:
            yield
        finally:
            sys.setrecursionlimit(usual)


def _with_constants(compiler: type[SQLCompiler]) -> type[SQLCompiler]:
    """A compiler that writes out what is the same each time, such as `LIMIT 1`, so that the planner sees it.

    Of a limit that is a parameter PostgreSQL expects a tenth of all rows, finds every plan for unknown values too costly, and plans
    the statement anew each time: a third of the time that it takes.
    """

    class WithConstants(compiler):  # type: ignore[misc, valid-type]
        def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kw: Any) -> str:
            if bindparam.required or bindparam.expanding or bindparam.value is None or bindparam.callable:
                return str(super().visit_bindparam(bindparam, *args, **kw))
            return str(self.render_literal_bindparam(bindparam))

    return WithConstants


class _Compiled:
    """A statement as text for one driver, and how its values go there and come back."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect, row: Any, keeps_values: bool) -> None:
        if not keeps_values:
            dialect.statement_compiler = _with_constants(dialect.statement_compiler)
        with _deep():
            compiled = statement.compile(dialect=dialect)
        columns = statement.exported_columns
        types = {name: parameter.type for parameter, name in compiled.bind_names.items()}
        self.sql, self._defaults = str(compiled), dict(compiled.params)
        self._order: Sequence[str] = compiled.positiontup or ()
        if keeps_values:  # each value of a list becomes a parameter of its own
            expanded = compiled.construct_expanded_state()
            self.sql, self._defaults = expanded.statement, dict(expanded.parameters)
            self._order = expanded.positiontup or ()
            types |= {it: types[name] for name, each in expanded.parameter_expansion.items() for it in each}
            types = {name: types[name] for name in self._defaults}
        self._wholes = [isinstance(types[name], Integer) for name in self._order]
        # By name: one parameter may stand in several places.
        converters = {name: type_.dialect_impl(dialect).bind_processor(dialect) for name, type_ in types.items()}
        self._into = [(name, convert) for name, convert in converters.items() if convert is not None]
        processors = [  # floats come as floats from both drivers
            None if isinstance(it.type, Double) else it.type.dialect_impl(dialect).result_processor(dialect, None)
            for it in columns
        ]
        self._out_of = [(i, convert) for i, convert in enumerate(processors) if convert is not None]
        self._make = row._make

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        values = {**self._defaults, **parameters}
        for name, convert in self._into:
            values[name] = convert(values[name])
        return values

    def in_order(self, values: dict[str, Any]) -> list[Any]:
        """The values of `$1`, `$2` and so on. Numbers go as BIGINT, however small: else each size would be a statement of its own."""
        sent = [values[name] for name in self._order]
        return [
            Int8(value) if is_whole and type(value) is int else value
            for value, is_whole in zip(sent, self._wholes, strict=True)
        ]

    def row(self, values: Sequence[Any]) -> Any:
        converted = list(values)
        for i, convert in self._out_of:
            converted[i] = convert(converted[i])
        return self._make(converted)
