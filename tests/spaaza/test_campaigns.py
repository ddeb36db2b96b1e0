"""add-campaign, get-campaigns, add-user-purchase-progress, login and logout over HTTP."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access.models import Login
from app.access.roles import ACCESSES, RESOURCES, Permission
from app.campaign.models.campaigns import Campaign
from app.members import tags
from tests.client import Client
from tests.spaaza.conftest import HOST, Shop, code
from tests.world import PASSWORD, World, clock_at, hours, points


def add(shop: Shop, **sent: Any) -> TestResponse:
    body = {
        "chain_id": shop.chain_id,
        "title": "Wheel",
        "type": "composable",
        "context": "interaction",
        "active": True,
        "reward_methods": [{"type": "points", "amount": 5}],
        **sent,
    }
    return shop.staff().post("/internal/add-campaign", json=body)


def campaigns(client: Client, **sent: object) -> list[dict[str, Any]]:
    answer: Any = client.get("/get-campaigns", query_string=sent)
    assert code(answer) is None, answer.json
    return list(answer.json["results"]["campaigns"])


WHOLE = {
    "description": "Turn it",
    "active_date_from": "2026-01-01 00:00:00",
    "active_date_until": "2049-01-01 00:00:00",
    "active_time_from": "08:30:00",
    "active_time_until": "22:00:00",
    "active_weekdays": "1,2,3,6",
    "point_cost": 2.5,
    "max_reward_quantity": 3,
    "max_reward_quantity_unit": "week",
    "total_reward_quantity": 100,
    "total_reward_quantity_unit": "day",
    "allows_end_user_to_claim_voucher": False,
    "created_voucher_claimed_by_default": True,
    "rewards_handling": "random_draw",
    "restrictions": {"user.level": {"$in": ["silver"]}, "user.age": {"$not": {"$lt": 18}}},
}


def test_a_whole_campaign_is_set_up_and_read_back_through_the_dialect(shop: Shop) -> None:
    methods = [
        {
            "type": "voucher",
            "title": "€5",
            "amount": 5,
            "weight": 1,
            "max_quantity": 10,
            "voucher_expiry_seconds": 3600,
        },
        {"type": "voucher", "voucher_type": "basket_pct", "voucher_discount_ratio": 0.15, "weight": 2},
        {"type": "points", "amount": "1.25", "weight": 3, "max_quantity": 5, "max_quantity_unit": "day"},
        {"type": "coupon", "codes": ["A", "B"], "weight": 4, "max_quantity_per_user": 1},
        {"type": "nothing", "weight": 5, "restrictions": {"user.points": {"$gte": 1}}},
    ]
    answer: Any = add(shop, **WHOLE, reward_methods=methods).json
    made = answer["results"]["campaign"]
    for name, value in WHOLE.items():
        assert made[name] == value, name
    assert [(m["type"], m["weight"]) for m in made["reward_methods"]] == [
        ("voucher", 1),
        ("voucher", 2),
        ("points", 3),
        ("coupon", 4),
        ("nothing", 5),
    ]
    money, percent, some, code_, none = made["reward_methods"]
    assert (money["amount"], money["max_quantity"], money["voucher_expiry_seconds"]) == (5, 10, 3600)
    assert (percent["voucher_type"], percent["voucher_discount_ratio"]) == ("basket_pct", 0.15)
    assert (some["amount"], some["max_quantity"], some["max_quantity_unit"]) == (1.25, 5, "day")
    assert (code_["max_quantity_per_user"], none["restrictions"]) == (1, {"user.points": {"$gte": 1}})
    assert len(made["draw"]["commitment"]) == 64
    assert made["draw"]["seed"] is None
    [listed] = campaigns(shop.staff(), chain_id=shop.chain_id)
    assert listed == made
    shop.world.require_invariants()


def test_a_form_takes_lists_and_objects_as_json(shop: Shop) -> None:
    sent = {
        "chain_id": shop.chain_id,
        "title": "Form",
        "type": "interaction",
        "active": "1",
        "restrictions": '{"user.age": 4}',
    }
    methods = '[{"type": "points", "amount": 5}]'
    answer: Any = shop.staff().post("/internal/add-campaign", data={**sent, "reward_methods": methods}).json
    assert answer["results"]["campaign"]["restrictions"] == {"user.age": 4}


def test_a_campaign_that_sells_its_coupons_shows_them_as_its_reward(shop: Shop) -> None:
    answer: Any = add(shop, reward_methods=[{"type": "coupon", "title": "Hat", "codes": ["A"], "weight": 1}]).json
    [method] = answer["results"]["campaign"]["reward_methods"]
    assert (method["id"], method["type"], method["given"]) == (None, "coupon", 0)


def test_a_campaign_is_closed_from_its_end_on(shop: Shop) -> None:
    answer: Any = add(shop, active_date_until="2040-06-01 12:00:30").json
    made = answer["results"]["campaign"]
    assert made["active_date_until"] == "2040-06-01 12:00:30"
    for moment, is_active in (("2040-06-01T12:00:29+00:00", True), ("2040-06-01T12:00:30+00:00", False)):
        with clock_at(datetime.fromisoformat(moment)):
            [seen] = campaigns(shop.partner(), campaign_id=made["campaign_id"])
        assert seen["is_active"] is is_active


@pytest.mark.parametrize("kind", ["interaction", "signup", "basket"])
def test_simple_campaigns_have_the_context_of_their_type(shop: Shop, kind: str) -> None:
    answer: Any = add(shop, type=kind, context=None).json
    assert answer["results"]["campaign"]["context"] == kind
    assert code(add(shop, type=kind, context="internal")) == 419


def test_a_composable_campaigns_context_is_the_basket_unless_told(shop: Shop) -> None:
    answer: Any = add(shop, context=None).json
    assert answer["results"]["campaign"]["context"] == "basket"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"title": None}, 3),
        ({"title": ""}, 419),
        ({"type": "wallet"}, 419),
        ({"type": None}, 3),
        ({"context": "cosmos"}, 419),
        ({"active": None}, 3),
        ({"active": "maybe"}, 419),
        ({"active_date_from": "tomorrow"}, 419),
        ({"active_date_until": "2030-11-26"}, 419),  # its first second, or its last?
        ({"active_date_until": "20301231"}, 419),
        ({"active_date_until": 20_301_231}, 419),
        ({"active_date_until": "2030-W10-1 10:00"}, 419),
        ({"active_date_until": "9999-12-31 23:59:59"}, 419),
        ({"active_date_from": "0001-01-01 00:00:00"}, 419),
        ({"active_date_from": "2030-01-01 00:00:00", "active_date_until": "2029-01-01 00:00:00"}, 419),
        ({"active_time_from": "25:00"}, 419),
        ({"active_weekdays": "0"}, 419),
        ({"active_weekdays": "1,8"}, 419),
        ({"point_cost": -1}, 419),
        ({"point_cost": 1.234}, 419),
        ({"max_reward_quantity": -1}, 419),
        ({"max_reward_quantity_unit": "fortnight"}, 419),
        ({"user_segment": "x"}, 419),
        ({"user_segment": "00000000-0000-0000-0000-000000000009"}, 419),
        ({"rewards_handling": "auction"}, 419),
        ({"rewards_handling": "random_draw", "context": "basket"}, 419),
        ({"restrictions": "x"}, 419),
        ({"restrictions": {"user.shoe_size": 44}}, 419),
        ({"restrictions": {"user.age": {"$like": 4}}}, 419),
        ({"restrictions": {"basket.amount": 4}}, 419),
        ({"restrictions": {"user.age": 4}, "context": "internal"}, 419),
        ({"reward_methods": None}, 3),
        ({"reward_methods": []}, 419),
        ({"reward_methods": "points"}, 419),
        ({"reward_methods": [{}]}, 3),
        ({"reward_methods": [{"type": "gold"}]}, 419),
        ({"reward_methods": [{"type": "points"}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 0}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 1, "weight": -1}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 1, "weight": 1.5}]}, 419),
        ({"reward_methods": [{"type": "voucher"}]}, 419),
        ({"reward_methods": [{"type": "voucher", "voucher_type": "honour"}]}, 419),
        ({"reward_methods": [{"type": "voucher", "voucher_type": "basket_pct", "voucher_discount_ratio": 1.5}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 1, "recipient": "referred"}]}, 419),
        ({"reward_methods": [{"type": "coupon", "codes": ["A", "A"]}]}, 419),
        ({"reward_methods": [{"type": "coupon", "codes": [1]}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 1, "max_quanity": 3}]}, 419),
        ({"reward_methods": "[{]"}, 419),
        ({"actve_date_until": "2030-01-01 00:00:00"}, 419),
        ({"total_reward_quantity": 2 * 10**18}, 419),
        ({"reward_methods": [{"type": "coupon", "codes": ["A"]}, {"type": "coupon", "codes": ["B"]}]}, 419),
        ({"reward_methods": [{"type": "points", "amount": 1, "weight": 0}], "rewards_handling": "random_draw"}, 419),
    ],
)
def test_an_odd_campaign_is_refused_and_nothing_is_made(shop: Shop, sent: dict[str, Any], expected: int) -> None:
    answer = add(shop, **sent)
    assert code(answer) == expected, answer.json
    assert shop.world.count(Campaign) == 0


def test_only_writers_set_up_campaigns(shop: Shop) -> None:
    assert code(shop.customer().post("/internal/add-campaign", json={})) == 424
    assert code(shop.partner(shop.reading_token).post("/internal/add-campaign", json={})) == 68


def test_a_customer_sees_what_is_open_and_the_progress_made(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(points(5), limit_per_customer=9, name="Open")
    shop.world.a_reward_campaign(lifecycle="draft", name="Closed")
    others = shop.world.a_reward_campaign(segments=[shop.world.ada.uuid], name="For others")
    shop.world.interact(campaign)
    shop.world.interact(campaign)
    [seen] = campaigns(shop.customer())
    assert (seen["title"], seen["is_active"]) == ("Open", True)
    assert "restrictions" not in seen
    assert "given" not in seen["reward_methods"][0]
    assert seen["user_progress"] == {"award_count": 2, "total_amount_awarded": 10}
    sent = {"chain_id": shop.chain_id}
    both = campaigns(shop.staff(), **sent, user_id=shop.world.a_customer().id)
    assert [(c["title"], c["is_active"], c["user_progress"]["award_count"]) for c in both] == [
        ("Open", True, 0),
        ("Closed", False, 0),
        ("For others", True, 0),
    ]
    assert "user_progress" not in campaigns(shop.staff(), **sent)[0]
    assert [c["title"] for c in campaigns(shop.staff(), **sent, active="true")] == ["Open", "For others"]
    assert campaigns(shop.customer(), campaign_id=others.id) == []
    assert [c["title"] for c in campaigns(shop.staff(), **sent, limit=1, offset=1)] == ["Closed"]
    assert code(shop.partner().get(f"/get-campaign?campaign_id={campaign.id}")) is None


def test_a_customer_sees_only_what_is_for_it(shop: Shop, world: World) -> None:
    for_vips = world.a_reward_campaign(restrictions={"user.tags": {"$in": ["vip"]}})
    world.a_reward_campaign(lifecycle="draft")
    customer = shop.customer()
    assert campaigns(customer) == campaigns(customer, campaign_id=for_vips.id) == []
    assert for_vips.id in [it["campaign_id"] for it in campaigns(shop.partner(), user_id=world.cleo.id)]
    with world.database.transaction() as session:
        tags.put(session, world.cleo.id, ["vip"], world.now)
    assert [it["campaign_id"] for it in campaigns(customer)] == [for_vips.id]


def test_a_seed_is_told_only_when_the_campaign_is_over(shop: Shop) -> None:
    closes = shop.world.now + hours(1)
    shop.world.a_reward_campaign(handling="random_draw", activity=(shop.world.now - hours(1), closes))
    [seen] = campaigns(shop.staff(), chain_id=shop.chain_id)
    assert seen["draw"]["seed"] is None
    with clock_at(closes + hours(1)):
        [seen] = campaigns(shop.staff(), chain_id=shop.chain_id)
    import hashlib

    assert hashlib.sha256(bytes.fromhex(seen["draw"]["seed"])).hexdigest() == seen["draw"]["commitment"]


def test_points_are_added_and_taken_by_the_staff(shop: Shop) -> None:
    sent = {"chain_id": shop.chain_id, "user_id": shop.world.cleo.id}

    def progress(amount: object, **more: object) -> TestResponse:
        body = {**sent, "amount": amount, "log_message": "Sorry", **more}
        return shop.staff().post("/auth/add-user-purchase-progress", data=body)

    row: Any = progress("12.5").json["results"]["user_purchase_progress"]  # type: ignore[index]
    assert (row["amount"], row["progress_type"], row["log_message"], row["balance"]) == (
        12.5,
        "Manual",
        "Sorry",
        1012.5,
    )
    row = progress("-1000").json["results"]["user_purchase_progress"]  # type: ignore[index]
    assert row["balance"] == 12.5
    assert code(progress("-12.51")) == 451
    for odd in ("0", "", "x", "1.234", "1e5"):
        assert code(progress(odd)) == 419
    assert code(progress("1", user_id=99_999)) == 270
    assert shop.world.balance() == 1_250
    shop.world.require_invariants()


def login(shop: Shop, username: str, password: str = PASSWORD, headers: dict[str, str] | None = None) -> TestResponse:
    return shop.client().post("/auth/login", data={"username": username, "password": password}, headers=headers or {})


def test_people_sign_in_and_out(shop: Shop) -> None:
    for username, headers in (("cleo@guerdon.example", HOST), ("ada", {}), ("sol@guerdon.example", {})):
        answer: Any = login(shop, username, headers=headers).json
        info = answer["results"]["session_info"]
        client = shop.client(
            X_Spaaza_Session_User_Id=str(info["session_user_id"]), X_Spaaza_Session_Key=info["session_key"]
        )
        client.headers.update(headers)
        assert code(client.send("DELETE", "/auth/logout")) is None
        assert code(client.send("DELETE", "/auth/logout")) == 6
    assert code(shop.partner().send("DELETE", "/auth/logout")) == 228


def test_signing_in_again_ends_the_session_before(shop: Shop) -> None:
    first = shop.customer()
    assert campaigns(first) == []
    assert code(login(shop, "cleo@guerdon.example", headers=HOST)) is None
    assert code(first.get("/get-campaigns")) == 6


def test_an_admin_with_roles_does_nothing_here(shop: Shop) -> None:
    lea = shop.world.an_admin_with([Permission(it, access) for it in RESOURCES for access in ACCESSES])
    client = shop.staff(lea)
    assert code(client.get(f"/get-campaigns?chain_id={shop.chain_id}")) == 68
    assert code(shop.staff().get(f"/get-campaigns?chain_id={shop.chain_id}")) is None


def test_a_new_password_ends_the_session(shop: Shop, cleo: Client) -> None:
    client = shop.customer()
    changed = cleo.post(
        "/api/customer/password/change", json={"currentPassword": PASSWORD, "plainPassword": "New-Horse-8"}
    )
    assert changed.status_code == 200, changed.json
    assert code(client.get("/get-campaigns")) == 6


def test_no_password_stands_in_an_address(shop: Shop) -> None:
    assert code(shop.client().post(f"/auth/login?username=ada&password={PASSWORD}")) == 419


@pytest.mark.parametrize(
    ("username", "password", "headers", "expected"),
    [
        ("cleo@guerdon.example", "wrong", HOST, 5),
        ("nobody@guerdon.example", PASSWORD, HOST, 5),
        ("cleo@guerdon.example", PASSWORD, {}, 5),
        ("ada", PASSWORD, HOST, 5),
        ("", PASSWORD, HOST, 419),
        ("cleo@guerdon.example", PASSWORD, {"X-Spaaza-MyPrice-App-Hostname": "nowhere.example"}, 238),
    ],
)
def test_nobody_signs_in_with_the_wrong_words(
    shop: Shop, username: str, password: str, headers: dict[str, str], expected: int
) -> None:
    assert code(login(shop, username, password, headers)) == expected


def test_a_customer_of_another_chain_does_not_sign_in_here(shop: Shop) -> None:
    there = shop.world.a_chain()
    shop.world.a_customer(email="far@guerdon.example", chain_id=there)
    assert code(login(shop, "far@guerdon.example", headers=HOST)) == 5


def test_a_disabled_login_is_told_so_after_the_right_password_only(shop: Shop) -> None:
    with shop.world.database.transaction() as session:
        session.scalars(select(Login).where(Login.id == shop.world.sol.id)).one().active = False
    assert code(login(shop, "sol@guerdon.example", "wrong")) == 5
    assert code(login(shop, "sol@guerdon.example")) == 267
