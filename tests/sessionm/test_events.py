"""Events over HTTP: single, several, batches, again; what behaviors say of them; what is refused."""

from datetime import timedelta
from typing import Any

from app.campaign.models.engagement import BehaviorProgress, EventReceipt
from app.db.engine import Database
from tests.client import unrewarded_count
from tests.sessionm.conftest import EXTERNAL_ID, Program, code, visits
from tests.world import World, clock_at


def send(program: Program, body: Any, who: str | None = None, **kw: Any) -> Any:
    return program.server().post(f"{program.v1}{who or program.cleo}/events", json=body, **kw)


def behaviors(program: Program, campaign: dict[str, Any]) -> Any:
    path = f"{program.v2}{program.cleo}/campaigns/{campaign['id']}?sections=behaviors"
    return program.server().get(path).json["campaign"]["behaviors"]  # type: ignore[index]


def test_an_event_is_answered_with_what_it_completed(program: Program) -> None:
    made = program.create(behaviors=[visits(2, points=5)])
    answer = send(program, {"events": {"visit": {"transaction_id": "a", "qty": 1}}}, f"/external/users/{EXTERNAL_ID}")
    assert answer.json == {
        "status": "ok",
        "events": [{"name": "visit", "transaction_id": "a", "behaviors_counted": 1, "behaviors": []}],
    }
    body = {"events": {"visit": {"transaction_id": "b", "qty": 3, "context": {"shop": 1}}}}
    answer = send(program, body)
    [sent] = answer.json["events"]
    assert sent["behaviors"] == [
        {
            "campaign_id": made["id"],
            "campaign_permalink": made["external_id"],
            "behavior_id": sent["behaviors"][0]["behavior_id"],
            "external_behavior_id": sent["behaviors"][0]["external_behavior_id"],
            "name": "Visits",
            "type": "count",
            "achieved_now": 2,
            "points": 10,
        }
    ]
    assert send(program, body).json == answer.json
    keyed = {"Idempotency-Key": "k"}
    body = {"events": {"visit": {"qty": 2}}}
    first, again = send(program, body, headers=keyed), send(program, body, headers=keyed)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(program, {"events": {"visit": {}}}, headers=keyed).status_code == 422
    assert program.world.balance() == 101_500
    program.world.require_invariants()


def test_several_events_count_together_or_not_at_all(program: Program, world: World) -> None:
    program.create(behaviors=[visits(1, points=1), {"name": "R", "event_name": "review", "points": 2}])
    both = send(program, {"events": {"visit": {"transaction_id": "t"}, "review": {"transaction_id": "t"}}}).json
    assert [len(it["behaviors"]) for it in both["events"]] == [1, 1]
    listed = send(program, {"events": [{"name": "visit"}, {"name": "visit"}, {"name": "review", "qty": 2}]}).json
    assert [it["name"] for it in listed["events"]] == ["visit", "visit", "review"]
    assert world.balance() == 100_000 + 100 + 200 + 200 + 400
    bad = send(program, {"events": [{"name": "visit"}, {"name": "visit", "date": "2200-01-01T00:00:00Z"}]})
    assert code(bad) == "argument_error"
    assert world.balance() == 100_900


def test_a_batch_tells_what_became_of_each_customer(program: Program, world: World) -> None:
    made = program.create(behaviors=[visits(2, points=1)])
    other, path = world.a_customer(points=0), f"{program.v1}/events"
    batch = [
        {"user_id": str(world.cleo.uuid), "events": [{"name": "visit", "transaction_id": f"{i}"} for i in range(3)]},
        {"external_id": "nobody", "events": {"visit": {"transaction_id": "1"}}},
        {"user_id": str(other.uuid), "events": {"visit": {"transaction_id": "1", "qty": 2}}, "campaign_id": made["id"]},
        {"user_id": str(other.uuid), "events": {"visit": {"transaction_id": "2"}}, "campaign_id": "gone"},
        {"events": {"visit": {"transaction_id": "1"}}},
    ]
    answer: Any = program.server().post(path, json={"batch": batch}).json
    assert [it["status"] for it in answer["batch"]] == ["ok", "error", "ok", "error", "error"]
    assert [it.get("errors", {}).get("code") for it in answer["batch"]] == [
        None,
        "user_not_found",
        None,
        "not_found",
        "missing_data",
    ]
    assert [it["behaviors_counted"] for it in answer["batch"][0]["events"]] == [1, 1, 1]
    assert program.server().post(path, json={"batch": batch}).json == answer
    assert (world.balance(), world.balance(other)) == (100_100, 100)
    odd: Any = [
        {"external_id": "x", "events": {"visit": {}}},
        {"external_id": "x", "user_id": "y", "events": {"visit": {"transaction_id": "t"}}},
        {"external_id": "crm-1", "events": {"visit": {"transaction_id": "t", "qty": 0}}},
        {},
        {"external_id": 5, "event": {}},
        {"external_id": "crm-1", "events": {"visit": {"transaction_id": "fine"}}},
    ]
    answers: Any = program.server().post(path, json={"batch": odd}).json
    assert [it.get("errors", {}).get("code") for it in answers["batch"]] == [
        "missing_data",
        "missing_data",
        "validation",
        "missing_data",
        "argument_error",
        None,
    ]
    for wrong, expected in (
        ({}, "missing_data"),
        ({"batch": []}, "missing_data"),
        ({"batch": [], "x": 1}, "argument_error"),
        (
            {"batch": [{"external_id": "x", "events": {"v": {"transaction_id": str(i)}}} for i in range(101)]},
            "validation",
        ),
        (
            {"batch": [{"external_id": "x", "events": {"v": {"transaction_id": "t", "qty": 600}}} for _ in range(2)]},
            "validation",
        ),
    ):
        assert code(program.server().post(path, json=wrong)) == expected


def test_events_of_one_request_count_the_oldest_first(program: Program) -> None:
    program.create(behaviors=[visits(3, points=1, consecutive=True)])
    days = ["2026-11-12T10:00:00Z", "2026-11-10T10:00:00Z", "2026-11-11T10:00:00Z"]
    rows = [{"name": "visit", "date": day, "transaction_id": day} for day in days]
    sent = send(program, {"events": rows}).json["events"]
    assert [it["transaction_id"] for it in sent] == days
    assert [len(it["behaviors"]) for it in sent] == [1, 0, 0]


def test_a_backlog_told_late_and_again_gives_the_same_progress(program: Program, world: World) -> None:
    """Three days in a row in Amsterdam, two of them on one day of UTC; told in order afterwards, and then all over again."""
    made = program.create(
        behaviors=[
            visits(3, points=10, consecutive=True),
            visits(2, name="Daily", max_times_repeatable_per_period=1, period=86_400),
        ]
    )
    backlog = {
        "visit": [
            ("2026-11-17T22:30:00Z", "a"),
            ("2026-11-17T23:30:00Z", "b"),
            ("2026-11-18T10:00:00Z", "c"),
            ("2026-11-19T22:59:00Z", "d"),
            ("2026-11-19T23:01:00+00:00", "e"),
        ]
    }
    rows = [{"name": "visit", "date": date, "transaction_id": key} for date, key in backlog["visit"]]
    first = send(program, {"events": rows}).json
    assert [it["behaviors_counted"] for it in first["events"]] == [2, 2, 0, 2, 2]
    shown = behaviors(program, made)
    assert (shown["visits"]["achieved"], shown["visits"]["current_count"]) == (1, 1)
    assert (shown["daily"]["achieved"], shown["daily"]["current_count"]) == (2, 0)
    with clock_at(world.now + timedelta(hours=1)):
        assert send(program, {"events": rows}).json == first
        for row in reversed(rows):
            send(program, {"events": [row]})
    assert behaviors(program, made) == shown
    assert (world.count(EventReceipt), world.balance()) == (5, 101_000)


def test_a_composite_behavior_shows_its_goals_and_groups(program: Program) -> None:
    goals = {
        "visit": {"earn_count": 2, "points": 4},
        "review": {"required": False, "group_id": "1"},
        "share": {"required": False, "group_id": "1", "type": "unique", "unique_key": "with"},
    }
    made = program.create(
        behaviors=[
            {
                "name": "Explorer-All",
                "type": "composite",
                "points": 10,
                "goals": goals,
                "groups": {"1": {"total_count": 1}},
            }
        ]
    )
    assert behaviors(program, made).keys() == {"explorer_all"}
    program.tell(qty=2)
    program.tell("share")  # with nobody: it has no key
    shown = behaviors(program, made)["explorer_all"]
    assert (shown["goals"]["visit"]["completed"], shown["goals"]["visit"]["progress"]["current_count"]) == (True, 2)
    assert shown["groups"] == {
        "0": {"type": "group", "current_count": 1, "total_count": 1, "num_goals": 1, "completed": True},
        "1": {"type": "group", "current_count": 0, "total_count": 1, "num_goals": 2, "completed": False},
    }
    path = f"{program.v1}{program.cleo}/campaigns/{made['id']}/progress"
    [progress] = program.server().get(path).json["campaign"]["behaviors"]  # type: ignore[index]
    assert (progress["progress"], progress["goal"], progress["name"]) == (2, 3, "Explorer-All")
    [sent] = program.tell("share", context={"with": "Con"})["behaviors"]
    assert (sent["achieved_now"], sent["points"]) == (1, 14)
    shown = behaviors(program, made)["explorer_all"]
    assert (
        shown["achieved"],
        shown["goals"]["visit"]["progress"]["achieved"],
        shown["goals"]["visit"]["completed"],
    ) == (1, 1, False)
    assert program.world.balance() == 101_400


def test_a_completed_campaign_tells_no_more_of_its_behaviors_in_the_first_version(program: Program) -> None:
    made = program.create(behaviors=[visits(1, max_times_repeatable=1)])
    program.tell()
    assert program.tell()["behaviors_counted"] == 0
    [shown] = program.server().get(f"{program.v1}{program.cleo}/campaigns").json["campaigns"]["promotions"]  # type: ignore[index]
    assert (shown["progress"], shown["behaviors"]) == ({"state": "completed"}, {})
    assert behaviors(program, made)["visits"]["achieved"] == 1
    path = f"{program.v1}{program.cleo}/campaigns/{made['id']}/progress"
    assert len(program.server().get(path).json["campaign"]["behaviors"]) == 1  # type: ignore[index]


def test_only_the_named_campaign_reacts(program: Program) -> None:
    first = program.create(behaviors=[visits()], external_id="first")
    second = program.create(name="Second", behaviors=[visits()])
    sent = send(program, {"events": {"visit": {}}, "campaign_id": "first"}).json["events"][0]
    assert [it["campaign_id"] for it in sent["behaviors"]] == [first["id"]]
    sent = send(program, {"events": {"visit": {}}, "campaign_id": second["id"]}).json["events"][0]
    assert [it["campaign_id"] for it in sent["behaviors"]] == [second["id"]]
    for gone in ("gone", 99):
        assert code(send(program, {"events": {"visit": {}}, "campaign_id": gone})) == "not_found"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "missing_data"),
    ({"events": {}}, "missing_data"),
    ({"events": []}, "missing_data"),
    ({"events": "visit"}, "validation"),
    ({"events": {"visit": 1}}, "validation"),
    ({"events": {"": {}}}, "missing_data"),
    ({"events": [{}]}, "missing_data"),
    ({"events": {"visit": {"qty": 0}}}, "validation"),
    ({"events": {"visit": {"qty": 1_001}}}, "validation"),
    ({"events": {"visit": {"qty": 1.5}}}, "validation"),
    ({"events": {"visit": {"qty": True}}}, "validation"),
    ({"events": {"visit": {"date": "yesterday"}}}, "validation"),
    ({"events": {"visit": {"date": "2200-01-01T00:00:00Z"}}}, "argument_error"),
    ({"events": {"visit": {"date": "1969-01-01T00:00:00Z"}}}, "validation"),
    ({"events": {"visit": {"date": "0001-01-01T00:00:00+23:00"}}}, "validation"),
    ({"events": {"visit": {"transaction_id": "x" * 256}}}, "validation"),
    ({"events": {"visit": {"transaction_id": " "}}}, "validation"),
    ({"events": {"visit": {"name": "other"}}}, "validation"),
    ({"events": {"x" * 256: {}}}, "argument_error"),
    ({"events": {"visit": {"speed": 1}}}, "argument_error"),
    ({"events": {"visit": {}}, "campaignId": 5}, "argument_error"),
    ({"events": {"visit": {"context": {"a": [1]}}}}, "validation"),
    ({"events": {"visit": {"context": {f"n{i}": 1 for i in range(51)}}}}, "validation"),
    ({"events": [{"name": "visit"}] * 101}, "validation"),
    ({"events": [{"name": "visit", "qty": 600}] * 2}, "validation"),
]


def test_what_is_no_event_is_refused(program: Program, database: Database) -> None:
    program.create(behaviors=[visits()])
    for body, expected in REFUSED:
        answer = send(program, body)
        assert code(answer) == expected, answer.json
    with database.reading() as session:
        assert session.query(EventReceipt).count() == session.query(BehaviorProgress).count() == 0


def test_what_was_not_rewarded_is_answered_with_the_reasons(program: Program) -> None:
    before = unrewarded_count(program.app, "restrictions_not_met")
    made = program.create(targeting={"user.tags": {"$in": ["vip"]}}, behaviors=[visits(1, 5)])
    answer = program.tell(transaction_id="a")
    assert answer["not_rewarded"] == [{"campaign_id": made["id"], "reasons": ["restrictions_not_met"]}]
    assert unrewarded_count(program.app, "restrictions_not_met") == before + 1
    assert program.tell(transaction_id="a") == answer
    assert unrewarded_count(program.app, "restrictions_not_met") == before + 1, "it is only shown again"
    assert "not_rewarded" not in program.tell("something else")
