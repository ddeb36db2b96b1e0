"""Spaaza's calls: interactions against the Open Loyalty purchase in the same run, claims among few and many vouchers."""

import random
from collections.abc import Callable, Iterator

from sqlalchemy import text

from app.access import tokens
from app.organizations import chains
from bench.buying import CLIENTS, SERVER
from bench.load import fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon
from tests.world import nothing, points, voucher

CUSTOMERS, CAMPAIGNS, CODES = 5_000, 200, 200
REQUESTS, WARM_UP, ROUNDS = 1_200, 500, 3
FEW_VOUCHERS, MANY_VOUCHERS, CLAIMS = 1_000, 1_000_000, 150
HOSTNAME = "bench.guerdon.example"
VOUCHERS = """
INSERT INTO voucher (chain_id, key, campaign_id, customer_id, kind, status, amount, redeemed, superseded, created_at)
SELECT 1, replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), :campaign, :first - n % :customers, 'basket',
  'generated', 500, 0, false, now() FROM generate_series(1, :count) n
"""


def figures() -> Iterator[Figure]:
    yield from _interactions()
    yield _claims()


def partner(shop: Programme) -> str:
    """A token of a partner of the first chain."""
    with shop.database.transaction() as session:
        host = chains.set_app(session, HOSTNAME, chains.first(session))
        return tokens.create_token(session, "bench", host, True, shop.world.now)[1]


def _interactions() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, CODES)
        for_sale, customers = shop.campaigns(), shop.customers(CUSTOMERS)
        unlimited = {"limit_per_customer": 900_000_000}
        giving = [shop.world.a_reward_campaign(points(5), **unlimited).id for _ in range(CAMPAIGNS)]
        prizes = [
            voucher(5, weight=1),
            points(1, weight=9),
            points(2, weight=20),
            points(3, weight=30),
            nothing(weight=40),
        ]
        drawing = [
            shop.world.a_reward_campaign(*prizes, handling="random_draw", **unlimited).id for _ in range(CAMPAIGNS)
        ]
        ada, till = shop.token(), partner(shop)

        def buy() -> bytes:
            path = f"/api/admin/customer/{random.choice(customers)[1]}/campaign/{random.choice(for_sale)[1]}/buy"
            return request("POST", path, ada)

        def interact(campaigns: list[int]) -> Callable[[], bytes]:
            def one() -> bytes:
                asked = f"campaign_id={random.choice(campaigns)}&user_id={random.choice(customers)[0]}"
                return request("GET", f"/interact-campaign?{asked}", till)

            return one

        kinds = {
            "buy": buy,
            "points": interact(giving),
            "draw": interact(drawing),
            "hot points": interact(giving[:1]),
            "hot draw": interact(drawing[:1]),
        }
        rates: dict[str, list[float]] = {name: [] for name in kinds}
        with guerdon(shop.environ, **SERVER) as server:
            for make in kinds.values():
                fire(server.port, [make() for _ in range(WARM_UP)], CLIENTS)
            shop.settle()
            for _ in range(ROUNDS):
                for name, make in kinds.items():
                    outcome = fire(server.port, [make() for _ in range(REQUESTS)], CLIENTS)
                    if outcome.statuses.keys() != {200}:
                        raise RuntimeError(f"{name}: {outcome.statuses}")
                    rates[name].append(outcome.per_second)
        shop.world.require_invariants()
    median = {name: sorted(found)[ROUNDS // 2] for name, found in rates.items()}
    for name, what in (
        ("points", "interact-campaign, points / Open Loyalty buy"),
        ("draw", "interact-campaign, a draw of 5 / Open Loyalty buy"),
        ("hot points", "the same, one hot campaign of points"),
        ("hot draw", "the same, one hot draw of 5"),
    ):
        ratio = median[name] / median["buy"]
        yield Figure(
            what, ratio, 0.8, True, f"{median[name]:.0f}/s against {median['buy']:.0f}/s, medians of {ROUNDS} rounds"
        )


def _claims() -> Figure:
    """Rounds in turn, so that both meet the same machine."""
    rates: dict[int, list[float]] = {FEW_VOUCHERS: [], MANY_VOUCHERS: []}
    with programme() as few, programme() as many:
        shops = {FEW_VOUCHERS: few, MANY_VOUCHERS: many}
        todo: dict[int, list[bytes]] = {}
        for count, shop in shops.items():
            shop.add_customers(FEW_VOUCHERS)
            campaign = shop.world.a_reward_campaign(voucher(5))
            first = shop.customers(1)[0][0]
            with shop.bulk() as session:
                details = {"campaign": campaign.id, "first": first, "customers": FEW_VOUCHERS, "count": count}
                session.execute(text(VOUCHERS), details)
                asked = text("SELECT key, customer_id FROM voucher ORDER BY key LIMIT :most")
                rows = session.execute(asked, {"most": CLAIMS * (ROUNDS + 1)}).all()
            shop.settle()
            token = partner(shop)
            todo[count] = [
                request(
                    "POST",
                    f"/claim-voucher?user_id={row.customer_id}&voucher_key={row.key}",
                    token,
                    X_Spaaza_MyPrice_App_Hostname=HOSTNAME,
                )
                for row in rows
            ]
        with guerdon(few.environ, **SERVER) as one, guerdon(many.environ, **SERVER) as two:
            servers = {FEW_VOUCHERS: one, MANY_VOUCHERS: two}
            for turn in range(ROUNDS + 1):
                for count, server in servers.items():
                    outcome = fire(server.port, todo[count][turn * CLAIMS : (turn + 1) * CLAIMS], CLIENTS)
                    if outcome.statuses.keys() != {200}:
                        raise RuntimeError(f"claims: {outcome.statuses}")
                    if turn:  # the first is the warm-up
                        rates[count].append(outcome.per_second)
        for shop in shops.values():
            shop.world.require_invariants()
    small, large = (sorted(rates[count])[ROUNDS // 2] for count in (FEW_VOUCHERS, MANY_VOUCHERS))
    return Figure(
        f"claim-voucher among {MANY_VOUCHERS:,} vouchers / among {FEW_VOUCHERS:,}",
        large / small,
        0.9,
        True,
        f"{large:.0f}/s against {small:.0f}/s",
        ((FEW_VOUCHERS, 1 / small), (MANY_VOUCHERS, 1 / large)),
    )
