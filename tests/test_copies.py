"""Whatever a test does to its PostgreSQL database, the next one finds it as its template is."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.conftest import WORLD_TEMPLATE
from tests.copies import Copies
from tests.postgres import direct
from tests.world import World

DEFINITIONS = (
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY 1, 2",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 3",
    "SELECT tgrelid::regclass::text, tgenabled, count(*) FROM pg_trigger GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT sequencename, cache_size, increment_by FROM pg_sequences ORDER BY 1",
    "SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
)


def connected(url: str | URL) -> "psycopg.Connection[tuple[Any, ...]]":
    own = direct(make_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(own, autocommit=True)


def all_of(url: str | URL) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, where every sequence stands, and how everything is defined."""
    with connected(url) as connection:
        found = {query: connection.execute(query.encode()).fetchall() for query in DEFINITIONS}
        for view, order in (("pg_tables", "tablename"), ("pg_sequences", "sequencename")):
            names = connection.execute(f"SELECT {order} FROM {view} WHERE schemaname = 'public'".encode()).fetchall()
            for (name,) in names:
                what = sql.SQL("last_value, is_called" if order == "sequencename" else "*")
                rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(what, sql.Identifier(name))).fetchall()
                found[name] = sorted(rows, key=repr)
        return found


CHANGES = {
    "a row": "UPDATE profile SET first_name = 'Otto' WHERE customer_id = (SELECT max(customer_id) FROM profile)",
    "no row": "DELETE FROM profile WHERE customer_id = (SELECT max(customer_id) FROM profile)",
    "rows": "INSERT INTO clock_job (name, due_at) SELECT i, now() FROM generate_series(1, 3) i",
    "many rows": "INSERT INTO clock_job (name, due_at) SELECT i, now() FROM generate_series(1, 3000) i",
    "a number": "SELECT nextval('customer_id_seq')",
    "a sequence": "ALTER SEQUENCE customer_id_seq CACHE 5",
    "a function": "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "a view": "DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW finance_balance AS '"
    " || rtrim(pg_get_viewdef('finance_balance'), ';') || ' LIMIT 0'; END $$",
    "a constraint": "ALTER TABLE profile ADD CONSTRAINT broken CHECK (true)",
    "no triggers": "ALTER TABLE profile DISABLE TRIGGER ALL",
    "an index": "CREATE INDEX other ON profile (gender)",
    "a setting": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1', current_database()); END $$",
    "no connection": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_is_put_back(postgres_world: tuple[URL, World], copies: Copies, change: str) -> None:
    before = all_of(copies.fresh(WORLD_TEMPLATE, "another"))
    with connected(copies.fresh(WORLD_TEMPLATE, "another")) as connection:
        connection.execute(change.encode())
    assert all_of(copies.fresh(WORLD_TEMPLATE, "another")) == before


def test_who_is_in_the_middle_of_something_is_cut_off(postgres_world: tuple[URL, World], copies: Copies) -> None:
    with connected(copies.fresh(WORLD_TEMPLATE, "another")) as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE profile SET first_name = 'Otto'")
        copies.fresh(WORLD_TEMPLATE, "another")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("COMMIT")
