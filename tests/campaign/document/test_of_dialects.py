"""Whatever the dialects' calls made is read back whole, and made again it is the same campaign."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.campaign import invariants
from app.campaign.awards.give import SYSTEM
from app.campaign.document import documents, stored
from app.campaign.document.short import short
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import Stock
from app.campaign.setup import campaigns
from app.db.engine import Database
from app.organizations.scope import EVERY_CHAIN
from tests.manual_calls import NOW, PARTNER, recorded

BASKET = {
    "title": "Every third basket of a big spender",
    "type": "composable",
    "context": "basket",
    "active": True,
    "description": "Thanks",
    "active_date_from": "2026-01-01 00:00:00",
    "active_date_until": "2030-01-01 00:00:00",
    "active_time_from": "22:00",
    "active_time_until": "02:00:30",
    "active_weekdays": "1,7",
    "max_reward_quantity_unit": "day",
    "total_reward_quantity": 5,
    "total_reward_quantity_unit": "week",
    "allows_end_user_to_claim_voucher": False,
    "created_voucher_claimed_by_default": True,
    "restrictions": {"basket.amount": {"$gte": 50}, "$not": {"user.tags": "staff"}},
    "reward_methods": [
        {"type": "points", "amount": 12.5, "max_quantity": 3, "max_quantity_unit": "month"},
        {
            "type": "voucher",
            "voucher_type": "basket_pct",
            "voucher_discount_ratio": 0.125,
            "voucher_text": "12.5 % off",
            "voucher_expiry_seconds": 60,
            "max_quantity_per_user": 1,
            "max_quantity_per_user_unit": "year",
        },
        {"type": "voucher", "amount": 5, "voucher_honour_code": "SAVE", "restrictions": {"user.age": {"$gt": 18}}},
        {"type": "coupon", "codes": ["ONE", "TWO"], "max_quantity": 2},
    ],
}


@pytest.fixture
def database_url(manuals_demo_url: str) -> str:
    return manuals_demo_url


@pytest.mark.slow
def test_every_campaign_of_the_dialects_calls_is_a_document(app: Flask) -> None:
    recorded(app)  # every call of every dialect, among them those that make campaigns
    made = app.test_client().post("/internal/add-campaign", headers=PARTNER, json=BASKET)
    assert made.status_code == 200, made.json
    database: Database = app.extensions["guerdon_database"]
    with database.reading() as session:
        found = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    assert len(found) > 20
    assert {it.context for it in found} >= {"interaction", "event", "referral", "signup", "basket"}
    for campaign in found:
        with database.transaction() as session:
            document = documents.one(session, campaign.id)
            known = {campaign.key: stored.whole(session, campaign.id)}
            for said in (document, short(document)):
                [understood] = documents.understood(session, campaign.chain_id, [said], known)
                assert [(it.path, str(it.refusal)) for it in understood.problems] == [], document
                assert understood.spec is not None
                before = session.scalar(select(Stock.revision).where(Stock.campaign_id == campaign.id))
                after = campaigns.put(session, campaign.uuid, understood.spec, EVERY_CHAIN, NOW, SYSTEM)
                assert after.stock.revision == before
            assert documents.one(session, campaign.id) == document
            listing = {**document["listing"], "external_id": None, "has_unique_name": False}
            copy = {**document, "key": f"copy-of-{campaign.id}", "listing": listing}
            [understood] = documents.understood(session, campaign.chain_id, [copy], {copy["key"]: known[campaign.key]})
            assert understood.spec is not None
            made = campaigns.create(session, understood.spec, NOW, campaign.chain_id)
            assert documents.one(session, made.id) == copy
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
