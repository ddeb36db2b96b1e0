"""Campaigns over HTTP: created, changed, listed, switched; and everything that a wrong form is told."""

from typing import Any

import pytest

from app.campaign.document.spec import ALWAYS
from app.campaign.models.campaigns import Campaign
from app.campaign.models.coupons import Coupon
from tests.client import Client
from tests.world import World, hours, offered

BLANK = "This value should not be blank."
INVALID = "This value is not valid."
ONE_OR_MORE = "This collection should contain 1 element or more."


def create(ada: Client, world: World, **changed: Any) -> str:
    answer = ada.post("/api/campaign", json=offered(world, **changed))
    assert answer.status_code == 200, answer.json
    return str(answer.json["campaignId"])  # type: ignore[index]


def errors_of(tree: Any, path: str = "") -> dict[str, list[str]]:
    """The errors of a form's tree, by the path of their field."""
    found: dict[str, list[str]] = {}
    for name, node in tree["children"].items():
        if "errors" in node:
            found[path + name] = node["errors"]
        if "children" in node:
            found |= errors_of(node, f"{path}{name}.")
    return found


def refused(ada: Client, world: World, **changed: Any) -> dict[str, list[str]]:
    """Send a wrong campaign; return its errors. Nothing must have been created."""
    before = world.count(Campaign)
    answer = ada.post("/api/campaign", json=offered(world, **changed))
    assert answer.status_code == 400
    assert list(answer.json) == ["form", "errors"]
    assert world.count(Campaign) == before
    return errors_of(answer.json["form"])  # type: ignore[index]


def test_what_was_created_is_shown(ada: Client, world: World) -> None:
    campaign = create(
        ada,
        world,
        shortDescription="*Short*",
        conditionsDescription="If",
        usageInstruction="So",
        labels="type:promotion;type:cashback;empty:",
        costInPoints="6.90",
    )
    shown: Any = ada.get(f"/api/campaign/{campaign}").json
    assert shown == {
        "levels": [str(world.silver.uuid)],
        "segments": [],
        "coupons": ["A1", "A2", "A3"],
        "campaignId": campaign,
        "reward": "discount_code",
        "name": "Free coffee",
        "shortDescription": "*Short*",
        "conditionsDescription": "If",
        "active": True,
        "costInPoints": 6.9,
        "singleCoupon": False,
        "unlimited": False,
        "limit": 5,
        "limitPerUser": 2,
        "campaignActivity": {"allTimeActive": True},
        "campaignVisibility": {"allTimeVisible": True},
        "usageInstruction": "So",
        "segmentNames": [],
        "levelNames": {str(world.silver.uuid): "silver"},
        "labels": [
            {"key": "type", "value": "promotion"},
            {"key": "type", "value": "cashback"},
            {"key": "empty", "value": ""},
        ],
        "usageLeft": 3,
        "visibleForCustomersCount": 1,
        "usersWhoUsedThisCampaignCount": 0,
        "featured": False,
        "public": False,
        "translations": [
            {
                "name": "Free coffee",
                "shortDescription": "*Short*",
                "conditionsDescription": "If",
                "usageInstruction": "So",
                "locale": "en",
            }
        ],
        "hasPhoto": False,
    }


def test_bracket_names_and_json_say_the_same(ada: Client, world: World) -> None:
    flat = {
        "campaign[reward]": "gift_code",
        "campaign[name]": "Zażółć",
        "campaign[active]": "1",
        "campaign[costInPoints]": "10",
        "campaign[levels][1]": str(world.bronze.uuid),
        "campaign[levels][0]": str(world.silver.uuid),
        "campaign[unlimited]": "0",
        "campaign[limit]": "5",
        "campaign[limitPerUser]": "1",
        "campaign[coupons][]": "ONLY",
        "campaign[campaignVisibility][allTimeVisible]": "1",
        "campaign[campaignActivity][allTimeActive]": "0",
        "campaign[campaignActivity][activeFrom]": "2017-09-05 10:59",
        "campaign[campaignActivity][activeTo]": "2017-12-05 10:59",
    }
    shown = []
    for how in ({"data": flat}, {"data": flat, "content_type": "multipart/form-data"}):
        created: Any = ada.post("/api/campaign", **how).json
        shown.append(ada.get(f"/api/campaign/{created['campaignId']}").json)
    as_json = create(
        ada,
        world,
        reward="gift_code",
        name="Zażółć",
        target=None,
        levels={"0": str(world.silver.uuid), "1": str(world.bronze.uuid)},
        limitPerUser=1,
        coupons={"0": "ONLY"},
        campaignActivity={
            "allTimeActive": False,
            "activeFrom": "2017-09-05T10:59:00+02:00",
            "activeTo": "2017-12-05T10:59:00+01:00",
        },
    )
    shown.append(ada.get(f"/api/campaign/{as_json}").json)
    for one in shown:
        one.pop("campaignId")
    assert shown[0] == shown[1] == shown[2]
    assert shown[0]["levels"] == [str(world.silver.uuid), str(world.bronze.uuid)]
    assert shown[0]["campaignActivity"] == {
        "allTimeActive": False,
        "activeFrom": "2017-09-05T10:59:00+0200",
        "activeTo": "2017-12-05T10:59:00+0100",
    }
    assert shown[0]["will_be_active_to"] == "2017-12-05T10:59:00+0100"


def test_a_form_that_was_not_sent_has_no_messages(ada: Client) -> None:
    for how in ({}, {"json": {}}, {"data": {"other": "1"}}):
        answer: Any = ada.post("/api/campaign", **how)
        assert (answer.status_code, errors_of(answer.json["form"]), answer.json["errors"]) == (400, {}, [])
        assert "labels" not in answer.json["form"]["children"]


def test_everything_required_is_asked_for_at_once(ada: Client, world: World) -> None:
    answer: Any = ada.post("/api/campaign", json={"campaign": {}})
    assert errors_of(answer.json["form"]) == {
        "reward": [BLANK],
        "name": [BLANK],
        "costInPoints": [BLANK],
        "levels": [ONE_OR_MORE],
        "segments": [ONE_OR_MORE],
        "limit": [BLANK],
        "limitPerUser": [BLANK],
        "coupons": [ONE_OR_MORE],
        "campaignVisibility.visibleFrom": [BLANK],
        "campaignVisibility.visibleTo": [BLANK],
        "campaignActivity.activeFrom": [BLANK],
        "campaignActivity.activeTo": [BLANK],
    }


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"reward": "treasure"}, {"reward": [INVALID]}),
        ({"name": "   "}, {"name": [BLANK]}),
        ({"name": ["a"]}, {"name": [INVALID]}),
        ({"name": "x" * 256}, {"name": ["This value is too long. It should have 255 characters or less."]}),
        ({"costInPoints": "ten"}, {"costInPoints": [INVALID]}),
        ({"costInPoints": -1}, {"costInPoints": ["This value should be 0 or more."]}),
        ({"costInPoints": "1e9"}, {"costInPoints": [INVALID]}),
        ({"costInPoints": "1" * 30}, {"costInPoints": ["This value should be 1000000000000 or less."]}),
        ({"name": True}, {"name": [INVALID]}),
        ({"costInPoints": 10**13}, {"costInPoints": ["This value should be 1000000000000 or less."]}),
        ({"costInPoints": True}, {"costInPoints": [INVALID]}),
        ({"target": "everybody"}, {"target": [INVALID]}),
        ({"target": "segment"}, {"levels": [ONE_OR_MORE], "segments": [ONE_OR_MORE]}),
        ({"levels": ["not-a-uuid"]}, {"levels": [INVALID]}),
        ({"levels": "x"}, {"levels": [INVALID]}),
        ({"active": ["1"]}, {"active": [INVALID]}),
        ({"limit": 0}, {"limit": [BLANK]}),
        ({"limit": -3}, {"limit": ["This value should be 0 or more."]}),
        ({"limit": 10**12}, {"limit": ["This value should be 1000000000 or less."]}),
        ({"limit": "1.5"}, {"limit": [INVALID]}),
        ({"limitPerUser": ""}, {"limitPerUser": [BLANK]}),
        ({"coupons": []}, {"coupons": [ONE_OR_MORE]}),
        ({"coupons": ["A", " "]}, {"coupons": [BLANK]}),
        (
            {"coupons": ["A", "A "]},
            {"coupons": ["This collection should contain only unique elements: A comes more than once."]},
        ),
        ({"coupons": ["A", {"b": "c"}]}, {"coupons": [INVALID]}),
        ({"singleCoupon": 1}, {"coupons": ["This collection should contain exactly 1 element."]}),
        ({"labels": "no colon"}, {"labels": [INVALID]}),
        (
            {"campaignVisibility": {"visibleFrom": "2017-10-05 10:59", "visibleTo": "2017-10-05 10:58"}},
            {"campaignVisibility.visibleTo": ["The end should not be earlier than the start."]},
        ),
        (
            {"campaignActivity": {"activeFrom": "yesterday", "activeTo": "2017-02-30 00:00"}},
            {"campaignActivity.activeFrom": [INVALID], "campaignActivity.activeTo": [INVALID]},
        ),
        (
            {"campaignActivity": "always"},
            {"campaignActivity.activeFrom": [BLANK], "campaignActivity.activeTo": [BLANK]},
        ),
    ],
)
def test_a_wrong_value_is_told_at_its_field(ada: Client, world: World, changed: Any, errors: Any) -> None:
    assert refused(ada, world, **changed) == errors


def test_checkboxes_are_read_as_open_loyalty_reads_them(ada: Client, world: World) -> None:
    for value, expected in (
        ("0", False),
        ("false", False),
        ('"0"', False),
        (None, False),
        ("1", True),
        ("on", True),
        ("", True),
    ):
        campaign = create(ada, world, active=value)
        assert ada.get(f"/api/campaign/{campaign}").json["active"] is expected, value  # type: ignore[index]


def test_what_was_printed_may_be_sent_back(ada: Client, world: World) -> None:
    campaign = create(ada, world)
    shown: Any = ada.get(f"/api/campaign/{campaign}").json
    echoed = {**shown, "labels": "", "photos": [{"photoId": 1}], "canBeBoughtByCustomer": True, "nonsense": {}}
    answer = ada.put(f"/api/campaign/{campaign}", json={"campaign": echoed})
    assert answer.status_code == 200
    assert ada.get(f"/api/campaign/{campaign}").json == shown


def test_dates_beside_always_are_ignored(ada: Client, world: World) -> None:
    campaign = create(
        ada, world, campaignActivity={"allTimeActive": 1, "activeFrom": "now", "activeTo": "2020-01-01 00:00"}
    )
    assert ada.get(f"/api/campaign/{campaign}").json["campaignActivity"] == {"allTimeActive": True}  # type: ignore[index]


def test_names_may_come_translated(ada: Client, world: World) -> None:
    campaign = create(
        ada, world, name=None, translations={"en": {"name": "Tea", "shortDescription": "Hot"}, "pl": {"name": ""}}
    )
    shown: Any = ada.get(f"/api/campaign/{campaign}").json
    assert (shown["name"], shown["shortDescription"]) == ("Tea", "Hot")


def test_a_change_replaces_everything_but_what_was_sold(ada: Client, sol: Client, world: World) -> None:
    campaign = create(ada, world, shortDescription="Old", labels="a:b;c:d")
    sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign}/buy")
    body = offered(world, name="Tea", coupons=["A1", "B1"], limit=9, labels="c:d")
    assert ada.put(f"/api/campaign/{campaign}", json=body).json == {"campaignId": campaign}
    shown: Any = ada.get(f"/api/campaign/{campaign}").json
    assert (shown["name"], shown["coupons"], shown["limit"], shown["usageLeft"]) == ("Tea", ["A1", "B1"], 9, 1)
    assert "shortDescription" not in shown
    assert shown["labels"] == [{"key": "c", "value": "d"}]
    world.require_invariants()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"coupons": ["A2", "A3"]}, "coupons"),
        ({"limit": 1}, "limit"),
        ({"limitPerUser": 1}, "limitPerUser"),
        ({"singleCoupon": 1, "coupons": ["A1"]}, "singleCoupon"),
    ],
)
def test_a_change_cannot_undo_what_was_sold(ada: Client, world: World, changed: Any, field: str) -> None:
    campaign = create(ada, world)
    for _ in range(2):
        ada.post(f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign}/buy")
    before = ada.get(f"/api/campaign/{campaign}").json
    answer = ada.put(f"/api/campaign/{campaign}", json=offered(world, **changed))
    assert answer.status_code == 400
    assert list(errors_of(answer.json["form"])) == [field]  # type: ignore[index]
    assert ada.get(f"/api/campaign/{campaign}").json == before
    world.require_invariants()


def test_a_pool_too_large_to_print_is_printed_in_part_and_never_shrunk_by_an_echo(ada: Client, world: World) -> None:
    campaign = world.a_campaign(codes=[f"N{i}" for i in range(1_200)], limit=1_200)
    shown: Any = ada.get(f"/api/campaign/{campaign.uuid}").json
    assert (len(shown["coupons"]), shown["couponsCount"], shown["usageLeft"]) == (1_000, 1_200, 1_200)
    body = offered(world, coupons=[*shown["coupons"][:999], "NEW"], limit=1_200)
    assert ada.put(f"/api/campaign/{campaign.uuid}", json=body).status_code == 200
    assert world.count(Coupon) == 1_201
    world.require_invariants()


def test_the_codes_of_a_large_pool_are_paged(ada: Client, sol: Client, world: World) -> None:
    campaign = world.a_campaign(codes=[f"N{i:04}" for i in range(1_200)], limit=1_200)
    world.buy(campaign)
    path = f"/api/campaign/{campaign.uuid}/coupons"
    first: Any = ada.get(f"{path}?perPage=2").json
    assert first == {"coupons": [{"code": "N0000", "bought": True}, {"code": "N0001", "bought": False}], "total": 1_200}
    last: Any = ada.get(f"{path}?perPage=500&page=3").json
    assert (len(last["coupons"]), last["coupons"][-1]["code"]) == (200, "N1199")
    assert sol.get(path).status_code == 403
    assert ada.get(f"/api/campaign/{world.ada.uuid}/coupons").status_code == 404


def test_switching_acts_at_once_and_twice_is_once(ada: Client, sol: Client, world: World) -> None:
    campaign = create(ada, world, active=0)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign}/buy"
    assert sol.post(buy).status_code == 404
    for _ in range(2):
        assert ada.post(f"/api/campaign/{campaign}/active", json={}).json == {"campaignId": campaign}
    assert sol.post(buy).status_code == 200
    ada.post(f"/api/campaign/{campaign}/inactive")
    assert sol.post(buy).status_code == 404
    assert ada.post(f"/api/campaign/{campaign}/sideways").status_code == 404


def test_lists_are_filtered_sorted_and_paged(ada: Client, world: World) -> None:
    for i, name in enumerate(["Banana", "Apple", "Cherry"]):
        create(ada, world, name=name, labels=f"fruit:{name};kind:{i % 2}", active=i != 2, costInPoints=i)

    def names(query: str) -> list[str]:
        answer: Any = ada.get(f"/api/campaign?{query}")
        assert list(answer.json) == ["campaigns", "total"]
        return [campaign["name"] for campaign in answer.json["campaigns"]]

    assert names("") == ["Banana", "Apple", "Cherry"]
    assert names("sort=name") == ["Apple", "Banana", "Cherry"]
    assert names("sort=costInPoints&direction=desc") == ["Cherry", "Apple", "Banana"]
    assert names("sort=name;drop&direction=sideways") == ["Banana", "Apple", "Cherry"]
    assert names("perPage=2&page=2") == ["Cherry"]
    assert names("perPage=2&page=9") == []
    assert names("perPage=-1&page=-5") == ["Banana", "Apple", "Cherry"]
    assert names("perPage=x&page=99999999999999999999") == []
    assert names("labels[0][key]=kind&labels[0][value]=0") == ["Banana", "Cherry"]
    assert names("labels[0][key]=kind&labels[0][value]=0&labels[1][value]=Cherry") == ["Cherry"]
    assert names("labels[0][key]=fruit&labels[1][key]=none") == []
    assert names("active=0") == ["Cherry"]
    assert names("name=an") == ["Banana"]
    assert ada.get("/api/campaign?perPage=1").json["total"] == 3  # type: ignore[index]


def test_descriptions_are_rendered_and_made_safe(ada: Client, world: World) -> None:
    campaign = create(ada, world, shortDescription="**Bold** <script>alert(1)</script> [x](javascript:alert(1))")
    raw: Any = ada.get(f"/api/campaign/{campaign}").json
    assert raw["shortDescription"].startswith("**Bold** <script>")
    html: Any = ada.get(f"/api/campaign/{campaign}?format=html").json
    assert "<strong>Bold</strong>" in html["shortDescription"]
    assert "<script" not in html["shortDescription"]
    assert 'href="javascript' not in html["shortDescription"]
    listed: Any = ada.get("/api/campaign?format=html").json
    assert "<strong>" in listed["campaigns"][0]["shortDescription"]


def test_sellers_see_what_is_on_and_visible_only(sol: Client, world: World) -> None:
    world.a_campaign(name="shown", activity=(world.now + hours(1), world.now + hours(2)))
    world.a_campaign(name="off", lifecycle="draft")
    world.a_campaign(name="hidden", visibility=(world.now + hours(1), world.now + hours(2)))
    listed: Any = sol.get("/api/seller/campaign").json
    assert [(c["name"], "hasPhoto" in c, "will_be_active_from" in c) for c in listed["campaigns"]] == [
        ("shown", False, True)
    ]


def test_customers_visible_counts_those_it_targets_once(ada: Client, world: World) -> None:
    con = world.a_customer(level=world.bronze)
    segment: Any = ada.post(
        "/api/segment",
        json={
            "segment": {
                "name": "few",
                "active": 1,
                "parts": [
                    {
                        "criteria": [
                            {"type": "customer_list", "customers": [str(con.uuid), str(world.cleo.uuid), "unknown"]}
                        ]
                    }
                ],
            }
        },
    ).json
    campaign = world.a_campaign(levels=[world.silver.uuid])
    for _ in range(2):
        body = offered(world, target=None, segments=[segment["segmentId"]], coupons=[f"CODE-{i}" for i in range(6)])
        ada.put(f"/api/campaign/{campaign.uuid}", json=body)
    shown: Any = ada.get(f"/api/campaign/{campaign.uuid}").json
    assert shown["visibleForCustomersCount"] == 2
    assert shown["segmentNames"] == {segment["segmentId"]: "few"}
    visible: Any = ada.get(f"/api/campaign/{campaign.uuid}/customers/visible").json
    assert [c["customerId"] for c in visible["customers"]] == [str(world.cleo.uuid), str(con.uuid)]
    ada.post(f"/api/customer/{con.uuid}/level", json={"levelId": str(world.silver.uuid)})
    assert ada.get(f"/api/campaign/{campaign.uuid}").json["visibleForCustomersCount"] == 2  # type: ignore[index]
    ada.post(f"/api/segment/{segment['segmentId']}/deactivate")
    assert ada.get(f"/api/campaign/{campaign.uuid}").json["visibleForCustomersCount"] == 2  # type: ignore[index]
    world.require_invariants()


@pytest.mark.parametrize(
    "name", ["3062c881-93f3-496b-9669-4238c0a62be8", "garbage", "1", "%00", "3062c88193f3496b96694238c0a62be8"]
)
def test_unknown_and_malformed_ids_are_not_found(ada: Client, world: World, name: str) -> None:
    not_found = {"error": {"code": 404, "message": "Not Found"}}
    for answer in (
        ada.get(f"/api/campaign/{name}"),
        ada.put(f"/api/campaign/{name}", json=offered(world)),
        ada.get(f"/api/campaign/{name}/customers/visible"),
        ada.get(f"/api/campaign/{name}/photo"),
        ada.delete(f"/api/campaign/{name}/photo"),
        ada.post(f"/api/campaign/{name}/active"),
        ada.post(f"/api/admin/customer/{name}/campaign/{world.a_campaign().uuid}/buy"),
        ada.post(f"/api/admin/customer/{world.cleo.uuid}/campaign/{name}/buy"),
        ada.get(f"/api/admin/customer/{name}/campaign/available"),
    ):
        assert (answer.status_code, answer.json) == (404, not_found), answer.request.path


def test_the_total_of_what_is_available_is_exact(ada: Client, world: World) -> None:
    """Kept for what is always visible, counted by windows for the rest, less what is sold out or used up, whatever happens to campaigns."""
    ever, never = ALWAYS
    soon, late, before = world.now + hours(1), world.now + hours(900), world.now - hours(1)
    windows = [ALWAYS, (before, never), (ever, late), (before, late), (soon, never), (ever, before), (soon, late)]
    made = [world.a_campaign(visibility=window, limit_per_customer=1, limit=2) for window in windows for _ in range(3)]
    path = f"/api/admin/customer/{world.cleo.uuid}/campaign/available"

    def require_exact(wanted: int) -> None:
        for query in ("perPage=1", "perPage=-1", "perPage=2&page=3"):
            assert ada.get(f"{path}?{query}").json["total"] == wanted, query  # type: ignore[index]
        assert len(ada.get(f"{path}?perPage=-1").json["campaigns"]) == wanted  # type: ignore[index]
        world.require_invariants()

    require_exact(12)
    world.buy(made[0])  # used up by Cleo
    world.buy(made[3])
    require_exact(10)
    for campaign in (made[1], made[4]):  # sold out to others
        for _ in range(2):
            world.buy(campaign, world.a_customer(level=world.silver))
    require_exact(8)
    for campaign in (made[2], made[6]):
        assert ada.post(f"/api/campaign/{campaign.uuid}/inactive").status_code == 200
    require_exact(6)
    assert ada.post(f"/api/campaign/{made[2].uuid}/active").status_code == 200
    require_exact(7)
    shown: Any = ada.get(f"/api/campaign/{made[2].uuid}").json
    moved = {**shown, "levels": [str(world.bronze.uuid)]}
    assert ada.put(f"/api/campaign/{made[2].uuid}", json={"campaign": moved}).status_code == 200
    require_exact(6)
    windowed = {"allTimeVisible": 0, "visibleFrom": "2020-01-01 00:00", "visibleTo": "2040-01-01 00:00"}
    moved = {**shown, "campaignVisibility": windowed}
    assert ada.put(f"/api/campaign/{made[2].uuid}", json={"campaign": moved}).status_code == 200
    require_exact(7)
