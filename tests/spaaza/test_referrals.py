"""complete-referral-relation, apply-referral-code, add-user and add-basket over HTTP."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.access import permissions
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.db.engine import TryAgain
from app.members.models import Customer, Spending
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.sales.models import Sale
from tests.client import Client, unrewarded_count
from tests.spaaza.conftest import HOST, Shop, code
from tests.spaaza.test_interactions import TABLE
from tests.world import World, clock_at, hours, points, voucher


def a_referral_campaign(world: World, **sent: Any) -> Campaign:
    """Ten points for who recommends, a voucher of five euros for who comes."""
    return world.a_reward_campaign(
        points(10, recipient="referring"), voucher(5, recipient="referred"), kind="referral", **sent
    )


def code_of(world: World, customer: Customer) -> str:
    return str(customer.profile.referral_code)


def signed_up(shop: Shop, **sent: object) -> TestResponse:
    body = {"first_name": "Con", "last_name": "Customer", "chain_id": shop.chain_id, **sent}
    return shop.staff().post("/internal/add-user", json=body)


def referred(shop: Shop, actor: Customer | None = None) -> int:
    """The id of a customer who signed up with a code: Cleo's, unless told."""
    answer: Any = signed_up(shop, referral_code=code_of(shop.world, actor or shop.world.cleo))
    assert code(answer) is None, answer.json
    return int(answer.json["results"]["user_info"]["id"])


def complete(client: Client, of: object, referring: object, referred: object, **changed: Any) -> TestResponse:
    body = {
        "entity": {"entity_type": "chain", "entity_id": "1"},
        "campaign": {"campaign_id": getattr(of, "id", of)},
        "referring_user": {"user_id": getattr(referring, "id", referring)},
        "referred_user": {"user_id": referred},
        **changed,
    }
    return client.post("/auth/complete-referral-relation", json=body)


def basket(shop: Shop, user: int, reference: str = "B-1", amount: object = "12.50", **sent: object) -> TestResponse:
    body = {"user_id": user, "retailer_basket_code": reference, "basket_total_price": amount, **sent}
    return shop.partner().post("/auth/add-basket", data=body)


def test_both_are_rewarded_one_at_sign_up_the_other_on_completion(shop: Shop) -> None:
    campaign = a_referral_campaign(shop.world)
    con = referred(shop)
    assert (shop.world.count(Voucher), shop.world.balance()) == (1, 100_000)
    answer = complete(shop.staff(), campaign, shop.world.cleo, con)
    assert code(answer) is None, answer.json
    relation: Any = answer.json["results"]["referral_relation"]  # type: ignore[index]
    assert list(relation) == [
        "id",
        "campaign_id",
        "referring_user",
        "referred_user",
        "redeemed",
        "redeemed_date",
        "created_date",
    ]
    award = relation["referring_user"]["award"]
    assert (award["amount"], award["progress_type"], award["user_id"]) == (10, "referralReward", shop.world.cleo.id)
    assert award["log_message"] == "Points received for signup of Con Customer."
    assert "award" not in relation["referred_user"]
    assert shop.world.balance() == 101_000
    assert code(complete(shop.staff(), campaign, shop.world.cleo, con)) == 504
    assert shop.world.balance() == 101_000
    shop.world.require_invariants()


def test_the_first_purchase_completes_a_referral_once(shop: Shop) -> None:
    campaign = a_referral_campaign(shop.world)
    con = referred(shop)
    assert code(basket(shop, con)) is None
    assert shop.world.balance() == 101_000
    assert code(basket(shop, con, "B-2")) is None
    assert code(complete(shop.staff(), campaign, shop.world.cleo, con)) == 504
    assert shop.world.balance() == 101_000
    other = referred(shop)
    assert code(complete(shop.staff(), campaign, shop.world.cleo, other)) is None
    assert code(basket(shop, other, "B-3")) is None
    assert shop.world.balance() == 102_000
    shop.world.require_invariants()


def test_a_completion_needs_no_open_campaign_but_something_to_give(shop: Shop) -> None:
    campaign = a_referral_campaign(shop.world, limit=3)
    con, don = referred(shop), referred(shop)
    with shop.world.database.transaction() as session:
        session.get_one(Campaign, campaign.id).lifecycle = "paused"
    assert code(complete(shop.staff(), campaign, shop.world.cleo, con)) is None
    refused = complete(shop.staff(), campaign, shop.world.cleo, don)
    assert (refused.status_code, code(refused)) == (400, 424)
    assert code(basket(shop, don)) == 450, "what waits for this purchase has nothing left, and says so"
    assert shop.world.count(Award) == 3
    shop.world.require_invariants()


def test_a_campaign_that_does_not_reward_says_every_reason_and_is_counted(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    for_vips = shop.world.a_reward_campaign(kind="basket", restrictions={"user.tags": "vip"}, limit_per_customer=1)
    signup = shop.world.a_reward_campaign(kind="signup", limit=0)
    shop.world.a_reward_campaign(points(1), kind="basket", limit_per_customer=1)
    before = unrewarded_count(shop.app, "restrictions_not_met")
    first: Any = basket(shop, shop.world.cleo.id)
    assert [it["message"]["campaign_id"] for it in first.json["warnings"]] == [for_vips.id]
    assert "warnings" not in basket(shop, shop.world.cleo.id).json  # type: ignore[operator]
    second: Any = basket(shop, shop.world.cleo.id, "B-2")
    assert [it["message"]["reasons"] for it in second.json["warnings"]] == [
        ["restrictions_not_met"],
        ["limit_per_customer_reached"],
    ]
    assert unrewarded_count(shop.app, "restrictions_not_met") == before + 2
    joined: Any = shop.partner().post("/internal/add-user", json={"first_name": "Ann", "last_name": "New"})
    assert [it["message"] for it in joined.json["warnings"]] == [
        {"campaign_id": signup.id, "user_id": joined.json["results"]["user_info"]["id"], "reasons": ["limit_reached"]}
    ]
    before = unrewarded_count(shop.app, "limit_reached")
    form = {"firstName": "Bo", "lastName": "Bee", "email": "bo@guerdon.example", "agreement1": 1}
    registered = Client(shop.app).as_login(shop.world.ada).post("/api/customer/register", json={"customer": form})
    assert registered.status_code == 200
    assert list(registered.json or {}) == ["customerId", "email"], "Open Loyalty has no room for it: it is counted"
    assert unrewarded_count(shop.app, "limit_reached") == before + 1
    assert [record.getMessage() for record in caplog.records] == [f"campaign {signup.id} gave no reward: limit_reached"]


def test_a_basket_told_twice_counts_once(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(
        points(3), kind="basket", restrictions={"basket.amount": {"$gte": 10}}, limit_per_customer=9
    )
    cleo = shop.world.cleo
    first = basket(shop, cleo.id, business_id=None or "")
    assert code(first) == 419
    first = basket(shop, cleo.id)
    again = basket(shop, cleo.id)
    assert code(first) is None
    assert first.json == again.json
    assert list(first.json["results"]["basket"]) == [  # type: ignore[index]
        "basket_id",
        "user_id",
        "business_id",
        "retailer_basket_code",
        "basket_total_price",
        "basket_timestamp",
    ]
    assert code(basket(shop, cleo.id, amount="12.51")) == 9020
    small: Any = basket(shop, cleo.id, "B-2", amount="9.99")
    assert code(small) == 424
    [warning] = small.json["warnings"]
    assert warning["message"] == {"campaign_id": campaign.id, "user_id": cleo.id, "reasons": ["restrictions_not_met"]}
    assert shop.world.balance() == 100_300
    assert shop.world.count(Sale) == 2
    with shop.world.database.reading() as session:
        spent = session.get_one(Spending, cleo.id)
    assert (spent.transactions_count, spent.amount) == (2, 1250 + 999)
    assert campaign.id
    shop.world.require_invariants()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"reference": ""}, 419),
        ({"amount": ""}, 419),
        ({"amount": "-1"}, 419),
        ({"amount": "1e3"}, 419),
        ({"user": 99_999}, 270),
        ({"business_id": "77"}, 217),
        ({"basket_timestamp": "soon"}, 419),
    ],
)
def test_an_odd_basket_is_refused_and_nothing_changes(shop: Shop, sent: dict[str, Any], expected: int) -> None:
    assert code(basket(shop, **{"user": shop.world.cleo.id, **sent})) == expected
    assert shop.world.count(Sale) == 0


def test_a_branch_records_for_its_own_chain_only(shop: Shop) -> None:
    there = shop.world.a_chain()
    with shop.world.database.transaction() as session:
        here, theirs = chains.add_business(session, shop.chain_id, "Here"), chains.add_business(session, there, "There")
        ids = here.id, theirs.id
    assert code(basket(shop, shop.world.cleo.id, business_id=ids[1])) == 405
    answer: Any = basket(shop, shop.world.cleo.id, business_id=ids[0], basket_timestamp="2026-01-02 03:04:05")
    assert answer.json["results"]["basket"]["business_id"] == ids[0]
    assert answer.json["results"]["basket"]["basket_timestamp"] == "2026-01-02 03:04:05"


def test_a_code_is_applied_later_within_the_chains_window(shop: Shop) -> None:
    a_referral_campaign(shop.world)
    con = shop.world.a_customer()
    sent = {"referral_code": code_of(shop.world, shop.world.cleo)}
    assert code(shop.customer(con).post("/auth/apply-referral-code", json=sent)) == 9013
    with shop.world.database.transaction() as session:
        terms = ChainDetails("First chain", referral_window_quantity=2, referral_window_unit="day")
        chains.change(session, shop.chain_id, terms)
    late = shop.customer(shop.world.a_customer())
    with clock_at(shop.world.now + hours(49)):
        assert code(late.post("/auth/apply-referral-code", json=sent)) == 9013
    answer = shop.customer(con).post("/auth/apply-referral-code", json=sent)
    assert code(answer) is None, answer.json
    [relation] = answer.json["results"]["referral_relations"]  # type: ignore[index]
    assert (relation["redeemed"], relation["redeemed_date"]) == (False, None)
    assert shop.world.count(Voucher) == 1
    assert code(shop.customer(con).post("/auth/apply-referral-code", json=sent)) == 9012
    partner = shop.partner().post("/auth/apply-referral-code", json={**sent, "user_id": shop.world.cleo.id})
    assert code(partner) == 9011
    assert code(shop.customer(con).post("/auth/apply-referral-code", json={"referral_code": "nobody"})) == 9010
    assert code(shop.customer(con).post("/auth/apply-referral-code", json={})) == 3


def test_a_code_without_a_campaign_and_an_unknown_code_stop_the_sign_up(shop: Shop) -> None:
    before = shop.world.count(Customer)
    assert code(signed_up(shop, referral_code=code_of(shop.world, shop.world.cleo))) == 9014
    a_referral_campaign(shop.world)
    assert code(signed_up(shop, referral_code="nobody")) == 9010
    assert shop.world.count(Customer) == before
    shop.world.require_invariants()


@pytest.mark.parametrize("sent", ["audience", "restrictions"])
def test_the_audience_and_the_restrictions_are_the_referring_customers(shop: Shop, sent: str) -> None:
    nobody = {"segments": [shop.world.ada.uuid]} if sent == "audience" else {"restrictions": {"user.age": {"$gte": 99}}}
    a_referral_campaign(shop.world, **nobody)
    assert code(signed_up(shop, referral_code=code_of(shop.world, shop.world.cleo))) == 9014


def test_a_basket_of_nothing_completes_no_referral(shop: Shop) -> None:
    a_referral_campaign(shop.world)
    con = referred(shop)
    assert code(basket(shop, con, amount="0")) is None
    assert shop.world.balance() == 100_000
    assert code(basket(shop, con, "B-2", amount="0.01")) is None
    assert shop.world.balance() == 101_000


def test_a_sign_up_is_rewarded_whichever_door_it_came_by(shop: Shop, ada: Client) -> None:
    campaign = shop.world.a_reward_campaign(voucher(5), kind="signup", limit=2)
    answer: Any = signed_up(shop, username="new@guerdon.example", password="Correct-Horse-7")
    user = answer.json["results"]["user_info"]
    assert list(user)[:8] == [
        "id",
        "first_name",
        "last_name",
        "username",
        "member_number",
        "referral_code",
        "authentication_point_identifier",
        "auxiliary_identifier",
    ]
    person = {"firstName": "A", "lastName": "B", "email": "there@guerdon.example", "agreement1": 1}
    assert ada.post("/api/customer/register", json={"customer": person}).status_code == 200
    assert code(signed_up(shop)) == 450, "the third finds nothing left, is told so, and signs up all the same"
    assert shop.world.count(Voucher) == 2
    signed_in = shop.client(**{"X_Spaaza_MyPrice_App_Hostname": HOST["X-Spaaza-MyPrice-App-Hostname"]}).post(
        "/auth/login", data={"username": "new@guerdon.example", "password": "Correct-Horse-7"}
    )
    assert code(signed_in) is None
    assert campaign.id
    shop.world.require_invariants()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"first_name": None}, 3),
        ({"first_name": ""}, 419),
        ({"username": "no address"}, 419),
        ({"username": "cleo@guerdon.example"}, 9030),
        ({"password": "weak"}, 419),
        ({"member_number": ["1"]}, 419),
    ],
)
def test_an_odd_sign_up_is_refused_and_nothing_changes(shop: Shop, sent: dict[str, Any], expected: int) -> None:
    before = shop.world.count(Customer)
    assert code(signed_up(shop, **sent)) == expected
    assert shop.world.count(Customer) == before


def relation_of(shop: Shop) -> tuple[Campaign, int]:
    return a_referral_campaign(shop.world), referred(shop)


def on_every_row(shop: Shop, number: int) -> TestResponse:
    """A request that provokes the code."""
    world, cleo = shop.world, shop.world.cleo
    campaign, con = relation_of(shop)
    staff = shop.staff()
    if number == 68:
        with world.database.transaction() as session:
            permissions.permit(session, "ada", shop.chain_id, may_write=False)
    if number == 264:
        with world.database.transaction() as session:
            chains.set_app(session, HOST["X-Spaaza-MyPrice-App-Hostname"], None)
    if number == 267:
        with world.database.transaction() as session:
            session.merge(world.ada).active = False
    there = world.a_chain()
    requests: dict[int, Any] = {
        3: lambda: complete(staff, campaign, cleo, con, entity=None),
        6: lambda: complete(shop.client(), campaign, cleo, con),
        68: lambda: complete(staff, campaign, cleo, con),
        154: lambda: complete(staff, campaign, "x", con),
        217: lambda: complete(staff, campaign, cleo, con, entity={"entity_type": "chain", "entity_id": 999}),
        228: lambda: complete(shop.partner(X_Spaaza_Session_Key="k"), campaign, cleo, con),
        264: lambda: complete(shop.partner(), campaign, cleo, con),
        265: lambda: complete(shop.client(Authorization="Bearer"), campaign, cleo, con),
        267: lambda: complete(staff, campaign, cleo, con),
        269: lambda: complete(shop.partner(shop.unbound_token), campaign, cleo, con),
        270: lambda: complete(staff, campaign, cleo, 99_999),
        403: lambda: complete(staff, world.a_reward_campaign(), cleo, con),
        405: lambda: complete(staff, campaign, cleo, world.a_customer(chain_id=there).id),
        413: lambda: complete(staff, 99_999, cleo, con),
        416: lambda: complete(
            staff,
            campaign,
            cleo,
            con,
            referring_user={"user_id": cleo.id, "username": world.a_customer().profile.email},
        ),
        424: lambda: complete(shop.customer(), campaign, cleo, con),
        502: lambda: complete(staff, campaign, con, cleo.id),
        504: lambda: [complete(staff, campaign, cleo, con), complete(staff, campaign, cleo, con)][1],
    }
    answer: TestResponse = requests[number]()
    return answer


@pytest.mark.parametrize("row", TABLE["complete-referral-relation"], ids=lambda row: f"{row[0]}-{row[1]}")
def test_every_code_of_the_table_is_told_and_changes_nothing(shop: Shop, row: tuple[int, str, int]) -> None:
    number, name, status = row
    answer = on_every_row(shop, number)
    body: Any = answer.json
    assert code(answer) == number, body
    assert (body["error"]["name"], answer.status_code) == (name, status)
    done = 1 if number == 504 else 0
    assert shop.world.balance() == 100_000 + done * 1_000
    with shop.world.database.reading() as session:
        [relation] = session.query(ReferralRelation)
    assert (relation.redeemed_at is not None) == bool(done)
    shop.world.require_invariants()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"entity": {}}, 3),
        ({"entity": "chain"}, 3),
        ({"entity": {"entity_type": "chain"}}, 3),
        ({"entity": {"entity_type": "planet", "entity_id": 1}}, 217),
        ({"entity": {"entity_type": "chain", "entity_id": "x"}}, 217),
        ({"entity": {"entity_type": "business", "entity_id": 1}}, 217),
        ({"campaign": {}}, 3),
        ({"campaign": {"campaign_id": True}}, 413),
        ({"campaign": {"campaign_id": "x"}}, 413),
        ({"referring_user": {}}, 3),
        ({"referring_user": []}, 3),
        ({"referring_user": {"user_id": True}}, 154),
        ({"referring_user": {"user_id": 4.0}}, 154),
        ({"referring_user": {"username": ["x"]}}, 3),
        ({"referred_user": {"member_number": ""}}, 3),
        ({"referred_user": {"referral_code": "nobody"}}, 270),
    ],
)
def test_odd_blocks_are_told_apart(shop: Shop, changed: dict[str, Any], expected: int) -> None:
    assert code(complete(shop.staff(), 1, 1, 1, **changed)) == expected


def test_a_business_stands_for_its_chain(shop: Shop) -> None:
    campaign, con = relation_of(shop)
    with shop.world.database.transaction() as session:
        branch = chains.add_business(session, shop.chain_id, "Branch").id
    sent = {"entity": {"entity_type": "business", "entity_id": branch}}
    assert code(complete(shop.partner(), campaign, shop.world.cleo, con, **sent)) is None


def test_a_partner_of_another_chain_completes_nothing_here(shop: Shop) -> None:
    campaign, con = relation_of(shop)
    there = shop.world.a_chain()
    with shop.world.database.transaction() as session:
        chains.set_app(session, "there.example", there)
    partner = shop.partner(shop.unbound_token, X_Spaaza_MyPrice_App_Hostname="there.example")
    assert code(complete(partner, campaign, shop.world.cleo, con)) == 405
    assert shop.world.balance() == 100_000


def test_two_do_not_refer_each_other(shop: Shop) -> None:
    a_referral_campaign(shop.world)
    con = referred(shop)
    with shop.world.database.transaction() as session:
        terms = ChainDetails("First chain", referral_window_quantity=2, referral_window_unit="day")
        chains.change(session, shop.chain_id, terms)
        theirs = session.get_one(Customer, con).profile.referral_code
    answer = shop.customer().post("/auth/apply-referral-code", json={"referral_code": theirs})
    assert code(answer) == 9012
    assert shop.world.count(ReferralRelation) == 1


def test_an_unknown_code_is_forgiven_only_where_the_document_sends_one(shop: Shop) -> None:
    campaign, con = relation_of(shop)
    odd = {"user_id": shop.world.cleo.id, "referral_code": "nobody"}
    basket_told = {**odd, "retailer_basket_code": "B", "basket_total_price": "1"}
    assert code(shop.partner().post("/auth/add-basket", data=basket_told)) == 270
    assert code(complete(shop.staff(), campaign, shop.world.cleo, con, referring_user=odd)) is None


@pytest.mark.parametrize("kind", ["signup", "basket", "referral"])
def test_what_nobody_asked_for_costs_nothing(shop: Shop, kind: str) -> None:
    from app.campaign.errors import BadCampaign

    with pytest.raises(BadCampaign):
        shop.world.a_reward_campaign(
            points(1, recipient="referring" if kind == "referral" else "customer"), kind=kind, cost=100
        )


def test_what_was_tried_again_is_counted_once(shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.world.a_reward_campaign(kind="signup", limit=0)
    tries = []

    def busy_at_first(**ids: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise TryAgain("busy")

    before = unrewarded_count(shop.app, "limit_reached")
    monkeypatch.setattr("app.openloyalty.shared.registration.note_subject", busy_at_first)
    form = {"firstName": "Bo", "lastName": "Bee", "email": "bo@guerdon.example", "agreement1": 1}
    assert ada.post("/api/customer/register", json={"customer": form}).status_code == 200
    assert (len(tries), unrewarded_count(shop.app, "limit_reached")) == (3, before + 1)


@pytest.mark.parametrize(
    "at", ["9999-12-31 23:59:59", "0001-01-01 00:00:00", "2026-11-26", "20261126", "1969-12-31 23:59:59"]
)
def test_a_basket_is_dated_by_a_moment_that_can_be_printed(shop: Shop, at: str) -> None:
    body = {"user_id": shop.world.cleo.id, "retailer_basket_code": "B", "basket_total_price": 1, "basket_timestamp": at}
    assert code(shop.partner().post("/auth/add-basket", data=body)) == 419
    assert shop.world.count(Sale) == 0
