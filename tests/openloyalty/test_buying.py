"""Buying over HTTP, by every role; the reasons why not; what was bought, and used."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.amounts import BALANCE_MAX
from app.campaign.models.awards import Award
from app.campaign.models.vouchers import Voucher
from app.members import customers, tags
from app.openloyalty.formats import moment
from app.organizations.scope import EVERY_CHAIN
from tests.client import Client
from tests.world import World, clock_at, coupon, hours


def test_every_role_buys_at_its_own_door(ada: Client, sol: Client, cleo: Client, world: World) -> None:
    campaign = world.a_campaign(limit_per_customer=5)
    codes = []
    for answer in (
        ada.post(f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"),
        sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy", data={}),
        sol.post(f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy", json={}),
        cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={}),
    ):
        assert answer.status_code == 200
        bought: Any = answer.json
        assert list(bought) == ["coupon", "coupons"]
        assert bought["coupons"] == [bought["coupon"]]
        codes.append(bought["coupon"]["code"])
    assert codes == ["CODE-0", "CODE-1", "CODE-2", "CODE-3"]


def test_a_customer_may_be_named_by_card(sol: Client, world: World) -> None:
    con = world.a_customer(level=world.silver, loyalty_card_number="4711")
    campaign = world.a_campaign()
    assert sol.post(f"/api/seller/customer/4711/campaign/{campaign.uuid}/buy").status_code == 200
    assert world.balance(con) == 99_000


def test_refused_business_is_a_sentence_that_clients_know(sol: Client, world: World) -> None:
    def refused(customer: Any, campaign: Any) -> Any:
        answer = sol.post(f"/api/seller/customer/{customer.uuid}/campaign/{campaign.uuid}/buy")
        return answer.status_code, answer.json

    poor = world.a_customer(points=1, level=world.silver)
    assert refused(poor, world.a_campaign()) == (400, {"error": "Not enough points"})
    one = world.a_campaign(limit=1)
    world.buy(one)
    assert refused(world.cleo, one) == (400, {"error": "Limit exceeded"})
    mine = world.a_campaign(limit_per_customer=1)
    world.buy(mine)
    assert refused(world.cleo, mine) == (400, {"error": "Limit per customer exceeded"})
    dry = world.a_campaign(codes=["ONLY"])
    world.buy(dry)
    assert refused(world.a_customer(level=world.silver), dry) == (400, {"error": "No coupons left"})
    with world.database.transaction() as session:
        customers.block(session, customers.get(session, str(poor.uuid), EVERY_CHAIN), world.now)
    assert refused(poor, one) == (400, {"error": "Customer is not active"})
    not_found = (404, {"error": {"code": 404, "message": "Not Found"}})
    assert refused(world.cleo, world.a_campaign(lifecycle="draft")) == not_found
    assert refused(world.cleo, world.a_campaign(levels=[world.bronze.uuid])) == not_found


def test_available_lists_what_could_be_bought_now_or_soon(sol: Client, cleo: Client, world: World) -> None:
    world.a_campaign(name="buyable")
    world.a_campaign(name="too dear", cost=1_000_000)
    world.a_campaign(name="soon", activity=(world.now + hours(1), world.now + hours(2)))
    world.a_campaign(name="hidden", visibility=(world.now + hours(1), world.now + hours(2)))
    world.a_campaign(name="off", lifecycle="draft")
    world.a_campaign(name="for others", levels=[world.bronze.uuid])
    world.buy(world.a_campaign(name="sold out", codes=["X"]))
    world.buy(world.a_campaign(name="used up", limit_per_customer=1))
    own: Any = cleo.get("/api/customer/campaign/available").json
    assert [(c["name"], c["canBeBoughtByCustomer"]) for c in own["campaigns"]] == [
        ("buyable", True),
        ("too dear", False),
        ("soon", False),
    ]
    assert own["total"] == 3
    assert not {"levels", "segments", "coupons", "levelNames", "segmentNames", "hasPhoto"} & own["campaigns"][0].keys()
    theirs: Any = sol.get(f"/api/seller/customer/{world.cleo.uuid}/campaign/available?sort=name").json
    assert [c["name"] for c in theirs["campaigns"]] == ["buyable", "soon", "too dear"]
    assert (theirs["campaigns"][0]["usageLeft"], theirs["campaigns"][0]["usageLeftForCustomer"]) == (5, 2)
    assert theirs["campaigns"][0]["coupons"][0] == "CODE-0"


def test_the_listing_the_explanation_and_the_purchase_agree(sol: Client, world: World) -> None:
    """Whatever a campaign is like: listed as buyable means it can be bought, and only then nothing is refused."""
    offers: list[dict[str, Any]] = [
        {},
        {"lifecycle": "draft"},
        {"cost": 10**9},
        {"levels": [world.bronze.uuid]},
        {"codes": ["ONE"], "unlimited": True},
        {"activity": (world.now - hours(2), world.now - hours(1))},
        {"visibility": (world.now + hours(1), world.now + hours(2))},
        {"activity": (world.now - hours(1), world.now + hours(1)), "single_coupon": True, "codes": ["S"]},
        {"limit": 1},
    ]
    for offer in offers:
        campaign = world.a_campaign(**offer)
        for _ in range(3):
            door = f"/api/seller/customer/{world.cleo.uuid}/campaign"
            listed: Any = sol.get(f"{door}/available?perPage=-1").json
            row = next((c for c in listed["campaigns"] if c["campaignId"] == str(campaign.uuid)), None)
            details: Any = sol.get(f"{door}/{campaign.uuid}/eligibility").json
            bought = sol.post(f"{door}/{campaign.uuid}/buy").status_code == 200
            assert (
                bought
                == details["eligible"]
                == (details["reasons"] == [])
                == bool(row and row["canBeBoughtByCustomer"])
            )


def test_every_reason_is_told_with_its_numbers(ada: Client, sol: Client, cleo: Client, world: World) -> None:
    opens = (world.now + hours(48)).replace(second=0, microsecond=0)
    campaign = world.a_campaign(
        lifecycle="draft",
        cost=150_050,
        limit=1,
        activity=(opens, opens + hours(1)),
        visibility=(opens, opens + hours(1)),
        levels=[world.bronze.uuid],
    )
    answer: Any = sol.get(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/eligibility").json
    assert not answer["eligible"]
    by_code = {reason["code"]: reason for reason in answer["reasons"]}
    assert list(by_code) == [
        "campaign_not_active",
        "campaign_not_yet_active",
        "campaign_not_yet_visible",
        "not_targeted",
        "not_enough_points",
    ]
    with ada.app.app_context():
        assert by_code["campaign_not_yet_active"]["opensAt"] == moment(opens)
    points = by_code["not_enough_points"]
    assert (points["required"], points["actual"], points["missing"]) == (1500.5, 1000, 500.5)
    assert points["message"] == "The customer does not have enough points."
    theirs: Any = sol.get(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/eligibility").json
    assert [reason["code"] for reason in theirs["reasons"]] == list(by_code)
    dear = world.a_campaign(cost=150_050, activity=(opens, opens + hours(1)))
    own: Any = cleo.get(f"/api/customer/campaign/{dear.uuid}/eligibility").json
    assert [reason["code"] for reason in own["reasons"]] == ["campaign_not_yet_active", "not_enough_points"]


def test_an_admin_may_ask_about_another_time(ada: Client, sol: Client, world: World) -> None:
    opens = (world.now + hours(48)).replace(second=0, microsecond=0)
    campaign = world.a_campaign(activity=(opens, opens + hours(1)))
    path = f"customer/{world.cleo.uuid}/campaign/{campaign.uuid}/eligibility"
    for minutes, eligible in ((-1, False), (0, True), (60, True), (61, False)):
        at = (opens + timedelta(minutes=minutes)).isoformat().replace("+", "%2B")
        assert ada.get(f"/api/admin/{path}?as_of={at}").json["eligible"] is eligible, minutes  # type: ignore[index]
    assert ada.get(f"/api/admin/{path}?as_of=tomorrow").status_code == 400
    assert sol.get(f"/api/seller/{path}?as_of={at}").status_code == 403


def test_a_window_is_open_to_the_end_of_its_last_minute(sol: Client, world: World) -> None:
    start = (world.now + hours(1)).replace(second=0, microsecond=0)
    campaign = world.a_campaign(activity=(start, start + hours(1)), limit_per_customer=5)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"
    for seconds, status in ((-1, 404), (0, 200), (3600, 200), (3659, 200), (3660, 404)):
        with clock_at(start + timedelta(seconds=seconds)):
            assert sol.post(buy).status_code == status, seconds


def test_bought_lists_the_purchases_of_the_customer(ada: Client, cleo: Client, world: World) -> None:
    assert cleo.get("/api/customer/campaign/bought").json == {"campaigns": [], "total": 0}
    campaign = world.a_campaign(codes=["C1", "C2"], short_description="Short")
    world.buy(campaign)
    world.buy(campaign)
    plain: Any = cleo.get("/api/customer/campaign/bought?sort=purchaseAt&direction=asc").json
    assert (plain["total"], [row["coupon"]["code"] for row in plain["campaigns"]]) == (2, ["C1", "C2"])
    [first, _] = plain["campaigns"]
    assert (first["costInPoints"], first["campaignId"], first["used"], "campaign" in first) == (
        10,
        str(campaign.uuid),
        False,
        False,
    )
    detailed: Any = cleo.get("/api/customer/campaign/bought?includeDetails=true&perPage=1").json
    assert len(detailed["campaigns"]) == 1
    assert detailed["campaigns"][0]["campaign"]["shortDescription"] == "Short"
    assert "coupons" not in detailed["campaigns"][0]["campaign"]
    same: Any = ada.get(f"/api/admin/customer/{world.cleo.uuid}/campaign/bought").json
    assert same["total"] == 2


def test_a_customer_marks_a_coupon_as_used_once_and_for_all(ada: Client, cleo: Client, world: World) -> None:
    campaign = world.a_campaign(codes=["C1", "C2"])
    world.buy(campaign)
    row: Any = cleo.get("/api/customer/campaign/bought").json["campaigns"][0]  # type: ignore[index]
    mark = {"campaignId": row["campaignId"], "couponId": row["coupon"]["id"], "code": "C1", "used": True}
    for _ in range(2):
        assert cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [mark]}).json == {
            "coupons": [
                {"name": "C1", "used": True, "campaignId": str(campaign.uuid), "customerId": str(world.cleo.uuid)}
            ]
        }
    refused = cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [{**mark, "used": False}]})
    assert (refused.status_code, refused.json) == (400, {"error": {"code": 400, "message": "Bad Request"}})
    used: Any = cleo.get("/api/customer/campaign/bought").json
    assert used["campaigns"][0]["used"] is True
    theirs = {**mark, "used": False, "customerId": str(world.cleo.uuid)}
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json={"coupons": [theirs]}).status_code == 200
    assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/coupon/C1", data={"used": "1"}).json == {"used": True}
    assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/coupon/C1").json == {"errors": 'field "used" is required'}


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "OTHER"},
        {"campaignId": "x"},
        {"couponId": "abc"},
        {"used": None},
        {"couponId": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_marking_is_all_or_nothing(cleo: Client, world: World, changed: Any) -> None:
    campaign = world.a_campaign(codes=["C1", "C2"])
    world.buy(campaign)
    good = {"campaignId": str(campaign.uuid), "code": "C1", "used": "1"}
    bad = {**good, **changed}
    if changed == {"used": None}:
        del bad["used"]
    for coupons in ([good, bad], [], "x", [good, "x"]):
        answer = cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": coupons})
        assert (answer.status_code, answer.json) == (400, {"error": {"code": 400, "message": "Bad Request"}})
    assert cleo.post("/api/customer/campaign/coupons/mark_as_used").json == answer.json
    with world.database.reading() as session:
        assert session.query(Voucher).filter(Voucher.redeemed_at.is_not(None)).count() == 0


def test_nobody_marks_the_coupon_of_another(cleo: Client, world: World) -> None:
    con = world.a_customer(level=world.silver)
    campaign = world.a_campaign(codes=["C1", "C2"])
    world.buy(campaign, con)
    mark = {"campaignId": str(campaign.uuid), "code": "C1", "used": True, "customerId": str(con.uuid)}
    assert cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [mark]}).status_code == 400


def test_a_customer_sees_a_campaign_only_when_it_is_shown_to_them(cleo: Client, world: World) -> None:
    shown: Any = cleo.get(f"/api/campaign/{world.a_campaign().uuid}").json
    assert "coupons" not in shown
    assert cleo.get(f"/api/campaign/{world.a_campaign(levels=[world.bronze.uuid]).uuid}").status_code == 404
    for_vips = world.a_reward_campaign(coupon(), codes=["V1"], restrictions={"user.tags": {"$in": ["vip"]}})
    assert cleo.get(f"/api/campaign/{for_vips.uuid}").status_code == 404
    with world.database.transaction() as session:
        tags.put(session, world.cleo.id, ["vip"], world.now)
    assert cleo.get(f"/api/campaign/{for_vips.uuid}").status_code == 200


def test_a_secret_campaign_does_not_exist_for_customers(cleo: Client, ada: Client, sol: Client, world: World) -> None:
    missing: Any = cleo.get(f"/api/campaign/{uuid4()}")
    later = datetime.now(UTC) + hours(1)
    for secret in (world.a_campaign(lifecycle="draft"), world.a_campaign(visibility=(later, later + hours(1)))):
        for path in (f"/api/campaign/{secret.uuid}", f"/api/customer/campaign/{secret.uuid}/eligibility"):
            answer = cleo.get(path)
            assert (answer.status_code, answer.json) == (404, missing.json), path
        for staff in (ada, sol):
            assert staff.get(f"/api/campaign/{secret.uuid}").status_code == 200
    over = world.a_campaign(visibility=(later - hours(3), later - hours(2)))
    assert cleo.get(f"/api/campaign/{over.uuid}").status_code == 404


def test_points_are_added_spent_and_listed(ada: Client, sol: Client, cleo: Client, world: World) -> None:
    customer = str(world.cleo.uuid)
    added = ada.post("/api/points/transfer/add", data={"transfer[customer]": customer, "transfer[points]": "12.5"})
    assert list(added.json or {}) == ["pointsTransferId"]
    sol.post(
        "/api/pos/points/transfer/spend", json={"transfer": {"customer": customer, "points": 2, "comment": "Gift"}}
    )
    world.buy(world.a_campaign(codes=["C9"]))
    assert world.balance() == 100_000 + 1_250 - 200 - 1_000
    listed: Any = cleo.get("/api/customer/points/transfer").json
    assert list(listed) == ["transfers", "total"]
    assert [(t["type"], t["value"], t["issuer"], t.get("comment")) for t in listed["transfers"]] == [
        ("spending", 10, "system", "Free coffee, coupon: C9"),
        ("spending", 2, "seller", "Gift"),
        ("adding", 12.5, "admin", None),
        ("adding", 1000, "system", None),
    ]
    assert ada.get(f"/api/points/transfer?type=adding&customerId={customer}").json["total"] == 2  # type: ignore[index]
    assert sol.get("/api/seller/points/transfer?customerId=nobody").json["total"] == 0  # type: ignore[index]
    status: Any = cleo.get(f"/api/customer/{customer}/status").json
    assert (status["points"], status["usedPoints"], status["levelName"]) == (1000.5, 12, "silver")


def test_points_cannot_be_overspent(ada: Client, world: World) -> None:
    body = {"transfer": {"customer": str(world.cleo.uuid), "points": 1000.01}}
    answer: Any = ada.post("/api/points/transfer/spend", json=body)
    assert answer.status_code == 400
    assert answer.json["form"]["children"]["points"] == {"errors": ["not enough points"]}
    assert world.balance() == 100_000
    for wrong in (0, -5, "many", None):
        answer = ada.post("/api/points/transfer/add", json={"transfer": {**body["transfer"], "points": wrong}})
        assert answer.status_code == 400
    assert (
        ada.post("/api/points/transfer/add", json={"transfer": {"customer": "nobody", "points": 1}}).status_code == 404
    )
    assert world.balance() == 100_000
    world.require_invariants()


def test_points_never_overflow(ada: Client, world: World) -> None:
    body = {"transfer": {"customer": str(world.cleo.uuid), "points": 10**12}}
    assert ada.post("/api/points/transfer/add", json=body).status_code == 400
    assert world.balance() == 100_000
    assert BALANCE_MAX < 2**53, "exact as a JSON number, too"


def test_a_purchase_with_a_body_that_cannot_be_heard_is_refused(ada: Client, world: World) -> None:
    buy = f"/api/admin/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    for body in ({"quantity": 21}, {"quantity": -1}, {"quantity": []}, {"transactionId": "T"}, {"gift": 1}):
        answer: Any = ada.post(buy, json=body)
        assert answer.status_code == 400, body
        assert answer.json["error"]
    assert ada.post(buy, data=b"{bad", content_type="application/json").status_code == 400
    assert world.count(Award) == 0
    assert ada.post(buy, json={"quantity": 1, "withoutPoints": False}).status_code == 200


def test_buyers_of_a_shared_code_mark_their_own_purchase(cleo: Client, world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["SHARED"])
    world.buy(campaign)
    world.buy(campaign)
    rows: Any = cleo.get("/api/customer/campaign/bought").json
    mark = {
        "campaignId": str(campaign.uuid),
        "code": "SHARED",
        "used": True,
        "couponId": rows["campaigns"][0]["coupon"]["id"],
    }
    for _ in range(2):
        assert cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [mark]}).status_code == 200
    rows = cleo.get("/api/customer/campaign/bought").json
    assert sorted(row["used"] for row in rows["campaigns"]) == [False, True]


def test_a_customer_learns_nothing_of_a_draft(cleo: Client, world: World) -> None:
    draft = world.a_campaign(lifecycle="draft")
    hidden = world.a_campaign(visibility=(world.now + hours(1), world.now + hours(2)))
    for campaign in (draft, hidden):
        assert cleo.get(f"/api/customer/campaign/{campaign.uuid}/eligibility").status_code == 404


@pytest.mark.parametrize("role", ["admin", "seller", "customer"])
def test_a_token_that_was_just_revoked_buys_nothing(
    ada: Client, sol: Client, cleo: Client, world: World, role: str
) -> None:
    """The facts of the purchase are read together with who is calling; and they are nobody's."""
    client = {"admin": ada, "seller": sol, "customer": cleo}[role]
    campaign = world.a_campaign()
    path = f"/api/{role}/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy".replace(
        f"customer/customer/{world.cleo.uuid}", "customer"
    )
    assert client.post(path).status_code == 200
    assert client.post("/api/token/revoke").status_code == 200
    assert client.post(path).status_code == 401
    assert world.count(Award) == 1
