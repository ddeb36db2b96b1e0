"""Pools of a thousand and of a million codes: buying from them, and loading them."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.buying import CLIENTS, SERVER
from bench.load import fire, request
from bench.processes import peak_megabytes
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

SMALL, LARGE = 1_000, 1_000_000
PURCHASES, ROUNDS = 200, 5  # a small pool must not run dry
MEMORY_MB_MAX = 200


def figures() -> Iterator[Figure]:
    with programme() as shop, tempfile.TemporaryDirectory() as folder:
        shop.add_customers(2_000)
        codes = Path(folder) / "codes.txt"
        codes.write_text("".join(f"SUMMER-{i:07}-{i * 7919 % LARGE:06}\n" for i in range(LARGE)))
        yield from _loading(shop, codes)
        yield _buying(shop)
        shop.world.require_invariants()


def _loading(shop: Programme, codes: Path) -> Iterator[Figure]:
    copy_seconds = _plain_copy(shop, codes)
    campaign = shop.world.a_campaign(name="large", codes=["FIRST"], unlimited=True)
    began = time.perf_counter()
    memory = peak_megabytes(shop.environ, "coupons", "import", str(campaign.uuid), str(codes))
    seconds = time.perf_counter() - began
    yield Figure(
        f"loading {LARGE:,} codes / a plain COPY",
        seconds / copy_seconds,
        5,
        False,
        f"{seconds:.1f} s against {copy_seconds:.1f} s into the same table with the same indexes",
    )
    yield Figure("memory while loading / 200 MB", memory / MEMORY_MB_MAX, 1, False, f"{memory:.0f} MB at most")


def _plain_copy(shop: Programme, codes: Path) -> float:
    """psql's COPY of the same codes into a campaign of their own; removed again."""
    campaign = shop.world.a_campaign(name="copied", lifecycle="draft", codes=["FIRST"], unlimited=True)
    rows = codes.with_suffix(".tsv")
    rows.write_text("".join(f"1\t{campaign.id}\t{i}\t{line}" for i, line in enumerate(codes.open())))
    began = time.perf_counter()
    _psql(shop, f"\\copy coupon (chain_id, campaign_id, position, code) FROM '{rows}'")
    seconds = time.perf_counter() - began
    _psql(shop, f"DELETE FROM coupon WHERE campaign_id = {campaign.id} AND code <> 'FIRST'")
    shop.settle()
    return seconds


def _psql(shop: Programme, command: str) -> None:
    from tests.postgres import BIN

    dsn = shop.postgres.dsn()
    subprocess.run([str(BIN / "psql"), "-q", "-v", "ON_ERROR_STOP=1", dsn, "-c", command], check=True)


def _buying(shop: Programme) -> Figure:
    """Rounds in turn, so that both meet the same machine."""
    with shop.database.reading() as session:
        from app.campaign.models.campaigns import Campaign

        large = session.query(Campaign.uuid).filter(Campaign.name == "large").scalar()
    small = shop.world.a_campaign(
        name="small", codes=[f"S{i}" for i in range(SMALL)], limit=900_000_000, limit_per_customer=9
    )
    shop.settle()
    customers, token = shop.customers(2_000), shop.token()

    def buys(campaign: object, first: int) -> list[bytes]:
        path = "/api/admin/customer/{}/campaign/{}/buy"
        return [
            request("POST", path.format(customers[(first + i) % 2_000][1], campaign), token) for i in range(PURCHASES)
        ]

    rates: dict[str, list[float]] = {"small": [], "large": []}
    with guerdon(shop.environ, **SERVER) as server:
        fire(server.port, buys(large, 0) * 3, CLIENTS)
        shop.settle()
        for turn in range(ROUNDS - 1):
            for name, campaign in (("large", large), ("small", small.uuid)):
                rates[name].append(fire(server.port, buys(campaign, turn * PURCHASES), CLIENTS).per_second)
    little, big = (sorted(rates[name])[len(rates[name]) // 2] for name in ("small", "large"))
    return Figure(
        f"buying from {LARGE:,} codes / from {SMALL:,}",
        big / little,
        0.9,
        True,
        f"{big:.0f}/s against {little:.0f}/s",
        ((SMALL, 1 / little), (LARGE, 1 / big)),
    )
