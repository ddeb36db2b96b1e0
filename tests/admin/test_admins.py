"""Admins register one another, and nobody takes another's chains. Source: contract section 3.1."""

from typing import Any

import pytest
from flask import Flask

from app.access import permissions, staff
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.refusal import AlreadyTaken
from tests.client import Client
from tests.world import World, password_hash

GRACE = {"firstName": "Grace", "lastName": "Doe", "email": "grace@guerdon.example", "plainPassword": "Correct-Horse-8"}


def signed_in(client: Client, name: str, password: str) -> int:
    return client.post("/api/admin/login_check", json={"_username": name, "_password": password}).status_code


def test_an_admin_registers_another_who_signs_in_by_the_address(ada: Client, sol: Client, client: Client) -> None:
    form = {f"admin[{name}]": value for name, value in GRACE.items()}
    made = ada.post("/api/admin/data", data=form)
    assert made.status_code == 200, made.json
    id = made.json["adminId"]
    assert signed_in(client, "GRACE@guerdon.example", "Correct-Horse-8") == 200
    shown = ada.get(f"/api/admin/data/{id}").json
    assert (shown["email"], shown["isActive"], shown["external"]) == ("grace@guerdon.example", True, False)
    assert "assword" not in str(shown)
    listed = ada.get("/api/admin").json
    assert list(listed) == ["users", "total"]
    assert shown in listed["users"]
    assert ada.put(f"/api/admin/data/{id}", json={"admin": shown}).json == {"adminId": id}, (
        "what is printed is taken back"
    )
    assert ada.get(f"/api/admin/data/{id}").json == shown
    assert signed_in(client, GRACE["email"], "Correct-Horse-8") == 200, "the password stays"
    off = {**shown, "isActive": False, "roles": [1]}
    assert ada.put(f"/api/admin/data/{id}", json={"admin": off}).status_code == 200
    assert signed_in(client, GRACE["email"], "Correct-Horse-8") == 400
    renamed = {name: shown[name] for name in ("firstName", "lastName", "email")}
    assert ada.put(f"/api/admin/data/{id}", json={"admin": renamed}).status_code == 200
    assert signed_in(client, GRACE["email"], "Correct-Horse-8") == 400, "still off: it was not sent"
    noted = ada.put(
        f"/api/admin/data/{id}",
        json={"admin": {**renamed, "email": "g@guerdon.example", "plainPassword": "Correct-Horse-9"}},
    )
    assert noted.status_code == 200
    entry = ada.get("/api/admin/audit").json["entries"][0]
    assert entry["subject"]["password"] == "changed"
    assert [(it["field"], it["after"]) for it in entry["changes"]] == [("email", "g@guerdon.example")]
    assert sol.get("/api/admin").status_code == 403


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"email": None}, "email", "This value should not be blank."),
        ({"plainPassword": "short"}, "plainPassword", None),
        ({"roles": [2]}, "roles", None),
        ({"apiKey": "k" * 31}, "apiKey", "32 signs"),
        ({"external": True}, "apiKey", "which key"),
        ({"plainPassword": None}, "plainPassword", "This value should not be blank."),
    ],
)
def test_what_cannot_be_is_refused(
    ada: Client, world: World, changed: dict[str, Any], field: str | None, message: str | None
) -> None:
    answer = ada.post("/api/admin/data", json={"admin": {**GRACE, **changed}})
    assert answer.status_code == 400
    assert (message or "") in answer.get_data(as_text=True)
    assert field is None or answer.json["form"]["children"][field]["errors"]
    assert all(it.get("firstName") != "Grace" for it in ada.get("/api/admin").json["users"])


def test_an_address_is_one_admins(ada: Client) -> None:
    ada.post("/api/admin/data", json={"admin": GRACE})
    again = ada.post("/api/admin/data", json={"admin": GRACE})
    assert again.json["form"]["children"]["email"]["errors"] == ["This value is already used."]


def test_nobody_takes_the_user_name_of_another_as_an_address(ada: Client, client: Client, world: World) -> None:
    """Both are asked at sign-in: whoever could would lock the other out."""
    with world.database.transaction() as session:
        staff.add_admin(session, "boss@there.example", password_hash())
    taken = ada.post("/api/admin/data", json={"admin": {**GRACE, "email": "Boss@there.example"}})
    assert taken.json["form"]["children"]["email"]["errors"] == ["This value is already used."]
    ada.post("/api/admin/data", json={"admin": GRACE})
    with pytest.raises(AlreadyTaken), world.database.transaction() as session:
        staff.add_admin(session, GRACE["email"], password_hash())


def test_the_staff_get_strong_passwords_only(ada: Client, client: Client) -> None:
    """At each door where one is chosen for somebody else; of a weak one nothing is kept."""
    whom = {"firstName": "Grace", "lastName": "Doe", "email": "grace@guerdon.example"}
    shop = ada.post("/api/pos", json={"pos": {"name": "Shop", "identifier": "shop"}}).json["posId"]
    strong, weak = "Correct-Horse-8", "correct-horse-8"
    for name, made_at, changed_at, signed_in_at, more in (
        ("admin", "/api/admin/data", "/api/admin/data", "/api/admin/login_check", {}),
        ("seller", "/api/seller/register", "/api/seller", "/api/seller/login_check", {"posId": shop, "active": 1}),
    ):
        refused = ada.post(made_at, json={name: {**whom, **more, "plainPassword": weak}})
        assert (refused.status_code, "upper and lower" in refused.get_data(as_text=True)) == (400, True), refused.json
        made = ada.post(made_at, json={name: {**whom, **more, "plainPassword": strong}})
        assert made.status_code == 200, made.json
        door = f"{changed_at}/{made.json[f'{name}Id']}"
        refused = ada.put(door, json={name: {**whom, **more, "plainPassword": weak}})
        assert (refused.status_code, "upper and lower" in refused.get_data(as_text=True)) == (400, True), refused.json
        for password, status in ((strong, 200), (weak, 401)):
            form = {"_username": whom["email"], "_password": password}
            assert client.post(signed_in_at, json=form).status_code == status, name


def test_ones_own_password_is_changed_with_the_old_one_only(ada: Client) -> None:
    [me] = [it for it in ada.get("/api/admin").json["users"] if it.get("username") == "ada"]
    mine = {"firstName": "Ada", "lastName": "L", "email": "ada@guerdon.example", "plainPassword": "Correct-Horse-9"}
    refused = ada.put(f"/api/admin/data/{me['id']}", json={"admin": mine})
    assert refused.status_code in {400, 403}
    assert "the one that you have" in refused.get_data(as_text=True)
    assert ada.put(f"/api/admin/data/{me['id']}", json={"admin": {**mine, "plainPassword": ""}}).status_code == 200


def test_nobody_takes_over_who_acts_for_more_chains_nor_locks_himself_out(
    ada: Client, client: Client, app: Flask, world: World
) -> None:
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        boss = staff.add_admin(session, "boss", password_hash(), "boss@guerdon.example")
        permissions.permit(session, "boss", there, may_write=True)
        reader = staff.add_admin(session, "reader", password_hash())
        session.flush()
        permissions.permit(session, "reader", world.chain_id, may_write=False)
    taken = ada.put(f"/api/admin/data/{boss.uuid}", json={"admin": GRACE})
    assert (taken.status_code, taken.json["error"]["message"]) == (
        403,
        "This admin acts for chains that you may not write for.",
    )
    reading = Client(app).as_login(reader)
    assert reading.get("/api/admin").status_code == 200
    assert reading.post("/api/admin/data", json={"admin": GRACE}).status_code == 403
    assert reading.put(f"/api/admin/data/{reader.uuid}", json={"admin": GRACE}).status_code == 404
    [me] = [it for it in ada.get("/api/admin").json["users"] if it.get("username") == "ada"]
    out = {**me, "firstName": "Ada", "lastName": "L", "email": "ada@guerdon.example", "isActive": False}
    refused = ada.put(f"/api/admin/data/{me['id']}", json={"admin": out})
    assert "Nobody switches himself off" in refused.get_data(as_text=True)
    assert refused.status_code in {400, 403}
    assert ada.get("/api/admin").status_code == 200


def test_the_one_role_is_told(ada: Client) -> None:
    assert ada.get("/api/admin/acl/role").json["roles"][0]["role"] == "ROLE_ADMIN"
    assert {it["code"] for it in ada.get("/api/admin/acl/accesses").json["accesses"]} == {"VIEW", "MODIFY"}
    assert ada.get("/api/admin/acl/resources").json["total"] == 15


KEY = "k3y-of-a-program-that-nobody-guesses"


def test_a_program_comes_with_a_key(app: Flask, ada: Client, world: World) -> None:
    program = {"firstName": "ERP", "lastName": "Bridge", "email": "erp@guerdon.example", "external": 1, "apiKey": KEY}
    made = ada.post("/api/admin/data", data={f"admin[{name}]": value for name, value in program.items()})
    assert made.status_code == 200, made.json
    shown = ada.get(f"/api/admin/data/{made.json['adminId']}").json
    assert (shown["external"], KEY in str(shown)) == (True, False)
    path, by_key = f"/api/customer/{world.cleo.uuid}", {"X-AUTH-TOKEN": KEY}
    erp = Client(app)
    assert erp.get(path, headers=by_key).status_code == erp.get(f"{path}?auth_token={KEY}").status_code == 200
    assert erp.get(f"/api/customer?perPage=1&auth_token={KEY}").status_code == 200, "lists know it, too"
    change = {"customer": {"lastName": "Bridged"}}
    assert erp.put(path, json=change, headers=by_key).status_code == 200
    assert ada.get("/api/admin/audit").json["entries"][0]["by"] == "erp@guerdon.example"
    assert (
        erp.post(
            f"/api/admin/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy", headers=by_key
        ).status_code
        == 200
    )
    bad = erp.get(path, headers={"X-AUTH-TOKEN": KEY[:-1]})
    assert (bad.status_code, bad.json) == (403, {"message": "This key opens nothing."})
    assert erp.get(path).status_code == 401
    assert signed_in(erp, "erp@guerdon.example", "") == 401
    same = {**program, "email": "other@guerdon.example"}
    assert ada.post("/api/admin/data", json={"admin": same}).json["form"]["children"]["apiKey"]["errors"]
    own = erp.put(f"/api/admin/data/{shown['id']}", json={"admin": {**shown, "apiKey": KEY * 2}}, headers=by_key)
    assert own.status_code in {400, 403}, "a key that was found makes no other one"
    kept = {**shown, "firstName": "SAP"}
    assert ada.put(f"/api/admin/data/{shown['id']}", json={"admin": kept}).status_code == 200
    assert erp.get(path, headers=by_key).status_code == 200
    for ended in ({**kept, "isActive": False}, {**kept, "isActive": True, "external": False}):
        assert ada.put(f"/api/admin/data/{shown['id']}", json={"admin": ended}).status_code == 200
        assert erp.get(path, headers=by_key).status_code == 403
    new = {**kept, "apiKey": KEY * 2, "external": True}
    assert ada.put(f"/api/admin/data/{shown['id']}", json={"admin": new}).status_code == 200
    assert erp.get(path, headers=by_key).status_code == 403
    assert erp.get(path, headers={"X-AUTH-TOKEN": KEY * 2}).status_code == 200


def test_the_log_comes_by_pages_as_the_console_asks(ada: Client, world: World) -> None:
    for name in ("One", "Two", "Three"):
        assert ada.put(f"/api/customer/{world.cleo.uuid}", json={"customer": {"lastName": name}}).status_code == 200
    listed = ada.get("/api/audit/log?perPage=2").json
    assert (list(listed), len(listed["auditLogs"]), listed["total"]) == (["auditLogs", "total"], 2, 3)
    newest = listed["auditLogs"][0]
    assert (newest["eventType"], newest["entityType"], newest["entityId"], newest["username"]) == (
        "change_customer",
        "customer",
        str(world.cleo.uuid),
        "ada",
    )
    [oldest] = ada.get("/api/audit/log?perPage=2&page=2").json["auditLogs"]
    assert int(oldest["auditLogId"]) < int(listed["auditLogs"][1]["auditLogId"])
