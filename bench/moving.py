"""A chain of 100,000 customers moves to another cell: beside a dump and a restore of the same rows."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.db.engine import Database
from app.db.installation import migrate
from bench.load import fire, request
from bench.processes import peak_megabytes
from bench.table import Figure
from bench.world import Programme, programme
from tests.postgres import BIN, administer
from tests.serving import guerdon

CUSTOMERS, CAMPAIGNS, CODES, PURCHASES = 100_000, 100, 1_000, 20_000
MEMORY_MB_MAX = 200


def figures() -> Iterator[Figure]:
    with programme() as shop, tempfile.TemporaryDirectory() as folder:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, CODES)
        _sell(shop)
        shop.settle()
        administer(shop.postgres.url, "CREATE DATABASE restored", "CREATE DATABASE moved")
        dumped = _timed(lambda: _restore(shop, Path(folder) / "dump"))
        there = {
            **shop.environ,
            "GUERDON_DATABASE_URL": shop.url.rpartition("/")[0] + "/moved",
            "GUERDON_STORAGE": folder,
        }
        file, peaks = str(Path(folder) / "chain.gz"), []
        closed = _timed(lambda: peaks.append(peak_megabytes(shop.environ, "chain", "close", "1")))
        exported = _timed(lambda: peaks.append(peak_megabytes(shop.environ, "chain", "export", "1", file)))
        database = Database(there["GUERDON_DATABASE_URL"])
        migrate(database)
        peak_megabytes(there, "cell", "3")
        imported = _timed(lambda: peaks.append(peak_megabytes(there, "chain", "import", file)))
        shop.world.over(database).require_invariants()
        database.engine.dispose()
        removed = _timed(lambda: peaks.append(peak_megabytes(shop.environ, "chain", "remove", "1", file, "--yes")))
        seconds = f"closed in {closed:.1f} s, exported in {exported:.1f} s, imported and compared in {imported:.1f} s"
        yield Figure(
            f"moving {CUSTOMERS:,} customers / pg_dump and pg_restore",
            (closed + exported + imported) / dumped,
            15,
            False,
            f"{seconds}, {PURCHASES:,} purchases and {CAMPAIGNS * CODES:,} codes with them; {dumped:.1f} s; removed in {removed:.1f} s",
        )
        yield Figure(
            "memory while moving / 200 MB", max(peaks) / MEMORY_MB_MAX, 1, False, f"{max(peaks):.0f} MB at most"
        )


def _sell(shop: Programme) -> None:
    token, customers, campaigns = shop.token(), shop.customers(PURCHASES), shop.campaigns()
    path = "/api/admin/customer/{}/campaign/{}/buy"
    requests = [
        request("POST", path.format(customer, campaigns[i % len(campaigns)][1]), token)
        for i, (_, customer) in enumerate(customers)
    ]
    with guerdon(shop.environ, workers=4, threads=2) as server:
        fire(server.port, requests, 16)


def _restore(shop: Programme, dump: Path) -> None:
    at = ["-h", "127.0.0.1", "-p", str(shop.postgres.port), "-U", "postgres"]
    subprocess.run([str(BIN / "pg_dump"), *at, "-Fc", "-d", "postgres", "-f", str(dump)], check=True)
    subprocess.run([str(BIN / "pg_restore"), *at, "-d", "restored", str(dump)], check=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
