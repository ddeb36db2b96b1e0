"""Campaigns' documents: read and changed with few and with many codes in the pool, planned by the thousand, asked before they are saved."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from app.campaign.document import documents, files
from app.campaign.document.short import short
from app.campaign.models.campaigns import Campaign
from app.cli.programme import TOKEN, ServerProgramme
from bench.load import fire, request
from bench.table import Figure
from bench.world import Programme, programme
from tests.serving import guerdon

FEW_CODES, MANY_CODES, CAMPAIGNS, CUSTOMERS = 10, 1_000_000, 1_000, 1_000
REQUESTS, ROUNDS, REQUESTS_MAX = 60, 3, 10
CODES = "INSERT INTO coupon (chain_id, campaign_id, code, position) SELECT 1, :id, 'C' || n, n FROM generate_series(1, :count) n"
COUNTED = "UPDATE stock SET coupons_count = :count, allowed = :count WHERE campaign_id = :id"


def figures() -> Iterator[Figure]:
    with programme() as shop:
        shop.add_customers(CUSTOMERS)
        shop.add_campaigns(CAMPAIGNS, 2)
        pools = [_pool(shop, count) for count in (FEW_CODES, MANY_CODES)]
        shop.settle()
        with guerdon(shop.environ, workers=1, threads=2) as server:
            yield from _pools(shop, server.port, pools)
            yield _asking(shop, server.port, pools[0])
            yield _planning(shop, server.port)
        shop.world.require_invariants()


def _pool(shop: Programme, count: int) -> Campaign:
    """A campaign with so many codes."""
    unlimited = {"limit": 900_000_000, "limit_per_customer": 900_000_000}
    campaign = shop.world.a_campaign(name=f"Pool of {count}", codes=[], **unlimited)
    with shop.bulk() as session:
        session.execute(text(CODES), {"id": campaign.id, "count": count})
        session.execute(text(COUNTED), {"id": campaign.id, "count": count})
    return campaign


def _document(shop: Programme, campaign: Campaign) -> dict[str, Any]:
    with shop.database.reading() as session:
        return documents.one(session, campaign.id)


def _pools(shop: Programme, port: int, pools: Sequence[Campaign]) -> Iterator[Figure]:
    token = shop.token()
    read: list[list[float]] = [[], []]
    changed: list[list[float]] = [[], []]
    for round in range(ROUNDS):
        for i, campaign in enumerate(pools):
            at = f"/api/admin/campaigns/{campaign.uuid}"
            read[i].append(_median(port, [request("GET", at, token)] * REQUESTS))
            document = _document(shop, campaign)
            sent = [
                request("PUT", at, token, json.dumps({**document, "price": n + 1 + round * REQUESTS}), If_Match="*")
                for n in range(REQUESTS)
            ]
            changed[i].append(_median(port, sent))
    for what, seconds in (("reading", read), ("changing", changed)):
        few, many = (sorted(found)[ROUNDS // 2] * 1000 for found in seconds)
        yield Figure(
            f"{what} a document, {MANY_CODES:,} codes / {FEW_CODES}",
            many / few,
            1.2,
            False,
            f"median {many:.1f} ms against {few:.1f} ms, one client",
            ((FEW_CODES, few), (MANY_CODES, many)),
        )


def _asking(shop: Programme, port: int, campaign: Campaign) -> Figure:
    token, customer = shop.token(), shop.customers(1)[0][1]
    body = json.dumps({"document": _document(shop, campaign), "customer": str(customer)})
    plain = f"/api/admin/customer/{customer}/campaign/{campaign.uuid}/eligibility"
    asked, told = [], []
    for _ in range(ROUNDS):
        told.append(_median(port, [request("GET", plain, token)] * REQUESTS))
        asked.append(_median(port, [request("POST", "/api/admin/campaigns/ask", token, body)] * REQUESTS))
    ours, peer = (sorted(found)[ROUNDS // 2] * 1000 for found in (asked, told))
    return Figure(
        "asking a draft / asking about a saved campaign",
        ours / peer,
        2,
        False,
        f"median {ours:.1f} ms against {peer:.1f} ms, one client",
    )


def _planning(shop: Programme, port: int) -> Figure:
    """Every campaign as a file, against all of them."""
    os.environ[TOKEN] = shop.token()
    here = ServerProgramme(f"http://127.0.0.1:{port}")
    with TemporaryDirectory() as folder:
        for document in here.documents():
            (Path(folder) / f"{document['key']}.yaml").write_text(files.written(short(document)))
        sent = [file.document for file in files.read_folder(Path(folder))]
    here.requests_count = 0
    found = here.plan(sent)
    if {it["action"] for it in found} != {"none"}:
        raise RuntimeError("what was pulled is not the same")
    return Figure(
        f"requests to plan {len(sent):,} files / {REQUESTS_MAX}",
        here.requests_count / REQUESTS_MAX,
        1,
        False,
        f"{here.requests_count} requests",
    )


def _median(port: int, requests: Sequence[bytes]) -> float:
    outcome = fire(port, list(requests), clients=1)
    if outcome.statuses.keys() != {200}:
        raise RuntimeError(f"not every request was answered: {outcome.statuses}")
    return outcome.median
