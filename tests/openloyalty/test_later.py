"""What clients of Open Loyalty 3.2 call beyond the first documents. Source: the contract, "Added from the 3.2.0 source"."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.access import permissions
from app.campaign.models.awards import Award
from app.campaign.triggers import purchases
from app.db.guarded import GuardFailed
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.points.models import Account
from tests.admin.test_photos import picture, upload
from tests.campaign.test_races import at_once
from tests.client import Client
from tests.world import World, coupon, hours, points


def buy_at(world: World, campaign: Any, role: str = "admin") -> str:
    return f"/api/{role}/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"


def balance(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(Account.balance).where(Account.customer_id == world.cleo.id)) or 0


@pytest.mark.parametrize("sent", [{"quantity": 0}, {"quantity": "0"}, {"quantity": 21}, {"withoutPoints": "no"}])
def test_what_cannot_be_bought_is_refused_with_a_sentence(ada: Client, world: World, sent: dict[str, Any]) -> None:
    answer: Any = ada.post(buy_at(world, world.a_campaign()), json=sent)
    assert (answer.status_code, type(answer.json["error"])) == (400, str)
    assert world.count(Award) == 0


def test_an_empty_wish_is_none(ada: Client, world: World) -> None:
    campaign = world.a_campaign()
    before = balance(world)
    assert ada.post(buy_at(world, campaign), data={"withoutPoints": "", "quantity": ""}).status_code == 200
    assert balance(world) == before - 1_000
    assert ada.post(buy_at(world, campaign) + "?quantity=2", json={"quantity": 1}).status_code == 400
    assert ada.post(buy_at(world, campaign) + "?quantity=1", json={"quantity": 1}).status_code == 200


def test_several_are_bought_at_once(sol: Client, world: World) -> None:
    campaign = world.a_campaign(cost=1_000, limit=9, limit_per_customer=9)
    before = balance(world)
    for asked in ({"json": {"quantity": 2}}, {"data": {"quantity": "1"}}):
        answer: Any = sol.post(buy_at(world, campaign, "seller"), **asked)
        assert answer.status_code == 200
    answer = sol.post(buy_at(world, campaign, "seller") + "?quantity=3")
    assert answer.json == {
        "coupon": {"code": "CODE-3"},
        "coupons": [{"code": "CODE-3"}, {"code": "CODE-4"}, {"code": "CODE-5"}],
    }
    assert balance(world) == before - 6_000
    assert world.count(Award) == 6
    world.require_invariants()


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ({"cost": 40_000}, "Not enough points"),
        ({"limit": 2, "limit_per_customer": 2}, "Limit exceeded"),
        ({"limit_per_customer": 2}, "Limit per customer exceeded"),
        ({"codes": ["A", "B"]}, "No coupons left"),
        ({"codes": ["A", "B"], "unlimited": True}, "No coupons left"),
        ({"limit_in_period": 2, "limit_unit": "day"}, "Limit exceeded"),
        ({"limit_per_customer": 2, "limit_per_customer_unit": "day"}, "Limit per customer exceeded"),
    ],
)
def test_all_are_bought_or_none(sol: Client, world: World, offer: dict[str, Any], said: str) -> None:
    campaign = world.a_campaign(**{"cost": 1_000, "limit": 9, "limit_per_customer": 9, **offer})
    before = balance(world)
    answer: Any = sol.post(buy_at(world, campaign, "seller"), json={"quantity": 3})
    assert (answer.status_code, answer.json) == (400, {"error": said})
    assert (balance(world), world.count(Award)) == (before, 0)
    assert sol.post(buy_at(world, campaign, "seller"), json={"quantity": 2}).status_code == 200


def test_a_shared_code_is_bought_several_times(sol: Client, world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["S"], limit=9, limit_per_customer=9)
    answer: Any = sol.post(buy_at(world, campaign, "seller"), json={"quantity": 2})
    assert answer.json["coupons"] == [{"code": "S"}, {"code": "S"}]
    world.require_invariants()


def test_who_buys_several_shares_the_last_ones_exactly(sol: Client, world: World) -> None:
    """Ten ask for three of twenty: six of them get three, four get none, and two coupons stay."""
    campaign = world.a_campaign(cost=0, codes=[f"C{i}" for i in range(20)], limit=None, limit_per_customer=None)
    people = [world.a_customer(level=world.silver) for _ in range(10)]
    sol.get("/openapi.json")
    answers: list[int] = []

    def ask(customer: Any) -> None:
        path = f"/api/seller/customer/{customer.uuid}/campaign/{campaign.uuid}/buy"
        while (status := sol.post(path, json={"quantity": 3}).status_code) == 503:
            pass
        answers.append(status)

    at_once(*[lambda customer=customer: ask(customer) for customer in people])  # type: ignore[misc]
    assert sorted(answers) == [200] * 6 + [400] * 4
    assert world.count(Award) == 18
    world.require_invariants()


def test_of_several_nothing_stays_when_one_fails(sol: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept by `atomic` in `purchases.buy`: on PostgreSQL each statement would be a transaction of its own."""
    campaign = world.a_campaign(cost=1_000, limit=9, limit_per_customer=9)
    before, given = balance(world), purchases.give
    calls = iter(range(100))

    def fail_once(*args: Any, **kw: Any) -> Any:
        if next(calls) == 1:
            raise GuardFailed
        return given(*args, **kw)

    monkeypatch.setattr(purchases, "give", fail_once)
    answer: Any = sol.post(buy_at(world, campaign, "seller"), json={"quantity": 3})
    assert [coupon["code"] for coupon in answer.json["coupons"]] == ["CODE-0", "CODE-1", "CODE-2"]
    assert (world.count(Award), balance(world)) == (3, before - 3_000)
    world.require_invariants()


def test_an_admin_gives_without_points_and_nobody_else(ada: Client, sol: Client, cleo: Client, world: World) -> None:
    campaign = world.a_campaign(cost=10**9)
    for client, role in ((sol, "seller"), (cleo, "customer")):
        path = buy_at(world, campaign, role).replace(f"customer/customer/{world.cleo.uuid}", "customer")
        assert client.post(path, json={"withoutPoints": True}).status_code == 403
    before = balance(world)
    assert ada.post(buy_at(world, campaign), json={"withoutPoints": 1, "quantity": 2}).status_code == 200
    rows: Any = cleo.get("/api/customer/campaign/bought").json
    assert [row["costInPoints"] for row in rows["campaigns"]] == [0, 0]
    assert balance(world) == before
    world.require_invariants()


def test_an_admin_sells_what_is_not_on_show_and_a_seller_does_not(ada: Client, sol: Client, world: World) -> None:
    hidden = world.a_campaign(visibility=(world.now + hours(1), world.now + hours(2)))
    over = world.a_campaign(activity=(world.now - hours(2), world.now - hours(1)))
    others = world.a_campaign(levels=[world.bronze.uuid])
    assert sol.post(buy_at(world, hidden, "seller")).status_code == 404
    assert ada.post(buy_at(world, hidden)).status_code == 200
    path = f"/api/{{}}/customer/{world.cleo.uuid}/campaign/{hidden.uuid}/eligibility"
    assert [c.get(path.format(role)).json["eligible"] for c, role in ((ada, "admin"), (sol, "seller"))] == [True, False]  # type: ignore[index]
    for campaign in (over, others):
        assert ada.post(buy_at(world, campaign)).status_code == 404


def test_all_that_was_bought_is_listed_for_admins(ada: Client, sol: Client, world: World) -> None:
    first, second = world.a_campaign(name="Tea"), world.a_campaign(name="Coffee", cost=250)
    world.buy(first)
    sale = world.buy(second)
    rows: Any = ada.get("/api/campaign/bought").json
    assert list(rows) == ["boughtCampaigns", "total"]
    assert (rows["total"], [row["campaignName"] for row in rows["boughtCampaigns"]]) == (2, ["Coffee", "Tea"])
    row = rows["boughtCampaigns"][0]
    assert row["coupon"] == {"id": str(sale.award_id), "code": sale.code}
    assert (row["costInPoints"], row["customerId"], row["campaignType"]) == (2.5, str(world.cleo.uuid), "gift_code")
    assert (row["status"], row["used"], row["canBeUsed"]) == ("active", False, True)
    assert row["currentPointsAmount"] * 100 == balance(world)
    mark = {"campaignId": str(second.uuid), "customerId": str(world.cleo.uuid), "code": sale.code, "used": 1}
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json={"coupons": [mark]}).status_code == 200
    soon, later = (
        (world.now + timedelta(**{unit: 1})).strftime("%Y-%m-%dT%H:%M:%S.000Z") for unit in ("hours", "days")
    )
    for query, found in (
        ("used=true", ["Coffee"]),
        ("used=0", ["Tea"]),
        (f"purchasedAtTo={soon}", ["Coffee", "Tea"]),
        (f"purchasedAtFrom={soon}", []),
        (f"activeSinceFrom={soon}&activeSinceTo={later}", []),
        (f"usageDateFrom=2020-01-01T00:00:00.000Z&usageDateTo={soon}", ["Coffee"]),
        (f"activeToTo={later}", []),
        ("deliveryStatus=ordered", ["Coffee", "Tea"]),
        ("deliveryStatus=shipped", []),
        ("sort=costInPoints&direction=desc", ["Tea", "Coffee"]),
        ("perPage=1&page=2", ["Tea"]),
    ):
        got: Any = ada.get(f"/api/campaign/bought?{query}").json
        assert [row["campaignName"] for row in got["boughtCampaigns"]] == found, query
    assert ada.get("/api/campaign/bought?purchasedAtFrom=soon").status_code == 400


def test_where_a_reward_is_that_is_sent(ada: Client, cleo: Client, world: World) -> None:
    sale = world.buy(world.a_campaign())
    assert ada.get("/api/settings/choices/deliveryStatus").json == {
        "choices": ["canceled", "delivered", "ordered", "shipped"]
    }
    path = f"/api/admin/customer/{world.cleo.uuid}/bought/coupon/{{}}/changeDeliveryStatus"
    change = {"deliveryStatus": {"status": "shipped"}}
    assert ada.put(path.format(sale.award_id), json=change).status_code == 200
    assert ada.put(path.format(uuid4()), json=change).status_code == 400
    assert ada.put(path.format(sale.award_id), json={"deliveryStatus": {"status": "lost"}}).status_code == 400
    row: Any = cleo.get("/api/customer/campaign/bought").json
    assert row["campaigns"][0]["deliveryStatus"] == {"status": "shipped"}


def test_points_are_passed_on(ada: Client, world: World) -> None:
    other = world.a_customer(level=world.silver)
    before = balance(world)

    def pass_on(**changed: Any) -> Any:
        sent = {"sender": str(world.cleo.uuid), "receiver": str(other.uuid), "points": "8.2", **changed}
        return ada.post("/api/admin/p2p-points-transfer", json={"transfer": sent})

    answer = pass_on()
    assert answer.status_code == 200
    assert balance(world) == before - 820
    rows: Any = ada.get(f"/api/points/transfer?customerId={world.cleo.uuid}").json
    assert (rows["transfers"][0]["pointsTransferId"], rows["transfers"][0]["type"]) == (
        answer.json["pointsTransferId"],
        "p2p_spending",
    )
    assert pass_on(points=10**7).json["form"]["children"]["points"]["errors"] == ["not enough points"]
    assert "receiver" in str(pass_on(receiver=str(world.cleo.uuid)).json)
    assert pass_on(receiver=str(world.cleo.uuid)).status_code == 400
    assert pass_on(receiver=str(uuid4())).status_code == 404
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        permissions.permit(session, "ada", there, may_write=True)
    foreign = world.a_customer("Foreign", email="f@guerdon.example", chain_id=there)
    assert pass_on(receiver=str(foreign.uuid)).status_code == 404
    assert balance(world) == before - 820
    world.require_invariants()


def test_a_campaign_has_several_photos(ada: Client, client: Client, world: World) -> None:
    campaign = world.a_campaign()
    for size in (600, 700):
        assert upload(ada, campaign, picture(size=(size, size))).status_code == 200
    shown: Any = ada.get(f"/api/campaign/{campaign.uuid}").json
    ids = [photo["photoId"]["id"] for photo in shown["photos"]]
    assert [list(photo) for photo in shown["photos"]] == [["photoId", "path", "orginalName", "mimeType"]] * 2
    latest = client.get(f"/api/campaign/{campaign.uuid}/photo").headers["ETag"]
    own = [client.get(f"/api/campaign/{campaign.uuid}/photo/{id}").headers["ETag"] for id in ids]
    assert own[0] != own[1] == latest
    assert ada.put(f"/api/campaign/{campaign.uuid}", json={"campaign": shown}).status_code == 200
    assert ada.delete(f"/api/campaign/{campaign.uuid}/photo/{ids[1]}").status_code == 200
    assert ada.delete(f"/api/campaign/{campaign.uuid}/photo/{ids[1]}").status_code == 404
    assert client.get(f"/api/campaign/{campaign.uuid}/photo").headers["ETag"] == own[0]
    for _ in range(11):
        upload(ada, campaign, picture(size=(600, 601)))
    shown = ada.get(f"/api/campaign/{campaign.uuid}").json
    assert len(shown["photos"]) == 10
    assert ids[0] not in str(shown)


def test_a_seller_may_be_kept_from_moving_points(ada: Client, sol: Client, world: World) -> None:
    listed: Any = ada.get("/api/seller").json
    (seller,) = [one for one in listed["sellers"] if one["email"] == "sol@guerdon.example"]
    assert seller["allowPointTransfer"] is True
    given = {"transfer": {"customer": str(world.cleo.uuid), "points": 1}}
    changes = {"firstName": "Sol", "lastName": "S", "email": seller["email"], "posId": seller["posId"], "active": 1}
    for allowed, status in ((0, 403), (None, 403), (1, 200)):
        sent = {**changes, "allowPointTransfer": allowed} if allowed is not None else changes
        assert ada.put(f"/api/seller/{seller['sellerId']}", json={"seller": sent}).status_code == 200
        for move in ("add", "spend"):
            assert sol.post(f"/api/pos/points/transfer/{move}", json=given).status_code == status


def test_a_coupon_of_many_rewards_is_listed_among_the_bought(ada: Client, world: World) -> None:
    campaign = world.a_reward_campaign(points(5), coupon(), codes=["C"])
    world.interact(campaign)
    rows: Any = ada.get("/api/campaign/bought").json
    assert "campaignType" not in rows["boughtCampaigns"][0]
