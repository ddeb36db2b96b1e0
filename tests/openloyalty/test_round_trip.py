"""What Open Loyalty prints of any campaign, whoever made it, it takes back, and nothing changes."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.campaign.document.spec import ALWAYS
from app.campaign.models.audiences import AudienceTarget
from app.campaign.models.campaigns import Campaign, CampaignLabel, CampaignText
from app.campaign.models.limits import Stock
from app.openloyalty.forms.fields import AT_LEAST_ONE
from tests.client import Client
from tests.world import World, hours

EVER, NEVER_ENDS = ALWAYS


def everything(world: World, campaign_id: int) -> Any:
    with world.database.reading() as session:
        row = session.execute(select(Campaign.__table__).where(Campaign.id == campaign_id)).one()
        stock = dict(session.execute(select(Stock.__table__).where(Stock.campaign_id == campaign_id)).mappings().one())
        stock.pop("revision")
        audience = select(AudienceTarget.kind, AudienceTarget.uuid).where(AudienceTarget.audience_id == row.audience_id)
        others = [
            session.execute(select(model.__table__).where(model.campaign_id == campaign_id)).all()
            for model in (CampaignText, CampaignLabel)
        ]
        codes = session.execute(text(f"SELECT code FROM coupon WHERE campaign_id = {campaign_id} ORDER BY code")).all()
        return row, stock, session.execute(audience).all(), others, codes


def made(world: World, **details: Any) -> int:
    return world.a_campaign(**details).id


def windows(world: World) -> list[tuple[Any, Any]]:
    soon, late = world.now.replace(microsecond=0) + hours(1), world.now + timedelta(days=900, seconds=17.5)
    return [ALWAYS, (EVER, late), (soon, NEVER_ENDS), (soon, late)]


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/St_Johns", "Pacific/Kiritimati"])
def test_any_campaign_printed_and_sent_back_is_unchanged(
    ada: Client, world: World, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ada.app.extensions["guerdon_settings"].__dict__, "timezone", zone)
    audiences: list[dict[str, Any]] = [
        {"levels": [], "for_everyone": True},
        {"levels": [world.bronze.uuid, world.silver.uuid]},
    ]
    kinds: list[dict[str, Any]] = [
        {"codes": ["ONLY"], "single_coupon": True, "unlimited": True},
        {"lifecycle": "draft", "labels": [("type", "promotion"), ("x", "")], "cost": 829},
        {"lifecycle": "paused", "limit": 3, "limit_per_customer": 3, "limit_per_customer_unit": "day"},
        {"lifecycle": "inreview", "restrictions": {"user.tags": "vip"}, "weekdays": 31, "opens_second": 3600},
        {"lifecycle": "completed", "limit": None, "limit_per_customer": None, "opt_in_required": True},
    ]
    both = itertools.product(windows(world), windows(world))
    for (activity, visibility), audience, kind in zip(
        both, itertools.cycle(audiences), itertools.cycle(kinds), strict=False
    ):
        id = made(world, activity=activity, visibility=visibility, **audience, **kind)
        before = everything(world, id)
        printed: Any = ada.get(f"/api/campaign/{before[0].uuid}").json
        answer = ada.put(f"/api/campaign/{before[0].uuid}", json={"campaign": printed})
        assert answer.status_code == 200, (answer.json, printed)
        assert everything(world, id) == before, printed


def test_a_campaign_for_some_cannot_be_saved_for_nobody(ada: Client, world: World) -> None:
    campaign = world.a_campaign()
    printed: Any = ada.get(f"/api/campaign/{campaign.uuid}").json
    answer: Any = ada.put(f"/api/campaign/{campaign.uuid}", json={"campaign": {**printed, "levels": []}})
    children = answer.json["form"]["children"]
    assert answer.status_code == 400
    assert children["levels"] == children["segments"] == {"errors": [AT_LEAST_ONE]}


def test_what_was_stored_out_of_the_calendars_reach_is_printed(ada: Client, world: World) -> None:
    """Rows of before: a campaign that ended in the last second of the last year made every list with it a failure."""
    campaign = world.a_campaign(activity=ALWAYS)
    with world.database.transaction() as session:
        row = session.get_one(Campaign, campaign.id)
        row.active_from = row.visible_from = datetime(1, 1, 2, tzinfo=UTC)
        row.active_to = row.visible_to = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    printed: Any = ada.get("/api/campaign").json
    assert printed["campaigns"][0]["campaignActivity"] == {
        "allTimeActive": False,
        "activeFrom": "1970-01-01T01:00:00+0100",
        "activeTo": "3000-01-01T00:59:00+0100",
    }
    again = ada.put(f"/api/campaign/{campaign.uuid}", json={"campaign": printed["campaigns"][0]})
    assert again.status_code == 200
    assert ada.get(f"/api/campaign/{campaign.uuid}").json["campaignActivity"] == {"allTimeActive": True}  # type: ignore[index]


def test_a_campaign_whose_pool_is_to_come_is_saved_as_it_is(ada: Client, world: World) -> None:
    empty, full = world.a_campaign(codes=[]), world.a_campaign()
    printed: Any = ada.get(f"/api/campaign/{empty.uuid}").json
    assert ada.put(f"/api/campaign/{empty.uuid}", json={"campaign": printed}).status_code == 200
    printed = ada.get(f"/api/campaign/{full.uuid}").json
    refused: Any = ada.put(f"/api/campaign/{full.uuid}", json={"campaign": {**printed, "coupons": []}})
    assert refused.json["form"]["children"]["coupons"] == {"errors": [AT_LEAST_ONE]}
