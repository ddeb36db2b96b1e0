"""Sales, points and segments of a large programme: what must not grow with customers, sales and lots.

Not in `make bench`: its world takes minutes to make.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.schema import CreateTable, DropTable

from app.loading import customers as taking_over
from app.loading import rows
from app.points import lots
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from app.segments import segments
from app.segments.criteria import Criterion
from app.segments.segments import SegmentDetails
from bench.buying import CLIENTS, SERVER
from bench.load import fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

CUSTOMERS, SALES = 1_000_000, 5_000_000
TAKEN_OVER = 100_000
REQUESTS, ROUNDS = 1_000, 3
FEW, MANY = 10, 10_000
MADE_SALES = """
WITH made AS (
  INSERT INTO sale (uuid, customer_id, number, amount, labels, bought_at, recorded_at, earned, taken_back, returned, chain_id)
  SELECT gen_random_uuid(), c.id, 'M' || n, 1500, '[]', now() - interval '1 year' * random(), now(), 0, 0, 0, 1
  FROM generate_series(1, :count) n JOIN (SELECT id, row_number() OVER (ORDER BY id) i FROM customer WHERE id > 5) c
    ON c.i = n % :customers + 1 RETURNING id)
INSERT INTO sale_item (sale_id, position, sku, name, quantity, amount, labels, earned, chain_id)
SELECT id, p, 'SKU-' || (id * 7 + p) % 1000, 'Product', 1, 500, '[]', 0, 1 FROM made, generate_series(0, 2) p
"""
COUNTED = """
INSERT INTO spending (chain_id, customer_id, transactions_count, amount, amount_without_delivery, amount_excluded_for_level)
SELECT 1, customer_id, COUNT(*), SUM(amount), SUM(amount), 0 FROM sale GROUP BY customer_id ON CONFLICT DO NOTHING
"""
LOTS = """
WITH made AS (
  INSERT INTO ledger_entry (chain_id, uuid, customer_id, sequence, delta, balance_after, kind, issuer, created_at, locked, expires_at)
  SELECT 1, gen_random_uuid(), :customer, a.entries_count + n, 100, a.balance + n * 100, 'added', 'system', now(), 0,
    now() + interval '1 year'
  FROM account a, generate_series(1, :count) n WHERE a.customer_id = :customer)
UPDATE account SET balance = balance + :count * 100, entries_count = entries_count + :count, due_at = now() + interval '1 year'
WHERE customer_id = :customer
"""
BY_HAND = """
SELECT c.id FROM customer c WHERE c.chain_id = 1 AND c.status <> 'deleted' AND EXISTS (SELECT 1 FROM sale s JOIN sale_item i
ON i.sale_id = s.id WHERE s.customer_id = c.id AND s.returns_id IS NULL AND i.sku IN ('SKU-1', 'SKU-2', 'SKU-3'))
AND COALESCE((SELECT amount FROM spending p WHERE p.customer_id = c.id), 0) BETWEEN 5000 AND 1000000000
"""
PARTS = [
    [Criterion("bought_skus", {"skuIds": ["SKU-1", "SKU-2", "SKU-3"]})],
    [Criterion("transaction_amount", {"fromAmount": 5_000, "toAmount": 1_000_000_000})],
]


def figures() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(200, 1_000)
        with shop.database.transaction() as session:
            shop.database.without_time_limit(session)
            session.execute(text(MADE_SALES), {"count": SALES, "customers": CUSTOMERS})
            session.execute(text(COUNTED))
            _rules(session, shop)
        shop.settle()
        yield _segment(shop)
        with guerdon(shop.environ, **SERVER) as server:
            yield _sales(shop, server.port)
            yield _lots(shop, server.port)
        yield _taking_over(shop)  # last: it adds customers who have few points


def _taking_over(shop: Programme) -> Figure:
    """Customers from a table, all checked, against COPY of the same rows with the same checks in the database; in turns."""
    memory: list[int] = []

    def import_them(turn: int) -> None:
        with shop.database.reading() as session:
            known = taking_over.level_ids(session, shop.world.chain_id)
        found = taking_over.take_over(
            shop.database,
            shop.world.chain_id,
            rows.read(_table(turn), known, ZoneInfo("UTC"), datetime.now(UTC)),
            datetime.now(UTC),
            progress=lambda read: memory.append(_memory()),
        )
        assert found.customers_count == TAKEN_OVER

    def copy_them(turn: int) -> None:
        """What was parsed and made ready before, so that only the database works."""
        now = datetime.now(UTC)
        with shop.database.transaction() as session:
            shop.database.without_time_limit(session)
            session.execute(CreateTable(taking_over._INCOMING))
            for batch in ready[turn]:
                taking_over._stage(session, batch)
            taken = taking_over.Taken()
            taking_over._look_for_doubles(session, taken)
            taking_over._look_for_known(session, shop.world.chain_id, taken)
            assert not taken.wrong_count
            taking_over._add(session, shop.world.chain_id, now)
            session.execute(DropTable(taking_over._INCOMING))

    turns = range(0, 2 * ROUNDS, 2)
    ready = {turn + 1: _ready(shop, turn + 1) for turn in turns}
    seconds: dict[str, list[float]] = {"imported": [], "copied": []}
    for turn in turns:
        seconds["imported"].append(_timed(lambda turn=turn: import_them(turn)))  # type: ignore[misc]
        seconds["copied"].append(_timed(lambda turn=turn: copy_them(turn + 1)))  # type: ignore[misc]
    imported, copied = (statistics.median(seconds[name]) for name in ("imported", "copied"))
    return Figure(
        f"COPY of {TAKEN_OVER:,} customers through the same checks / taking them over from a table",
        copied / imported,
        0.5,
        True,
        f"{copied:.1f} s against {imported:.1f} s; memory grew by {(max(memory) - memory[0]) >> 20} MB",
    )


def _table(turn: int) -> Iterator[str]:
    yield "firstName,lastName,email,phone,loyaltyCardNumber,birthDate,points,agreement1,city\n"
    for i in range(TAKEN_OVER):
        name = f"{turn}-{i}"
        yield f"Ann,Example,t{name}@guerdon.example,+48 {name},T{name},1980-01-02,{i % 100}.5,1,Łódź\n"


def _ready(shop: Programme, turn: int) -> list[list[dict[str, object]]]:
    now = datetime.now(UTC)
    found = [it for it in rows.read(_table(turn), {}, ZoneInfo("UTC"), now) if isinstance(it, rows.NewCustomer)]
    values = [taking_over._values(it, None, now) for it in found]
    return [values[i : i + taking_over.BATCH] for i in range(0, len(values), taking_over.BATCH)]


def _memory() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _rules(session: object, shop: Programme) -> None:
    for details in (
        RuleDetails("spending", "A point for each euro", {"points_per_unit": 100}, active=True),
        RuleDetails("product", "Product", {"skus": ["SKU-1"], "points": 100}, active=True),
        RuleDetails("product_multiplier", "Double", {"skus": ["SKU-2"], "multiplier": 200}, active=True),
    ):
        earning_rules.create(session, shop.world.chain_id, details, shop.world.now)  # type: ignore[arg-type]


def _segment(shop: Programme) -> Figure:
    """Recomputing a segment that has its members already, against the same asked in SQL written by hand, in turns."""
    with shop.database.transaction() as session:
        shop.database.without_time_limit(session)
        made = segments.create(session, shop.world.chain_id, SegmentDetails("Regulars", True, PARTS), datetime.now(UTC))
        segment_id = made.id
    shop.settle()

    def recompute() -> None:
        with shop.database.transaction() as session:
            shop.database.without_time_limit(session)
            segments.recompute(session, segment_id, datetime.now(UTC))

    def by_hand() -> None:
        with shop.database.transaction() as session:
            shop.database.without_time_limit(session)
            session.execute(text(f"CREATE TEMP TABLE found ON COMMIT DROP AS {BY_HAND}"))

    seconds = {name: statistics.median(_timed(what) for _ in range(ROUNDS)) for name, what in
               (("by hand", by_hand), ("recomputed", recompute))}  # fmt: skip
    return Figure(
        f"recomputing a segment of {CUSTOMERS:,} customers and {SALES:,} sales / SQL by hand",
        seconds["recomputed"] / seconds["by hand"],
        1.5,
        False,
        f"{seconds['recomputed'] * 1000:.0f} ms against {seconds['by hand'] * 1000:.0f} ms",
    )


def _timed(what: Callable[[], None]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _sales(shop: Programme, port: int) -> Figure:
    """A sale with five items, three rules and a segment that asks about sales, against a purchase; in turns."""
    token, customers = shop.token(), shop.customers(20_000)
    campaigns = shop.campaigns()
    made = iter(range(10**9))

    def buys() -> list[bytes]:
        path = "/api/admin/customer/{}/campaign/{}/buy"
        return [
            request(
                "POST", path.format(customers[i % 20_000][1], campaigns[i % len(campaigns)][1]), token, keep_alive=True
            )
            for i in (next(made) for _ in range(REQUESTS))
        ]

    def sells() -> list[bytes]:
        return [
            request("POST", "/api/transaction", token, _receipt(next(made), customers), keep_alive=True)
            for _ in range(REQUESTS)
        ]

    rates: dict[str, list[float]] = {"buys": [], "sells": []}
    fire(port, buys() + sells(), CLIENTS)
    for _ in range(ROUNDS):
        for name, requests in (("buys", buys()), ("sells", sells())):
            rates[name].append(fire(port, requests, CLIENTS).per_second)
    purchase, sale = (statistics.median(rates[name]) for name in ("buys", "sells"))
    return Figure(
        "a sale with five items, three rules and a segment / a purchase",
        sale / purchase,
        0.5,
        True,
        f"{sale:.0f}/s against {purchase:.0f}/s",
    )


def _receipt(i: int, customers: list[tuple[int, UUID]]) -> str:
    number = customers[i % 20_000][0]
    items = [
        {"sku": {"code": f"SKU-{(i + n) % 1000}"}, "name": "Product", "quantity": 1, "grossValue": 5} for n in range(5)
    ]
    document = {"documentType": "sell", "documentNumber": f"B{i}", "purchaseDate": "2026-11-01 12:00"}
    buyer = {"email": f"con-{number}@guerdon.example"}
    return json.dumps({"transaction": {"transactionData": document, "items": items, "customerData": buyer}})


def _lots(shop: Programme, port: int) -> Figure:
    """A purchase of a customer with many additions that expire, half of which are in the lots, against one with few; one client."""
    token, campaigns = shop.token(), shop.campaigns()
    (few, few_uuid), (many, many_uuid) = shop.customers(2)
    with shop.database.transaction() as session:
        for customer, count in ((few, FEW // 2), (many, MANY // 2)):
            session.execute(text(LOTS), {"customer": customer, "count": count})
    for customer in (few, many):
        with shop.database.transaction() as session:
            lots.bring_up_to_date(session, customer, datetime.now(UTC))
    shop.settle()
    medians: dict[UUID, list[float]] = {few_uuid: [], many_uuid: []}
    path = "/api/admin/customer/{}/campaign/{}/buy"
    for turn in range(ROUNDS * 2):
        for uuid in (few_uuid, many_uuid):
            chosen = [campaigns[(turn * 100 + i) % len(campaigns)][1] for i in range(100)]
            sent = [request("POST", path.format(uuid, campaign), token, keep_alive=True) for campaign in chosen]
            medians[uuid].append(fire(port, sent, 1).median)
    little, much = (min(medians[uuid]) for uuid in (few_uuid, many_uuid))
    return Figure(
        f"a purchase with {MANY // 2:,} lots / with {FEW // 2}",
        much / little,
        1.2,
        False,
        f"median {much * 1000:.1f} ms against {little * 1000:.1f} ms, one client",
        ((FEW, little), (MANY, much)),
    )
