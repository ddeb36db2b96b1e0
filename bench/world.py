"""A programme to measure: one PostgreSQL, many customers and campaigns, made in bulk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import create_app
from app.db.engine import Database
from app.db.installation import migrate
from app.members import sizes
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.postgres import PrivatePostgres, private_postgres
from tests.world import World

# Registered evenly over a year, for nobody's customers all came yesterday; and born over fifty.
CUSTOMERS = """
WITH made AS (
  INSERT INTO customer (uuid, chain_id, status, level_id, is_anonymous, created_at, updated_at)
  SELECT gen_random_uuid(), 1, 'active', :level, false, now(), now() FROM generate_series(1, :count) RETURNING id)
, named AS (
  INSERT INTO profile (chain_id, customer_id, first_name, first_name_folded, last_name, last_name_folded, email, born_on,
    agreement1, agreement2, agreement3)
  SELECT 1, id, 'Con', 'con', 'Customer', 'customer', 'con-' || id || '@guerdon.example',
    date '1960-01-01' + (id * 7919 % 18000)::int, true, false, false FROM made)
, opened AS (INSERT INTO account (chain_id, customer_id, balance, entries_count) SELECT 1, id, 1000000000, 1 FROM made)
INSERT INTO ledger_entry (chain_id, uuid, customer_id, sequence, delta, balance_after, kind, issuer, created_at)
SELECT 1, gen_random_uuid(), id, 1, 1000000000, 1000000000, 'added', 'system',
  now() - interval '1 year' * (1 - row_number() OVER (ORDER BY id)::float / :count) FROM made
"""
CAMPAIGNS = """
WITH made AS (
  INSERT INTO campaign (uuid, permalink, chain_id, key, name, name_folded, kind, context, handling, reward, lifecycle, cost, single_coupon,
    unlimited, "limit", limit_in_period, limit_per_customer, weekdays, opens_second, closes_second, customer_may_claim,
    claimed_by_default, active_from, active_to, visible_from, visible_to, audience_id, opt_in_required, created_at)
  SELECT gen_random_uuid(), gen_random_uuid()::text, chain_id, 'free-coffee-of-' || n,
    'Free coffee ' || n, 'free coffee ' || n, kind, context, handling, reward,
    lifecycle, cost, single_coupon, unlimited, "limit", limit_in_period, limit_per_customer, weekdays, opens_second, closes_second,
    customer_may_claim, claimed_by_default, active_from, active_to, visible_from, visible_to, audience_id,
    opt_in_required, now()
  FROM campaign, generate_series(1, :count) n WHERE id = :model RETURNING id)
, told AS (INSERT INTO campaign_text (campaign_id, short_description) SELECT id, 'Coffee, *free*' FROM made)
, counted AS (
  INSERT INTO stock (campaign_id, given, allowed, coupons_count, customers_count, revision, period_from, in_period,
    participants_count, participants_max)
  SELECT id, 0, :codes, :codes, 0, 1, '0001-01-01', 0, 0, 1000000000 FROM made)
INSERT INTO coupon (chain_id, campaign_id, code, position) SELECT 1, id, 'C' || n, n FROM made, generate_series(1, :codes) n
"""


@dataclass
class Programme:
    """A database, and what is needed to serve it and to sign in."""

    postgres: PrivatePostgres
    database: Database
    world: World
    url: str
    storage: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"GUERDON_ENV": "test", "GUERDON_DATABASE_URL": self.url, "GUERDON_STORAGE": str(self.storage)}

    def token(self) -> str:
        app = create_app(Settings(environment="test", database_url=self.url, storage=self.storage))
        with app.app_context():
            ada = self.world.ada
            token: str = app.extensions["guerdon_identity"].token(ada, "ada", ada.uuid, datetime.now(UTC))
        app.extensions["guerdon_database"].engine.dispose()
        return token

    @contextmanager
    def bulk(self) -> Iterator[Session]:
        """A transaction for rows by the million: no trigger fires, none that checks references either, which takes half of the time.

        Not for campaigns: triggers keep their counts.
        """
        with self.database.transaction() as session:
            self.database.without_time_limit(session)
            session.execute(text("SET LOCAL session_replication_role = replica"))
            yield session

    def add_customers(self, count: int) -> None:
        with self.bulk() as session:
            session.execute(text(CUSTOMERS), {"level": self.world.silver.id, "count": count})
            sizes.recount(session)

    def add_campaigns(self, count: int, codes: int) -> None:
        """Campaigns like one that Cleo can buy, each with a pool of its own."""
        model = self.world.a_campaign(limit=900_000_000, limit_per_customer=900_000_000, codes=["MODEL"])
        with self.database.transaction() as session:
            self.database.without_time_limit(session)
            session.execute(text(CAMPAIGNS), {"model": model.id, "count": count, "codes": codes})
            session.execute(text("UPDATE campaign SET lifecycle = 'paused' WHERE id = :model"), {"model": model.id})

    def settle(self) -> None:
        """Let the database take stock, as autovacuum does in time."""
        with self.database.engine.execution_options(without_begin=True).connect() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")

    def customers(self, count: int) -> list[tuple[int, UUID]]:
        query = text("SELECT id, uuid FROM customer ORDER BY id DESC LIMIT :count")
        with self.database.reading() as session:
            return [(row.id, row.uuid) for row in session.execute(query, {"count": count})]

    def campaigns(self) -> list[tuple[int, UUID]]:
        with self.database.reading() as session:
            return [
                (r.id, r.uuid)
                for r in session.execute(text("SELECT id, uuid FROM campaign WHERE lifecycle='live' ORDER BY id"))
            ]


@contextmanager
def programme() -> Iterator[Programme]:
    """An empty programme on a private server with the defaults of PostgreSQL and synchronous_commit=on."""
    with private_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        url = f"postgresql+psycopg://{postgres.dsn_user_host()}/postgres"
        database = Database(url)
        migrate(database)
        rotate_keys(Path(folder) / "keys" / "jwt.pem")
        yield Programme(postgres, database, World(database), url, Path(folder))
        database.engine.dispose()
