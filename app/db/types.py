"""The types that both databases share, and the root of every model."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Text,
    Uuid,
    cast,
    text,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import Table
from sqlalchemy.sql import SQLColumnExpression
from sqlalchemy.types import TypeDecorator

from app.text import written

# Of whatever types: for SQL that is built from parts, where no one type is known.
AnyColumn = ColumnElement[Any]
AnySelect = Select[*tuple[Any, ...]]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, microseconds; text that sorts by time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=UTC)


class Written(TypeDecorator[str]):
    """An identifier or a code, kept and compared in its written form, through whatever door it came. Nothing is NULL: no identity."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else written(value) or None


class WrittenSmall(Written):
    """The same where capitals do not count: e-mail addresses, user names, host names."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else written(value).lower() or None


class WordList(TypeDecorator[Sequence[str]]):
    """A few words of a known vocabulary, none of which is a part of another: SQL asks for one with `holds`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sequence[str] | None:
        return None if value is None else tuple(value.split())


def holds(words: SQLColumnExpression[Any], word: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a column of WordList has the word of another column."""
    return type_coerce(words, String).contains(word)


# SQLite's STRICT tables know five types only; SQLAlchemy's usual names for these are refused there.
for _type, _name in {
    BigInteger: "INTEGER",
    Integer: "INTEGER",
    Boolean: "INTEGER",
    Double: "REAL",
    LargeBinary: "BLOB",
    Date: "TEXT",
    DateTime: "TEXT",
    JSON: "TEXT",
    String: "TEXT",
    Text: "TEXT",
    Uuid: "TEXT",
}.items():
    compiles(_type, "sqlite")(lambda type_, compiler, name=_name, **kw: name)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index of some rows only: the others cost nothing, and lure no planner."""
    return Index(name, *columns, unique=True, postgresql_where=text(where), sqlite_where=text(where))


def by_letters(*columns: str) -> dict[str, str]:
    """For PostgreSQL's indexes: these columns by their letters, whatever the database's language sorts by."""
    return dict.fromkeys(columns, "text_pattern_ops")


CELL_IDS = (
    10**12
)  # ids that one installation has to give, see `app.cells.numbers`; within them, later rows have higher ones

# Allotted by the database: BIGINT on PostgreSQL, the row id on SQLite.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class OfChain:
    """A row of what grows with customers or codes: it says itself to which chain it belongs, so that no other row need be asked.

    Without a foreign key: each purchase would lock the chain's row. `check-invariants` compares it with the chain of the row's owner.
    """

    chain_id: Mapped[int] = mapped_column(BigInteger, sort_order=100)


class Base(DeclarativeBase):
    """The root of every model; names every constraint, and makes SQLite's tables strict."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        table = getattr(cls, "__table__", None)
        if isinstance(table, Table):
            table.dialect_options["sqlite"]["strict"] = True


def as_stored(column: AnyColumn) -> AnyColumn:
    """The text of a JSON column, for what is compared more often than read; see `read_stored`."""
    return cast(column, String)


def read_stored(text: str) -> Any:
    """What the text of a JSON column says."""
    return json.loads(text)
