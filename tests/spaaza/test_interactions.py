"""interact-campaign over HTTP: who may, what it gives, and every code of its table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.access import permissions, tokens
from app.campaign.models.awards import Award
from app.campaign.models.draws import Draw
from app.campaign.models.vouchers import Voucher
from app.members import customers
from app.organizations import chains
from app.organizations.scope import EVERY_CHAIN
from app.points.models import LedgerEntry
from tests.client import Client
from tests.spaaza.conftest import HOST, HOSTNAME, Shop, code
from tests.world import clock_at, coupon, hours, nothing, points, voucher

ERRORS = (Path(__file__).parent.parent / "examples" / "spaaza-errors.txt").read_text().split("\n\n")
TABLE = {
    call: [(int(number), name, int(status)) for number, name, status in (row.split() for row in rows)]
    for call, *rows in (block.strip().splitlines() for block in ERRORS)
}


def interact(client: Client, campaign: object, headers: dict[str, str] | None = None, **sent: object) -> TestResponse:
    query = {"campaign_id": getattr(campaign, "id", campaign), **sent}
    return client.get("/interact-campaign", query_string=query, headers=headers)


def test_a_customer_the_staff_and_a_partner_interact(shop: Shop) -> None:
    campaign, cleo = shop.world.a_reward_campaign(points(5), limit_per_customer=9), shop.world.cleo
    answers = [
        interact(shop.customer(), campaign),
        interact(shop.customer(), campaign, user_id=cleo.id),
        interact(shop.staff(), campaign, chain_id=shop.chain_id, user_id=cleo.id),
        interact(shop.partner(), campaign, user_id=cleo.id),
        interact(shop.partner(), campaign, headers=HOST, username="Cleo@Guerdon.example"),
        interact(shop.partner(shop.unbound_token), campaign, headers=HOST, user_id=cleo.id),
        shop.partner().post("/auth/interact-campaign", json={"campaign_id": campaign.id, "user_id": str(cleo.id)}),
    ]
    for answer in answers:
        assert answer.json == {
            "result": {"code": 1, "status": "ok"},
            "results": {"success": True, "result_type": "interact-campaign"},
        }
    assert shop.world.balance() == 100_000 + 7 * 500
    assert code(interact(shop.partner(shop.reading_token), campaign, user_id=cleo.id)) == 68, "it may only read"
    assert shop.world.balance() == 100_000 + 7 * 500
    shop.world.require_invariants()


def test_every_kind_of_reward_is_given_and_none_is_told(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(
        points(5), voucher(3, voucher_text="at the till"), coupon(), nothing(), codes=["CODE-1"], cost=200
    )
    answer = interact(shop.customer(), campaign)
    assert code(answer) is None
    assert answer.json["results"] == {"success": True, "result_type": "interact-campaign"}  # type: ignore[index]
    assert shop.world.balance() == 100_000 - 200 + 500
    listed: Any = shop.customer().get("/get-user-vouchers").json["results"]  # type: ignore[index]
    [money], [honour] = listed["basket_vouchers"], listed["honour_vouchers"]
    assert (money["voucher_amount"], money["voucher_status"], money["voucher_text"]) == (3, "generated", "at the till")
    assert (honour["voucher_honour_code"], honour["voucher_status"]) == ("CODE-1", "claimed")
    shop.world.require_invariants()


def test_a_user_who_was_rewarded_already_gets_a_warning_and_no_second_reward(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(limit_per_customer=1, limit=1)
    assert code(interact(shop.customer(), campaign)) is None
    answer = interact(shop.customer(), campaign)
    assert answer.status_code == 200
    assert code(answer) == 450
    body: Any = answer.json
    assert list(body["warnings"][0]) == ["code", "name", "description", "message"]
    assert body["warnings"][0]["name"] == "campaign_fully_redeemed"
    assert body["results"]["success"] is True
    assert shop.world.count(Award) == 1
    # Somebody else is told that nothing is left.
    other = shop.world.a_customer()
    assert code(interact(shop.customer(other), campaign)) == 450
    assert interact(shop.customer(other), campaign).status_code == 400


def no_session(shop: Shop) -> TestResponse:
    return interact(shop.client(), shop.world.a_reward_campaign())


def no_permission(shop: Shop) -> TestResponse:
    with shop.world.database.transaction() as session:
        permissions.permit(session, "ada", shop.chain_id, may_write=None)
    return interact(shop.staff(), shop.world.a_reward_campaign(), chain_id=shop.chain_id, user_id=shop.world.cleo.id)


def elsewhere(shop: Shop) -> int:
    return shop.world.a_chain()


def app_of_nobody(shop: Shop) -> TestResponse:
    client = shop.customer()
    with shop.world.database.transaction() as session:
        chains.set_app(session, HOSTNAME, None)
    return interact(client, shop.world.a_reward_campaign())


def revoked(shop: Shop) -> TestResponse:
    with shop.world.database.transaction() as session:
        token, secret = tokens.create_token(session, "gone", None, True, shop.world.now)
        tokens.revoke_token(session, token.id, shop.world.now)
    return interact(shop.partner(secret), shop.world.a_reward_campaign(), user_id=shop.world.cleo.id)


def blocked(shop: Shop) -> TestResponse:
    client = shop.customer()
    with shop.world.database.transaction() as session:
        customers.block(session, customers.get(session, str(shop.world.cleo.uuid), EVERY_CHAIN), shop.world.now)
    return interact(client, shop.world.a_reward_campaign())


def stranger(shop: Shop) -> TestResponse:
    other = shop.world.a_customer(chain_id=elsewhere(shop))
    return interact(shop.partner(), shop.world.a_reward_campaign(), user_id=other.id)


def two_people(shop: Shop) -> TestResponse:
    con = shop.world.a_customer(loyalty_card_number="C-1")
    return interact(
        shop.partner(), shop.world.a_reward_campaign(), user_id=shop.world.cleo.id, member_number="C-1" if con else ""
    )


def exhausted(shop: Shop) -> TestResponse:
    campaign = shop.world.a_reward_campaign(limit=1)
    shop.world.interact(campaign, shop.world.a_customer())
    return interact(shop.customer(), campaign)


SCENARIOS: dict[int, Callable[[Shop], TestResponse]] = {
    6: no_session,
    68: no_permission,
    154: lambda shop: interact(shop.partner(), shop.world.a_reward_campaign(), user_id="12345678901"),
    217: lambda shop: interact(shop.staff(), shop.world.a_reward_campaign(), user_id=shop.world.cleo.id),
    228: lambda shop: interact(shop.customer(), shop.world.a_reward_campaign(), auth_method="magic"),
    238: lambda shop: interact(
        shop.customer(), shop.world.a_reward_campaign(), headers={"X-Spaaza-MyPrice-App-Hostname": "nowhere.example"}
    ),
    245: lambda shop: interact(shop.customer(), ""),
    246: lambda shop: interact(shop.customer(), 4_000_000),
    247: lambda shop: interact(shop.customer(), "4.0"),
    264: app_of_nobody,
    265: lambda shop: interact(shop.client(Authorization="Basic x"), shop.world.a_reward_campaign()),
    266: revoked,
    267: blocked,
    269: lambda shop: interact(shop.partner(shop.unbound_token), shop.world.a_reward_campaign(), user_id=1),
    270: lambda shop: interact(shop.partner(), shop.world.a_reward_campaign(), member_number="nobody"),
    405: stranger,
    416: two_people,
    419: lambda shop: interact(shop.partner(), shop.world.a_reward_campaign(), member_number=""),
    424: lambda shop: interact(shop.customer(), shop.world.a_reward_campaign(segments=[shop.world.ada.uuid])),
    449: lambda shop: interact(shop.customer(), shop.world.a_reward_campaign(lifecycle="draft")),
    450: exhausted,
    451: lambda shop: interact(shop.customer(), shop.world.a_reward_campaign(cost=100_001)),
}


@pytest.mark.parametrize("row", TABLE["interact-campaign"], ids=lambda row: f"{row[0]}-{row[1]}")
def test_every_code_of_the_table_is_told_and_changes_nothing(shop: Shop, row: tuple[int, str, int]) -> None:
    number, name, status = row
    answer = SCENARIOS[number](shop)
    body: Any = answer.json
    assert code(answer) == number, body
    assert (body["error"]["name"], answer.status_code) == (name, status)
    assert shop.world.count(Award) == (1 if number == 450 else 0)
    assert shop.world.balance() == 100_000
    shop.world.require_invariants()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 6),
        ({"X-Spaaza-Session-Key": "no such key", "X-Spaaza-Session-User-Id": "1"}, 6),
        ({"X-Spaaza-Session-Key": "no such key"}, 6),
        ({"Authorization": "Bearer"}, 265),
        ({"Authorization": "Bearer  "}, 265),
        ({"Authorization": ""}, 265),
        ({"Authorization": "Basic YTpi"}, 265),
        ({"Authorization": "Bearer unknown"}, 266),
        ({"Authorization": "Bearer unknown", "X-Spaaza-Session-Key": "k", "X-Spaaza-Session-User-Id": "1"}, 228),
    ],
)
def test_nobody_comes_in_without_a_key(shop: Shop, headers: dict[str, str], expected: int) -> None:
    client = Client(shop.app)
    client.headers = headers
    assert code(interact(client, 1)) == expected
    assert code(client.post("/claim-voucher")) == expected
    assert code(client.post("/auth/complete-referral-relation")) == expected


def test_a_session_is_its_owners_until_it_ends(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign()
    client = shop.customer()
    assert code(interact(client, campaign, headers={"X-Spaaza-Session-User-Id": str(shop.world.cleo.id + 1)})) == 6
    other = shop.world.a_customer()
    assert code(interact(client, campaign, user_id=other.id)) == 405
    older = {name.replace("X-Spaaza-", "X-" if "MyPrice" in name else ""): v for name, v in client.headers.items()}
    client.headers = older  # as it was spelled until 2024
    assert code(interact(client, campaign)) is None
    with clock_at(shop.world.now + hours(337)):
        assert code(interact(client, campaign)) == 6


def test_a_username_serves_instead_of_the_users_id(shop: Shop) -> None:
    client = shop.customer()
    del client.headers["X-Spaaza-Session-User-Id"]
    client.headers["X-Spaaza-Session-Username"] = "cleo@guerdon.example"
    assert code(interact(client, shop.world.a_reward_campaign())) is None
    client.headers["X-Spaaza-Session-Username"] = "con@guerdon.example"
    assert code(interact(client, shop.world.a_reward_campaign())) == 6


def test_campaigns_and_apps_of_another_chain_are_not_reached(shop: Shop) -> None:
    there = elsewhere(shop)
    campaign = shop.world.a_reward_campaign(chain_id=there)
    assert code(interact(shop.customer(), campaign)) == 246
    assert code(interact(shop.partner(), campaign, user_id=shop.world.cleo.id)) == 246
    with shop.world.database.transaction() as session:
        chains.set_app(session, "there.example", there)
    theirs = {"X-Spaaza-MyPrice-App-Hostname": "there.example"}
    assert code(interact(shop.customer(), campaign, headers=theirs)) == 405
    assert code(interact(shop.partner(), campaign, headers=theirs, user_id=shop.world.cleo.id)) == 405
    assert code(interact(shop.staff(), campaign, chain_id=there, user_id=shop.world.cleo.id)) == 68


def test_sellers_are_staff_of_the_chains_that_they_may_see(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign()
    sent = {"chain_id": shop.chain_id, "user_id": shop.world.cleo.id}
    assert code(interact(shop.staff(shop.world.sol), campaign, **sent)) == 68
    with shop.world.database.transaction() as session:
        permissions.permit(session, "sol@guerdon.example", shop.chain_id, may_write=False)
    assert code(interact(shop.staff(shop.world.sol), campaign, **sent)) is None
    assert code(shop.staff(shop.world.sol).post("/claim-voucher", data={**sent, "voucher_id": "1"})) == 68


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"user_id": "x"}, 154),
        ({"user_id": "+4"}, 154),
        ({"user_id": "4.0"}, 154),
        ({"user_id": ""}, 154),
        ({"user_id": "-1"}, 154),
        ({"user_id": "٤"}, 154),
        ({"user_id": "9999999999"}, 270),
        ({}, 267),
        ({"member_number[]": "1"}, 419),
        ({"member_number": "x" * 300}, 419),
    ],
)
def test_odd_identifiers_are_told_apart(shop: Shop, sent: dict[str, str], expected: int) -> None:
    assert code(interact(shop.partner(), shop.world.a_reward_campaign(), **sent)) == expected


@pytest.mark.parametrize("campaign", ["x", "+4", "4.0", "1e3", " 4", "٤", "9" * 30, "-1", "true"])
def test_an_odd_campaign_id_is_invalid(shop: Shop, campaign: str) -> None:
    assert code(interact(shop.customer(), campaign)) == 247


def test_the_reason_that_is_told_follows_the_order_of_the_checks(shop: Shop) -> None:
    """Inactive before denied, denied before exhausted, exhausted before too dear."""
    nobody, dear = {"segments": [shop.world.ada.uuid]}, {"cost": 100_001}
    draft = shop.world.a_reward_campaign(lifecycle="draft", limit=0, **nobody, **dear)
    assert code(interact(shop.customer(), draft)) == 449
    assert code(interact(shop.customer(), shop.world.a_reward_campaign(limit=0, **nobody, **dear))) == 424
    assert code(interact(shop.customer(), shop.world.a_reward_campaign(limit=0, **dear))) == 450
    assert code(interact(shop.customer(), shop.world.a_reward_campaign(points(1, stock=0), **dear))) == 450
    both = interact(shop.customer(), shop.world.a_reward_campaign(limit=0, limit_per_customer=0, **dear))
    assert (both.status_code, code(both)) == (200, 450)


@pytest.mark.parametrize(
    "sent", [{"context": "basket"}, {"context": "internal"}, {"kind": "signup"}, {"kind": "referral"}]
)
def test_only_interaction_campaigns_can_be_interacted_with(shop: Shop, sent: dict[str, str]) -> None:
    recipient = {"recipient": "referring"} if sent.get("kind") == "referral" else {}
    sent = {"kind": "composable", **sent}
    assert code(interact(shop.customer(), shop.world.a_reward_campaign(points(1, **recipient), **sent))) == 449


def test_a_get_that_changes_is_made_on_purpose_only(shop: Shop) -> None:
    campaign, client = shop.world.a_reward_campaign(), shop.customer()
    for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"):
        assert code(interact(client, campaign, headers={name: "prefetch;prerender"})) == 9425
        assert code(interact(client, campaign, headers={name: "preview"})) == 9425
    assert client.send("HEAD", f"/interact-campaign?campaign_id={campaign.id}").status_code == 405
    assert client.send("OPTIONS", f"/interact-campaign?campaign_id={campaign.id}").status_code == 200
    assert shop.world.count(Award) == 0


def test_an_idempotency_key_makes_a_get_happen_once(shop: Shop) -> None:
    campaign, client = shop.world.a_reward_campaign(), shop.customer()
    answers = [interact(client, campaign, headers={"Idempotency-Key": "tap-1"}) for _ in range(3)]
    assert [code(answer) for answer in answers] == [None] * 3
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]
    assert shop.world.count(Award) == 1
    assert code(interact(client, campaign, headers={"Idempotency-Key": "tap-2"})) is None
    assert code(interact(client, shop.world.a_reward_campaign(), headers={"Idempotency-Key": "tap-2"})) == 9040
    partner = interact(shop.partner(), campaign, headers={"Idempotency-Key": "tap-1"}, user_id=shop.world.cleo.id)
    assert code(partner) is None
    assert shop.world.count(Award) == 3
    shop.world.require_invariants()


def test_one_campaign_is_sold_on_both_sides_and_each_lowers_what_the_other_sees(
    shop: Shop, sol: Client, cleo: Client
) -> None:
    """Two coupons, limit two: one bought through Open Loyalty, one by an interaction; then both say that none is left."""
    world = shop.world
    campaign = world.a_campaign(limit=2, codes=["A", "B", "C"], limit_per_customer=2)
    other = world.a_customer(level=world.silver)

    def left() -> tuple[int, int]:
        listed: Any = sol.get(f"/api/seller/campaign/{campaign.uuid}").json
        [seen] = (
            shop.staff()
            .get(f"/get-campaigns?chain_id={shop.chain_id}&campaign_id={campaign.id}")
            .json["results"]["campaigns"]
        )  # type: ignore[index]
        return listed["usageLeft"], seen["rewards_left"]

    assert left() == (2, 2)
    assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy").json["coupon"] == {"code": "A"}  # type: ignore[index]
    assert left() == (1, 1)
    available: Any = cleo.get("/api/customer/campaign/available").json["campaigns"]  # type: ignore[index]
    assert (available[0]["usageLeft"], available[0]["usageLeftForCustomer"]) == (1, 1)
    assert code(interact(shop.customer(other), campaign)) is None
    assert left() == (0, 0)
    assert code(interact(shop.customer(), campaign)) == 450
    refused = cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy")
    assert refused.json == {"error": "Limit exceeded"}
    assert cleo.get("/api/customer/campaign/available").json["campaigns"] == []  # type: ignore[index]
    bought: Any = sol.get(f"/api/seller/customer/{other.uuid}/campaign/bought").json
    assert bought["campaigns"][0]["coupon"]["code"] == "B"
    vouchers: Any = shop.customer().get("/get-user-vouchers").json["results"]["honour_vouchers"]  # type: ignore[index]
    assert [(v["voucher_honour_code"], v["campaign_id"]) for v in vouchers] == [("A", campaign.id)]
    assert (world.balance(), world.balance(other)) == (99_000, 99_000)
    world.require_invariants()


def test_a_coupon_campaign_made_here_is_for_sale_there_and_a_draw_is_not(shop: Shop, sol: Client, ada: Client) -> None:
    sent = {"chain_id": shop.chain_id, "title": "Coffee", "type": "interaction", "active": True, "point_cost": 2.5}
    method = {"type": "coupon", "codes": ["X1", "X2"]}
    made: Any = shop.staff().post("/internal/add-campaign", json={**sent, "reward_methods": [method]}).json
    uuid = made["results"]["campaign"]["campaign_uuid"]
    listed: Any = sol.get("/api/seller/campaign").json
    assert [(c["campaignId"], c["costInPoints"], c["usageLeft"]) for c in listed["campaigns"]] == [(uuid, 2.5, 2)]
    assert sol.post(f"/api/seller/customer/{shop.world.cleo.uuid}/campaign/{uuid}/buy").status_code == 200
    draw = shop.world.a_reward_campaign(points(1), handling="random_draw")
    assert sol.get(f"/api/seller/campaign/{draw.uuid}").status_code == 404
    eligibility = f"/api/seller/customer/{shop.world.cleo.uuid}/campaign/{draw.uuid}/eligibility"
    assert sol.get(eligibility).status_code == 404
    assert sol.post(f"/api/seller/customer/{shop.world.cleo.uuid}/campaign/{draw.uuid}/buy").status_code == 404
    assert ada.get("/api/campaign").json["total"] == 1  # type: ignore[index]
    paused = ada.post(f"/api/campaign/{uuid}/inactive")
    assert paused.status_code < 300
    assert code(interact(shop.customer(), made["results"]["campaign"]["campaign_id"])) == 449
    shop.world.require_invariants()


def test_what_is_told_as_a_failure_is_in_the_envelope_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.campaign.triggers import interactions

    def fail(*_: Any) -> Any:
        raise RuntimeError("a secret")

    monkeypatch.setattr(interactions, "interact", fail)
    answer = interact(shop.customer(), shop.world.a_reward_campaign())
    assert (answer.status_code, code(answer)) == (500, 9500)
    assert "secret" not in answer.get_data(as_text=True)


def test_clients_of_old_versions_get_errors_by_code(shop: Shop) -> None:
    old = interact(shop.customer(), 999, headers={"X-Spaaza-API-Version": "1.3.9"})
    body: Any = old.json
    assert list(body) == ["result", "errors"]
    assert body["errors"]["246"]["name"] == "campaign_id_not_found"
    for version in ("1.4.0", "9", "x.y.z", ""):
        assert "error" in (interact(shop.customer(), 999, headers={"X-Spaaza-API-Version": version}).json or {})


def test_nothing_personal_and_no_key_is_stored_or_logged_in_the_clear(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    client = shop.customer()
    interact(client, shop.world.a_reward_campaign(), headers={"Idempotency-Key": "k"})
    key = client.headers["X-Spaaza-Session-Key"]
    assert key not in caplog.text
    with shop.world.database.reading() as session:
        for table in ("session_key", "access_token", "stored_answer", "audit_entry"):
            stored = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert key not in stored
            assert shop.token not in stored


def test_the_counts_of_a_reward_are_rows(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(points(1), handling="random_draw")
    interact(shop.customer(), campaign)
    counts = [shop.world.count(model) for model in (Award, Draw, Voucher)]
    assert counts == [1, 1, 0]
    with shop.world.database.reading() as session:
        kinds = [entry.kind for entry in session.query(LedgerEntry).filter(LedgerEntry.award_id.is_not(None))]
    assert sorted(kinds) == ["bought", "rewarded"]


@pytest.mark.parametrize(
    "sent",
    [
        {"limit_per_customer": 0, "limit_per_customer_unit": "day"},
        {"limit_in_period": 0, "limit_unit": "day"},
        {"rewards": {"limit_in_period": 0, "limit_unit": "day"}},
        {"rewards": {"limit_per_customer": 0, "limit_per_customer_unit": "day"}},
    ],
)
def test_none_a_day_is_none(shop: Shop, sent: dict[str, Any]) -> None:
    campaign_told = {name: value for name, value in sent.items() if name != "rewards"}
    campaign = shop.world.a_reward_campaign(points(1, **sent.get("rewards", {})), **campaign_told)
    assert code(interact(shop.customer(), campaign)) == 450
    assert shop.world.count(Award) == 0
    shop.world.require_invariants()


def test_host_names_have_no_case_and_chains_are_not_contradicted(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign()
    loud = {"X-Spaaza-MyPrice-App-Hostname": HOSTNAME.upper()}
    assert code(interact(shop.customer(), campaign, headers=loud)) is None
    assert code(interact(shop.partner(), campaign, headers=loud, user_id=shop.world.cleo.id)) is None
    assert code(interact(shop.customer(), campaign, chain_id=shop.chain_id)) is None
    assert code(interact(shop.customer(), campaign, chain_id=99)) == 405
    assert code(interact(shop.partner(), campaign, chain_id=99, user_id=shop.world.cleo.id)) == 405


def test_a_key_counts_for_one_chain(shop: Shop) -> None:
    there = elsewhere(shop)
    with shop.world.database.transaction() as session:
        chains.set_app(session, "there.example", there)
    campaign, partner = shop.world.a_reward_campaign(), shop.partner(shop.unbound_token)
    sent = {"campaign_id": campaign.id, "user_id": shop.world.cleo.id}
    for headers, expected in ((HOST, None), ({"X-Spaaza-MyPrice-App-Hostname": "there.example"}, 405)):
        answer = partner.post("/interact-campaign", data=sent, headers={**headers, "Idempotency-Key": "once"})
        assert code(answer) == expected


def test_a_campaign_is_visible_to_customers_of_its_own_chain(shop: Shop, ada: Client) -> None:
    there = elsewhere(shop)
    for _ in range(3):
        shop.world.a_customer(chain_id=there)
    campaign = shop.world.a_campaign(for_everyone=True, levels=[])
    listed: Any = ada.get(f"/api/campaign/{campaign.uuid}/customers/visible").json
    assert ([row["customerId"] for row in listed["customers"]], listed["total"]) == ([str(shop.world.cleo.uuid)], 1)
    assert ada.get(f"/api/campaign/{campaign.uuid}").json["visibleForCustomersCount"] == 1  # type: ignore[index]
    shop.world.require_invariants()
