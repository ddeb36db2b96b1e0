"""The purchase as a use case on SQLite against the same statements in raw sqlite3, both WAL and synchronous=FULL."""

import secrets
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.campaign.models.campaigns import Campaign
from app.campaign.triggers import purchases
from app.db.engine import Database
from app.db.installation import migrate
from app.organizations.scope import EVERY_CHAIN
from bench.table import Figure
from tests.world import World

PURCHASES, ROUNDS, CUSTOMERS = 700, 3, 50


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.sqlite3"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        world = World(database)
        customers = [world.a_customer(points=10**6, level=world.silver) for _ in range(CUSTOMERS)]
        codes = [f"C{i}" for i in range(PURCHASES * ROUNDS * 2 + 200)]
        campaign = world.a_campaign(codes=codes, limit=900_000_000, limit_per_customer=900_000_000)
        ours, raw = [], []
        _buy_ours(database, campaign, customers, 100)
        for _ in range(ROUNDS):
            ours.append(_buy_ours(database, campaign, customers, PURCHASES))
            raw.append(_buy_raw(path, campaign, customers, PURCHASES))
        world.require_invariants()
        database.engine.dispose()
        mine, peer = sorted(ours)[ROUNDS // 2], sorted(raw)[ROUNDS // 2]
        yield Figure(
            "SQLite: the use case / raw sqlite3",
            mine / peer,
            0.55,
            True,
            f"{mine:.0f}/s against {peer:.0f}/s, in-process",
        )


def _buy_ours(database: Database, campaign: Campaign, customers: list[Any], count: int) -> float:
    began = time.perf_counter()
    for i in range(count):
        with database.transaction() as session:
            purchases.buy(
                session, campaign.uuid, customers[i % CUSTOMERS].uuid, EVERY_CHAIN, datetime.now(UTC), None, "system"
            )
    return count / (time.perf_counter() - began)


def _buy_raw(path: Path, campaign: Campaign, customers: list[Any], count: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    began = time.perf_counter()
    for i in range(count):
        _buy_once(connection, campaign.id, campaign.uuid.hex, customers[i % CUSTOMERS])
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate


def _buy_once(connection: sqlite3.Connection, campaign: int, campaign_uuid: str, customer: Any) -> None:
    run, award, now = connection.execute, uuid.uuid4().hex, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    run("BEGIN IMMEDIATE")
    buyer, terms, cost, most = run(
        "SELECT cu.id, s.revision, c.cost, c.limit_per_customer FROM campaign c JOIN stock s ON s.campaign_id = c.id JOIN customer cu"
        " JOIN account a ON a.customer_id = cu.id LEFT JOIN usage u ON u.campaign_id = c.id AND u.customer_id = cu.id"
        " WHERE c.uuid = ? AND cu.uuid = ? AND c.lifecycle = 'live' AND s.given < s.allowed AND a.balance >= c.cost AND EXISTS"
        " (SELECT 1 FROM audience_target t JOIN level l ON l.uuid = t.uuid WHERE t.audience_id = c.audience_id AND l.id = cu.level_id)",
        (campaign_uuid, customer.uuid.hex),
    ).fetchone()
    balance, place = run(
        "UPDATE account SET balance = balance - ?, entries_count = entries_count + 1 WHERE customer_id = ? AND balance >= ?"
        " RETURNING balance, entries_count",
        (cost, buyer, cost),
    ).fetchone()
    [bought] = run(
        "INSERT INTO usage (chain_id, customer_id, campaign_id, received, in_period, period_from)"
        " VALUES (1, ?, ?, 1, 1, '0001-01-01 00:00:00.000000') ON CONFLICT (customer_id, campaign_id)"
        " DO UPDATE SET received = received + 1, in_period = in_period + 1 WHERE in_period < ? RETURNING received",
        (buyer, campaign, most),
    ).fetchone()
    coupon, code = run(
        "UPDATE coupon SET award_id = ? WHERE id = (SELECT id FROM coupon WHERE campaign_id = ? AND award_id IS NULL"
        " ORDER BY position LIMIT 1) RETURNING id, code",
        (award, campaign),
    ).fetchone()
    run(
        "INSERT INTO award (chain_id, id, campaign_id, customer_id, cause, cost, given_at) VALUES (1, ?, ?, ?, 'purchase', ?, ?)",
        (award, campaign, buyer, cost, now),
    )
    run(
        "INSERT INTO ledger_entry (chain_id, uuid, customer_id, sequence, delta, balance_after, kind, comment, issuer, award_id,"
        " created_at) VALUES (1, ?, ?, ?, ?, ?, 'bought', ?, 'system', ?, ?)",
        (uuid.uuid4().hex, buyer, place, -cost, balance, "Free coffee, coupon: " + code, award, now),
    )
    run(
        "INSERT INTO voucher (chain_id, key, campaign_id, customer_id, award_id, coupon_id, kind, code, status, amount, redeemed,"
        " superseded, created_at, claimed_at) VALUES (1, ?, ?, ?, ?, ?, 'honour', ?, 'claimed', 0, 0, 0, ?, ?)",
        (secrets.token_hex(32), campaign, buyer, award, coupon, code, now, now),
    )
    run(
        "UPDATE stock SET given = given + 1, in_period = in_period + 1, customers_count = customers_count + ?"
        " WHERE campaign_id = ? AND given < allowed AND revision = ?",
        (bought == 1, campaign, terms),
    )
    run("COMMIT")
