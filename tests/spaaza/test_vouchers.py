"""claim-voucher and its relatives over HTTP."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.access import permissions, tokens
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.members.models import Customer
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from tests.client import Client
from tests.spaaza.conftest import HOST, Shop, code
from tests.world import World, clock_at, coupon, hours, voucher

FIELDS = [
    "voucher_key",
    "voucher_id",
    "voucher_status",
    "voucher_locked",
    "campaign_id",
    "campaign_type",
    "campaign_title",
    "voucher_expiry_datetime_utc",
    "voucher_expiry_seconds_remaining",
    "voucher_currency_id",
    "voucher_currency_symbol",
    "voucher_amount_original",
    "voucher_amount_redeemed",
    "voucher_amount",
    "voucher_text",
    "voucher_third_party_id",
    "user_id",
    "user_entity_card",
    "result_type",
]


def a_voucher(world: World, customer: Customer | None = None, **terms: Any) -> Voucher:
    """Ten euros, generated for Cleo by a campaign."""
    manner = {name: terms.pop(name) for name in ("customer_may_claim", "claimed_by_default") if name in terms}
    campaign = world.a_reward_campaign(voucher(terms.pop("amount", 10), **terms), name="Ten euros", **manner)
    return won(world, campaign, customer)


def won(world: World, campaign: Campaign, customer: Customer | None = None) -> Voucher:
    world.interact(campaign, customer)
    with world.database.reading() as session:
        return session.query(Voucher).order_by(Voucher.id.desc()).first()  # type: ignore[return-value]


def stored(world: World, voucher_id: int) -> dict[str, Any]:
    with world.database.reading() as session:
        row = session.get_one(Voucher, voucher_id)
        return {column.name: getattr(row, column.key) for column in Voucher.__table__.columns}


def claim(client: Client, **sent: object) -> TestResponse:
    return client.post("/claim-voucher", data=sent)


def results(answer: TestResponse) -> Any:
    assert code(answer) is None, answer.json
    return answer.json["results"]  # type: ignore[index]


def test_a_customer_claims_a_voucher_by_its_key(shop: Shop) -> None:
    it = a_voucher(shop.world, voucher_text="Bring this")
    claimed = results(claim(shop.customer(), voucher_key=it.key))
    assert list(claimed) == FIELDS
    assert claimed == {
        "voucher_key": it.key,
        "voucher_id": it.id,
        "voucher_status": "claimed",
        "voucher_locked": False,
        "campaign_id": it.campaign_id,
        "campaign_type": "interaction",
        "campaign_title": "Ten euros",
        "voucher_expiry_datetime_utc": "2050-01-01 00:00:00",
        "voucher_expiry_seconds_remaining": claimed["voucher_expiry_seconds_remaining"],
        "voucher_currency_id": 2,
        "voucher_currency_symbol": "€",
        "voucher_amount_original": 10,
        "voucher_amount_redeemed": 0,
        "voucher_amount": 10,
        "voucher_text": "Bring this",
        "voucher_third_party_id": None,
        "user_id": shop.world.cleo.id,
        "user_entity_card": {"type": "regular", "code": str(shop.world.cleo.id)},
        "result_type": "claim-voucher",
    }
    at = stored(shop.world, it.id)["claimed_at"]
    with clock_at(shop.world.now + hours(1)):
        again = results(claim(shop.customer(), voucher_key=it.key))
    assert {**again, "voucher_expiry_seconds_remaining": 0} == {**claimed, "voucher_expiry_seconds_remaining": 0}
    assert again["voucher_expiry_seconds_remaining"] < claimed["voucher_expiry_seconds_remaining"]
    assert stored(shop.world, it.id)["claimed_at"] == at


def test_the_staff_and_partners_claim_for_a_customer_by_any_identifier(shop: Shop) -> None:
    con = shop.world.a_customer(
        email="con@guerdon.example",
        loyalty_card_number="404",
        authentication_point_identifier="A-1",
        auxiliary_identifier="X-1",
    )
    for named in (
        {"user_id": con.id},
        {"member_number": "404"},
        {"username": "Con@guerdon.example"},
        {"authentication_point_identifier": "A-1"},
        {"auxiliary_identifier": "X-1"},
    ):
        it = a_voucher(shop.world, con)
        assert results(
            shop.partner(X_Spaaza_MyPrice_App_Hostname=HOST["X-Spaaza-MyPrice-App-Hostname"]).put(
                "/claim-voucher", json={**named, "voucher_id": it.id}
            )
        )["user_entity_card"] == {"type": "custom", "code": "404"}
        it = a_voucher(shop.world, con)
        assert results(claim(shop.staff(), chain_id=shop.chain_id, voucher_key=it.key, **named))["user_id"] == con.id


def partner(shop: Shop) -> Client:
    return shop.partner(X_Spaaza_MyPrice_App_Hostname=HOST["X-Spaaza-MyPrice-App-Hostname"])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, 3),
        ({"voucher_key": "x"}, 419),
        ({"voucher_key": ""}, 419),
        ({"voucher_key": "A" * 64}, 419),
        ({"voucher_id": "x"}, 419),
        ({"voucher_id": "4.0"}, 419),
        ({"voucher_id": "-4"}, 419),
        ({"voucher_id": "9" * 30}, 419),
        ({"third_party_id": "x"}, 419),
        ({"voucher_key": "a" * 64}, 183),
        ({"voucher_id": "999999"}, 183),
        ({"third_party_id": "1234567890"}, 183),
    ],
)
def test_a_voucher_is_named_well_or_not_at_all(shop: Shop, sent: dict[str, str], expected: int) -> None:
    answer = claim(shop.customer(), **sent)
    assert code(answer) == expected
    assert answer.status_code == (404 if expected == 183 else 400)


def test_identifiers_must_agree(shop: Shop) -> None:
    one, other = a_voucher(shop.world), a_voucher(shop.world)
    assert code(claim(shop.customer(), voucher_key=one.key, voucher_id=other.id)) == 416
    assert code(claim(shop.customer(), voucher_key=one.key, third_party_id=1)) == 416
    assert code(claim(shop.customer(), voucher_key=one.key, voucher_id=one.id)) is None
    con = shop.world.a_customer(loyalty_card_number="7")
    assert con.id
    assert code(claim(partner(shop), voucher_id=one.id, user_id=shop.world.cleo.id, member_number="7")) == 416


def test_nobody_claims_what_is_somebody_elses(shop: Shop) -> None:
    con = shop.world.a_customer()
    it = a_voucher(shop.world, con)
    before = stored(shop.world, it.id)
    assert code(claim(shop.customer(), voucher_key=it.key)) == 183
    assert code(claim(partner(shop), voucher_key=it.key, user_id=shop.world.cleo.id)) == 183
    assert code(claim(partner(shop), voucher_key=it.key)) == 267
    there = shop.world.a_chain()
    stranger = shop.world.a_customer(chain_id=there)
    theirs = won(shop.world, shop.world.a_reward_campaign(voucher(5), chain_id=there), stranger)
    assert code(claim(partner(shop), voucher_key=theirs.key, user_id=stranger.id)) == 405
    assert code(claim(shop.customer(), voucher_key=theirs.key)) == 183
    assert stored(shop.world, it.id) == before


def test_the_staff_names_its_chain_since_version_1_5_3(shop: Shop) -> None:
    it = a_voucher(shop.world)
    sent = {"voucher_id": it.id, "user_id": shop.world.cleo.id}
    assert code(claim(shop.staff(), **sent)) == 217
    assert code(claim(shop.staff(), chain_id="x", **sent)) == 217
    assert code(claim(shop.staff(), chain_id=99, **sent)) == 217
    old = shop.staff()
    old.headers["X-Spaaza-API-Version"] = "1.5.2"
    assert code(claim(old, **sent)) is None


def test_partners_send_their_apps_host_name_and_need_write_permission(shop: Shop) -> None:
    it = a_voucher(shop.world)
    sent = {"voucher_id": it.id, "user_id": shop.world.cleo.id}
    assert code(claim(shop.partner(), **sent)) == 269
    assert code(shop.partner(shop.reading_token).post("/claim-voucher", data=sent, headers=HOST)) == 68
    with shop.world.database.transaction() as session:
        permissions.permit(session, "ada", shop.chain_id, may_write=False)
    assert code(claim(shop.staff(), chain_id=shop.chain_id, **sent)) == 68
    assert stored(shop.world, it.id)["status"] == "generated"


def test_a_campaign_may_leave_claiming_to_the_staff(shop: Shop) -> None:
    it = a_voucher(shop.world, customer_may_claim=False)
    assert code(claim(shop.customer(), voucher_key=it.key)) == 424
    assert code(claim(partner(shop), voucher_key=it.key, user_id=shop.world.cleo.id)) is None
    assert code(shop.customer().post("/unclaim-voucher", data={"voucher_key": it.key})) == 424


def test_expired_locked_and_redeemed_vouchers_are_not_claimed(shop: Shop) -> None:
    expired = a_voucher(shop.world, voucher_seconds=60)
    locked, redeemed = a_voucher(shop.world), a_voucher(shop.world, claimed_by_default=True)
    staff = partner(shop)
    assert code(staff.put("/lock-voucher", data={"voucher_id": locked.id, "retailer_basket_code": "B"})) is None
    assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": redeemed.id})) is None
    with clock_at(shop.world.now + hours(0.05)):
        for it, expected in ((expired, 9002), (locked, 9003), (redeemed, 9001)):
            before = stored(shop.world, it.id)
            assert code(claim(shop.customer(), voucher_key=it.key)) == expected
            assert stored(shop.world, it.id) == before
        assert code(claim(staff, voucher_key=locked.key, user_id=shop.world.cleo.id)) is None
    with clock_at(shop.world.now + hours(1)):
        assert code(claim(shop.customer(), voucher_key=locked.key)) is None


def test_claiming_and_unclaiming_leaves_no_trace(shop: Shop) -> None:
    it = a_voucher(shop.world)
    before = stored(shop.world, it.id)
    results(claim(shop.customer(), voucher_key=it.key))
    back = results(shop.customer().post("/unclaim-voucher", data={"voucher_key": it.key}))
    assert back["voucher_status"] == "generated"
    assert stored(shop.world, it.id) == before
    assert results(shop.customer().put("/unclaim-voucher", data={"voucher_key": it.key}))["voucher_id"] == it.id


def test_a_lock_keeps_a_voucher_for_one_basket(shop: Shop) -> None:
    it, staff = a_voucher(shop.world, claimed_by_default=True), partner(shop)

    def lock(basket: str, **sent: object) -> TestResponse:
        return staff.put("/lock-voucher", data={"voucher_id": it.id, "retailer_basket_code": basket, **sent})

    assert results(lock("B1", voucher_lock_period=60))["voucher_locked"] is True
    assert code(lock("B2")) == 9003
    assert code(lock("B1", voucher_lock_period=120)) is None
    assert code(shop.customer().post("/unclaim-voucher", data={"voucher_key": it.key})) == 9003
    assert code(lock("B1", voucher_lock_period=0)) == 419
    assert code(lock("B1", voucher_lock_period=10**9)) == 419
    assert code(shop.customer().put("/lock-voucher", data={"voucher_id": it.id})) == 424
    assert results(staff.put("/unlock-voucher", data={"voucher_id": it.id}))["voucher_locked"] is False
    assert code(lock("B2", voucher_lock_period=60)) is None
    with clock_at(shop.world.now + hours(1)):
        assert code(shop.customer().post("/unclaim-voucher", data={"voucher_key": it.key})) is None
    honour = won(shop.world, shop.world.a_reward_campaign(coupon(), nothing_more(), codes=["H"]))
    assert code(staff.put("/lock-voucher", data={"voucher_id": honour.id})) == 9005


def nothing_more() -> Any:
    from tests.world import nothing

    return nothing()


def test_a_part_is_redeemed_and_the_rest_is_a_new_voucher(shop: Shop) -> None:
    it, staff = a_voucher(shop.world, claimed_by_default=True), partner(shop)
    for wrong, expected in (("0", 419), ("-1", 419), ("x", 419), ("1.234", 419), ("10.01", 9006)):
        assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id, "amount": wrong})) == expected
    done = results(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id, "amount": "2.5"}))
    assert (done["voucher_status"], done["voucher_amount"], done["voucher_amount_redeemed"]) == ("redeemed", 2.5, 2.5)
    rest = done["regenerated_voucher"]
    assert (rest["voucher_status"], rest["voucher_amount_original"], rest["voucher_amount"]) == ("claimed", 7.5, 7.5)
    assert rest["voucher_key"] != it.key
    assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id})) == 9001
    last = results(staff.post("/auth/redeem-voucher", data={"voucher_key": rest["voucher_key"]}))
    assert (last["voucher_amount_redeemed"], last["regenerated_voucher"]) == (7.5, None)
    listed = results(shop.customer().get("/get-user-vouchers?status=redeemed"))
    assert [v["parent_voucher_id"] for v in listed["basket_vouchers"]] == [it.id, None]
    shop.world.require_invariants()


def test_only_a_claimed_voucher_is_redeemed_or_expired(shop: Shop) -> None:
    it, staff = a_voucher(shop.world), partner(shop)
    assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id})) == 9004
    assert code(staff.post("/expire-voucher", data={"voucher_id": it.id})) == 9004
    results(claim(shop.customer(), voucher_id=it.id))
    assert code(shop.customer().post("/auth/redeem-voucher", data={"voucher_id": it.id})) == 424
    assert code(shop.customer().post("/expire-voucher", data={"voucher_id": it.id})) == 424
    assert results(staff.post("/expire-voucher", data={"voucher_id": it.id})) == {
        "voucher_key": it.key,
        "result_type": "expire-voucher",
    }
    assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id})) == 9002
    shown = results(claim(shop.customer(), voucher_id=it.id))
    assert (shown["voucher_status"], shown["voucher_expiry_seconds_remaining"]) == ("claimed", 0)


def test_the_staff_issues_vouchers_by_hand(shop: Shop) -> None:
    campaign, staff = shop.world.a_reward_campaign(voucher(1)), shop.staff()
    sent = {"chain_id": shop.chain_id, "campaign_id": campaign.id}
    made = results(
        staff.post("/create-voucher", data={**sent, "amount": "12.34", "expiry_date": "2049-01-01 00:00:00"})
    )
    assert (made["user_id"], made["user_entity_card"], made["voucher_amount"]) == (None, None, 12.34)
    assert made["voucher_expiry_datetime_utc"] == "2049-01-01 00:00:00"
    claimed = results(claim(shop.customer(), voucher_key=made["voucher_key"]))
    assert claimed["user_id"] == shop.world.cleo.id
    con = shop.world.a_customer()
    assert code(claim(shop.customer(con), voucher_key=made["voucher_key"])) == 183
    percent = {"voucher_type": "basket_pct", "voucher_discount_ratio": "0.125", "user_id": con.id, "set_claimed": "1"}
    results(staff.post("/create-voucher", data={**sent, **percent}))
    results(
        staff.post(
            "/create-voucher", data={**sent, "voucher_type": "honour", "voucher_honour_code": "Z", "user_id": con.id}
        )
    )
    listed = results(shop.customer(con).get("/get-vouchers"))
    assert [(v["voucher_discount_ratio"], v["voucher_status"]) for v in listed["basket_vouchers"]] == [
        (0.125, "claimed")
    ]
    assert [v["voucher_honour_code"] for v in listed["honour_vouchers"]] == ["Z"]
    for wrong, expected in (
        ({"amount": "0"}, 419),
        ({"amount": "x"}, 419),
        ({"voucher_type": "gold"}, 419),
        ({"voucher_type": "honour"}, 419),
        ({"amount": "1", "set_claimed": "1"}, 419),
        ({"amount": "1", "expiry_date": "2020-01-01 00:00:00"}, 419),
        ({"voucher_type": "basket_pct", "voucher_discount_ratio": "2"}, 419),
        ({"amount": "1", "expiry_date": "soon"}, 419),
        ({"amount": "1", "campaign_id": 9999}, 246),
        ({"amount": "1", "user_id": 99999}, 270),
    ):
        assert code(staff.post("/create-voucher", data={**sent, **wrong})) == expected, wrong
    assert shop.world.count(Voucher) == 3


def test_vouchers_are_listed_by_state_and_page(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(voucher(1, voucher_seconds=60))
    for _ in range(3):
        shop.world.interact(campaign)
    client = shop.customer()
    assert results(client.get("/get-user-vouchers"))["total"] == 3
    page = results(client.get("/get-user-vouchers?limit=2&offset=2"))
    assert (len(page["basket_vouchers"]), page["total"]) == (1, 3)
    assert code(client.get("/get-user-vouchers?status=gone")) == 419
    assert code(client.get("/get-user-vouchers?limit=0")) == 419
    with clock_at(shop.world.now + hours(1)):
        assert results(client.get("/get-user-vouchers"))["total"] == 0
        assert results(client.get("/get-user-vouchers?include_expired=true"))["total"] == 3


def test_a_coupon_used_on_one_side_is_redeemed_on_the_other(shop: Shop, cleo: Client, ada: Client) -> None:
    world = shop.world
    campaign = world.a_campaign(codes=["A", "B"], limit=2)
    world.buy(campaign)
    [it] = results(shop.customer().get("/get-user-vouchers"))["honour_vouchers"]
    mark = {
        "coupons": [{"campaignId": str(campaign.uuid), "code": "A", "customerId": str(world.cleo.uuid), "used": True}]
    }
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json=mark).status_code == 200
    assert code(partner(shop).post("/auth/redeem-voucher", data={"voucher_id": it["voucher_id"]})) == 9001
    mark["coupons"][0]["used"] = False
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json=mark).status_code == 200
    [again] = results(shop.customer().get("/get-user-vouchers"))["honour_vouchers"]
    assert again["parent_voucher_id"] == it["voucher_id"]
    results(partner(shop).post("/auth/redeem-voucher", data={"voucher_id": again["voucher_id"]}))
    bought: Any = cleo.get("/api/customer/campaign/bought").json
    assert [(row["used"], row["coupon"]["code"]) for row in bought["campaigns"]] == [(True, "A")]
    world.require_invariants()


def test_an_anonymous_voucher_is_claimed_by_its_key_and_not_by_counting(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(voucher(1))
    sent = {"chain_id": shop.chain_id, "campaign_id": campaign.id, "amount": 50}
    made = results(shop.staff().post("/create-voucher", data=sent))
    assert code(claim(shop.customer(), voucher_id=made["voucher_id"])) == 183
    assert results(claim(shop.customer(), voucher_key=made["voucher_key"]))["user_id"] == shop.world.cleo.id


def test_a_lock_without_a_name_is_nobodys(shop: Shop) -> None:
    it, staff = a_voucher(shop.world, claimed_by_default=True), partner(shop)
    assert code(staff.put("/lock-voucher", data={"voucher_id": it.id})) is None
    assert code(staff.put("/lock-voucher", data={"voucher_id": it.id})) == 9003
    other = a_voucher(shop.world, claimed_by_default=True)
    sent = {"voucher_id": other.id, "voucher_locking_code": "x", "retailer_basket_code": "A"}
    assert code(staff.put("/lock-voucher", data=sent)) is None
    assert code(staff.put("/lock-voucher", data={"voucher_id": other.id, "voucher_locking_code": "x"})) is None
    assert code(staff.put("/lock-voucher", data={"voucher_id": other.id, "retailer_basket_code": "A"})) is None
    assert code(staff.put("/lock-voucher", data={"voucher_id": other.id, "retailer_basket_code": "B"})) == 9003


def test_a_locked_voucher_is_redeemed_for_its_basket(shop: Shop) -> None:
    it, staff = a_voucher(shop.world, claimed_by_default=True), partner(shop)
    sent = {"voucher_id": it.id, "voucher_locking_code": "x", "retailer_basket_code": "A", "voucher_lock_period": 60}
    assert code(staff.put("/lock-voucher", data=sent)) is None
    for wrong in ({}, {"retailer_basket_code": "B"}, {"voucher_locking_code": "y"}):
        assert code(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id, "amount": 1, **wrong})) == 9003
    redeemed = results(
        staff.post("/auth/redeem-voucher", data={"voucher_id": it.id, "amount": 1, "retailer_basket_code": "A"})
    )
    assert redeemed["regenerated_voucher"]["voucher_locked"] is False


def test_a_blocked_customers_vouchers_rest(shop: Shop) -> None:
    from app.members import customers

    mine, claimed = a_voucher(shop.world), a_voucher(shop.world, claimed_by_default=True)
    with shop.world.database.transaction() as session:
        customers.block(session, customers.get(session, str(shop.world.cleo.uuid), EVERY_CHAIN), shop.world.now)
    assert code(claim(partner(shop), voucher_id=mine.id, user_id=shop.world.cleo.id)) == 424
    assert code(partner(shop).post("/auth/redeem-voucher", data={"voucher_id": claimed.id})) == 424


def test_who_claimed_for_a_customer_is_kept(shop: Shop) -> None:
    it = a_voucher(shop.world)
    results(claim(shop.staff(), chain_id=shop.chain_id, voucher_id=it.id, user_id=shop.world.cleo.id))
    assert stored(shop.world, it.id)["claimed_by"] == shop.world.ada.id
    other = a_voucher(shop.world)
    results(claim(partner(shop), voucher_id=other.id, user_id=shop.world.cleo.id))
    assert stored(shop.world, other.id)["claimed_by_token"] is not None


def test_an_expired_coupon_is_not_marked_as_used(shop: Shop, ada: Client) -> None:
    campaign = shop.world.a_campaign(codes=["A", "B"], limit=2)
    shop.world.buy(campaign)
    [it] = results(shop.customer().get("/get-user-vouchers"))["honour_vouchers"]
    results(partner(shop).post("/expire-voucher", data={"voucher_id": it["voucher_id"]}))
    mark = {"campaignId": str(campaign.uuid), "code": "A", "customerId": str(shop.world.cleo.uuid), "used": True}
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json={"coupons": [mark]}).status_code == 400
    assert stored(shop.world, it["voucher_id"])["status"] == "claimed"


def test_codes_are_imported_into_a_draws_pool(shop: Shop) -> None:
    from app.campaign import errors
    from app.campaign.setup import coupons
    from tests.world import nothing, points

    campaign = shop.world.a_reward_campaign(coupon(), nothing(), codes=["A"])
    assert coupons.load(shop.world.database, campaign.uuid, ["A", "B", "C"]) == 2
    for _ in range(5):
        shop.world.interact(campaign)
    assert shop.world.count(Voucher) == 3
    with pytest.raises(errors.BadCampaign):
        coupons.load(shop.world.database, shop.world.a_reward_campaign(points(1)).uuid, ["A"])
    shop.world.require_invariants()


VOUCHER_CALLS: dict[str, dict[str, object]] = {
    "claim-voucher": {"user_id": "holder"},
    "unclaim-voucher": {"user_id": "holder"},
    "lock-voucher": {"voucher_locking_code": "L-1", "locking_period": 60},
    "unlock-voucher": {},
    "expire-voucher": {},
    "redeem-voucher": {"voucher_amount_redeem": 1},
}


def test_every_voucher_call_is_tried_as_another_chains_partner(app: Flask) -> None:
    names = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules() if rule.rule.startswith("/")}
    assert {name for name in names if name.endswith("-voucher")} - {"create-voucher"} == set(VOUCHER_CALLS)


@pytest.mark.parametrize("call", VOUCHER_CALLS)
def test_another_chains_partner_finds_no_voucher(shop: Shop, call: str) -> None:
    it = a_voucher(shop.world, shop.world.cleo)
    with shop.world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), shop.world.now).id
        host = chains.set_app(session, "there.example", there)
        _, token = tokens.create_token(session, "theirs", host, True, shop.world.now)
    stranger = shop.partner(token, X_Spaaza_MyPrice_App_Hostname="there.example")
    theirs = shop.world.a_customer("Far", chain_id=there)
    before = stored(shop.world, it.id)
    for name in ({"voucher_key": it.key}, {"voucher_id": it.id}):
        for owner in (shop.world.cleo.id, theirs.id):
            sent = {k: owner if v == "holder" else v for k, v in VOUCHER_CALLS[call].items()}
            answer = stranger.post(f"/{call}", json={**sent, **name})
            assert answer.status_code >= 400
    assert stored(shop.world, it.id) == before
