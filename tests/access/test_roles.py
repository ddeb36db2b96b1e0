"""Roles of admins: they permit what they say, at every door, and nobody gives more than he may do. Source: contract section 3.1."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.access import permissions as chain_permissions
from app.access import roles
from app.access.models import Login
from app.access.roles import ACCESSES, RESOURCES, Permission
from app.web import resources
from tests.client import Client
from tests.world import PASSWORD, World

pytestmark = pytest.mark.slow

EVERYTHING = [Permission(resource, access) for resource in RESOURCES for access in ACCESSES]
# What only those admins do who may do everything: whose the data is, and to whom it goes.
FOR_MASTERS = {"admin_chains", "admin_webhooks"}
PERSON = {"firstName": "Lea", "lastName": "Doe", "plainPassword": "Correct-Horse-8"}


def form(name: str, permitted: Iterable[Permission]) -> dict[str, Any]:
    return {"role": {"name": name, "permissions": [it._asdict() for it in permitted]}}


def a_role(ada: Client, name: str, permitted: Iterable[Permission]) -> dict[str, Any]:
    assert ada.post("/api/admin/acl/role", json=form(name, permitted)).status_code == 204
    made: dict[str, Any] = next(it for it in ada.get("/api/admin/acl/role").json["roles"] if it["name"] == name)
    return made


def an_admin(ada: Client, world: World, permitted: Iterable[Permission], name: str = "lea") -> Login:
    """An admin with a role that permits this."""
    role = a_role(ada, f"role of {name}", permitted)
    person = {**PERSON, "email": f"{name}@guerdon.example", "roles": [role["id"]]}
    made = ada.post("/api/admin/data", json={"admin": person})
    assert made.status_code == 200, made.json
    return login_of(world, made.json["adminId"])


def login_of(world: World, uuid: str) -> Login:
    with world.database.reading() as session:
        return session.query(Login).where(Login.uuid == UUID(uuid)).one()


def permit(world: World, login: Login, permitted: Iterable[Permission]) -> None:
    """Let the admin's role permit this."""
    with world.database.transaction() as session:
        [role] = roles.of(session, login.id)
        role.permissions = [[*it] for it in permitted]


def of_staff(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every call that an admin with a bearer token may make, buying among them."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "admin" in getattr(view, "policy", ()) and rule.rule.startswith("/api/"):
            yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def path_of(app: Flask, rule: Rule) -> str:
    named = {}
    for name in rule.arguments:
        match type(rule._converters[name]).__name__:
            case "UUIDConverter":
                named[name] = uuid4()
            case "AnyConverter":
                named[name] = sorted(rule._converters[name].items)[0]  # type: ignore[attr-defined]
            case "IntegerConverter":
                named[name] = 7  # type: ignore[assignment]
            case _:
                named[name] = "nobody"  # type: ignore[assignment]
    return str(app.url_map.bind("localhost").build(rule.endpoint, named, method=None))


def test_of_every_call_it_is_known_what_it_is_about(app: Flask) -> None:
    found = {rule.endpoint for rule, method in of_staff(app)}
    assert len(found) > 150
    unknown = {it for it in found if not resources.needed(it, "GET") and not resources.is_open(it)}
    assert {it.partition(".")[0] for it in unknown} == FOR_MASTERS
    assert resources.BY_CALL.keys() | resources.ONLY_LOOKS <= found
    assert resources.BY_BLUEPRINT.keys() <= {it.partition(".")[0] for it in found}
    assert {it.resource for e in found for m in ("GET", "PUT") for it in resources.needed(e, m)} == set(RESOURCES)


def test_a_role_opens_what_it_permits_and_nothing_else(app: Flask, ada: Client, world: World) -> None:
    lea = an_admin(ada, world, [])
    client = Client(app).as_login(lea)
    wrong = []
    for rule, method in of_staff(app):
        needed, path = resources.needed(rule.endpoint, method), path_of(app, rule)
        if rule.endpoint.endswith(".revoke") or rule.endpoint.endswith("revoke_by_get"):
            continue
        permit(world, lea, [it for it in EVERYTHING if it not in needed[:1]])
        others = client.send(method, path, json={}).status_code
        permit(world, lea, needed)
        alone = client.send(method, path, json={}).status_code
        expected = (False, False) if resources.is_open(rule.endpoint) else (True, not needed)
        if ((others == 403), (alone == 403)) != expected:
            wrong.append((rule.endpoint, method, others, alone))
    assert wrong == []


def test_what_a_role_permits_holds_at_once(app: Flask, ada: Client, world: World) -> None:
    role = a_role(ada, "Helpers", [Permission("CUSTOMER", "VIEW")])
    made = ada.post("/api/admin/data", json={"admin": {**PERSON, "email": "lea@guerdon.example", "roles": [role]}})
    lea = Client(app).as_login(login_of(world, made.json["adminId"]))
    path = f"/api/customer/{world.cleo.uuid}"
    assert (lea.get(path).status_code, lea.put(path, json={"customer": {"lastName": "X"}}).status_code) == (200, 403)
    changed = form("Helpers", [Permission("CUSTOMER", "MODIFY")])
    assert ada.put(f"/api/admin/acl/role/{role['id']}", json=changed).status_code == 204
    assert (lea.get(path).status_code, lea.put(path, json={"customer": {"lastName": "X"}}).status_code) == (403, 200)
    assert ada.delete(f"/api/admin/acl/role/{role['id']}").status_code == 400, "who had no role could do everything"
    everything = {**PERSON, "email": "lea@guerdon.example", "roles": [1]}
    everything.pop("plainPassword")
    assert ada.put(f"/api/admin/data/{made.json['adminId']}", json={"admin": everything}).status_code == 200
    assert lea.get(path).status_code == 200
    assert ada.delete(f"/api/admin/acl/role/{role['id']}").status_code == 204
    assert ada.get(f"/api/admin/acl/role/{role['id']}").status_code == 404


def test_roles_are_written_in_both_formats_printed_and_taken_back(ada: Client, cleo: Client, sol: Client) -> None:
    sent = {"role[name]": "Tills", "role[permissions][0][resource]": "POS", "role[permissions][0][access]": "VIEW"}
    assert ada.post("/api/admin/acl/role", data=sent).status_code == 204
    listed = ada.get("/api/admin/acl/role").json
    assert list(listed) == ["roles", "total"]
    master, tills = listed["roles"]
    assert (master["master"], tills["master"]) == (True, False)
    assert tills["permissions"] == [{"id": 1, "resource": "POS", "access": "VIEW"}]
    assert ada.get(f"/api/admin/acl/role/{tills['id']}").json == tills
    assert ada.get(f"/api/admin/acl/role/{master['id']}").json == master
    assert ada.put(f"/api/admin/acl/role/{tills['id']}", json={"role": tills}).status_code == 204
    assert ada.get("/api/admin/acl/role").json == listed
    assert {it["code"] for it in ada.get("/api/admin/acl/resources").json["resources"]} == set(RESOURCES)
    assert [it["code"] for it in ada.get("/api/admin/acl/accesses").json["accesses"]] == [*ACCESSES]
    taken = ada.post("/api/admin/acl/role", data=sent)
    assert taken.json["form"]["children"]["name"]["errors"] == ["This value is already used."]
    for wrong in (
        {"resource": "MONEY", "access": "VIEW"},
        {"resource": "POS", "access": "OWN"},
        {"resource": "POS"},
        7,
    ):
        refused = ada.post("/api/admin/acl/role", json={"role": {"name": "New", "permissions": [wrong]}})
        assert refused.json["form"]["children"]["permissions"]["errors"], wrong
    assert {cleo.get("/api/admin/acl/role").status_code, sol.get("/api/admin/acl/role").status_code} == {403}


def test_nobody_gives_what_his_own_roles_do_not_permit(app: Flask, ada: Client, world: World) -> None:
    own = [Permission(resource, access) for resource in ("ACL", "ADMIN", "POS") for access in ACCESSES]
    lea = an_admin(ada, world, own)
    client = Client(app).as_login(lea)
    strong = a_role(ada, "Strong", [Permission("POINT_TRANSFER", "MODIFY")])
    weak = a_role(client, "Weak", [Permission("POS", "VIEW")])
    person = {**PERSON, "email": "new@guerdon.example"}

    def register(**more: Any) -> int:
        return client.post("/api/admin/data", json={"admin": {**person, **more}}).status_code

    assert [register(), register(roles=[1]), register(roles=[strong["id"]])] == [403, 403, 403]
    assert register(roles=[weak["id"], strong["id"]]) == 403
    assert register(roles=[weak["id"]]) == 200
    assert client.post("/api/admin/acl/role", json=form("More", [Permission("AUDIT", "VIEW")])).status_code == 403
    for role, permitted in ((strong, []), (weak, [Permission("AUDIT", "VIEW")])):
        assert client.put(f"/api/admin/acl/role/{role['id']}", json=form("X", permitted)).status_code == 403
    assert client.delete(f"/api/admin/acl/role/{strong['id']}").status_code == 403
    # A new password would let Lea be Ada, and her own roles are not hers to change.
    takes = {"firstName": "A", "lastName": "B", "email": "a@guerdon.example", "plainPassword": "Correct-Horse-9"}
    assert client.put(f"/api/admin/data/{world.ada.uuid}", json={"admin": takes}).status_code == 403
    mine = client.get(f"/api/admin/data/{lea.uuid}").json
    assert client.put(f"/api/admin/data/{lea.uuid}", json={"admin": {**mine, "roles": [1]}}).status_code == 400
    assert client.put(f"/api/admin/acl/role/{mine['roles'][0]['id']}", json=form("Mine", own[:2])).status_code == 403
    assert client.put(f"/api/admin/data/{lea.uuid}", json={"admin": {**mine, "firstName": "Leah"}}).status_code == 200


def test_a_role_of_another_chain_is_nobodys(ada: Client, world: World) -> None:
    there = world.a_chain()
    with world.database.transaction() as session:
        theirs = roles.create(session, there, "Theirs", [], by=None).uuid
    path = f"/api/admin/acl/role/{theirs}"
    answers = ada.get(path), ada.put(path, json=form("Mine", [])), ada.delete(path)
    assert [it.status_code for it in answers] == [404, 404, 404]
    person = {**PERSON, "email": "new@guerdon.example", "roles": [str(theirs)]}
    assert ada.post("/api/admin/data", json={"admin": person}).status_code == 400
    assert ada.get("/api/admin/acl/role").json["total"] == 1


def test_a_role_is_not_changed_for_whom_acts_elsewhere(ada: Client, world: World) -> None:
    lea = an_admin(ada, world, [Permission("POS", "VIEW")])
    there = world.a_chain()
    with world.database.transaction() as session:
        chain_permissions.permit(session, "lea@guerdon.example", there, may_write=True)
        [role] = roles.of(session, lea.id)
    refused = ada.put(f"/api/admin/acl/role/{role.uuid}", json=form("More", EVERYTHING))
    assert (refused.status_code, "acts for chains" in refused.get_data(as_text=True)) == (403, True)


def test_the_token_says_what_the_console_may_show(app: Flask, ada: Client, world: World, client: Client) -> None:
    an_admin(ada, world, [Permission("POS", "VIEW"), Permission("POS", "MODIFY"), Permission("ACL", "VIEW")])

    def claims(name: str, password: str) -> Any:
        signed = client.post("/api/admin/login_check", json={"_username": name, "_password": password}).json
        return jwt.decode(signed["token"], options={"verify_signature": False})

    said = claims("lea@guerdon.example", PERSON["plainPassword"])
    assert (said["superAdmin"], said["permissions"]) == (False, {"ACL": ["VIEW"], "POS": ["MODIFY", "VIEW"]})
    assert claims("ada", PASSWORD)["superAdmin"] is True


def test_roles_that_are_sent_blank_stay(ada: Client, world: World) -> None:
    lea = an_admin(ada, world, [Permission("POS", "VIEW")])
    path = f"/api/admin/data/{lea.uuid}"
    person = {"firstName": "Lea", "lastName": "Doe", "email": "lea@guerdon.example"}
    for blank in (None, "", []):
        assert ada.put(path, json={"admin": {**person, "roles": blank}}).status_code == 200
    form_of = {f"admin[{name}]": value for name, value in person.items()}
    assert ada.put(path, data={**form_of, "admin[roles]": ""}).status_code == 200
    shown = ada.get(path).json
    assert [it["master"] for it in shown["roles"]] == [False]
    mixed = [1, shown["roles"][0]["id"]]
    for wrong in (mixed, ["x"], [{}], [[1]], [str(uuid4())]):
        assert ada.put(path, json={"admin": {**person, "roles": wrong}}).status_code == 400, wrong
    assert ada.put(path, json={"admin": {**person, "roles": [1]}}).status_code == 200
    assert [it["master"] for it in ada.get(path).json["roles"]] == [True]


def test_who_may_not_do_what_sellers_do_makes_none(app: Flask, ada: Client, world: World) -> None:
    lea = Client(app).as_login(an_admin(ada, world, [Permission("SELLER", access) for access in ACCESSES]))
    kim = Client(app).as_login(an_admin(ada, world, [*roles.OF_SELLERS, Permission("SELLER", "MODIFY")], "kim"))
    seller = {"firstName": "S", "lastName": "T", "email": "s@guerdon.example", "posId": str(world.shop)}
    seller["plainPassword"] = PERSON["plainPassword"]
    assert lea.post("/api/seller/register", json={"seller": seller}).status_code == 403
    made = kim.post("/api/seller/register", json={"seller": seller})
    assert made.status_code == 200, made.json
    taken = {**seller, "plainPassword": "Correct-Horse-9"}
    assert lea.put(f"/api/seller/{made.json['sellerId']}", json={"seller": taken}).status_code == 403


def test_what_cannot_be_written_into_a_role_is_refused(ada: Client) -> None:
    for odd in ({"name": "Boss", "master": True}, {"name": "Boss", "role": "ROLE_SUPER"}, {"name": "x" * 101}, {}):
        assert ada.post("/api/admin/acl/role", json={"role": odd}).status_code == 400, odd
    assert ada.get("/api/admin/acl/role").json["total"] == 1


def test_who_acts_for_a_chain_no_more_has_none_of_its_roles(ada: Client, world: World) -> None:
    lea = an_admin(ada, world, [Permission("POS", "VIEW")])
    with world.database.transaction() as session:
        chain_permissions.permit(session, "lea@guerdon.example", world.chain_id, may_write=None)
    with world.database.reading() as session:
        assert roles.granted(session, lea.id) == frozenset(), "nothing, rather than everything"
    role = ada.get("/api/admin/acl/role").json["roles"][1]["id"]
    assert ada.delete(f"/api/admin/acl/role/{role}").status_code == 204


def test_two_who_change_the_roles_of_one_admin_at_once_leave_one_of_both(ada: Client, world: World) -> None:
    lea = an_admin(ada, world, [Permission("POS", "VIEW")])
    other = UUID(a_role(ada, "Other", [Permission("AUDIT", "VIEW")])["id"])
    has_begun = threading.Event()

    def lift() -> None:
        has_begun.set()
        with world.database.transaction() as session:
            roles.give(session, session.get_one(Login, lea.id), [], by=None)

    with world.database.transaction() as session:
        role = roles.get(session, other, {world.chain_id})
        roles.give(session, session.get_one(Login, lea.id), [role], by=None)
        second = threading.Thread(target=lift)
        second.start()
        has_begun.wait(60)
        time.sleep(0.1)  # it waits for the login, or begins later: both end alike
    second.join(60)
    with world.database.reading() as session:
        login = session.get_one(Login, lea.id)
        assert (login.is_limited, list(roles.of(session, lea.id))) == (False, [])


def test_segments_show_people_only_to_who_may_see_customers(app: Flask, ada: Client, world: World) -> None:
    lea = Client(app).as_login(an_admin(ada, world, [Permission("SEGMENT", access) for access in ACCESSES]))
    listed = {"type": "customer_list", "customers": ["cleo@guerdon.example"]}
    segment = {"segment": {"name": "S", "active": True, "parts": [{"criteria": [listed]}]}}
    made = lea.post("/api/segment", json=segment)
    assert made.status_code == 200
    refused = lea.post("/api/segment/preview", json=segment)
    said = "Your roles do not permit this: it needs VIEW of CUSTOMER."
    assert (refused.status_code, refused.json["error"]["message"]) == (403, said)
    assert lea.get(f"/api/segment/{made.json['segmentId']}/customers").status_code == 403
