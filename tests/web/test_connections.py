"""A request holds one connection to the database at a time; tests/access/test_chains_apart.py holds every call against that."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.db.engine import Database
from tests.client import one_connection_at_a_time


def test_a_second_connection_beside_the_first_is_noticed(database: Database) -> None:
    def ask(then: Callable[[], None] = lambda: None) -> None:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
            then()

    def watched(then: Callable[[], None]) -> None:
        with one_connection_at_a_time():
            ask()
            ask(then)

    watched(lambda: None)
    with pytest.raises(AssertionError, match="2 connections at once"):
        watched(ask)
