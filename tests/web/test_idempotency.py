"""A POST with an Idempotency-Key is done once, however often it comes."""

import threading
from typing import Any

import pytest
from sqlalchemy import text

from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.db.engine import TryAgain
from app.web import idempotency
from app.web.idempotency import StoredAnswer, purge
from tests.client import Client
from tests.world import World, hours, offered


def key(name: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_a_repeated_purchase_is_answered_again_and_not_made_again(sol: Client, world: World) -> None:
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    first = sol.post(buy, headers=key())
    assert "Idempotency-Replayed" not in first.headers
    for _ in range(3):
        again = sol.post(buy, headers=key())
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert world.count(Award) == 1
    assert sol.post(buy, headers=key("k-2")).data != first.data
    world.require_invariants()


def test_a_refusal_is_remembered_too_and_left_no_trace(sol: Client, ada: Client, world: World) -> None:
    campaign = world.a_campaign(cost=200_000)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"
    refused = sol.post(buy, headers=key())
    assert (refused.status_code, refused.json) == (400, {"error": "Not enough points"})
    ada.post("/api/points/transfer/add", json={"transfer": {"customer": str(world.cleo.uuid), "points": 5000}})
    again = sol.post(buy, headers=key())
    assert (again.data, again.headers["Idempotency-Replayed"]) == (refused.data, "true")
    assert sol.post(buy, headers=key("k-2")).status_code == 200
    assert world.count(Award) == 1
    world.require_invariants()


def test_a_key_belongs_to_one_request_of_one_caller(sol: Client, ada: Client, world: World) -> None:
    campaign = world.a_campaign(limit_per_customer=5)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"
    assert sol.post(buy, headers=key()).status_code == 200
    con = world.a_customer(level=world.silver)
    other = sol.post(f"/api/seller/customer/{con.uuid}/campaign/{campaign.uuid}/buy", headers=key())
    assert (other.status_code, (other.json or {})["error"]["code"]) == (422, 422)
    assert sol.post(buy, headers=key(), json={"quantity": 1}).status_code == 422
    assert ada.post(buy, headers=key()).status_code == 200
    assert world.count(Award) == 2


def test_every_post_takes_a_key(ada: Client, world: World) -> None:
    created = [ada.post("/api/campaign", json=offered(world), headers=key()).json for _ in range(2)]
    assert created[0] == created[1]
    assert world.count(Campaign) == 1
    add = {"transfer": {"customer": str(world.cleo.uuid), "points": 1}}
    for _ in range(2):
        ada.post("/api/points/transfer/add", json=add, headers=key("add"))
    assert world.balance() == 100_100
    pairs = [
        ada.post(
            "/api/admin/login_check", json={"_username": "ada", "_password": "wrong"}, headers=key("in")
        ).status_code
        for _ in range(2)
    ]
    assert pairs == [401, 401]


@pytest.mark.parametrize("bad", ["x" * 256, "k\u00e9y", "tab\there"])
def test_a_bad_key_is_refused(sol: Client, world: World, bad: str) -> None:
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    assert sol.post(buy, headers=key(bad)).status_code == 400
    assert world.count(Award) == 0


def test_what_is_stored_can_only_be_read_with_the_key(sol: Client, world: World) -> None:
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign(codes=['SECRET-CODE']).uuid}/buy"
    sol.post(buy, headers=key("my-own-key"))
    with world.database.reading() as session:
        [row] = session.execute(text("SELECT * FROM stored_answer")).all()
    stored = b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    assert b"SECRET-CODE" not in stored
    assert b"my-own-key" not in stored


def test_a_crash_before_the_commit_leaves_neither_key_nor_purchase(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.web.idempotency import KeyedAttempt

    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"

    def crash(*_: Any) -> None:
        raise RuntimeError("crash")

    with monkeypatch.context() as broken:
        broken.setattr(KeyedAttempt, "finish", crash)
        with pytest.raises(AssertionError, match="500"):
            sol.post(buy, headers=key())
    assert (world.count(Award), world.count(StoredAnswer), world.balance()) == (0, 0, 100_000)
    assert sol.post(buy, headers=key()).status_code == 200


def test_repeats_at_the_same_time_wait_for_the_first(sol: Client, world: World) -> None:
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    sol.get("/openapi.json")
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(sol.post(buy, headers=key()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(a.status_code, a.data) for a in answers} == {(200, answers[0].data)}
    assert world.count(Award) == 1
    world.require_invariants()


def test_old_answers_are_purged(sol: Client, world: World) -> None:
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    sol.post(buy, headers=key())
    assert purge(world.database, world.now + hours(24 * 6)) == 0
    assert purge(world.database, world.now + hours(24 * 8)) == 1
    assert world.count(StoredAnswer) == 0


def test_a_transaction_that_could_not_be_served_is_tried_again(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.campaign.triggers import purchases

    real, tries = purchases.buy, []

    def busy_twice(*args: Any) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise TryAgain("busy")
        return real(*args)

    monkeypatch.setattr(purchases, "buy", busy_twice)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    assert sol.post(buy, headers=key()).status_code == 200
    assert world.count(Award) == 1


def test_a_database_that_stays_busy_is_503_and_never_a_denial(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.campaign.triggers import purchases

    def busy(*_: Any) -> Any:
        raise TryAgain("busy")

    monkeypatch.setattr(purchases, "buy", busy)
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    answer = sol.post(buy)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_replay_whose_connection_dies_is_answered_all_the_same(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was read; that the connection then cannot roll back concerns nobody."""
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy"
    first = sol.post(buy, headers=key())
    assert first.status_code == 200
    real = idempotency._decrypted

    def read_from_a_dying_server(*args: Any) -> bytes:
        if world.database.is_postgresql:
            with world.database.engine.connect() as other:
                other.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
        return real(*args)

    monkeypatch.setattr(idempotency, "_decrypted", read_from_a_dying_server)
    again = sol.post(buy, headers=key())
    assert (again.status_code, again.json) == (200, first.json)
    assert world.count(Award) == 1
