"""Lists stand in the order of what they print, whatever is kept."""

from itertools import pairwise
from typing import Any

import pytest

from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import sales
from app.points import ledger
from app.sales.recording import SaleDetails
from tests.client import Client
from tests.world import World


@pytest.fixture
def busy(world: World) -> World:
    """People in both cases, campaigns too, sales and a return, and points that came and went in every way."""
    friend = world.a_customer("zoe", points=50)
    for name in ("Émile", "ann", "Zed"):
        world.a_customer(name)
    for name in ("apple", "Banana", "cherry"):
        world.a_campaign(name=name)
    world.buy(world.a_campaign(name="Date", cost=30))
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 700, world.now)
        ledger.spend(session, world.cleo.id, 900, world.now)
        ledger.pass_on(session, world.cleo.id, friend.id, 800, world.now)
        for number, amount, returned in (("a", 5_000, None), ("B", 100, None), ("c", 2_000, "a"), ("D", 3_000, None)):
            details = SaleDetails(number, world.now, amount, is_return=returned is not None, returns=returned)
            sales.record(session, world.chain_id, details, world.now, SYSTEM)
    return world


@pytest.mark.parametrize(
    ("path", "key", "field"),
    [
        ("transaction", "transactions", "grossValue"),
        ("points/transfer", "transfers", "value"),
        ("points/transfer", "transfers", "type"),
        ("customer", "customers", "firstName"),
        ("campaign", "campaigns", "name"),
    ],
)
def test_a_list_stands_in_the_order_of_what_it_prints(
    ada: Client, busy: World, path: str, key: str, field: str
) -> None:
    for direction in ("ASC", "DESC"):
        answer: Any = ada.get(f"/api/{path}?perPage=100&sort={field}&direction={direction}").json
        printed = [it[field] for it in answer[key]]
        assert len(set(printed)) > 2
        letters = [it.lower().replace("é", "e") if isinstance(it, str) else it for it in printed]
        in_order = pairwise(letters if direction == "ASC" else letters[::-1])
        assert all(first <= second for first, second in in_order), printed
