"""Who is not active takes part in nothing that gives, and is not paid later for what passed meanwhile."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access import permissions
from app.access.models import Login
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.members.models import Customer, Profile
from app.organizations.scope import EVERY_CHAIN
from tests.spaaza.conftest import HOST, Shop, code
from tests.world import points, voucher


def put(shop: Shop, who: Customer, status: str) -> None:
    with shop.world.database.transaction() as session:
        session.get_one(Customer, who.id).status = status


def referral_code(shop: Shop, who: Customer) -> str:
    with shop.world.database.reading() as session:
        return str(session.get_one(Profile, who.id).referral_code)


def basket(shop: Shop, who: Customer, number: str) -> Any:
    body = {"user_id": who.id, "retailer_basket_code": number, "basket_total_price": 10}
    return shop.partner().post("/auth/add-basket", json=body)


def complete(shop: Shop, campaign_id: int, referring: Customer, referred: Customer) -> Any:
    body = {
        "entity": {"entity_type": "chain", "entity_id": shop.chain_id},
        "campaign": {"campaign_id": campaign_id},
        "referring_user": {"user_id": referring.id},
        "referred_user": {"user_id": referred.id},
    }
    return shop.partner().post("/auth/complete-referral-relation", json=body, headers=HOST)


def a_referral(shop: Shop) -> int:
    return shop.world.a_reward_campaign(points(5, recipient="referring"), context="referral").id


def friends(shop: Shop) -> tuple[Customer, Customer]:
    """Cleo, and somebody whom Cleo referred and who has not bought yet."""
    body = {"first_name": "New", "last_name": "Comer", "username": "new@guerdon.example"}
    sent = {**body, "referral_code": referral_code(shop, shop.world.cleo)}
    made: Any = shop.partner().post("/internal/add-user", json=sent).json
    with shop.world.database.reading() as session:
        return shop.world.cleo, session.get_one(Customer, made["results"]["user_info"]["id"])


@pytest.mark.parametrize("status", ["blocked", "new", "deleted"])
def test_nothing_is_given_to_who_is_not_active(shop: Shop, status: str) -> None:
    world, cleo = shop.world, shop.world.cleo
    campaign = world.a_reward_campaign(points(5), voucher(3))
    world.a_reward_campaign(context="basket")
    put(shop, cleo, status)
    given = {"campaign_id": campaign.id, "user_id": cleo.id}
    assert code(shop.partner().get("/interact-campaign", query_string=given)) == 424
    assert shop.partner().post("/create-voucher", json={**given, "amount": 3}).status_code >= 400
    anonymous: Any = shop.partner().post("/create-voucher", json={"campaign_id": campaign.id, "amount": 3}).json
    key = anonymous["results"]["voucher_key"]
    claimed = shop.partner().post("/claim-voucher", json={"voucher_key": key, "user_id": cleo.id}, headers=HOST)
    assert claimed.status_code >= 400
    bought = basket(shop, cleo, "B-1")  # a fact, which is recorded; and the answer says that nothing was given, and why
    assert bought.status_code == 200
    assert "not active" in str(bought.json["warnings"])
    assert world.balance() == 100_000
    with world.database.reading() as session:
        assert [row.customer_id for row in session.scalars(select(Voucher))] == [None]
    world.require_invariants()


def test_corrections_by_staff_are_allowed_and_are_the_staffs(shop: Shop) -> None:
    put(shop, shop.world.cleo, "blocked")
    body = {"chain_id": shop.chain_id, "user_id": shop.world.cleo.id, "amount": -3, "log_message": "Returned goods"}
    answer: Any = shop.staff().post("/auth/add-user-purchase-progress", json=body).json
    assert answer["results"]["user_purchase_progress"]["progress_type"] == "Manual"
    assert shop.world.balance() == 99_700


@pytest.mark.parametrize("who", ["referring", "referred"])
def test_who_is_not_active_neither_refers_nor_is_referred(shop: Shop, who: str) -> None:
    a_referral(shop)
    cleo, con = shop.world.cleo, shop.world.a_customer(email="con@guerdon.example")
    put(shop, cleo if who == "referring" else con, "blocked")
    body = {"user_id": con.id, "referral_code": referral_code(shop, cleo)}
    assert shop.partner().post("/auth/apply-referral-code", json=body).status_code >= 400
    new = {
        "first_name": "New",
        "last_name": "C",
        "username": "n@guerdon.example",
        "referral_code": body["referral_code"],
    }
    assert (shop.partner().post("/internal/add-user", json=new).status_code == 200) == (who == "referred")
    assert shop.world.count(ReferralRelation) == (who == "referred")


def test_what_passed_while_the_referring_was_blocked_is_not_paid_later(shop: Shop) -> None:
    campaign = a_referral(shop)
    cleo, new = friends(shop)
    put(shop, cleo, "blocked")
    basket(shop, new, "B-1")
    put(shop, cleo, "active")
    basket(shop, new, "B-2")
    assert shop.world.balance() == 100_000
    assert complete(shop, campaign, cleo, new).status_code == 200  # unless the staff wants it so
    assert shop.world.balance() == 100_500
    shop.world.require_invariants()


def test_a_purchase_of_somebody_blocked_is_not_the_one_that_is_waited_for(shop: Shop) -> None:
    a_referral(shop)
    cleo, new = friends(shop)
    put(shop, new, "blocked")
    basket(shop, new, "B-1")
    assert shop.world.balance() == 100_000
    put(shop, new, "active")
    basket(shop, new, "B-2")
    assert shop.world.balance() == 100_500
    assert cleo


def test_a_completed_campaign_gives_nothing_by_hand_either(shop: Shop) -> None:
    campaign = a_referral(shop)
    cleo, new = friends(shop)
    with shop.world.database.transaction() as session:
        completed = session.scalars(select(campaigns.Campaign).where(campaigns.Campaign.id == campaign)).one()
        campaigns.complete(session, completed.uuid, EVERY_CHAIN, shop.world.now)
    assert complete(shop, campaign, cleo, new).status_code == 400
    assert shop.partner().post("/create-voucher", json={"campaign_id": campaign, "amount": 1}).status_code == 400
    assert shop.world.balance() == 100_000


def test_a_seller_who_may_not_move_points_moves_none_here_either(shop: Shop) -> None:
    with shop.world.database.transaction() as session:
        permissions.permit(session, "sol@guerdon.example", shop.chain_id, may_write=True)
        session.get_one(Login, shop.world.sol.id).may_move_points = False
    body = {"chain_id": shop.chain_id, "user_id": shop.world.cleo.id, "amount": 3}
    assert code(shop.staff(shop.world.sol).post("/auth/add-user-purchase-progress", json=body)) == 68
    assert shop.world.balance() == 100_000
