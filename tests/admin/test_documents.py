"""Campaigns as documents at the admin's door."""

from typing import Any

import jsonschema
import pytest
from sqlalchemy import func, select, text

from app.campaign.document.schema import json_schema
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import coupons
from app.web.audit import AuditEntry
from tests.client import Client
from tests.world import World

COFFEE = {
    "key": "free-coffee",
    "name": "Free coffee",
    "lifecycle": "live",
    "audience": {"levels": ["silver"]},
    "price": "10",
    "limits": {"overall": 5, "per_customer": {"limit": 2}},
    "sale": {"coupon_kind": "gift_code"},
}
WHEEL = {
    "key": "wheel",
    "name": "Lucky wheel",
    "kind": "composable",
    "handling": "random_draw",
    "lifecycle": "live",
    "audience": {"everyone": True},
    "rewards": [
        {"key": "win", "title": "100 points", "kind": "points", "points": "100", "weight": 1},
        {"key": "lose", "title": "Better luck next time", "kind": "nothing", "weight": 9},
    ],
}
AT = "/api/admin/campaigns"


@pytest.fixture
def admin(ada: Client) -> Client:
    return ada


def create(admin: Client, document: dict[str, Any]) -> Any:
    answer = admin.post(AT, json=document)
    assert answer.status_code == 201, answer.json
    return answer.json


def put(admin: Client, document: dict[str, Any], revision: Any = "*", at: str | None = None) -> Any:
    match = revision if revision == "*" else f'"{revision}"'
    return admin.put(at or f"{AT}/{document['key']}", json=document, headers={"If-Match": match})


def problems(answer: Any, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.json
    return {it["path"]: it["message"] for it in answer.json["problems"]}


def load(world: World, document: dict[str, Any], *codes: str) -> None:
    with world.database.reading() as session:
        uuid = session.scalars(select(Campaign.uuid).where(Campaign.key == document["key"])).one()
    coupons.load(world.database, uuid, codes)


def campaigns_count(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Campaign)) or 0


def test_a_campaign_is_created_read_changed_and_stays_as_it_is_when_put_back(admin: Client) -> None:
    made = create(admin, COFFEE)
    read = admin.get(f"{AT}/free-coffee")
    assert read.json == made == admin.get(f"{AT}/{made['state']['id']}").json
    assert (read.headers["ETag"], made["price"], made["audience"]["levels"]) == ('"1"', "10.00", ["silver"])
    assert put(admin, made, 1).json == made
    changed = put(admin, {**made, "price": 12}, 1)
    assert (changed.status_code, changed.headers["ETag"], changed.json["price"]) == (200, '"2"', "12.00")
    assert {**changed.json, "price": "10.00", "state": made["state"]} == made


def test_what_is_left_is_of_the_limit_or_the_codes_whichever_ends_first(admin: Client, world: World) -> None:
    limited, few, endless = (
        world.a_campaign(limit=5, codes=list("ABCDEFGH")),
        world.a_campaign(name="Few", limit=5, codes=["A", "B"]),
        world.a_reward_campaign(),
    )
    world.buy(few)
    left = [admin.get(f"{AT}/{it.uuid}").json["state"]["left"] for it in (limited, few, endless)]
    assert left == [5, 1, None]


def test_whoever_was_slower_is_told_the_revision_of_now(admin: Client) -> None:
    made = create(admin, COFFEE)
    assert put(admin, {**made, "name": "First"}, 1).status_code == 200
    slower = put(admin, {**made, "name": "Second"}, 1)
    assert (slower.status_code, slower.json["revision"], slower.headers["ETag"]) == (412, 2, '"2"')
    assert admin.put(f"{AT}/free-coffee", json=made).status_code == 428
    assert admin.get(f"{AT}/free-coffee").json["name"] == "First"


def test_everything_that_is_wrong_is_told_at_once_and_nothing_changes(admin: Client, world: World) -> None:
    wrong = {
        **COFFEE,
        "zzz": 1,
        "price": "1.234",
        "hours": {"from": "25:00", "weekdays": ["someday"]},
        "audience": {"levels": ["silver", "platinum"], "segments": ["nobody"]},
        "activity": {"from": "2030-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z"},
        "opt_in": {"places": True},
        "restrictions": {"user.shoe_size": 44, "user.age": {"$gtt": 18}},
        "labels": [{"key": "a"}],
        "sale": None,
        "rewards": [
            {"title": "a", "kind": "points", "points": 1},
            {"title": "b", "kind": "points"},
            {"title": "c", "kind": "voucher", "voucher": {"kind": "honour"}},
        ],
    }
    found = problems(admin.post(AT, json=wrong), 400)
    assert found.keys() >= {
        "/zzz",
        "/price",
        "/hours/from",
        "/hours/weekdays",
        "/audience/levels/1",
        "/audience/segments/0",
        "/activity/to",
        "/opt_in/places",
        "/restrictions/user.shoe_size",
        "/restrictions/user.age/$gtt",
        "/labels/0/value",
        "/rewards/1/points",
        "/rewards/2/voucher",
    }
    assert found["/audience/levels/1"] == "There is no level called platinum."
    assert campaigns_count(world) == 0


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"sale": None}, "/rewards"),
        ({"context": "basket"}, "/context"),
        ({"kind": "basket"}, "/sale"),
        ({"kind": "composable", "context": "event"}, "/sale"),
        ({"rewards": [{"title": "x", "kind": "points", "points": 1}]}, "/rewards"),
        ({"rewards": [{"title": "x", "kind": "points"}]}, "/rewards/0/points"),
        ({"sale": None, "rewards": [{"title": "x", "kind": "coupon"}]}, "/rewards"),
        ({"opt_in": {"from": "2030-01-01T00:00:00Z"}}, "/opt_in"),
        ({"hours": {"time_zone": "Asia/Tokyo"}}, "/hours/time_zone"),
        ({"version": 2}, "/version"),
        ({"key": "Not A Key"}, "/key"),
        ({"translations": {"english": {}}}, "/translations/english"),
        ({"business": "Nowhere"}, "/business"),
        ({"restrictions": {"user.level": {"$in": ["platinum"]}}}, "/restrictions"),
        ({"audience": {"levels": ["silver", "silver"]}}, "/audience/levels"),
        ({"key": "3062c881-93f3-496b-9669-4238c0a62be8"}, "/key"),
        ({"handling": "random_draw"}, "/sale"),
        ({"limits": []}, "/limits"),
        ({"rewards": {}}, "/rewards"),
        ({"labels": [7]}, "/labels/0"),
        ({"limits": {"per_customer": {"unit": "day"}}}, "/limits/per_customer/limit"),
        ({"activity": {"from": "2030-01-01T00:00:00"}}, "/activity/from"),
        ({"name": ""}, "/name"),
        ({"name": 7}, "/name"),
        ({"audience": {"everyone": True, "levels": ["silver"]}}, "/audience/everyone"),
    ],
)
def test_a_contradiction_names_its_place(admin: Client, world: World, changed: dict[str, Any], path: str) -> None:
    assert path in problems(admin.post(AT, json={**COFFEE, **changed}), 400)
    assert campaigns_count(world) == 0


def test_what_was_given_stays_and_what_it_fixes_is_refused_by_name(admin: Client, world: World) -> None:
    made = create(admin, {**COFFEE, "limits": {"overall": 5, "per_customer": {"limit": 3}}})
    load(world, COFFEE, "A", "B", "C")
    with world.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    world.buy(campaign)
    world.buy(campaign)
    refused = problems(
        put(
            admin,
            {
                **made,
                "limits": {"overall": 1, "per_customer": {"limit": 1}},
                "sale": {"coupon_kind": "gift_code", "single_coupon": True},
                "lifecycle": "draft",
            },
        ),
        409,
    )
    assert refused.keys() == {"/limits/overall", "/limits/per_customer/limit", "/sale/single_coupon", "/lifecycle"}
    assert refused["/limits/overall"] == "2 have been given already: it cannot be lower than that."
    other = {**made, "sale": None, "rewards": [{"title": "x", "kind": "points", "points": 1}], "kind": "composable"}
    assert problems(put(admin, other), 409).keys() == {"/kind", "/sale"}
    assert admin.get(f"{AT}/free-coffee").json["state"]["revision"] == 1
    assert put(admin, {**made, "limits": {"overall": 2, "per_customer": None}, "price": 7}).status_code == 200
    world.require_invariants()


def test_a_dry_run_tells_the_differences_and_what_is_worth_a_second_look(admin: Client, world: World) -> None:
    made = create(admin, COFFEE)
    load(world, COFFEE, "A", "B", "C")
    with world.database.reading() as session:
        world.buy(session.scalars(select(Campaign)).one())
    answer = admin.put(
        f"{AT}/free-coffee?dry_run=true",
        json={
            **made,
            "price": "12",
            "lifecycle": "paused",
            "limits": {"overall": 4, "per_customer": {"limit": 1, "unit": "day"}},
        },
    ).json
    assert [it["text"] for it in answer["differences"]] == [
        "lifecycle: live → paused",
        "price in points: 10 → 12",
        "limit in all: 5 → 4",
        "limit for each customer: 2 → 1 a day",
    ]
    assert (answer["action"], answer["possible"], answer["revision"], answer["refused"]) == ("change", True, 1, [])
    told = {it["path"]: it["message"] for it in answer["warnings"]}
    assert told["/price"] == "1 customer holds unused coupons bought at 10 points; they keep them."
    assert told["/limits/overall"] == "The pool holds fewer codes (3) than the limit (4)."
    assert "/limits/per_customer/unit" in told
    assert admin.get(f"{AT}/free-coffee").json["state"]["revision"] == 1


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"activity": {"to": "2020-01-01T00:00:00Z"}}, "/activity/to"),
        ({"audience": {}}, "/audience"),
        ({"audience": {"levels": ["bronze"]}}, "/audience"),
        ({"hours": {"from": "22:00", "to": "02:00"}}, "/hours/to"),
        (
            {
                "activity": {"from": "2026-11-30T00:00:00Z", "to": "2026-12-01T00:00:00Z"},
                "hours": {"weekdays": ["sunday"]},
            },
            "/hours",
        ),
        (
            {"visibility": {"from": "2031-01-01T00:00:00Z"}, "activity": {"to": "2030-01-01T00:00:00Z"}},
            "/visibility/from",
        ),
        ({}, "/sale"),
    ],
)
def test_warnings_before_it_is_saved(admin: Client, changed: dict[str, Any], path: str) -> None:
    answer = admin.post(f"{AT}?dry_run=1", json={**COFFEE, **changed}).json
    assert path in {it["path"] for it in answer["warnings"]}, answer["warnings"]
    assert (answer["action"], answer["possible"]) == ("create", True)


def test_a_text_that_promises_other_odds_is_noticed(admin: Client) -> None:
    said = {**WHEEL, "texts": {"short_description": "1 in 5 wins, 90 % do not"}}
    told = {it["path"]: it["message"] for it in admin.post(f"{AT}?dry_run=1", json=said).json["warnings"]}
    assert told["/texts/short_description"].startswith("The text says 1 in 5, and the odds are: 100 points 10.00%")
    assert len(told) == 1


def test_the_history_tells_who_changed_what_and_any_revision_can_be_restored(admin: Client, world: World) -> None:
    made = create(admin, COFFEE)
    put(admin, {**made, "price": 12}, 1)
    put(admin, {**made, "price": 12, "name": "Free tea", "lifecycle": "paused"}, 2)
    history = admin.get(f"{AT}/free-coffee/revisions").json["revisions"]
    assert [(it["revision"], it["by"]["name"], it["differences"]) for it in history] == [
        (3, "ada", ["name: Free coffee → Free tea", "lifecycle: live → paused"]),
        (2, "ada", ["price in points: 10 → 12"]),
        (1, "ada", ["new: Free coffee"]),
    ]
    assert admin.get(f"{AT}/free-coffee/revisions/1").json == {k: v for k, v in made.items() if k != "state"}
    assert admin.get(f"{AT}/free-coffee/revisions/9").status_code == 404
    restored = admin.post(f"{AT}/free-coffee/revisions/1/restore", headers={"If-Match": '"3"'})
    assert (restored.status_code, restored.json["name"], restored.json["price"]) == (200, "Free coffee", "10.00")
    assert (restored.json["lifecycle"], restored.json["state"]["revision"]) == ("paused", 4)
    assert [it["revision"] for it in admin.get(f"{AT}/free-coffee/revisions?before=3").json["revisions"]] == [2, 1]
    assert admin.get(f"{AT}/free-coffee/revisions").json["more"] is False
    for revision in range(4, 24):
        put(admin, {**made, "price": revision}, revision)
    page = admin.get(f"{AT}/free-coffee/revisions").json
    assert ([it["revision"] for it in page["revisions"]], page["more"]) == ([*range(24, 4, -1)], True)
    for wrong in ("-1", "x", "²", "9" * 19):
        assert admin.get(f"{AT}/free-coffee/revisions?before={wrong}").status_code == 400, wrong


def test_what_the_other_dialects_change_is_in_the_history_too(admin: Client, world: World) -> None:
    campaign = world.a_campaign()
    admin.post(f"/api/campaign/{campaign.uuid}/inactive")
    history = admin.get(f"{AT}/{campaign.uuid}/revisions").json["revisions"]
    assert [(it["by"], it["differences"]) for it in history] == [
        ({"kind": "login", "name": "ada"}, ["lifecycle: live → paused"]),
        ({"kind": "service", "name": None}, ["new: Free coffee"]),
    ]


def test_names_that_others_have_are_refused(admin: Client) -> None:
    create(admin, {**COFFEE, "listing": {"external_id": "one", "has_unique_name": True}})
    assert problems(admin.post(AT, json=COFFEE), 409).keys() == {"/key"}
    other = {**COFFEE, "key": "other", "listing": {"external_id": "one", "has_unique_name": True}}
    assert problems(admin.post(AT, json=other), 409).keys() == {"/name", "/listing/external_id"}
    create(admin, {**COFFEE, "key": "other"})
    renamed = put(admin, {**COFFEE, "key": "free-coffee"}, at=f"{AT}/other")
    assert problems(renamed, 409).keys() == {"/key"}
    assert put(admin, {**COFFEE, "key": "third"}, at=f"{AT}/other").json["key"] == "third"


def test_lists_are_filtered_sorted_and_counted(admin: Client, world: World) -> None:
    create(admin, {**COFFEE, "labels": [{"key": "type", "value": "drink"}]})
    create(admin, WHEEL)
    create(admin, {**COFFEE, "key": "tea", "name": "Café crème", "lifecycle": "draft"})

    def keys(query: str) -> list[str]:
        return [it["key"] for it in admin.get(f"{AT}?{query}").json["campaigns"]]

    assert keys("") == ["tea", "wheel", "free-coffee"]
    assert keys("kind=composable,basket") == ["wheel"]
    assert keys("lifecycle=draft") == ["tea"]
    assert keys("label=type:drink") == keys("label=type") == ["free-coffee"]
    assert keys("label=type:food") == []
    assert keys("text=cafe") == ["tea"]
    assert keys("text=free-") == ["free-coffee"]
    assert keys("sort=key&direction=DESC") == ["wheel", "tea", "free-coffee"]
    assert keys("sort=key&perPage=1&page=2") == ["tea"]
    for wrong in ("kind=zzz", "lifecycle=zzz", "sort=zzz", "sort=", "sort=name%20", "sort=name&direction=up", "zzz=1"):
        assert admin.get(f"{AT}?{wrong}").status_code == 400


def test_only_admins_and_only_of_the_chain(app: Any, world: World, admin: Client) -> None:
    create(admin, COFFEE)
    for who in (Client(app).as_login(world.sol), Client(app).as_login(world.cleo_login)):
        assert who.get(f"{AT}/free-coffee").status_code == 403
        assert who.post(AT, json=WHEEL).status_code == 403
    assert Client(app).get(f"{AT}/free-coffee").status_code == 401
    assert admin.get(f"{AT}/free-coffee?chain_id=99").status_code == 403
    assert admin.get(f"{AT}/nothing").status_code == 404
    assert Client(app).get("/api/campaign-document.json").json == json_schema()


def test_changed_odds_are_a_revision_under_which_draws_are_verified(admin: Client, world: World, guerdon: Any) -> None:
    made = create(admin, {**WHEEL, "limits": {"per_customer": {"limit": 50}}})
    with world.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    for _ in range(10):
        world.interact(campaign)
    odds = [{**made["rewards"][1], "weight": 1}, {"key": "new", "title": "1 point", "kind": "points", "points": 1}]
    assert put(admin, {**made, "rewards": odds}, 1).status_code == 200
    for _ in range(10):
        world.interact(campaign)
    assert put(admin, {**made, "rewards": made["rewards"]}, 2).status_code == 200
    for _ in range(5):
        world.interact(campaign)
    verified = guerdon("draw", "verify")
    assert (verified.exit_code, "25 draws" in verified.output) == (0, True), verified.output
    world.require_invariants()
    with world.database.transaction() as session:
        session.execute(text("UPDATE draw SET revision = 3 WHERE revision = 2"))
    assert guerdon("draw", "verify").exit_code == 1


def test_a_draft_is_answered_by_the_rules_that_sell(admin: Client, world: World) -> None:
    customer = str(world.cleo.uuid)
    said = {**WHEEL, "price": "2000", "hours": {"weekdays": ["monday"], "from": "10:00", "to": "11:00"}}

    def ask(**more: Any) -> Any:
        return admin.post(f"{AT}/ask", json={"document": said, "customer": customer, **more}).json

    answer = ask(at="2026-11-29T10:30:00Z")  # a Sunday
    assert [it["code"] for it in answer["reasons"]] == ["outside_hours", "not_enough_points"]
    assert (answer["visibility"], answer["may_have"], answer["balance"]) == ("shown", False, "1000.00")
    assert (answer["reasons"][1]["missing"], answer["reasons"][1]["required"]) == (1000, 2000)
    assert [(it["key"], it["odds"]) for it in answer["rewards"]] == [("win", 0.1), ("lose", 0.9)]
    said = {**said, "price": "0"}
    assert ask(at="2026-11-30T10:30:00Z")["may_have"] is True
    assert admin.post(f"{AT}/ask", json={"document": {**said, "zzz": 1}, "customer": customer}).status_code == 400
    assert admin.post(f"{AT}/ask", json={"document": said, "customer": "cleo"}).status_code == 400
    assert campaigns_count(world) == 0


def test_an_answer_about_what_is_saved_is_what_a_buyer_is_told(admin: Client, world: World) -> None:
    made = create(admin, COFFEE)
    load(world, COFFEE, "A", "B", "C")
    with world.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    for _ in range(2):
        world.buy(campaign)
    told = admin.get(f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/eligibility").json
    asked = admin.post(f"{AT}/ask", json={"document": made, "customer": str(world.cleo.uuid)}).json
    assert [it["code"] for it in asked["reasons"]] == [it["code"] for it in told["reasons"]]
    assert [it["code"] for it in asked["reasons"]] == ["limit_per_customer_reached"]


def test_a_plan_of_many_documents_says_of_each_what_it_would_do(admin: Client) -> None:
    made = create(admin, COFFEE)
    sent = [made, {**WHEEL, "name": "New"}, {**made, "price": 11}, {"key": "bad"}, {**made, "lifecycle": "draft"}, 7]
    found = admin.post(f"{AT}/plan", json={"documents": sent}).json["plans"]
    assert [(it["key"], it["action"], it["possible"]) for it in found] == [
        ("free-coffee", "none", True),
        ("wheel", "create", True),
        ("free-coffee", "change", True),
        ("bad", "create", False),
        ("free-coffee", "change", False),
        (None, "create", False),
    ]
    assert admin.post(f"{AT}/plan", json={"documents": [made] * 251}).status_code == 400


def test_what_is_printed_fits_the_published_form(admin: Client) -> None:
    for document in (COFFEE, WHEEL):
        jsonschema.Draft202012Validator(json_schema()).validate(document)
        jsonschema.Draft202012Validator(json_schema()).validate(create(admin, document))
    for wrong in ({**COFFEE, "zzz": 1}, {**COFFEE, "price": "ten"}, {**COFFEE, "lifecycle": "asleep"}):
        assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(wrong))


def test_a_document_has_at_most_a_megabyte(admin: Client) -> None:
    details = {"details": {"x": "y" * 999_000}}
    assert admin.post(f"{AT}?dry_run=1", json={**COFFEE, "listing": details}).status_code == 200
    assert admin.post(AT, json={**COFFEE, "listing": {"details": {"x": "y" * 1_000_001}}}).status_code == 413


def test_what_changes_nothing_is_not_in_the_audit_log(admin: Client, world: World) -> None:
    made = create(admin, COFFEE)
    assert world.count(AuditEntry) == 1
    assert put(admin, made, 1).status_code == 200
    admin.put(f"{AT}/free-coffee?dry_run=1", json={**made, "price": 9})
    assert world.count(AuditEntry) == 1
    put(admin, {**made, "price": 9}, 1)
    assert world.count(AuditEntry) == 2
