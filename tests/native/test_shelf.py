"""What one customer sees of campaigns of any kind, whoever asks; playing, taking part, and what one holds then."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.campaign.awards import draws
from app.campaign.awards.give import SYSTEM
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers import events, purchases
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.organizations.models import Chain
from app.organizations.scope import EVERY_CHAIN
from tests.client import Client
from tests.world import World, clock_at, hours, nothing, points, voucher


def names(client: Client, path: str) -> list[str]:
    return [it["name"] for it in client.get(path).json["campaigns"]]


def shelf_of(client: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        it for it in client.get("/api/customer/campaigns").json["campaigns"] if it["name"] == name
    )
    return found


def reasons(shelf: dict[str, Any]) -> list[str]:
    return [it["code"] for it in shelf["reasons"]]


def test_the_till_the_shop_and_the_console_see_the_same(world: World, ada: Client, sol: Client, cleo: Client) -> None:
    world.a_campaign()
    world.a_reward_campaign(name="Wheel", handling="random_draw")
    world.a_reward_campaign(name="Visits", context="event", behaviors=[])
    world.a_reward_campaign(name="Welcome", kind="signup")  # nothing to choose
    world.a_campaign(name="For bronze", levels=[world.bronze.uuid])
    world.a_campaign(name="A draft", lifecycle="draft")
    seen = cleo.get("/api/customer/campaigns").json
    assert [(it["name"], it["action"]) for it in seen["campaigns"]] == [
        ("Visits", "collect"),
        ("Wheel", "play"),
        ("Free coffee", "buy"),
    ]
    assert sol.get(f"/api/seller/customer/{world.cleo.uuid}/campaigns").json == seen
    assert ada.get(f"/api/admin/customer/{world.cleo.uuid}/campaigns").json == seen
    one = f"campaigns/{seen['campaigns'][1]['id']}"
    assert cleo.get(f"/api/customer/{one}").json == seen["campaigns"][1]
    assert sol.get(f"/api/seller/customer/{world.cleo.uuid}/{one}").json == seen["campaigns"][1]


def test_every_reason_is_told(world: World, cleo: Client) -> None:
    opens = world.now + hours(3)
    world.a_campaign(cost=123_400, activity=(opens, opens + hours(1)), limit=1, codes=["X"])
    shelf = shelf_of(cleo, "Free coffee")
    assert not shelf["may_have"]
    assert reasons(shelf) == ["campaign_not_yet_active", "not_enough_points"]
    assert shelf["reasons"][0]["opens_at"] == opens.replace(microsecond=0).isoformat()
    assert shelf["reasons"][1]["missing"] == 234
    assert (shelf["price"], shelf["left"], shelf["left_for_customer"]) == ("1234.00", 1, 1)


def test_what_is_over_goes_and_what_is_sold_out_stays_and_says_so(world: World, cleo: Client) -> None:
    world.a_campaign(name="Over", activity=(world.now - hours(2), world.now - hours(1)))
    world.buy(world.a_campaign(name="Sold out", limit=1, codes=["X"]))
    assert names(cleo, "/api/customer/campaigns") == ["Sold out"]
    assert "limit_reached" in reasons(shelf_of(cleo, "Sold out"))


def test_lists_are_read_on_from_where_they_ended_and_filtered(world: World, cleo: Client) -> None:
    for i in range(5):
        world.a_campaign(name=f"Coffee {i}")
    world.a_reward_campaign(name="Café wheel")
    first = cleo.get("/api/customer/campaigns?size=4").json
    rest = cleo.get(f"/api/customer/campaigns?size=4&before={first['campaigns'][-1]['number']}").json
    assert (first["more"], rest["more"]) == (True, False)
    assert [it["name"] for it in rest["campaigns"]] == ["Coffee 1", "Coffee 0"]
    assert names(cleo, "/api/customer/campaigns?action=play") == ["Café wheel"]
    assert names(cleo, "/api/customer/campaigns?text=cafe") == ["Café wheel"]
    assert len(names(cleo, "/api/customer/campaigns?action=buy")) == 5
    for wrong in ("size=0", "size=101", "size=x", "before=-1", "before=x", "action=steal"):
        assert cleo.get(f"/api/customer/campaigns?{wrong}").status_code == 400, wrong


def test_admins_see_the_shelf_at_another_moment_and_sellers_do_not(world: World, ada: Client, sol: Client) -> None:
    world.a_campaign(visibility=(world.now + hours(24), world.now + hours(48)))
    later = (world.now + hours(30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"customer/{world.cleo.uuid}/campaigns"
    assert names(ada, f"/api/admin/{path}") == []
    assert names(ada, f"/api/admin/{path}?as_of={later}") == ["Free coffee"]
    for one in ("", f"/{world.a_campaign(name='Now').uuid}"):
        assert ada.get(f"/api/admin/{path}{one}?as_of={later}").status_code == 200
        assert sol.get(f"/api/seller/{path}{one}?as_of={later}").status_code == 403


def test_playing_tells_what_was_given_and_then_why_there_is_no_more(world: World, cleo: Client) -> None:
    campaign = world.a_reward_campaign(points(5), voucher(2), limit_per_customer=1)
    path = f"/api/customer/campaigns/{campaign.uuid}/play"
    given = cleo.post(path, headers={"Idempotency-Key": "tap"})
    assert given.status_code == 200
    assert [(it["kind"], it["amount"]) for it in given.json["rewards"]] == [("points", "5.00"), ("voucher", "2.00")]
    assert given.json["rewards"][1]["voucher"]["status"] == "usable"
    assert (given.json["balance"], given.json["draw"]) == ("1005.00", None)
    again = cleo.post(path, headers={"Idempotency-Key": "tap"})
    assert (again.json, again.headers["Idempotency-Replayed"]) == (given.json, "true")
    refused = cleo.post(path)
    assert refused.status_code == 409
    assert [it["code"] for it in refused.json["reasons"]] == ["limit_per_customer_reached"]
    assert world.balance() == 100_500
    world.require_invariants()


def test_the_shelf_and_the_game_agree_on_what_can_be_drawn(world: World, ada: Client, cleo: Client) -> None:
    campaign = world.a_reward_campaign(
        points(5, weight=3, limit_in_period=1, limit_unit="year"),
        points(7, weight=0),
        handling="random_draw",
        name="Wheel",
    )
    path = f"/api/customer/campaigns/{campaign.uuid}/play"
    shelf = shelf_of(cleo, "Wheel")
    assert [(it["open"], it["odds"]) for it in shelf["rewards"]] == [(True, 1.0), (False, 0.0)]
    assert cleo.post(path).json["rewards"][0]["title"] == "5 points"
    shelf = shelf_of(cleo, "Wheel")
    assert [(it["open"], it["odds"]) for it in shelf["rewards"]] == [(False, 0.0), (False, 0.0)]
    document = ada.get(f"/api/admin/campaigns/{campaign.uuid}").json
    asked = ada.post("/api/admin/campaigns/ask", json={"document": document, "customer": str(world.cleo.uuid)}).json
    assert [(it["open"], it["odds"]) for it in asked["rewards"]] == [(False, 0.0), (False, 0.0)]
    refused = [it["code"] for it in cleo.post(path).json["reasons"]]
    assert refused == ["no_reward_left"] == reasons(shelf) == [it["code"] for it in asked["reasons"]]


def test_nobody_plays_what_they_are_not_shown(world: World, cleo: Client) -> None:
    for hidden in (
        world.a_reward_campaign(lifecycle="draft"),
        world.a_reward_campaign(name="Other", for_everyone=False, levels=[world.bronze.uuid]),
        world.a_reward_campaign(name="There", chain_id=world.a_chain()),
    ):
        for wish in ("play", "opt_in", "opt_out"):
            assert cleo.post(f"/api/customer/campaigns/{hidden.uuid}/{wish}").status_code == 404
    assert world.balance() == 100_000


def test_a_draw_tells_all_that_it_takes_to_check_it_and_its_seed_when_it_is_over(
    world: World, cleo: Client, ada: Client
) -> None:
    campaign = world.a_reward_campaign(points(5, weight=1), nothing(weight=3), handling="random_draw")
    drawn = cleo.post(f"/api/customer/campaigns/{campaign.uuid}/play").json["draw"]
    assert drawn["seed"] is None
    assert shelf_of(cleo, "Tap and win")["draw"]["commitment"] == drawn["commitment"]
    assert [it["odds"] for it in shelf_of(cleo, "Tap and win")["rewards"]] == [0.25, 0.75]
    with world.database.transaction() as session:
        campaigns.move(session, campaign.uuid, "completed", EVERY_CHAIN, world.now)
    [checked] = cleo.get("/api/customer/draws").json["draws"]
    assert {**checked, "seed": None} == {**drawn, "seed": None}
    assert draws.commitment(checked["seed"]) == checked["commitment"]
    assert draws.ticket(checked["seed"], campaign.uuid, world.cleo.uuid, checked["number"]) == checked["ticket"]
    candidates = [(it["method"], it["weight"]) for it in checked["candidates"]]
    assert draws.pick(candidates, checked["ticket"]) == checked["drawn"]
    assert ada.get(f"/api/admin/customer/{world.cleo.uuid}/draws").json["draws"] == [checked]


def test_taking_part_and_no_longer(world: World, cleo: Client) -> None:
    campaign = world.a_reward_campaign(opt_in_required=True)
    path = f"/api/customer/campaigns/{campaign.uuid}"
    assert reasons(shelf_of(cleo, "Tap and win")) == ["not_opted_in"]
    assert cleo.post(f"{path}/play").status_code == 409
    for _ in range(2):
        assert cleo.post(f"{path}/opt_in").json == {"opted_in": True}
    assert shelf_of(cleo, "Tap and win")["opt_in"] == {"required": True, "opted_in": True}
    assert cleo.post(f"{path}/play").status_code == 200
    assert cleo.post(f"{path}/opt_out").json == {"opted_in": False}
    assert cleo.post(f"{path}/play").status_code == 409
    free = world.a_reward_campaign(name="For all")
    assert cleo.post(f"/api/customer/campaigns/{free.uuid}/opt_in").status_code == 409


def test_progress_is_told_behavior_by_behavior(world: World, cleo: Client) -> None:
    visits = BehaviorSpec("Visits", [GoalSpec("visit", 3)], points=500)
    world.a_reward_campaign(name="Come again", context="event", behaviors=[visits])
    with world.database.transaction() as session:
        events.record(session, world.cleo.id, events.CustomerEvent("visit", "1", 1), world.now, SYSTEM)
    [behavior] = shelf_of(cleo, "Come again")["behaviors"]
    assert (behavior["counted"], behavior["wanted"], behavior["achieved"], behavior["points"]) == (1, 3, 0, "5.00")
    assert behavior["goals"] == [{"event_name": "visit", "counted": 1, "wanted": 3, "points": "0.00"}]


def test_what_one_holds(world: World, cleo: Client, sol: Client) -> None:
    campaign = world.a_campaign(usage_instruction="Show it at the till.")
    sale = world.buy(campaign)
    world.interact(world.a_reward_campaign(voucher(2, voucher_seconds=3600)))
    gift, held = cleo.get("/api/customer/vouchers").json["vouchers"]
    assert (held["kind"], held["code"], held["can_be_marked"]) == ("coupon", sale.code, True)
    assert (held["usage_instruction"], held["status"]) == ("Show it at the till.", "usable")
    assert (gift["kind"], gift["amount"], gift["currency"], gift["can_be_marked"]) == ("basket", "2.00", "EUR", False)
    assert mark_as(sol, world, campaign, sale, used=True) == 200
    assert mark_as(sol, world, campaign, sale, used=False) == 400  # only admins take that back
    with clock_at(world.now + timedelta(hours=2)):
        assert [it["status"] for it in cleo.get("/api/customer/vouchers").json["vouchers"]] == ["expired", "used"]
        later = world.buy(campaign)
        usable = cleo.get("/api/customer/vouchers?usable=true&size=1").json
        assert ([it["code"] for it in usable["vouchers"]], usable["more"]) == ([later.code], False)
        assert mark_as(sol, world, campaign, later, used=True) == 200
        assert cleo.get("/api/customer/vouchers?usable=true").json == {"vouchers": [], "more": False}
    first = cleo.get("/api/customer/vouchers?size=1").json
    assert ([it["code"] for it in first["vouchers"]], first["more"]) == ([later.code], True)
    rest = cleo.get(f"/api/customer/vouchers?before={first['vouchers'][0]['number']}").json
    assert ([it["code"] for it in rest["vouchers"]], rest["more"]) == ([None, sale.code], False)


def mark_as(client: Client, world: World, campaign: Campaign, sale: purchases.Purchase, used: bool) -> int:
    mark = {"campaignId": str(campaign.uuid), "code": sale.code, "used": used, "couponId": str(sale.award_id)}
    answer = client.post(
        "/api/seller/campaign/coupons/mark_as_used", json={"coupons": [{**mark, "customerId": str(world.cleo.uuid)}]}
    )
    return answer.status_code


def test_of_a_voucher_used_in_part_the_rest_is_what_one_holds(world: World, cleo: Client) -> None:
    campaign = world.a_reward_campaign(voucher(5), claimed_by_default=True)
    world.interact(campaign)
    with world.database.transaction() as session:
        whole = session.scalars(select(Voucher.id)).one()
        staff = Holder(world.chain_id, None, is_staff=True)
        lifecycle.redeem(session, VoucherIdentifiers(id=whole), staff, 200, world.now)
    held = cleo.get("/api/customer/vouchers").json["vouchers"]
    assert [(it["amount"], it["status"]) for it in held] == [("3.00", "usable")]


def test_playing_a_campaign_that_sells_buys_its_coupon(world: World, cleo: Client) -> None:
    campaign = world.a_campaign(cost=60_000, codes=["A", "B"], limit=2, limit_per_customer=2)
    path = f"/api/customer/campaigns/{campaign.uuid}/play"
    given = cleo.post(path).json
    [reward] = given["rewards"]
    assert (given["price"], given["balance"], reward["kind"]) == ("600.00", "400.00", "coupon")
    assert reward["voucher"]["code"] == "A"
    refused = cleo.post(path)
    assert (refused.status_code, [it["code"] for it in refused.json["reasons"]]) == (409, ["not_enough_points"])
    assert world.balance() == 40_000
    world.require_invariants()


def test_draws_of_a_customer_are_read_on_from_the_newest(world: World, cleo: Client) -> None:
    campaign = world.a_reward_campaign(points(5, weight=1), handling="random_draw")
    for minutes in (3, 2, 1):
        world.interact(campaign, now=world.now - timedelta(minutes=minutes))
    first = cleo.get("/api/customer/draws?size=2").json
    assert ([it["number"] for it in first["draws"]], first["more"]) == ([3, 2], True)
    rest = cleo.get(f"/api/customer/draws?size=2&before={first['draws'][-1]['id']}").json
    assert ([it["number"] for it in rest["draws"]], rest["more"]) == ([1], False)


def test_the_seed_of_a_draw_is_told_when_it_is_over_and_not_when_it_will_be(world: World, ada: Client) -> None:
    ends = world.now + hours(48)
    world.a_reward_campaign(points(5, weight=1), handling="random_draw", activity=(world.now - hours(1), ends))
    path = f"/api/admin/customer/{world.cleo.uuid}/campaigns"
    later = (world.now + hours(500)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for query in ("", f"?as_of={later}", f"?everything=true&as_of={later}"):
        for shelf in ada.get(path + query).json["campaigns"]:
            assert shelf["draw"]["seed"] is None, query
            one = ada.get(f"{path}/{shelf['id']}{query.replace('everything=true&', '')}")
            assert one.status_code in {200, 404}
            assert one.json.get("draw", {}).get("seed") is None
    assert len(ada.get(f"{path}?everything=true&as_of={later}").json["campaigns"]) == 1


def test_an_admin_sees_why_a_customer_is_not_shown_a_campaign(world: World, ada: Client, sol: Client) -> None:
    world.a_campaign(name="For bronze", levels=[world.bronze.uuid])
    world.a_campaign(name="A draft", lifecycle="draft")
    path = f"customer/{world.cleo.uuid}/campaigns?everything=true"
    seen = {it["name"]: it for it in ada.get(f"/api/admin/{path}").json["campaigns"]}
    assert (seen["For bronze"]["visibility"], reasons(seen["For bronze"])) == ("hidden", ["not_targeted"])
    assert (seen["A draft"]["visibility"], reasons(seen["A draft"])) == ("secret", ["campaign_not_active"])
    assert sol.get(f"/api/seller/{path}").status_code == 403


def test_what_a_basket_would_give_is_not_refused_for_want_of_one(world: World, cleo: Client) -> None:
    world.a_reward_campaign(points(5, restrictions={"basket.amount": {"$gte": 10}}), context="basket", name="Shop")
    world.a_reward_campaign(points(5, restrictions={"user.tags": "nobody"}), name="Tap")
    assert (shelf_of(cleo, "Shop")["may_have"], reasons(shelf_of(cleo, "Shop"))) == (True, [])
    assert reasons(shelf_of(cleo, "Tap")) == ["no_reward_left"]


def test_a_limit_of_a_day_says_when_it_opens_again(world: World, cleo: Client) -> None:
    zone = ZoneInfo("Europe/Warsaw")
    with world.database.transaction() as session:
        session.execute(update(Chain).values(time_zone=zone.key))
    today = datetime.combine(datetime.now(zone), time(9), zone)
    for hour in (0, 9, 23):  # of the chain's day, which is another's of UTC
        now = today.replace(hour=hour).astimezone(UTC)
        per_customer, for_all = f"Tap at {hour}", f"For all at {hour}"
        mine = world.a_reward_campaign(name=per_customer, limit_per_customer=1, limit_per_customer_unit="day")
        world.interact(mine, now=now)
        world.interact(world.a_reward_campaign(name=for_all, limit_in_period=1, limit_unit="day"), now=now)
        midnight = (today.replace(hour=0) + timedelta(days=1)).astimezone(UTC).isoformat()
        with clock_at(now):
            for name, code in ((per_customer, "limit_per_customer_reached"), (for_all, "limit_in_period_reached")):
                [reason] = shelf_of(cleo, name)["reasons"]
                assert (reason["code"], reason["opens_at"]) == (code, midnight)
