"""PostgreSQL plans what is done all the time once, and not each time."""

import os

import pytest
from flask import Flask

from app.db.engine import Database
from tests.client import Client
from tests.world import World

PLANNED_BEFORE_IT_KNOWS = 5  # then it compares, and keeps a plan for whatever values


@pytest.mark.skipif(bool(os.environ.get("GUERDON_TEST_POOLER")), reason="A pooler knows no prepared statements.")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_sale_asks_is_planned_once(app: Flask, world: World) -> None:
    """Fails when a constant, such as the limit of one coupon, goes as a value that the planner does not see."""
    campaign = world.a_campaign(codes=[f"C{i}" for i in range(20_000)], limit=20_000, limit_per_customer=20_000)
    with world.database.engine.execution_options(without_begin=True).connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    database: Database = app.extensions["guerdon_database"]
    database.engine.dispose()
    ada = Client(app).as_login(world.ada)
    for _ in range(20):
        assert ada.post(f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy").status_code == 200
    with database.engine.execution_options(without_begin=True).connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans > 10"
        ).all()
    assert any("debited" in row.statement for row in rows)
    assert [row for row in rows if row.custom_plans > PLANNED_BEFORE_IT_KNOWS] == []
