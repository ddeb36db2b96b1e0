"""Webhooks at the admin's door."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook

from app import clock
from app.outbox import queue
from app.outbox.events import KINDS
from app.outbox.queue import Outcome, Sent
from tests.client import Client
from tests.outbox.hooks import Hooks, later
from tests.receiver import LOOPBACK, Receiver, receiver
from tests.world import World, clock_at

PATH = "/api/admin/webhooks"
URL = "https://hooks.example/guerdon"


@pytest.fixture
def ada(app: Flask, world: World) -> Client:
    return Client(app).as_login(world.ada)


@pytest.fixture
def hook(app: Flask) -> Any:
    settings = app.extensions["guerdon_settings"]
    object.__setattr__(settings, "webhook_networks", LOOPBACK)
    with receiver() as found:
        yield found
    object.__setattr__(settings, "webhook_networks", ())


def body(url: str = URL, events: Any = ("purchase.made",), **more: Any) -> dict[str, Any]:
    return {"webhook": {"url": url, "events": list(events), **more}}


def create(ada: Client, **details: Any) -> dict[str, Any]:
    answer = ada.post(PATH, json=body(**details))
    assert answer.status_code == 201, answer.json
    made: dict[str, Any] = answer.json
    return made


def test_the_secret_is_shown_once(ada: Client) -> None:
    made = create(ada, description="The CRM")
    assert made["secret"].startswith("whsec_")
    shown = ada.get(f"{PATH}/{made['id']}").json
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert shown["events"] == ["purchase.made"]
    assert ada.get(PATH).json == {"webhooks": [shown]}


def test_it_is_sent_what_happens_and_the_log_tells(ada: Client, hook: Receiver, world: World) -> None:
    made = create(ada, url=hook.url)
    world.buy(world.a_campaign(codes=["FIRST"]))
    assert ada.get(f"{PATH}/{made['id']}").json["waiting"] == 1
    Hooks(world.database).send()
    [it] = hook.requests
    assert Webhook(made["secret"]).verify(it.body, it.headers)["data"]["vouchers"][0]["code"] == "FIRST"
    [tried] = ada.get(f"{PATH}/{made['id']}/deliveries").json["deliveries"]
    assert (tried["event"], tried["outcome"], tried["status"]) == ("purchase.made", "delivered", 204)
    assert tried["data"] == it.json["data"]
    assert it.id == tried["message"]
    assert ada.get(f"{PATH}/{made['id']}/deliveries?outcome=failed").json["deliveries"] == []


def test_a_replayed_message_is_the_same_message(ada: Client, hook: Receiver, world: World) -> None:
    made, hooks = create(ada, url=hook.url), Hooks(world.database)
    for code in ("FIRST", "SECOND"):
        world.buy(world.a_campaign(codes=[code]))
    hooks.send()
    tries = ada.get(f"{PATH}/{made['id']}/deliveries").json["deliveries"]
    one = {"replay": {"messages": [tries[0]["message"]]}}
    assert ada.post(f"{PATH}/{made['id']}/replay", json=one).json == {"messages": 1, "more_since": None}
    assert ada.post(f"{PATH}/{made['id']}/replay", json=one).json == {"messages": 0, "more_since": None}, (
        "it waits already"
    )
    hooks.send()
    assert hook.requests[2].body == hook.requests[1].body
    assert hook.requests[2].id == hook.requests[1].id
    span = {"replay": {"since": "2020-01-01 00:00", "until": "2100-01-01 00:00"}}
    assert ada.post(f"{PATH}/{made['id']}/replay", json=span).json == {"messages": 2, "more_since": None}
    hooks.send()
    assert [it.body for it in hook.requests[3:]] == [it.body for it in hook.requests[:2]]


def test_a_long_span_is_read_on(ada: Client, hook: Receiver, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.outbox.subscriptions.AGAIN_MAX", 2)
    made, hooks = create(ada, url=hook.url), Hooks(world.database)
    for i in range(5):
        world.buy(world.a_campaign(codes=[f"C{i}"]))
    hooks.send()
    since, counts = "2020-01-01 00:00", []
    while since:
        span = {"replay": {"since": since, "until": "2100-01-01 00:00"}}
        answer = ada.post(f"{PATH}/{made['id']}/replay", json=span).json
        counts.append(answer["messages"])
        since = answer["more_since"]
        assert len(counts) < 10
    hooks.send()
    assert len({it.id for it in hook.requests}) == 5
    assert {it.id for it in hook.requests[5:]} == {it.id for it in hook.requests[:5]}


@pytest.mark.parametrize(
    "sent", [{}, {"since": "2020-01-01"}, {"messages": [str(uuid4())], "since": "2020-01-01", "until": "2021-01-01"}]
)
def test_a_replay_says_which(ada: Client, sent: dict[str, Any]) -> None:
    made = create(ada)
    answer = ada.post(f"{PATH}/{made['id']}/replay", json={"replay": sent})
    assert answer.status_code == 400
    assert "since" in answer.get_data(as_text=True)


def test_a_new_secret_leaves_the_one_before_a_day(ada: Client, hook: Receiver, world: World) -> None:
    made = create(ada, url=hook.url)
    new = ada.post(f"{PATH}/{made['id']}/secret").json["secret"]
    world.buy(world.a_campaign())
    Hooks(world.database).send()
    for secret in (made["secret"], new):
        Webhook(secret).verify(hook.requests[0].body, hook.requests[0].headers)


def test_a_test_is_sent_and_logged(ada: Client, hook: Receiver, world: World) -> None:
    made = create(ada, url=hook.url)
    assert ada.post(f"{PATH}/{made['id']}/test").status_code == 202
    Hooks(world.database).send()
    assert hook.kinds == ["test"]


def test_pausing_and_resuming(ada: Client, hook: Receiver, world: World) -> None:
    made, hooks = create(ada, url=hook.url), Hooks(world.database)
    assert ada.post(f"{PATH}/{made['id']}/pause").json["paused_at"]
    world.buy(world.a_campaign())
    hooks.send()
    assert hook.requests == []
    assert ada.post(f"{PATH}/{made['id']}/resume").json["paused_at"] is None
    hooks.send()
    assert hook.kinds == ["purchase.made"]


def test_changing_the_events_changes_what_is_told(ada: Client, hook: Receiver, world: World) -> None:
    made = create(ada, url=hook.url)
    changed = ada.put(f"{PATH}/{made['id']}", json=body(hook.url, ["campaign.published"])).json
    assert changed["events"] == ["campaign.published"]
    world.buy(world.a_campaign())
    Hooks(world.database).send()
    assert hook.kinds == ["campaign.published"]
    assert ada.delete(f"{PATH}/{made['id']}").status_code == 204
    assert ada.get(f"{PATH}/{made['id']}").status_code == 404
    world.buy(world.a_campaign())
    assert Hooks(world.database).count() == 0


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"url": "http://10.0.0.1/"}, "GUERDON_WEBHOOK_NETWORKS"),
        ({"url": "https://localhost/"}, "GUERDON_WEBHOOK_NETWORKS"),
        ({"url": "nonsense"}, "URL"),
        ({"events": []}, "purchase.made"),
        ({"events": ["purchase.done"]}, "purchase.made"),
    ],
)
def test_a_wrong_webhook_is_told_why(ada: Client, details: dict[str, Any], said: str) -> None:
    answer = ada.post(PATH, json=body(**details))
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True)
    assert ada.get(PATH).json == {"webhooks": []}


def test_a_chain_has_not_too_many(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.outbox.subscriptions.SUBSCRIPTIONS_MAX", 1)
    create(ada)
    assert ada.post(PATH, json=body()).status_code == 400


def test_each_kind_of_event_has_a_schema_and_an_example(ada: Client) -> None:
    found = ada.get(f"{PATH}/events").json["events"]
    assert [it["name"] for it in found] == list(KINDS)
    for it in found:
        assert it["schema"]["required"] == list(it["schema"]["properties"]) == list(it["example"])


def test_what_could_not_be_delivered_is_listed_and_tried_again(ada: Client, world: World) -> None:
    made, hooks = create(ada), Hooks(world.database)
    world.buy(world.a_campaign())
    with world.database.transaction() as session:
        [taken] = queue.lease(session, 1, clock.now(), 10)
    with clock_at(later(days=4)), world.database.transaction() as session:
        queue.settle(session, [Sent(taken, {}, Outcome(False, clock.now(), 1, 500))], clock.now())
    [dead] = ada.get(f"{PATH}/{made['id']}/dead").json["messages"]
    assert (dead["event"], dead["tries"]) == ("purchase.made", 1)
    assert ada.get(f"{PATH}/{made['id']}").json["dead"] == 1
    assert ada.post(f"{PATH}/{made['id']}/dead").json == {"messages": 1, "more": False}
    assert ada.get(f"{PATH}/{made['id']}").json["dead"] == 0
    assert len(hooks.waiting()) == 1
