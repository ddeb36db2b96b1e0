"""Migrations carry what was there, on both databases."""

import uuid
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from app import installation
from app.campaign import campaigns, invariants, purchases
from app.campaign.award_models import Award, Voucher
from app.campaign.awards import BY_SYSTEM
from app.campaign.interactions import interact
from app.campaign.models import Campaign
from app.database import Database
from app.members.models import ChainPermission, Customer
from app.paging import Page

NOW = "2026-11-01 10:00:00.000000"
CAMPAIGN, CUSTOMER = uuid.UUID(int=7), uuid.UUID(int=8)
SOLD, USED = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def of_version_1(database_url: str) -> Iterator[Database]:
    """A database as version 0001 left it: one campaign, one customer, two coupons bought, one of them used."""
    database = Database(database_url)
    installation.empty(database)
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0001")
    with database.transaction() as session:
        is_postgresql = database.is_postgresql
        yes, no = ("true", "false") if is_postgresql else ("1", "0")

        def key(value: uuid.UUID) -> str:
            return f"'{value}'" if is_postgresql else f"'{value.hex}'"

        for statement in (
            f"INSERT INTO level (id, uuid, name, active, condition_value, created_at) VALUES (1, {key(uuid.uuid4())}, 'silver', {yes}, 0, '{NOW}')",
            f"INSERT INTO customer (id, uuid, status, level_id, created_at, updated_at) VALUES (41, {key(CUSTOMER)}, 'active', 1, '{NOW}', '{NOW}')",
            f"INSERT INTO profile (customer_id, first_name, last_name, email, agreement1, agreement2, agreement3) VALUES (41, 'Cleo', 'C', 'c@guerdon.example', {yes}, {no}, {no})",
            "INSERT INTO headcount VALUES (1, 0, 1)",
            f"INSERT INTO login (id, uuid, role, username, active, deleted, token_version) VALUES (5, {key(uuid.uuid4())}, 'admin', 'ada', {yes}, {no}, 0)",
            "INSERT INTO account VALUES (41, 8000, 3)",
            "INSERT INTO audience (id, key) VALUES (3, 'k')",
            "INSERT INTO audience_target (audience_id, position, kind, uuid) SELECT 3, 0, 'level', uuid FROM level",
            "INSERT INTO campaign (id, uuid, permalink, name, reward, lifecycle, cost, single_coupon, unlimited, \"limit\","
            " limit_per_customer, active_from, active_to, visible_from, visible_to, audience_id, created_at) VALUES"
            f" (9, {key(CAMPAIGN)}, 'p', 'Coffee', 'gift_code', 'live', 1000, {no}, {no}, 3, 3, '0001-01-01 00:00:00.000000',"
            f" '9999-12-31 00:00:00.000000', '0001-01-01 00:00:00.000000', '9999-12-31 00:00:00.000000', 3, '{NOW}')",
            "INSERT INTO campaign_text (campaign_id, short_description) VALUES (9, 'Hot')",
            "INSERT INTO stock (campaign_id, sold, sellable, coupons_count, buyers_count, terms) VALUES (9, 2, 3, 4, 1, 1)",
            "INSERT INTO usage VALUES (41, 9, 2)",
            *(
                f"INSERT INTO coupon (id, campaign_id, code, position, purchase_id) VALUES ({i}, 9, 'C{i}', {i}, {value})"
                for i, value in enumerate((key(SOLD), key(USED), "NULL", "NULL"), 1)
            ),
            f"INSERT INTO purchase VALUES ({key(SOLD)}, 9, 41, 1, 1000, '{NOW}', NULL, 5)",
            f"INSERT INTO purchase VALUES ({key(USED)}, 9, 41, 2, 1000, '{NOW}', '2026-11-02 10:00:00.000000', NULL)",
            *(
                "INSERT INTO ledger_entry (id, uuid, customer_id, sequence, delta, balance_after, kind, issuer, purchase_id, created_at)"
                f" VALUES ({i}, {key(uuid.uuid4())}, 41, {i}, {delta}, {after}, '{kind}', 'system', {bought}, '{NOW}')"
                for i, delta, after, kind, bought in (
                    (1, 10_000, 10_000, "added", "NULL"), (2, -1_000, 9_000, "bought", key(SOLD)),
                    (3, -1_000, 8_000, "bought", key(USED)),
                )
            ),
            f"INSERT INTO audit_entry (id, at, login_id, action, subject) VALUES (1, '{NOW}', 5, 'x', '{{}}')",
            "INSERT INTO stored_answer (principal, key_sha256, fingerprint, status, effect, created_at)"
            f" VALUES ('p', 'k', 'f', 200, {key(SOLD)}, '{NOW}')",
        ):  # fmt: skip
            session.connection().exec_driver_sql(statement)
    yield database
    database.engine.dispose()


def test_purchases_become_awards_and_vouchers_and_everything_goes_on(of_version_1: Database) -> None:
    database = of_version_1
    installation.migrate(database)
    installation.require_ready(database, production=True)
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        bought = purchases.of_customer(session, 41, Page()).rows
        assert [(v.award_id, v.code, v.is_used) for v in sorted(bought, key=lambda v: str(v.code))] == [
            (SOLD, "C1", False), (USED, "C2", True),
        ]  # fmt: skip
        assert len({voucher.key for voucher in bought}) == 2
        assert all(len(voucher.key) == 64 for voucher in bought)
        assert session.query(Customer).one().profile.referral_code
        assert session.query(Campaign).one().chain_id == 1
        permission = session.query(ChainPermission).one()
        assert (permission.login_id, permission.chain_id, permission.may_write) == (5, 1, True)
    with database.transaction() as session:
        from datetime import UTC, datetime

        now = datetime.now(UTC)
        assert interact(session, 1, 9, 41, now, BY_SYSTEM).code == "C3"
        made = campaigns.create(session, campaigns.Offer("New", "gift_code", 0, ["N"]), now)
        assert made.id > 9
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        assert session.query(Award).count() == session.query(Voucher).count() == 3
        assert session.scalar(text("SELECT MAX(id) FROM ledger_entry")) == 4
