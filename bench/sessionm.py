"""SessionM's calls: events against the Open Loyalty purchase, lists among few and many campaigns; and who qualifies, for `screens`."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import clock
from app.access import tokens
from app.campaign.audience import audiences, visibility_sql
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.members.models import Customer
from app.organizations import chains
from bench.buying import CLIENTS, SERVER
from bench.load import fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

CUSTOMERS, CAMPAIGNS, CODES, LISTENING = 5_000, 200, 200, 100
REQUESTS, WARM_UP, ROUNDS = 1_200, 500, 3
FEW_CAMPAIGNS, MANY_CAMPAIGNS, LIST_REQUESTS = 100, 10_000, 50
ASKED = 7
HOSTNAME = "bench.guerdon.example"
# Campaigns like a model, each with a behavior of its own and a tile. A third is for everybody, a third for who has the tag
# `vip`, and a third each for who has a tag of its own.
CAMPAIGNS_WITH_BEHAVIORS = """
WITH made AS (
  INSERT INTO campaign (uuid, permalink, chain_id, key, name, name_folded, kind, context, handling, lifecycle, cost, single_coupon,
    unlimited, "limit", limit_in_period, limit_per_customer, weekdays, opens_second, closes_second, customer_may_claim,
    claimed_by_default, active_from, active_to, visible_from, visible_to, audience_id, opt_in_required, targeting_id, created_at)
  SELECT gen_random_uuid(), gen_random_uuid()::text, chain_id, 'visits-of-' || n,
    'Visits ' || n, 'visits ' || n, kind, context, handling, lifecycle, cost,
    single_coupon, unlimited, "limit", limit_in_period, limit_per_customer, weekdays, opens_second, closes_second,
    customer_may_claim, claimed_by_default, active_from, active_to, visible_from, visible_to, audience_id, opt_in_required,
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN :vip ELSE :first_own + n END, now()
  FROM campaign, generate_series(1, :count) n WHERE id = :model RETURNING id)
, told AS (INSERT INTO campaign_text (campaign_id) SELECT id FROM made)
, counted AS (
  INSERT INTO stock (campaign_id, given, allowed, coupons_count, customers_count, revision, period_from, in_period,
    participants_count, participants_max)
  SELECT id, 0, 1000000000, 0, 0, 1, '0001-01-01', 0, 0, 1000000000 FROM made)
, drawn AS (
  INSERT INTO creative (campaign_id, group_id, kind, content, tracks_clicks, closed)
  SELECT id, id, 'internal_tile', '{"message": {"header": "Visits"}}', true, false FROM made)
, behaved AS (
  INSERT INTO behavior (uuid, campaign_id, position, name, event_name, kind, points, times_max, per_period_max,
    period_seconds, closed, is_rewarded)
  SELECT gen_random_uuid(), id, 0, 'Visits', 'visit ' || id, 'count', 0, 1000000000, 1000000000, 7776000, false, false FROM made
  RETURNING id, event_name)
INSERT INTO goal (behavior_id, position, event_name, kind, points, earn_count, required, group_key, group_wanted, consecutive)
SELECT id, 0, event_name, 'count', 0, 5, true, '0', 1, false FROM behaved
"""
OWN_TARGETINGS = """
WITH made AS (
  INSERT INTO targeting (id, key, tree)
  SELECT :first_own + n, 'own ' || n, ('{"user.tags": {"$in": ["own ' || n || '"]}}')::json FROM generate_series(1, :count) n
  RETURNING id)
INSERT INTO targeting_key (field, value, targeting_id) SELECT 'user.tags', 'own ' || (id - :first_own), id FROM made
"""
FIRST_OWN = 1_000_000
TREE = {
    "$and": [
        {"user.tags": {"$in": ["vip", "gold"]}},
        {"user.tags": {"$not": {"$in": ["away"]}}},
        {"user.age": {"$gte": 30}},
    ]
}
BY_HAND = """
SELECT count(*) FROM customer c JOIN profile p ON p.customer_id = c.id
WHERE c.chain_id = 1 AND c.status = 'active' AND p.born_on <= current_date - interval '30 years'
  AND EXISTS (SELECT 1 FROM customer_tag t WHERE t.customer_id = c.id AND t.name IN ('vip', 'gold')
    AND (t.expires_at IS NULL OR t.expires_at > now()))
  AND NOT EXISTS (SELECT 1 FROM customer_tag t WHERE t.customer_id = c.id AND t.name = 'away'
    AND (t.expires_at IS NULL OR t.expires_at > now()))
"""


def figures() -> Iterator[Figure]:
    yield from _events()
    yield _lists()


def application(shop: Programme) -> tuple[str, str]:
    """An api key of the first chain and its secret."""
    with shop.database.transaction() as session:
        host = chains.set_app(session, HOSTNAME, chains.first(session))
        return host.api_key, tokens.create_token(session, "bench", host, True, shop.world.now)[1]


def _visits(count: int, points: int, event: str) -> BehaviorSpec:
    return BehaviorSpec("Visits", [GoalSpec(event, count)], points=points)


def _events() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, CODES)
        for_sale, customers = shop.campaigns(), shop.customers(CUSTOMERS)
        for event, count, campaigns in (("tenth", 10, 1), ("each", 1, 1), ("many", 10, LISTENING)):
            for _ in range(campaigns):
                shop.world.a_reward_campaign(context="event", behaviors=[_visits(count, 500, event)])
        ada, (api_key, secret) = shop.token(), application(shop)

        def buy() -> bytes:
            path = f"/api/admin/customer/{random.choice(customers)[1]}/campaign/{random.choice(for_sale)[1]}/buy"
            return request("POST", path, ada)

        def tell(event: str) -> Callable[[], bytes]:
            def one() -> bytes:
                body = json.dumps({"events": {event: {"transaction_id": str(uuid.uuid4())}}})
                path = f"/priv/v1/apps/{api_key}/users/{random.choice(customers)[1]}/events"
                return request("POST", path, secret, body)

            return one

        kinds = {"buy": buy, "tenth": tell("tenth"), "each": tell("each")}
        rates: dict[str, list[float]] = {name: [] for name in kinds}
        medians: dict[str, list[float]] = {"tenth": [], "many": []}
        with guerdon(shop.environ, **SERVER) as server:
            for make in kinds.values():
                fire(server.port, [make() for _ in range(WARM_UP)], CLIENTS)
            fire(server.port, [tell("many")() for _ in range(WARM_UP // 10)], CLIENTS)
            shop.settle()
            for _ in range(ROUNDS):
                for name, make in kinds.items():
                    rates[name].append(_fired(server.port, name, [make() for _ in range(REQUESTS)], CLIENTS).per_second)
                for name in medians:
                    alone = [tell(name)() for _ in range(LIST_REQUESTS)]
                    medians[name].append(_fired(server.port, name, alone, 1).median * 1000)
        shop.world.require_invariants()
    rate = {name: sorted(found)[ROUNDS // 2] for name, found in rates.items()}
    median = {name: sorted(found)[ROUNDS // 2] for name, found in medians.items()}
    for name, what in (
        ("tenth", "an event, every tenth rewarded with points / Open Loyalty buy"),
        ("each", "an event, each rewarded with points / Open Loyalty buy"),
    ):
        yield Figure(
            what,
            rate[name] / rate["buy"],
            0.8,
            True,
            f"{rate[name]:.0f}/s against {rate['buy']:.0f}/s, medians of {ROUNDS} rounds",
        )
    yield Figure(
        f"an event, {LISTENING} campaigns listen / 1 listens",
        median["many"] / median["tenth"],
        3,
        False,
        f"median {median['many']:.1f} ms against {median['tenth']:.1f} ms, one client",
        ((1, median["tenth"]), (LISTENING, median["many"])),
    )


def _fired(port: int, name: str, requests: list[bytes], clients: int):  # type: ignore[no-untyped-def]
    outcome = fire(port, requests, clients)
    if outcome.statuses.keys() != {200}:
        raise RuntimeError(f"{name}: {outcome.statuses}")
    return outcome


def _lists() -> Figure:
    with programme() as few, programme() as many:
        for shop, count in ((few, FEW_CAMPAIGNS), (many, MANY_CAMPAIGNS)):
            shop.add_customers(1_000)
            _add_campaigns(shop, count)
            shop.settle()
        medians: dict[int, list[float]] = {FEW_CAMPAIGNS: [], MANY_CAMPAIGNS: []}
        with guerdon(few.environ, workers=1, threads=2) as one, guerdon(many.environ, workers=1, threads=2) as two:
            asked = {FEW_CAMPAIGNS: (few, one), MANY_CAMPAIGNS: (many, two)}
            requests = {count: _list_request(shop) for count, (shop, _) in asked.items()}
            for _ in range(ROUNDS):
                for count, (_, server) in asked.items():
                    outcome = _fired(server.port, "list", [requests[count]] * LIST_REQUESTS, 1)
                    medians[count].append(outcome.median * 1000)
    small, large = (sorted(medians[count])[ROUNDS // 2] for count in (FEW_CAMPAIGNS, MANY_CAMPAIGNS))
    return Figure(
        f"V2 list, page of 20, {MANY_CAMPAIGNS:,} live campaigns / {FEW_CAMPAIGNS}",
        large / small,
        1.5,
        False,
        f"median {large:.1f} ms against {small:.1f} ms, one client",
        ((FEW_CAMPAIGNS, small), (MANY_CAMPAIGNS, large)),
    )


def _list_request(shop: Programme) -> bytes:
    api_key, secret = application(shop)
    place = f"/priv/v2/apps/{api_key}/users/{shop.world.cleo.uuid}/campaigns"
    return request("GET", f"{place}?sections=behaviors,progress&creatives=tile", secret)


def _add_campaigns(shop: Programme, count: int) -> None:
    model = shop.world.a_reward_campaign(context="event", behaviors=[_visits(5, 0, "visit")])
    with shop.database.transaction() as session:
        shop.database.without_time_limit(session)
        vip = audiences.targeting_of(session, {"user.tags": {"$in": ["vip"]}}).id
        session.execute(text(OWN_TARGETINGS), {"first_own": FIRST_OWN, "count": count})
        details = {"model": model.id, "count": count, "vip": vip, "first_own": FIRST_OWN}
        session.execute(text(CAMPAIGNS_WITH_BEHAVIORS), details)
        session.execute(text("UPDATE campaign SET lifecycle = 'paused' WHERE id = :model"), {"model": model.id})
        _tag(session, shop.world.cleo.id, ["vip", "own 2", "own 5"])


def _tag(session: Session, customer_id: int, names: list[str]) -> None:
    for name in names:
        session.execute(
            text("INSERT INTO customer_tag (chain_id, customer_id, name, count) VALUES (1, :id, :name, 1)"),
            {"id": customer_id, "name": name},
        )


def who_qualifies(shop: Programme) -> Figure:
    """Among the many customers of a programme; both count, in turn, so that both meet the same machine."""
    with shop.bulk() as session:
        for name, every in (("vip", 4), ("gold", 10), ("away", 7), ("other", 2)):
            tagged = "INSERT INTO customer_tag (chain_id, customer_id, name, count)"
            tagged += " SELECT 1, id, :name, 1 FROM customer WHERE id % :every = 0"
            session.execute(text(tagged), {"name": name, "every": every})
    campaign = shop.world.a_reward_campaign(restrictions=TREE)
    shop.settle()
    took: dict[str, list[float]] = {"ours": [], "by hand": []}
    counts = set()
    with shop.database.reading() as session:
        shop.database.without_time_limit(session)
        for _ in range(ASKED):
            began = time.perf_counter()
            condition = visibility_sql.qualifying(session, campaign.id, clock.now())
            counts.add(session.scalar(select(func.count()).select_from(Customer).where(condition)))
            took["ours"].append(time.perf_counter() - began)
            began = time.perf_counter()
            counts.add(session.scalar(text(BY_HAND)))
            took["by hand"].append(time.perf_counter() - began)
    if len(counts) != 1:
        raise RuntimeError(f"both ask the same, and count {counts}")
    ours, by_hand = (sorted(took[name])[ASKED // 2] * 1000 for name in ("ours", "by hand"))
    return Figure(
        "who qualifies among 1,000,000 customers / SQL by hand",
        ours / by_hand,
        2,
        False,
        f"{ours:.0f} ms against {by_hand:.0f} ms, {counts.pop():,} customers",
    )
