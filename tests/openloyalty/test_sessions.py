"""Signing in, staying in, signing out; and who may do what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask

from app.access import logins
from app.access.models import RefreshToken
from tests.client import Client
from tests.world import PASSWORD, World, clock_at, hours


def sign_in(client: Client, role: str, name: str, password: str = PASSWORD, **how: Any) -> Any:
    body = {"_username": name, "_password": password}
    return client.post(f"/api/{role}/login_check", **(how or {"json": body}))


def test_every_role_signs_in_by_the_names_it_has(client: Client, world: World) -> None:
    world.a_customer("Con", phone="555-1", loyalty_card_number="0042", email="con@guerdon.example")
    for role, name in (
        ("admin", "ada"),
        ("admin", "Ada@Guerdon.example"),
        ("seller", "sol@guerdon.example"),
        ("seller", str(world.sol.uuid)),
        ("customer", "con@guerdon.example"),
        ("customer", "555-1"),
        ("customer", "0042"),
    ):
        answer = sign_in(client, role, name)
        assert answer.status_code == 200, name
        assert list(answer.json) == ["token", "refresh_token"]


def test_a_form_signs_in_as_well(client: Client, world: World) -> None:
    assert sign_in(client, "admin", "", data={"_username": "ada", "_password": PASSWORD}).status_code == 200


def test_the_token_says_what_the_consoles_read(client: Client, world: World) -> None:
    for role, name, public_id in (
        ("admin", "ada", world.ada.uuid),
        ("customer", "cleo@guerdon.example", world.cleo.uuid),
    ):
        claims = jwt.decode(sign_in(client, role, name).json["token"], options={"verify_signature": False})
        assert claims["id"] == str(public_id)
        assert claims["exp"] - claims["iat"] == 3600
        assert claims["superAdmin"] is (role == "admin")
        assert {"username", "roles", "lastLoginAt", "jti", "sub"} <= claims.keys()
    assert claims["roles"][0] == "ROLE_PARTICIPANT"


@pytest.mark.parametrize(
    ("role", "name", "password"),
    [
        ("admin", "ada", "wrong"),
        ("admin", "nobody", PASSWORD),
        ("seller", "ada", PASSWORD),
        ("admin", "", ""),
        ("customer", "ada", PASSWORD),
        ("admin", "ada", "x" * 10_000),
    ],
)
def test_bad_credentials_are_told_alike(client: Client, world: World, role: str, name: str, password: str) -> None:
    answer = sign_in(client, role, name, password)
    assert (answer.status_code, answer.json) == (401, {"code": 401, "message": "Bad credentials"})


def test_without_a_good_token_nothing_opens(client: Client, app: Flask, world: World) -> None:
    token = sign_in(client, "admin", "ada").json["token"]
    head, body, signature = token.split(".")
    unsigned = jwt.encode({"sub": str(world.ada.uuid)}, "x" * 32, algorithm="HS256")
    for authorization in (
        None,
        "Bearer",
        "Bearer x",
        f"Basic {token}",
        f"Bearer {head}.{body}.{signature[:-4]}AAAA",
        f"Bearer {unsigned}",
    ):
        answer = client.get("/api/campaign", headers={"Authorization": authorization} if authorization else {})
        assert answer.status_code == 401, authorization
        assert (answer.json or {})["code"] == 401
    assert client.get("/api/campaign", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_token_without_an_end_is_refused(client: Client, app: Flask, world: World) -> None:
    key = app.extensions["guerdon_identity"].keys.current
    claims = {
        "sub": str(world.ada.uuid),
        "iat": 1,
        "jti": "1",
        "type": "access",
        "aud": "guerdon",
        "iss": "guerdon",
        "ver": 0,
        "fresh": False,
    }
    endless = jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid})
    assert client.get("/api/campaign", headers={"Authorization": f"Bearer {endless}"}).status_code == 401


def test_an_expired_token_is_refused_although_it_was_verified_before(client: Client, app: Flask, world: World) -> None:
    identity = app.extensions["guerdon_identity"]
    token = sign_in(client, "admin", "ada").json["token"]
    client.with_token(token)
    assert client.get("/api/campaign").status_code == 200
    identity._verified[token]["exp"] = datetime.now(UTC).timestamp() - 1
    assert client.get("/api/campaign").status_code == 401


def test_a_disabled_account_stops_at_once(ada: Client, sol: Client, cleo: Client, client: Client, world: World) -> None:
    ada.post(f"/api/seller/{world.sol.uuid}/deactivate")
    assert sol.get("/api/seller/campaign").status_code == 401
    answer = sign_in(client, "seller", "sol@guerdon.example")
    assert (answer.status_code, answer.json) == (400, {"message": "Your account is not active"})
    ada.post(f"/api/seller/{world.sol.uuid}/activate")
    assert sol.get("/api/seller/campaign").status_code == 200
    ada.post(f"/api/admin/customer/{world.cleo.uuid}/deactivate")
    assert cleo.get("/api/customer/campaign/available").status_code == 401
    assert sign_in(client, "customer", "cleo@guerdon.example").status_code == 400


def test_refresh_tokens_rotate_and_a_stolen_one_ends_the_chain(client: Client, world: World) -> None:
    first = sign_in(client, "admin", "ada").json["refresh_token"]
    answer: Any = client.post("/api/token/refresh", json={"refresh_token": first}).json
    second = answer["refresh_token"]
    assert second != first
    assert client.with_token(answer["token"]).get("/api/campaign").status_code == 200
    later = world.now + timedelta(seconds=logins.REUSE_GRACE_SECONDS + 60)
    with clock_at(later):
        assert client.post("/api/token/refresh", json={"refresh_token": first}).status_code == 401
        assert client.post("/api/token/refresh", json={"refresh_token": second}).status_code == 401
    assert world.count(RefreshToken) == 0


def test_two_tabs_may_refresh_at_once(client: Client, world: World) -> None:
    first = sign_in(client, "admin", "ada").json["refresh_token"]
    for _ in range(2):
        assert client.post("/api/token/refresh", data={"refresh_token": first}).status_code == 200


def test_a_chain_of_refreshing_ends(client: Client, world: World) -> None:
    token = sign_in(client, "admin", "ada").json["refresh_token"]
    with clock_at(world.now + hours(24 * 29)):
        token = client.post("/api/token/refresh", json={"refresh_token": token}).json["refresh_token"]  # type: ignore[index]
    with clock_at(world.now + hours(24 * 31)):
        assert client.post("/api/token/refresh", json={"refresh_token": token}).status_code == 401
    assert client.post("/api/token/refresh", json={}).status_code == 401


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_revoking_signs_out_everywhere(client: Client, world: World, method: str) -> None:
    pair = sign_in(client, "admin", "ada").json
    client.with_token(pair["token"])
    answer = client.send(method, "/api/token/revoke")
    assert (answer.status_code, answer.json) == (200, [])
    assert client.get("/api/campaign").status_code == 401
    assert client.post("/api/token/refresh", json={"refresh_token": pair["refresh_token"]}).status_code == 401


def test_a_password_change_needs_the_old_and_a_strong_new_one(cleo: Client, client: Client, world: World) -> None:
    def change(current: str, new: str) -> Any:
        return cleo.post("/api/customer/password/change", json={"currentPassword": current, "plainPassword": new})

    wrong: Any = change("wrong", "Another-Horse-8").json
    assert "errors" in wrong["form"]["children"]["currentPassword"]
    for weak in ("Ab1!", "12345678!", "correct-horse-7", "Correct-Horse", "CorrectHorse7"):
        answer = change(PASSWORD, weak)
        assert answer.status_code == 400
        assert "errors" in answer.json["form"]["children"]["plainPassword"]
    assert sign_in(client, "customer", "cleo@guerdon.example").status_code == 200
    assert change(PASSWORD, "Another-Horse-8").json == {"success": True}
    assert cleo.get("/api/customer/campaign/available").status_code == 401
    assert sign_in(client, "customer", "cleo@guerdon.example").status_code == 401
    assert sign_in(client, "customer", "cleo@guerdon.example", "Another-Horse-8").status_code == 200


def test_foreign_roles_are_forbidden(ada: Client, sol: Client, cleo: Client, client: Client, world: World) -> None:
    forbidden = {"error": {"code": 403, "message": "Forbidden"}}
    campaign, customer = world.a_campaign().uuid, world.cleo.uuid
    for who, method, path in (
        (sol, "POST", "/api/campaign"),
        (cleo, "POST", "/api/campaign"),
        (sol, "GET", "/api/campaign"),
        (sol, "PUT", f"/api/campaign/{campaign}"),
        (sol, "POST", f"/api/campaign/{campaign}/active"),
        (sol, "GET", f"/api/campaign/{campaign}/customers/visible"),
        (sol, "DELETE", f"/api/campaign/{campaign}/photo"),
        (cleo, "GET", "/api/seller/campaign"),
        (cleo, "GET", f"/api/admin/customer/{customer}/campaign/available"),
        (cleo, "POST", f"/api/seller/customer/{customer}/campaign/{campaign}/buy"),
        (cleo, "GET", "/api/customer"),
        (ada, "POST", f"/api/customer/campaign/{campaign}/buy"),
        (sol, "GET", "/api/customer/campaign/bought"),
        (sol, "GET", "/api/seller"),
        (sol, "GET", "/api/segment"),
        (sol, "POST", "/api/points/transfer/add"),
        (cleo, "GET", f"/api/customer/{world.a_customer().uuid}"),
        (sol, "GET", f"/api/seller/{world.ada.uuid}"),
    ):
        answer = who.send(method, path)
        assert (answer.status_code, answer.json) == (403, forbidden), path
        assert client.send(method, path).status_code == 401, path
