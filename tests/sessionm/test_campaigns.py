"""Creating campaigns, listing them, changing their status; the same campaigns on Open Loyalty's and Spaaza's side."""

from typing import Any

from app.campaign.models.campaigns import Campaign
from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.client import Client
from tests.sessionm.conftest import Program, a_campaign, code, visits
from tests.spaaza.conftest import Shop, shop
from tests.world import World


def refused(program: Program, campaign: Any, **beside: Any) -> tuple[str | None, str]:
    answer: Any = program.server().post(f"{program.v1}/campaigns", json={"campaign": campaign, **beside})
    assert answer.status_code == 200, answer.json
    with program.world.database.reading() as session:
        assert session.query(Campaign).count() == 0
    return code(answer), answer.json["errors"]["message"]


def test_every_attribute_is_kept_and_printed(program: Program) -> None:
    sent = {
        "external_id": "my-own-id",
        "campaign_type": "messaging",
        "template": "messaging",
        "optin_required": True,
        "opt_in_starts_at": "2025-12-01T00:00:00Z",
        "opt_in_ends_at": "2026-12-31T00:00:00+01:00",
        "opt_in_limit": 5,
        "reporting_ends_at": "2099-02-01 00:00:00",
        "targeting": {"user.tags": {"$in": ["a"]}},
        "qualify_tag": "a",
        "disqualify_tag": "b",
        "metadata": {"campaign_version": 2},
        "ssap_name": "S",
        "total_budget": 7,
        "weight": 9,
    }
    made = program.create(**sent)
    assert made == {
        "ends_at": "2099-01-01T00:00:00Z",
        "external_id": "my-own-id",
        "id": made["id"],
        "metadata": {"campaign_version": 2},
        "name": "Campaign Example",
        "starts_at": "2026-01-01T00:00:00Z",
        "status": "live",
        "total_budget": 0,
        "weight": 5,
        "campaign_type": "messaging",
        "template": "messaging",
        "optin_required": True,
        "opt_in_starts_at": "2025-12-01T00:00:00Z",
        "opt_in_ends_at": "2026-12-30T23:00:00Z",
        "reporting_ends_at": "2099-02-01T00:00:00Z",
        "ssap_name": "S",
        "targeting": {"user.tags": {"$in": ["a"]}},
        "qualify_tag": "a",
        "disqualify_tag": "b",
    }
    [row] = program.server().get(f"{program.v1}/campaigns").json["campaigns"]  # type: ignore[index]
    assert (row["id"], row["targeting"], row["qualify_tag"]) == (made["id"], sent["targeting"], "a")
    by_id = program.server().get(f"{program.v1}/campaigns/{made['id']}/info").json
    assert by_id == program.server().get(f"{program.v1}/external/campaigns/my-own-id/info").json
    assert by_id["campaign"]["opt_in_ends_at"] == "2026-12-30 23:00:00"  # type: ignore[index]


def test_a_targeting_may_be_serialized_and_is_printed_as_an_object(program: Program) -> None:
    assert program.create(targeting='{"user.age": {"$gte": 18}}')["targeting"] == {"user.age": {"$gte": 18}}
    assert "targeting" not in program.create(name="All", targeting="{}")


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"test": 1}, ("argument_error", "Unknown campaign attributes test.")),
    ({"test": 1, "other": 2}, ("argument_error", "Unknown campaign attributes test, other.")),
    ({"name": None}, ("missing_data", "name")),
    ({"name": "  "}, ("missing_data", "name")),
    ({"status": None}, ("missing_data", "status")),
    ({"starts_at": None}, ("missing_data", "starts_at")),
    ({"ends_at": None}, ("missing_data", "ends_at")),
    ({"status": "Live"}, ("validation", "status")),
    ({"status": "on"}, ("validation", "status")),
    ({"campaign_type": "video"}, ("validation", "campaign_type")),
    ({"campaign_type": "promotion", "template": "messaging"}, ("validation", "template")),
    ({"starts_at": "tomorrow"}, ("validation", "starts_at")),
    ({"starts_at": "2026-13-01T00:00:00Z"}, ("validation", "starts_at")),
    ({"starts_at": 5}, ("validation", "starts_at")),
    ({"ends_at": "2026-01-01T00:00:00Z"}, ("validation", "ends_at")),
    ({"ends_at": "2025-01-01T00:00:00Z"}, ("validation", "ends_at")),
    ({"name": "x" * 256}, ("validation", "name")),
    ({"name": ["x"]}, ("validation", "name")),
    ({"optin_required": "yes"}, ("validation", "optin_required")),
    ({"opt_in_starts_at": "2026-02-01T00:00:00Z"}, ("validation", "no later than the campaign")),
    ({"opt_in_ends_at": "2100-01-01T00:00:00Z"}, ("validation", "no later than the campaign")),
    ({"opt_in_ends_at": "2020-01-01T00:00:00Z"}, ("validation", "ends after it begins")),
    ({"opt_in_limit": 0}, ("validation", "opt_in_limit")),
    ({"metadata": []}, ("validation", "metadata")),
    ({"metadata": {"x": "y" * 10_001}}, ("validation", "metadata")),
    ({"targeting": {"user.shoe": 1}}, ("validation", "user.shoe is not known")),
    ({"targeting": {"user.tags": {"$regex": "x"}}}, ("validation", "$regex")),
    ({"targeting": "{"}, ("validation", "targeting")),
    ({"targeting": []}, ("validation", "object")),
    ({"targeting": {"user.tags": {"$in": ["x"] * 501}}}, ("validation", "list")),
    ({"division_id": "nowhere"}, ("not_found", "Parent model not found.")),
    ({"behaviors": [{"name": "B"}]}, ("missing_data", "event_name")),
    ({"behaviors": "x"}, ("validation", "behaviors")),
    ({"behaviors": [visits(name=None)]}, ("missing_data", "name")),
    ({"behaviors": [visits(color=1)]}, ("argument_error", "Unknown behavior attributes color.")),
    ({"behaviors": [visits(), visits()]}, ("validation", "underscored")),
    ({"behaviors": [visits(), visits(name="visits")]}, ("validation", "underscored")),
    ({"behaviors": [visits(0)]}, ("validation", "total_count")),
    ({"behaviors": [visits(type="often")]}, ("validation", "type")),
    ({"behaviors": [visits(1, consecutive=True)]}, ("validation", "at least two")),
    ({"behaviors": [visits(points=-1)]}, ("validation", "points")),
    ({"behaviors": [visits(points=0.001)]}, ("validation", "points")),
    ({"behaviors": [visits(max_times_repeatable_per_period=5_000)]}, ("validation", "per period")),
    ({"behaviors": [{"name": "C", "type": "composite"}]}, ("validation", "something to count")),
    ({"behaviors": [{"name": "C", "goals": {"a": {}}, "groups": {"1": 1}}]}, ("validation", "group 1")),
    ({"behaviors": [{"name": "C", "goals": {"a": {}}, "groups": {"0": 2}}]}, ("validation", "group 0")),
    (
        {"behaviors": [{"name": "C", "goals": {"a": {"speed": 1}}}]},
        ("argument_error", "Unknown goal attributes speed."),
    ),
    ({"behaviors": [{"name": "C", "goals": {"a": {}}, "total_count": 2}]}, ("validation", "total_count")),
    ({"rewards": [{"type": "car"}]}, ("validation", "type")),
    ({"rewards": [{}]}, ("missing_data", "type")),
    ({"rewards": [{"type": "points", "points": 1, "codes": ["x"]}]}, ("argument_error", "codes")),
    ({"rewards": [{"type": "points", "points": 1, "behavior": "B"}]}, ("validation", "behaviors")),
    ({"rewards": [{"type": "deal"}]}, ("validation", "percent")),
    ({"rewards": [{"type": "deal", "percent": 10, "amount": 5}]}, ("validation", "percent")),
    ({"rewards": [{"type": "points"}]}, ("validation", "more than none")),
    (
        {"rewards": [{"type": "points", "points": 5, "behavior": "B"}], "behaviors": [visits()]},
        ("validation", "called B"),
    ),
    ({"rewards": [{"type": "coupon", "codes": ["A", "A"]}]}, ("validation", "codes")),
    ({"behaviors": [visits()], "limit": 5}, ("validation", "no behaviors")),
    ({"cost_in_points": 5}, ("validation", "rewards")),
    ({"creatives": {"poster": {}}}, ("argument_error", "Unknown creatives attributes poster.")),
    ({"creatives": {"tile": {"action": {"type": "jump"}}}}, ("validation", "type")),
    ({"creatives": {"tile": {"action": {"type": "external_link"}}}}, ("missing_data", "url")),
    (
        {"creatives": {"tile": {"action": {"type": "external_link", "url": "javascript:alert(1)"}}}},
        ("validation", "url"),
    ),
    ({"creatives": {"tile": {"action": {"type": "deep_link", "url": "JavaScript:alert(1)"}}}}, ("validation", "url")),
    ({"creatives": {"tile": {"message": {"image_url": "file:///etc"}}}}, ("validation", "image_url")),
]


def test_what_cannot_be_is_refused_and_nothing_is_made(program: Program) -> None:
    for sent, expected in REFUSED:
        attributes = {name: value for name, value in a_campaign(**sent).items() if value is not None}
        found, message = refused(program, attributes)
        assert found == expected[0], message
        assert expected[1] in message


def test_bodies_that_are_none(program: Program) -> None:
    server, path = program.server(), f"{program.v1}/campaigns"
    for body in ({}, {"campaign": None}, {"campaign": {}}):
        assert code(server.post(path, json=body)) == "missing_data"
    assert code(server.post(path)) == "missing_data"
    for data in ("{", "[]", '{"campaign": [1]}', '{"campaign": {"name": "a", "name": "b"}}', '{"campaign": "\\u0000"}'):
        assert code(server.post(path, data=data, content_type="application/json")) in {"argument_error", "validation"}
    assert server.post(path, data="campaign=x", content_type="text/plain").status_code == 415
    assert code(server.delete(path)) == "argument_error"
    assert code(server.get(f"{program.v1}/nothing")) == "not_found"
    assert code(server.get("/priv/v3/apps/x/campaigns")) == "not_found"


def test_names_and_permalinks_are_taken_once(program: Program, world: World) -> None:
    program.create(external_id="mine")
    server, path = program.server(), f"{program.v1}/campaigns"
    for sent in ({"name": "CAMPAIGN EXAMPLE"}, {"name": "Other", "external_id": "mine"}):
        answer: Any = server.post(path, json={"campaign": a_campaign(**sent)})
        assert code(answer) == "validation"
        assert "already" in answer.json["errors"]["message"]
    world.a_campaign(name="Coffee of Open Loyalty")
    answer = server.post(path, json={"campaign": a_campaign(name="coffee of open loyalty")})
    assert code(answer) == "validation"
    assert world.count(Campaign) == 2


def test_divisions_are_parts_of_the_organization(program: Program, world: World) -> None:
    with world.database.transaction() as session:
        north = chains.add_business(session, program.chain_id, "North", "north")
        chains.add_business(session, program.chain_id, "South", "south")
        chains.add_business(
            session, world_chain := chains.create(session, ChainDetails("Other"), world.now).id, "East", "east"
        )
        assert world_chain != program.chain_id
    server, path = program.server(), f"{program.v1}/campaigns"
    answer: Any = server.post(path, json={"campaign": a_campaign(division_id="east")})
    assert (code(answer), answer.json["errors"]["message"]) == ("not_found", "Parent model not in same organization.")
    assert answer.status_code == 200
    in_north, anywhere = program.create(division_id="north"), program.create(name="Anywhere")
    assert "division_id" not in in_north

    def listed(query: str = "") -> list[int]:
        found: Any = server.get(f"{path}?{query}").json
        v2: Any = server.get(f"{program.v2}{program.cleo}/campaigns?{query}").json
        v1: Any = server.get(f"{program.v1}{program.cleo}/campaigns?{query}").json
        ids = [row["id"] for row in found["campaigns"]]
        assert ids == [row["campaign_id"] for row in v2["campaigns"]]
        assert ids == [row["campaign_id"] for row in v1["campaigns"]["promotions"]]
        return ids

    assert listed("division_ids[]=south") == [in_north["id"], anywhere["id"]]  # off: passed over
    assert server.get(f"{program.v1}/divisions").json["enabled"] is False  # type: ignore[index]
    with world.database.transaction() as session:
        chains.change(session, program.chain_id, ChainDetails("First chain", has_divisions=True))
    assert listed() == [in_north["id"], anywhere["id"]]
    assert listed("division_ids[]=north") == listed("division_ids=north,south") == [in_north["id"]]
    assert listed("division_ids[]=south") == listed("division_ids[]=east") == listed("division_ids[]=nowhere") == []
    shown: Any = server.get(f"{path}/{in_north['id']}/info").json
    assert shown["campaign"]["division_id"] == north.division_id == "north"
    assert (
        server.get(f"{program.v1}{program.cleo}/campaigns/{in_north['id']}/progress").json["campaign"]["division_id"]
        == "north"
    )  # type: ignore[index]
    assert "division_id" not in server.get(f"{path}/{anywhere['id']}/info").json["campaign"]  # type: ignore[index]
    parts: Any = server.get(f"{program.v1}/divisions").json
    assert (parts["enabled"], [one["division_id"] for one in parts["divisions"]["divisions"]]) == (
        True,
        ["north", "south"],
    )


def test_a_campaign_goes_the_way_of_its_lifecycle(program: Program) -> None:
    made = program.create(status="draft", behaviors=[visits()])
    path = f"{program.v1}/campaigns/{made['id']}"

    def move(status: str) -> str | None:
        return code(program.server().put(path, json={"campaign": {"status": status}}))

    assert program.tell()["behaviors_counted"] == 0
    assert (
        code(program.server().get(f"{program.v1}{program.cleo}/campaigns/{made['id']}/progress")) == "no_campaign_found"
    )
    assert [move(status) for status in ("paused", "inreview", "paused", "draft", "live", "inreview")] == [
        "validation",
        None,
        "validation",
        None,
        None,
        "validation",
    ]
    assert program.tell()["behaviors_counted"] == 1
    assert [move(status) for status in ("paused", "live", "live", "completed", "live")] == [
        None,
        None,
        None,
        None,
        "validation",
    ]
    assert move("sleeping") == "validation"
    assert program.state(made["id"]) == "completed"
    assert code(program.server().put(path, json={"campaign": {"name": "x"}})) == "argument_error"
    assert (
        code(program.server().put(f"{program.v1}/campaigns/99", json={"campaign": {"status": "live"}})) == "not_found"
    )


def test_all_campaigns_are_listed_by_their_status_and_in_pages(program: Program) -> None:
    for i, status in enumerate(("live", "draft", "paused", "inreview", "completed")):
        program.create(name=f"C{i}", status=status)
    program.create(name="Later", starts_at="2098-01-01T00:00:00Z")

    def names(query: str) -> list[str]:
        body: Any = program.server().get(f"{program.v1}/campaigns?{query}").json
        return [row["name"] for row in body["campaigns"]]

    assert names("") == names("sections=behaviors,progress?creatives=tiles,promotion") == ["C0"]
    assert names("status=draft,inreview") == ["C1", "C3"]
    assert len(names("status=all")) == 6
    page: Any = program.server().get(f"{program.v1}/campaigns?status=all&page=2&page_size=4").json
    assert list(page) == ["page", "page_size", "number_of_pages", "status", "campaigns"]
    assert (page["number_of_pages"], [row["name"] for row in page["campaigns"]]) == (2, ["C4", "Later"])
    assert code(program.server().get(f"{program.v1}/campaigns?status=gone")) == "validation"
    assert code(program.server().get(f"{program.v1}/campaigns?page=0")) == "argument_error"


def test_a_campaign_made_here_is_sold_on_open_loyaltys_side_and_paused_there(
    program: Program, ada: Client, cleo: Client, world: World
) -> None:
    made = program.create(
        rewards=[{"type": "coupon", "codes": ["A1", "A2"]}],
        cost_in_points=10,
        limit_per_user=1,
        targeting={"user.tags": {"$in": ["vip"]}},
        optin_required=True,
    )
    server = program.server()
    [row] = ada.get("/api/campaign").json["campaigns"]  # type: ignore[index]
    assert (row["name"], row["costInPoints"], row["reward"]) == ("Campaign Example", 10, "gift_code")
    available, buy = "/api/customer/campaign/available", f"/api/customer/campaign/{row['campaignId']}/buy"
    assert cleo.get(available).json["campaigns"] == []  # type: ignore[index]
    assert cleo.post(buy).status_code == 404  # the targeting counts there, too
    server.post(f"{program.v1}{program.cleo}/tags", json={"tags": ["vip"]})
    [shown] = cleo.get(available).json["campaigns"]  # type: ignore[index]
    assert shown["canBeBoughtByCustomer"] is False
    assert (cleo.post(buy).status_code, cleo.post(buy).json) == (400, {"error": "Customer has not opted in"})
    assert code(server.post(f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in")) is None
    assert cleo.get(available).json["campaigns"][0]["canBeBoughtByCustomer"] is True  # type: ignore[index]
    assert cleo.post(buy).json["coupon"]["code"] == "A1"  # type: ignore[index]
    assert cleo.post(buy).json == {"error": "Limit per customer exceeded"}
    place = f"{program.v2}{program.cleo}/campaigns/{made['id']}?sections=offers,redemptions"
    seen: Any = server.get(place).json["campaign"]  # type: ignore[index]
    assert [(it["code"], it["redeemed_at"]) for it in seen["redemptions"]] == [("A1", None)]
    assert (seen["offers"][0]["total_available"], seen["offers"][0]["deal"]["quantity"]) == (2, 1)
    assert seen["offers"][0]["deal"]["points"] == 10
    assert ada.post(f"/api/campaign/{row['campaignId']}/inactive").status_code == 200
    assert server.get(f"{program.v1}/campaigns").json["campaigns"] == []  # type: ignore[index]
    [paused] = server.get(f"{program.v1}/campaigns?status=paused").json["campaigns"]  # type: ignore[index]
    assert paused["id"] == made["id"]
    assert server.get(f"{program.v2}{program.cleo}/campaigns").json["campaigns"] == []  # type: ignore[index]
    other = world.a_customer()
    answer = server.post(f"{program.v1}/users/{other.uuid}/campaigns/{made['id']}/opt_in")
    assert code(answer) == "user_ineligible_for_campaign"
    assert ada.post(f"/api/campaign/{row['campaignId']}/active").status_code == 200
    assert [it["id"] for it in server.get(f"{program.v1}/campaigns").json["campaigns"]] == [made["id"]]  # type: ignore[index]
    world.require_invariants()


def test_a_campaign_made_here_is_interacted_with_on_spaazas_side(program: Program, shop: Shop) -> None:
    made = program.create(rewards=[{"type": "deal", "amount": 5}], optin_required=True, limit_per_user=1)
    sent = program.create(name="Events", behaviors=[visits()])
    partner = shop.partner(X_Spaaza_MyPrice_App_Hostname="shop.guerdon.example")

    def interact(campaign: int) -> Any:
        return partner.get(f"/interact-campaign?campaign_id={campaign}&user_id={program.world.cleo.id}").json

    assert interact(made["id"])["error"]["code"] == 424
    program.server().post(f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in")
    assert interact(made["id"])["results"]["success"] is True
    assert interact(sent["id"])["error"]["code"] == 449
    place = f"{program.v2}{program.cleo}/campaigns/{made['id']}?sections=redemptions"
    [redemption] = program.server().get(place).json["campaign"]["redemptions"]  # type: ignore[index]
    assert redemption["status"] == "claimed"
    redeemed = partner.post("/auth/redeem-voucher", json={"voucher_key": redemption["voucher_key"], "amount": 5})
    assert redeemed.status_code == 200, redeemed.json
    [redemption] = program.server().get(place).json["campaign"]["redemptions"]  # type: ignore[index]
    assert redemption["redeemed_at"] is not None
    program.world.require_invariants()


def test_a_campaign_of_open_loyalty_is_shown_here(program: Program, world: World) -> None:
    campaign = world.a_campaign()
    sold = world.buy(campaign)
    shown: Any = program.server().get(f"{program.v2}{program.cleo}/campaigns?sections=offers,redemptions").json
    [row] = shown["campaigns"]
    assert (row["campaign_id"], row["qualified"], row["status"]) == (campaign.id, True, "qualified")
    assert row["redemptions"][0]["code"] == sold.code
    assert (row["ends_at"], row["offers"][0]["type"]) == ("2099-12-31 00:00:00", "deal")
    other = world.a_customer(level=world.bronze)
    theirs: Any = program.server().get(f"{program.v2}/users/{other.uuid}/campaigns?filters=ineligible").json
    assert [(it["qualified"], it["status"]) for it in theirs["campaigns"]] == [(False, "not_qualified")]


__all__ = ["shop"]  # a fixture
