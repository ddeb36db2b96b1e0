"""Prepared statements: their rows have the fields that they declare."""

from typing import NamedTuple

import pytest
from sqlalchemy import literal, select

from app.db.engine import Database
from app.db.prepared import Prepared


class Pair(NamedTuple):
    first: int
    second: str


def test_rows_have_the_declared_type(database: Database) -> None:
    statement = Prepared(select(literal(1).label("first"), literal("one").label("second")), Pair)
    with database.reading() as session:
        [row] = statement.run(session, {})
    assert isinstance(row, Pair)
    assert row == Pair(1, "one")


def test_a_row_that_does_not_fit_its_statement_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match="Pair has other fields"):
        Prepared(select(literal("one").label("second"), literal(1).label("first")), Pair)
