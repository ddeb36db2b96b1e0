"""Amounts that no double is: through every form of every dialect, to the ledger, and back, to the hundredth."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.campaign.models.campaigns import Campaign
from app.campaign.models.rewards import RewardMethod
from app.points.models import LedgerEntry
from app.sales.models import Sale
from tests.client import Client
from tests.sessionm.conftest import Program
from tests.spaaza.conftest import Shop
from tests.world import World, offered

AMOUNTS = ["0.29", "1.15", "8.2", "4.35", "19.99", "1.1", "0.07", "73.01", "1001.15"]


def hundredths(amount: str) -> int:
    return int(Decimal(amount) * 100)


def last_delta(world: World) -> int:
    with world.database.reading() as session:
        return int(session.scalars(select(LedgerEntry.delta).order_by(LedgerEntry.id.desc()).limit(1)).one())


@pytest.fixture(params=AMOUNTS)
def amount(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("as_text", [True, False])
def test_through_open_loyalty(ada: Client, cleo: Client, world: World, amount: str, as_text: bool) -> None:
    sent: Any = amount if as_text else float(amount)
    with world.database.transaction() as session:
        from app.points import ledger

        ledger.add(session, world.cleo.id, 500_000, world.now)
    for kind, sign in (("add", 1), ("spend", -1)):
        body = {"transfer": {"customer": str(world.cleo.uuid), "points": sent}}
        assert ada.post(f"/api/points/transfer/{kind}", json=body).status_code == 200
        assert last_delta(world) == sign * hundredths(amount)
    listed: Any = ada.get(f"/api/points/transfer?customerId={world.cleo.uuid}").json
    assert [row["value"] for row in listed["transfers"][:2]] == [float(amount)] * 2
    campaign = ada.post("/api/campaign", json=offered(world, costInPoints=sent)).json["campaignId"]  # type: ignore[index]
    assert ada.get(f"/api/campaign/{campaign}").json["costInPoints"] == float(amount)  # type: ignore[index]
    assert cleo.post(f"/api/customer/campaign/{campaign}/buy").status_code == 200
    assert last_delta(world) == -hundredths(amount)
    level = {"name": "x", "conditionValue": sent, "reward": {"name": "r", "value": 1, "code": "r"}}
    made = ada.post("/api/level/create", json={"level": level}).json["id"]  # type: ignore[index]
    assert ada.get(f"/api/level/{made}").json["conditionValue"] == float(amount)  # type: ignore[index]
    world.require_invariants()


@pytest.mark.parametrize("as_text", [True, False])
def test_through_spaaza(app: Flask, world: World, amount: str, as_text: bool) -> None:
    shop, sent = Shop(app, world), amount if as_text else float(amount)
    partner, cleo = shop.partner(), world.cleo.id
    for sign in (1, -1):
        moved = {"user_id": cleo, "amount": sent if sign > 0 else f"-{amount}"}
        answer: Any = partner.post("/auth/add-user-purchase-progress", json=moved).json
        assert answer["results"]["user_purchase_progress"]["amount"] == sign * float(amount)
        assert last_delta(world) == sign * hundredths(amount)
    basket = {"user_id": cleo, "retailer_basket_code": "B", "basket_total_price": sent}
    told: Any = partner.post("/auth/add-basket", json=basket).json
    assert told["results"]["basket"]["basket_total_price"] == float(amount)
    body = {
        "chain_id": shop.chain_id, "title": "T", "type": "composable", "context": "interaction", "active": True,
        "point_cost": "0.29", "reward_methods": [{"type": "points", "amount": sent}],
    }  # fmt: skip
    campaign: Any = shop.staff().post("/internal/add-campaign", json=body).json
    campaign_id = campaign["results"]["campaign"]["campaign_id"]
    given = partner.get("/interact-campaign", query_string={"campaign_id": campaign_id, "user_id": cleo})
    assert given.status_code == 200
    with world.database.reading() as session:
        assert session.scalars(select(Sale.amount)).one() == hundredths(amount)
        latest = session.scalars(select(LedgerEntry.delta).order_by(LedgerEntry.id.desc()).limit(2)).all()
        assert sorted(latest) == sorted([hundredths(amount), -29])
    voucher = {"campaign_id": campaign_id, "user_id": cleo, "amount": sent, "set_claimed": True}
    made: Any = partner.post("/create-voucher", json=voucher).json["results"]
    assert made["voucher_amount"] == float(amount)
    part = {"voucher_key": made["voucher_key"], "amount": "0.07"}
    done: Any = partner.post("/auth/redeem-voucher", json=part).json["results"]
    left = done["regenerated_voucher"]["voucher_amount"] if done["regenerated_voucher"] else 0
    assert Decimal(str(left)) == Decimal(amount) - Decimal("0.07")
    world.require_invariants()


def test_through_sessionm(app: Flask, world: World, amount: str) -> None:
    program = Program(app, world)
    program.create(
        behaviors=[{"name": "visit", "event_name": "visit", "points": 1, "total_count": 1}],
        rewards=[{"type": "points", "name": "p", "points": float(amount)}],
    )
    with world.database.reading() as session:
        method = session.scalars(select(RewardMethod).where(RewardMethod.title == "p")).one()
        assert method.amount == hundredths(amount)
    shop = program.create(
        name="Shop",
        behaviors=[],
        rewards=[{"type": "coupon", "name": "c", "codes": ["A"]}],
        cost_in_points=float(amount),
    )
    with world.database.reading() as session:
        assert session.get_one(Campaign, shop["id"]).cost == hundredths(amount)
