"""Guessing is braked, in each dialect's words, for minutes, whether what is guessed at exists or not."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.db.engine import TryAgain
from app.web import brakes
from tests.campaign.test_races import at_once
from tests.client import Client
from tests.spaaza.conftest import HOST, Shop, code
from tests.world import PASSWORD, World, clock_at, hours

pytestmark = pytest.mark.slow


def sign_in(client: Client, name: str, password: str, role: str = "admin") -> Any:
    return client.post(f"/api/{role}/login_check", data={"_username": name, "_password": password})


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_twenty_wrong_passwords_and_the_owner_is_in_within_minutes(client: Client, world: World, name: str) -> None:
    with clock_at(world.now):
        answers = [sign_in(client, name, "wrong") for _ in range(20)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 10
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 300
        assert "Try again in" in answers[-1].json["message"]
        assert sign_in(client, name, PASSWORD).status_code == 429  # or a guess would show
    with clock_at(world.now + timedelta(minutes=5, seconds=1)):
        assert sign_in(client, name, PASSWORD).status_code == (200 if name == "ada" else 401)


def test_one_name_is_one_account_in_all_dialects_however_it_is_written(app: Flask, world: World) -> None:
    shop, client = Shop(app, world), Client(app)
    with clock_at(world.now):
        for i in range(10):
            sign_in(client, ["ada", "ADA", " ada", "Ada\u200b"][i % 4], "wrong")
        answer = shop.client().post("/auth/login", data={"username": "ada", "password": PASSWORD})
    assert (code(answer), answer.status_code) == (9429, 429)
    assert int(answer.headers["Retry-After"]) > 0


def test_who_remembers_in_time_begins_anew(client: Client, world: World) -> None:
    with clock_at(world.now):
        for _ in range(3):
            for _ in range(9):
                assert sign_in(client, "ada", "wrong").status_code == 401
            assert sign_in(client, "ada", PASSWORD).status_code == 200


def test_many_at_once_do_not_slip_through(app: Flask, world: World) -> None:
    statuses: list[int] = []

    def guess() -> None:
        statuses.extend(sign_in(Client(app), "ada", "wrong").status_code for _ in range(4))

    Client(app).get("/openapi.json")
    at_once(*[guess] * 8)
    assert statuses.count(401) <= 10
    assert set(statuses) <= {401, 429, 503}


def test_an_address_that_tries_many_names_is_braked(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.access.passwords.verify", lambda *_: False)
    with clock_at(world.now):
        statuses = [sign_in(client, f"name-{i}", "wrong").status_code for i in range(101)]
    assert statuses == [401] * 100 + [429]
    assert brakes._network("2001:db8:1:2:3::4") == brakes._network("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"


def test_refresh_tokens_passwords_voucher_keys_and_referral_codes_are_braked(app: Flask, world: World) -> None:
    shop, client = Shop(app, world), Client(app)
    ada, cleo = Client(app).as_login(world.ada), shop.customer()
    with clock_at(world.now):
        change = {"currentPassword": "wrong", "plainPassword": "Correct-Horse-9"}
        found = [ada.post("/api/admin/password/change", json=change).status_code for _ in range(12)]
        assert found == [400] * 10 + [429] * 2
        found = [code(cleo.post("/claim-voucher", data={"voucher_key": f"{i:064x}"})) or 0 for i in range(12)]
        assert found == [183] * 10 + [9429] * 2
        guess = [cleo.post("/auth/apply-referral-code", data={"referral_code": f"x{i}"}).status_code for i in range(12)]
        assert guess == [guess[0]] * 10 + [429] * 2
        tokens = [client.post("/api/token/refresh", json={"refresh_token": f"t{i}"}).status_code for i in range(101)]
        assert tokens == [401] * 100 + [429]
        # A till serves many customers, some of whom bring what is nobody's.
        for i in range(15):
            sent = {"voucher_key": f"{i:064x}", "user_id": world.cleo.id}
            assert code(shop.partner().post("/claim-voucher", data=sent, headers=HOST)) == 183


def test_a_keyed_request_is_counted_too_and_old_counts_are_removed(client: Client, world: World) -> None:
    with clock_at(world.now):
        for i in range(3):
            client.post("/api/token/refresh", json={"refresh_token": f"t{i}"}, headers={"Idempotency-Key": f"k{i}"})
    assert world.count(brakes.WrongTries) == 1
    again = client.post("/api/token/refresh", json={"refresh_token": "t0"}, headers={"Idempotency-Key": "k0"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (401, "true")
    brakes.purge(world.database, world.now)
    assert world.count(brakes.WrongTries) == 1
    brakes.purge(world.database, world.now + hours(1))
    assert world.count(brakes.WrongTries) == 0


def test_a_sellers_id_is_one_account_in_one_spelling(client: Client, world: World) -> None:
    uuid = str(world.sol.uuid)
    assert sign_in(client, uuid, PASSWORD, "seller").status_code == 200
    for spelling in (
        uuid.replace("-", ""),
        f"{{{uuid}}}",
        f"urn:uuid:{uuid}",
        uuid[:9] + "-" + uuid[9:].replace("-", ""),
    ):
        assert sign_in(client, spelling, PASSWORD, "seller").status_code == 401
    assert sign_in(client, uuid.upper(), PASSWORD, "seller").status_code == 200


def test_a_customers_success_clears_nothing_of_the_staffs(client: Client, world: World) -> None:
    world.a_customer(email="c@guerdon.example", loyalty_card_number="ada")
    with clock_at(world.now):
        for _ in range(9):
            assert sign_in(client, "ada", "wrong").status_code == 401
        assert sign_in(client, "ada", PASSWORD, "customer").status_code == 200
        assert [sign_in(client, "ada", "wrong").status_code for _ in range(2)] == [401, 429]


def test_an_unknown_app_locks_nobody_out(app: Flask, world: World) -> None:
    shop, sent = Shop(app, world), {"username": "cleo@guerdon.example", "password": PASSWORD}
    with clock_at(world.now):
        for _ in range(12):
            assert (
                shop.client(X_Spaaza_MyPrice_App_Hostname="no.such").post("/auth/login", data=sent).status_code >= 400
            )
        answer = shop.client(**{"X-Spaaza-MyPrice-App-Hostname": HOST["X-Spaaza-MyPrice-App-Hostname"]}).post(
            "/auth/login", data=sent
        )
    assert answer.status_code == 200


def test_what_cannot_be_counted_afterwards_takes_no_answer_away(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise TryAgain("busy")

    monkeypatch.setattr(brakes._Counts, "clear", busy)
    assert sign_in(client, "ada", PASSWORD).status_code == 200
