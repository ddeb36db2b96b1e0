"""Lists of campaigns, and what the console, the till and the shop ask for, among few and among many of everything.

The small programme fills its pages as the large one does; otherwise it would be compared with shorter answers.
"""

from collections.abc import Iterator

from sqlalchemy import text

from bench.load import fire, request
from bench.sessionm import who_qualifies
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

FEW_CAMPAIGNS, MANY_CAMPAIGNS = 100, 10_000
FEW_CUSTOMERS, MANY_CUSTOMERS = 1_000, 1_000_000
FEW_CODES, MANY_CODES = 1_000, 1_000_000
FEW_CHANGES, MANY_CHANGES = 1_000, 1_000_000  # in the audit log
HELD = 50  # vouchers of the customer who is looked at, each with its entry in the ledger
REQUESTS, ROUNDS = 25, 5
POOL = "INSERT INTO coupon (chain_id, campaign_id, code, position) SELECT 1, :campaign, 'P' || n, n FROM generate_series(1, :count) n"
LOGGED = """
INSERT INTO audit_entry (at, chain_id, login_id, action, subject)
SELECT now() - interval '1 second' * (:count - n), 1, (SELECT min(id) FROM login), 'admin_campaigns.change', '{"campaign": "P"}'
FROM generate_series(1, :count) n
"""
# Every tenth campaign refuses somebody every hour of the day.
REFUSED = """
INSERT INTO refused (campaign_id, hour, reason, chain_id, count, last_at)
SELECT id, date_trunc('hour', now()) - h * interval '1 hour', 'limit_reached', chain_id, 3, now() - h * interval '1 hour'
FROM campaign, generate_series(0, 23) h WHERE id % 10 = 0
"""
COUNTED = "UPDATE stock SET allowed = :count, coupons_count = :count WHERE campaign_id = :campaign"
LIMITS, LIMIT = {"available": 1.3}, 1.5
ASKED = {
    "available": "/api/admin/customer/{customer}/campaign/available?perPage=10",
    "admin list": "/api/campaign?perPage=10",
    "console, home": "/api/admin/overview",
    "console, campaigns": "/api/admin/campaigns?perPage=20",
    "console, campaigns by name": "/api/admin/campaigns?perPage=20&sort=name",
    "console, a campaign": "/api/admin/campaigns/{campaign}",
    "console, one code": "/api/admin/campaigns/{campaign}/code?code=P777",
    "console, customers": "/api/admin/customers?size=50",
    "console, customers by name": "/api/admin/customers?size=50&text=con",
    "console, two names": "/api/admin/customers?size=50&text=con%20cust",
    "console, a customer": "/api/customer/{customer}",
    "console, points of a customer": "/api/points/transfer?customerId={customer}&page=1&perPage=20",
    "console, audit log": "/api/admin/audit?size=50",
    "till and shop, what one sees": "/api/admin/customer/{customer}/campaigns",
    "till and shop, one campaign": "/api/admin/customer/{customer}/campaigns/{campaign}",
    "till and shop, what one holds": "/api/admin/customer/{customer}/vouchers",
}


def figures() -> Iterator[Figure]:
    with programme() as small, programme() as large:
        for shop, customers, campaigns, codes, changes in (
            (small, FEW_CUSTOMERS, FEW_CAMPAIGNS, FEW_CODES, FEW_CHANGES),
            (large, MANY_CUSTOMERS, MANY_CAMPAIGNS, MANY_CODES, MANY_CHANGES),
        ):
            shop.add_customers(customers)
            shop.add_campaigns(campaigns, 2)
            _fill(shop, codes, changes)
            shop.settle()
        yield from _compared(small, large)
        yield who_qualifies(large)


def _fill(shop: Programme, codes: int, changes: int) -> None:
    campaign = shop.campaigns()[-1][0]
    with shop.bulk() as session:
        session.execute(text(POOL), {"campaign": campaign, "count": codes})
        session.execute(text(COUNTED), {"campaign": campaign, "count": codes + 2})
        session.execute(text(LOGGED), {"count": changes})
        session.execute(text(REFUSED))


def _buy(shop: Programme, port: int) -> None:
    """The customer who is looked at holds something."""
    customer, campaign = shop.customers(1)[0][1], shop.campaigns()[-1][1]
    buying = request("POST", f"/api/admin/customer/{customer}/campaign/{campaign}/buy", shop.token())
    bought = fire(port, [buying] * HELD, clients=1)
    if bought.statuses != {200: HELD}:
        raise RuntimeError(f"Buying: {bought.statuses}")


def _compared(small: Programme, large: Programme) -> Iterator[Figure]:
    medians: dict[tuple[str, int], list[float]] = {}
    with guerdon(small.environ, workers=1, threads=2) as one, guerdon(large.environ, workers=1, threads=2) as two:
        for shop, server in ((small, one), (large, two)):
            _buy(shop, server.port)
        names = [{"customer": shop.customers(1)[0][1], "campaign": shop.campaigns()[-1][1]} for shop in (small, large)]
        tokens = [shop.token() for shop in (small, large)]
        for _ in range(ROUNDS):
            for name, path in ASKED.items():
                for which, server in enumerate((one, two)):  # one right after the other: a machine has its moods
                    asked = [request("GET", path.format(**names[which]), tokens[which])] * REQUESTS
                    outcome = fire(server.port, asked, clients=1)
                    if outcome.statuses.keys() != {200}:
                        raise RuntimeError(f"{path}: {outcome.statuses}")
                    medians.setdefault((name, which), []).append(outcome.median)
    for name in ASKED:
        few, many = (sorted(medians[name, which])[ROUNDS // 2] * 1000 for which in (0, 1))
        yield Figure(
            f"{name}, among many / among few",
            many / few,
            LIMITS.get(name, LIMIT),
            False,
            f"median {many:.1f} ms against {few:.1f} ms, one client",
            ((FEW_CAMPAIGNS, few), (MANY_CAMPAIGNS, many)),
        )
