"""Pages of ten campaigns, with few and with many campaigns, and with few and with many customers."""

from collections.abc import Iterator

from bench.load import fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

FEW_CAMPAIGNS, MANY_CAMPAIGNS = 100, 10_000
FEW_CUSTOMERS, MANY_CUSTOMERS = 1_000, 1_000_000
REQUESTS, ROUNDS = 100, 3


def figures() -> Iterator[Figure]:
    with programme() as small, programme() as large:
        for shop, campaigns in ((small, FEW_CAMPAIGNS), (large, MANY_CAMPAIGNS)):
            shop.add_customers(FEW_CUSTOMERS)
            shop.add_campaigns(campaigns, 2)
            shop.settle()
        what = f"{MANY_CAMPAIGNS:,} campaigns / {FEW_CAMPAIGNS}"
        yield from _compared(small, large, what, (FEW_CAMPAIGNS, MANY_CAMPAIGNS), {"available": 1.3})
    with programme() as small, programme() as large:
        for shop, customers in ((small, FEW_CUSTOMERS), (large, MANY_CUSTOMERS)):
            shop.add_customers(customers)
            shop.add_campaigns(FEW_CAMPAIGNS, 2)
            shop.settle()
        what = f"{MANY_CUSTOMERS:,} customers / {FEW_CUSTOMERS:,}"
        yield from _compared(small, large, what, (FEW_CUSTOMERS, MANY_CUSTOMERS), {})


def _compared(
    small: Programme, large: Programme, what: str, sizes: tuple[int, int], limits: dict[str, float]
) -> Iterator[Figure]:
    medians: dict[tuple[str, int], list[float]] = {}
    with guerdon(small.environ, workers=1, threads=2) as one, guerdon(large.environ, workers=1, threads=2) as two:
        for _ in range(ROUNDS):
            for which, (shop, server) in enumerate(((small, one), (large, two))):
                customer = shop.customers(1)[0][1]
                for name, path in (
                    ("available", f"/api/admin/customer/{customer}/campaign/available?perPage=10"),
                    ("admin list", "/api/campaign?perPage=10"),
                ):
                    outcome = fire(server.port, [request("GET", path, shop.token())] * REQUESTS, clients=1)
                    if outcome.statuses.keys() != {200}:
                        raise RuntimeError(f"{path}: {outcome.statuses}")
                    medians.setdefault((name, which), []).append(outcome.median)
    for name in ("available", "admin list"):
        few, many = (sorted(medians[name, which])[ROUNDS // 2] * 1000 for which in (0, 1))
        yield Figure(
            f"{name}, {what}",
            many / few,
            limits.get(name, 1.5),
            False,
            f"median {many:.1f} ms against {few:.1f} ms, one client",
            ((sizes[0], few), (sizes[1], many)),
        )
