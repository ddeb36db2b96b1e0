"""Who may call; registering, tagging and finding customers; what anonymous ones see; opting in and out; lists and shows."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.access import tokens
from app.campaign.models.engagement import CreativeStat
from app.members import tags
from app.members.models import Customer, CustomerTag
from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.campaign.test_races import at_once
from tests.sessionm.conftest import EXTERNAL_ID, Program, a_campaign, basic, code, visits
from tests.world import World, clock_at

pytestmark = pytest.mark.slow


def test_only_the_key_and_its_secret_open_the_door(program: Program, world: World) -> None:
    path = f"{program.v1}/campaigns"
    assert code(program.server().get(path)) is None
    assert code(program.server(user="").get(path)) is None
    assert code(program.client(f"Bearer {program.secret}").get(path)) is None
    for client in (
        program.client(),
        program.client("Basic ???"),
        program.server("wrong"),
        program.server(user="another"),
        program.client("Bearer wrong"),
        program.client("Digest x"),
        program.client(basic(program.api_key, "")),
    ):
        answer = client.get(path)
        assert code(answer) == "access_denied"
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert code(program.server().get("/priv/v1/apps/nobody/campaigns")) == "invalid_api_key"
    with world.database.transaction() as session:
        elsewhere = chains.set_app(session, "else.guerdon.example", world_chain(session, world))
        _, secret = tokens.create_token(session, "else", elsewhere, True, world.now)
        other_key = elsewhere.api_key
    assert code(program.server(secret).get(path)) == "access_denied"
    assert code(program.client(basic(other_key, secret)).get(path)) == "access_denied"
    theirs = program.client(basic(other_key, secret))
    assert code(theirs.get(f"/priv/v1/apps/{other_key}/campaigns")) is None
    made = program.create()
    for place in (f"campaigns/{made['id']}/info", f"external/campaigns/{made['external_id']}/info"):
        assert code(theirs.get(f"/priv/v1/apps/{other_key}/{place}")) == "no_active_campaign_found"
    assert code(theirs.get(f"/priv/v1/apps/{other_key}{program.cleo}/campaigns")) == "user_not_found"
    with world.database.transaction() as session:
        chains.set_app(session, "else.guerdon.example", None)
    assert code(theirs.get(f"/priv/v1/apps/{other_key}/campaigns")) == "invalid_api_key"


def world_chain(session: Any, world: World) -> int:
    return chains.create(session, ChainDetails("Else"), world.now).id


def test_a_secret_that_only_reads_changes_nothing(program: Program) -> None:
    made = program.create(optin_required=True)
    reader = program.server(program.reading_secret)
    assert code(reader.get(f"{program.v1}/campaigns")) is None
    opt_in = f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in"
    for answer in (
        reader.post(f"{program.v1}/campaigns", json={"campaign": a_campaign(name="x")}),
        reader.get(opt_in),
        reader.post(opt_in),
        reader.post(f"{program.v1}/users", json={"user": {"external_id": "x"}}),
        reader.post(f"{program.v1}{program.cleo}/events", json={"events": {"x": {}}}),
        reader.post(f"{program.v1}{program.cleo}/tags", json={"tags": ["x"]}),
        reader.post(f"{program.v1}{program.cleo}/auth_token"),
    ):
        assert code(answer) == "access_denied"
    assert program.state(made["id"]) == "qualified"


def test_a_revoked_or_expired_secret_opens_nothing_and_two_do_while_one_is_replaced(
    program: Program, world: World
) -> None:
    with world.database.transaction() as session:
        host = chains.app(session, "app.guerdon.example")
        old, secret = tokens.create_token(session, "old", host, True, world.now, world.now + timedelta(days=1))
    path = f"{program.v1}/campaigns"
    assert code(program.server(secret).get(path)) == code(program.server().get(path)) is None
    with clock_at(world.now + timedelta(days=2)):
        assert code(program.server(secret).get(path)) == "access_denied"
    with world.database.transaction() as session:
        tokens.revoke_token(session, old.id, world.now)
    assert code(program.server(secret).get(path)) == "access_denied"


def test_customers_are_registered_and_found_by_either_id(program: Program, world: World) -> None:
    sent = {
        "external_id": "crm-2",
        "email": "Con@Guerdon.example",
        "first_name": "Con",
        "last_name": "Stone",
        "phone": "0123",
        "gender": "male",
        "dob": "1990-09-11",
        "time_zone": "Europe/Amsterdam",
        "attributes": {"shop": "north", "vip": True, "n": 2},
    }
    server = program.server()
    answer: Any = server.post(f"{program.v1}/users", json={"user": sent})
    assert code(answer) is None
    user = answer.json["user"]
    assert user == {
        "id": user["id"],
        **sent,
        "email": "con@guerdon.example",
        "anonymous": False,
        "available_points": 0,
        "attributes": {"n": 2, "shop": "north", "vip": "true"},
        "created_at": user["created_at"],
    }
    for place in (f"users/{user['id']}", "external/users/crm-2"):
        assert server.get(f"{program.v1}/{place}").json == answer.json
    changed: Any = server.put(
        f"{program.v1}/external/users/crm-2", json={"user": {"attributes": {"n": None}, "phone": None}}
    )
    assert (changed.json["user"]["phone"], changed.json["user"]["attributes"]) == (
        None,
        {"shop": "north", "vip": "true"},
    )
    assert changed.json["user"]["first_name"] == "Con"
    for wrong, expected in (
        ({"external_id": "crm-2"}, "validation"),
        ({"external_id": EXTERNAL_ID}, "validation"),
        ({}, "missing_data"),
        ({"external_id": "x", "email": "con@guerdon.example"}, "validation"),
        ({"email": "nobody"}, "validation"),
        ({"external_id": "x", "time_zone": "Mars/Olympus"}, "validation"),
        ({"external_id": "x", "dob": "1990"}, "validation"),
        ({"external_id": "x", "shoe_size": 4}, "argument_error"),
        ({"external_id": "x", "attributes": {"a b": 1}}, "validation"),
        ({"external_id": "x", "attributes": {"a": [1]}}, "validation"),
        ({"external_id": "x", "time_zone": "../x"}, "validation"),
        ({"external_id": "x", "time_zone": "America"}, "validation"),
    ):
        assert code(server.post(f"{program.v1}/users", json={"user": wrong})) == expected, wrong
    for place in ("users/nobody", f"users/{world.ada.uuid}", "external/users/nobody"):
        assert code(server.get(f"{program.v1}/{place}/campaigns")) == "user_not_found"
        assert code(server.get(f"{program.v2}/{place}/campaigns")) == "user_not_found"
    assert world.count(Customer) == 2


def test_tags_are_counted_or_expire_and_campaigns_see_the_live_ones(program: Program, world: World) -> None:
    made = program.create(targeting={"$and": [{"user.tags": {"$in": ["a"]}}, {"user.tags": {"$not": {"$in": ["b"]}}}]})
    server, path = program.server(), f"{program.v1}/external/users/{EXTERNAL_ID}/tags"
    assert program.state(made["id"]) == "not_qualified"
    assert server.post(path, json={"tags": ["a", "a"]}).json["tags"] == {"a": {"count": 1}}  # type: ignore[index]
    assert server.post(path, json={"tags": ["a", "c"]}).json["tags"] == {"a": {"count": 2}, "c": {"count": 1}}  # type: ignore[index]
    assert program.state(made["id"]) == "qualified"
    answer: Any = server.post(path, json={"tags": ["b"], "ttl": 3_600})
    assert answer.json["tags"]["b"].keys() == {"expires_at"}
    assert program.state(made["id"]) == "not_qualified"
    with clock_at(world.now + timedelta(seconds=3_700)):
        assert program.state(made["id"]) == "qualified"
        assert server.get(path).json["tags"].keys() == {"a", "c"}  # type: ignore[index]
        assert server.post(path, json={"tags": ["b"]}).json["tags"]["b"] == {"count": 1}  # type: ignore[index]
    assert server.delete(path, json={"tags": ["b", "z"]}).json["tags"].keys() == {"a", "c"}  # type: ignore[index]
    for wrong, expected in (
        ({}, "missing_data"),
        ({"tags": []}, "missing_data"),
        ({"tags": "a"}, "validation"),
        ({"tags": [""]}, "validation"),
        ({"tags": ["a"], "ttl": 0}, "validation"),
        ({"tags": ["a"], "ttl": "x"}, "validation"),
    ):
        assert code(server.post(path, json=wrong)) == expected
    with world.database.reading() as session:
        tag = session.get(CustomerTag, (world.cleo.id, "a"))
        assert tag is not None
        assert tag.count == 2


def test_tags_set_and_taken_away_at_once_are_all_counted(program: Program) -> None:
    server, path = program.server(), f"{program.v1}{program.cleo}/tags"
    server.get(path)
    answers: list[str | None] = []
    calls: list[Any] = [
        lambda: answers.extend(code(server.post(path, json={"tags": ["a", "b"]})) for _ in range(5)) for _ in range(6)
    ]
    calls += [
        lambda: answers.extend(code(server.delete(path, json={"tags": ["b"]})) for _ in range(5)) for _ in range(2)
    ]
    at_once(*calls)
    assert set(answers) == {None}
    assert server.get(path).json["tags"]["a"] == {"count": 30}  # type: ignore[index]


def test_a_device_looks_with_a_token_that_expires_and_opens_nothing_else(
    program: Program, world: World, app: Flask
) -> None:
    made = program.create(behaviors=[visits()], creatives={"tile": {"message": {"header": "H"}}})
    answer: Any = program.server().post(f"{program.v1}{program.cleo}/auth_token")
    token, device = answer.json["auth_token"], program.client()
    seen: Any = device.get(f"{program.client_v1}/campaigns?auth_token={token}")
    assert [it["campaign_id"] for it in seen.json["campaigns"]["tiles"]] == [made["id"]]
    for wrong in ("", token[:-4], "v2--x", "ż"):
        assert (
            code(device.get(f"{program.client_v1}/campaigns", query_string={"auth_token": wrong}))
            == "invalid_auth_token"
        )
    assert code(device.get(f"{program.client_v1}/campaigns")) == "invalid_auth_token"
    assert code(device.get(f"/api/v1/apps/nobody/campaigns?auth_token={token}")) == "invalid_api_key"
    with world.database.transaction() as session:
        other = chains.set_app(session, "second.guerdon.example", program.chain_id).api_key
    assert code(device.get(f"/api/v1/apps/{other}/campaigns?auth_token={token}")) == "invalid_auth_token"
    assert code(device.get(f"{program.v1}{program.cleo}/campaigns?auth_token={token}")) == "access_denied"
    assert code(device.get(f"{program.client_v1}/campaigns/99/progress?auth_token={token}")) == "no_campaign_found"
    with clock_at(clock.now() + timedelta(hours=25)):
        assert code(device.get(f"{program.client_v1}/campaigns?auth_token={token}")) == "invalid_auth_token"


def test_anonymous_customers_look_with_a_token_only(program: Program, world: World) -> None:
    made = program.create(optin_required=True)
    server = program.server()
    answer: Any = server.post(f"{program.v1}/users", json={"user": {"anonymous": True}})
    user = f"/users/{answer.json['user']['id']}"
    for path in (
        f"{program.v1}{user}/campaigns",
        f"{program.v2}{user}/campaigns",
        f"{program.v1}{user}/campaigns/{made['id']}/opt_in",
    ):
        assert code(server.get(path)) == "requires_registered_user"
    token = server.post(f"{program.v1}{user}/auth_token").json["auth_token"]  # type: ignore[index]
    seen: Any = program.client().get(f"{program.client_v1}/campaigns?auth_token={token}").json
    assert [it["progress"]["state"] for it in seen["campaigns"]["promotions"]] == ["qualified"]
    assert code(server.put(f"{program.v1}{user}", json={"user": {"first_name": "Con"}})) is None
    assert code(server.get(f"{program.v1}{user}/campaigns")) == "requires_registered_user"
    assert code(server.put(f"{program.v1}{user}", json={"user": {"external_id": "now"}})) is None
    assert code(server.put(f"{program.v1}{user}", json={"user": {"anonymous": True}})) == "validation"
    assert code(server.get(f"{program.v1}/external/users/now/campaigns")) is None


def test_opting_in_and_out(program: Program, world: World) -> None:
    made = program.create(optin_required=True, behaviors=[visits(2)])
    server, base = program.server(), f"{program.v1}{program.cleo}/campaigns/{made['id']}"
    assert program.tell()["behaviors_counted"] == 0
    assert program.state(made["id"]) == "qualified"
    first: Any = server.get(f"{base}/opt_in")
    assert code(first) is None
    [shown] = first.json["campaigns"]["promotions"]
    assert (shown["campaign_id"], shown["progress"]["state"]) == (made["id"], "opted_in")
    assert server.post(f"{base}/opt_in").json == first.json
    assert server.get(f"{program.v1}{program.cleo}/campaigns").json == first.json
    assert program.tell()["behaviors_counted"] == 1
    assert program.state(made["id"]) == "in_progress"
    out = f"{program.v1}/external/users/{EXTERNAL_ID}/external/campaigns/{made['external_id']}/opt_out"
    assert code(server.get(out)) == code(server.post(out)) is None
    assert program.state(made["id"]) == "opted_out"
    assert program.tell()["behaviors_counted"] == 0
    assert code(server.get(f"{base}/opt_in")) is None
    assert program.state(made["id"]) == "in_progress"
    progress: Any = server.get(f"{base}/progress").json["campaign"]  # type: ignore[index]
    assert list(progress) == ["opted_in", "state", "behaviors"]


def test_what_opting_in_is_refused_for(program: Program, world: World) -> None:
    def opt_in(made: dict[str, Any], **headers: str) -> str | None:
        path = f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in"
        return code(program.server().get(path, headers=headers))

    window = {"optin_required": True, "opt_in_starts_at": "2026-01-01T00:00:00Z"}
    assert opt_in({"id": 99}) == opt_in({"id": "x"}) == opt_in({"id": 10**30}) == "not_found"
    assert opt_in(program.create(name="No need")) == "opt_in_error"
    assert (
        opt_in(program.create(name="Others", targeting={"user.tags": "x"}, optin_required=True))
        == "user_ineligible_for_campaign"
    )
    draft = program.create(name="Draft", status="draft", optin_required=True)
    assert opt_in(draft) == "not_found"
    assert code(program.server().get(f"{program.v1}{program.cleo}/campaigns/{draft['id']}/opt_out")) == "not_found"
    assert opt_in(program.create(name="Over", status="completed", optin_required=True)) == "opt_in_ended"
    assert opt_in(program.create(name="Closed", opt_in_ends_at="2026-06-01T00:00:00Z", **window)) == "opt_in_ended"
    later = program.create(
        name="Later", starts_at="2098-01-01T00:00:00Z", **{**window, "opt_in_starts_at": "2097-01-01T00:00:00Z"}
    )
    assert opt_in(later) == "opt_in_not_started"
    full = program.create(name="Full", opt_in_limit=1, **window)
    assert opt_in(full) is None
    other = world.a_customer()
    path = f"{program.v1}/users/{other.uuid}/campaigns/{full['id']}/opt_in"
    assert code(program.server().get(path)) == "opt_in_limit_reached"
    assert opt_in(full) is None
    for purpose in ({"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch;prerender"}):
        assert opt_in(full, **purpose) == "argument_error"
    assert program.server().send("HEAD", path).status_code == 405


def test_a_window_is_open_from_its_first_moment_and_closed_from_its_end(program: Program, world: World) -> None:
    from datetime import UTC, datetime

    ends = datetime(2027, 1, 1, tzinfo=UTC)
    made = program.create(
        optin_required=True,
        ends_at="2027-01-01T00:00:00Z",
        starts_at="2026-12-01T00:00:00Z",
        behaviors=[visits(2)],
        opt_in_ends_at="2026-12-31T00:00:00Z",
        opt_in_starts_at="2026-11-30T00:00:00Z",
    )

    def at(moment: datetime, who: str) -> str | None:
        with clock_at(moment):
            return code(program.server().get(f"{program.v1}{who}/campaigns/{made['id']}/opt_in"))

    late = f"/users/{world.a_customer().uuid}"
    assert at(datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), program.cleo) == "opt_in_not_started"
    assert at(datetime(2026, 11, 30, tzinfo=UTC), program.cleo) is None
    assert at(datetime(2026, 12, 31, tzinfo=UTC), late) == "opt_in_ended"
    assert at(datetime(2026, 12, 30, 23, 59, 59, tzinfo=UTC), late) is None
    for moment, counted in (
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 12, 1, tzinfo=UTC), 1),
        (ends, 0),
    ):
        with clock_at(moment):
            assert program.tell()["behaviors_counted"] == counted
    with clock_at(ends - timedelta(seconds=1)):
        assert program.tell()["behaviors_counted"] == 1
    with clock_at(ends + timedelta(days=30)):
        assert program.state(made["id"]) == "completed"
        late = program.tell(date="2026-12-31T23:00:00Z", transaction_id="late")
        assert late["behaviors_counted"] == 1
        shown: Any = program.server().get(f"{program.v1}{program.cleo}/campaigns").json
        assert shown["campaigns"] == {"tiles": [], "promotions": []}


def test_lists_are_read_as_clients_ask_for_them(program: Program) -> None:
    program.create(behaviors=[visits()], creatives={"tile": {}, "promotion": {}})
    program.create(name="Not for Cleo", targeting={"user.tags": "x"})

    def listed(query: str) -> Any:
        answer = program.server().get(f"{program.v2}{program.cleo}/campaigns?{query}")
        assert code(answer) is None
        return answer.json

    bare = listed("")["campaigns"]
    assert [it["name"] for it in bare] == ["Campaign Example"]
    assert not {"behaviors", "progress", "offers", "redemptions", "creative"} & set(bare[0])
    for query in (
        "sections[]=behaviors&sections[]=progress",
        "sections=behaviors,progress",
        "sections[]=behaviors,progress,",
        "sections=,behaviors,,progress,nonsense",
        "sections%5B%5D=behaviors&sections[]=Progress",
        "section=behaviors&sections=progress",
        "page=1?sections=behaviors,progress",
    ):
        assert {"behaviors", "progress"} < set(listed(query)["campaigns"][0]), query
    for query, shown in (
        ("creatives[]=", None),
        ("creatives=tiles,promotions", {"tile", "promotion"}),
        ("creatives[]=tile", {"tile"}),
    ):
        assert listed(query)["campaigns"][0].get("creative", {}).keys() == (shown or set())
    for query, names in (
        ("filters[]=eligible", ["Campaign Example"]),
        ("filters[]=ineligible", ["Not for Cleo"]),
        ("filters[]=all", ["Campaign Example", "Not for Cleo"]),
        ("filters=eligible,ineligible", ["Campaign Example", "Not for Cleo"]),
        ("filters[]=nonsense", ["Campaign Example"]),
    ):
        assert [it["name"] for it in listed(query)["campaigns"]] == names, query
    page = listed("filters=all&page_size=1&page=2")
    assert (page["page"], page["page_size"], page["number_of_pages"]) == (2, 1, 2)
    assert [it["name"] for it in page["campaigns"]] == ["Not for Cleo"]
    assert listed("filters=all&page=9")["campaigns"] == []
    for query in ("page=0", "page=x", "page_size=1001", "page_size=-1", "page=1.5"):
        assert code(program.server().get(f"{program.v2}{program.cleo}/campaigns?{query}")) == "argument_error"


def test_no_campaigns_are_no_pages(program: Program) -> None:
    body = program.server().get(f"{program.v2}{program.cleo}/campaigns").json
    assert body == {"page": 1, "page_size": 20, "number_of_pages": 0, "status": "ok", "campaigns": []}


def test_one_campaign_is_shown_to_whom_the_filters_say(program: Program) -> None:
    made = program.create(targeting={"user.tags": "x"}, behaviors=[visits(2)])
    path = f"{program.v2}{program.cleo}/campaigns/{made['id']}"
    server = program.server()
    assert code(server.get(path)) == code(server.get(f"{path}?filters[]=eligible")) == "not_available"
    assert code(server.get(f"{path}?filters[]=all")) == code(server.get(f"{path}?filters[]=ineligible")) is None
    server.post(f"{program.v1}{program.cleo}/tags", json={"tags": ["x"]})
    assert code(server.get(path)) is None
    assert code(server.get(f"{path}?filters[]=ineligible")) == "not_available"
    program.tell()
    server.delete(f"{program.v1}{program.cleo}/tags", json={"tags": ["x"]})
    seen: Any = server.get(path).json
    assert (seen["campaign"]["qualified"], seen["campaign"]["status"]) == (False, "in_progress")  # it takes part
    assert code(server.get(f"{program.v2}{program.cleo}/campaigns/99")) == "not_found"


def test_digits_are_an_id_first_and_then_a_permalink(program: Program) -> None:
    made = program.create(external_id="777")
    other = program.create(name="Other", external_id=str(made["id"]))
    path = f"{program.v2}/external/users/{EXTERNAL_ID}/campaigns"
    server = program.server()
    assert server.get(f"{path}/777").json["campaign_id"] == made["id"]  # type: ignore[index]
    assert server.get(f"{path}/{made['id']}").json["campaign_id"] == made["id"]  # type: ignore[index]
    assert server.get(f"{program.v2}{program.cleo}/external/campaigns/{made['id']}").json["campaign_id"] == other["id"]  # type: ignore[index]


def test_creatives_are_seen_and_tapped(program: Program, world: World) -> None:
    tile = {
        "message": {"header": "<b>Hi</b>", "points": 5},
        "action": {"type": "external_link", "url": "https://shop.example/x?a=1"},
    }
    made = program.create(creatives={"tile": tile, "promotion": {"title": "Big <script>", "text": "Save"}})
    shown: Any = program.server().get(f"{program.v2}{program.cleo}/campaigns?creatives=tile,promotion").json
    creative = shown["campaigns"][0]["creative"]
    action, device = creative["tile"]["action"], program.client()
    tapped = device.get(local(action["url"]))
    assert (tapped.status_code, tapped.headers["Location"]) == (302, "https://shop.example/x?a=1")
    for _ in range(2):
        assert device.get(local(action["tracking_urls"][0])).json == {"status": "ok"}
    in_v1: Any = program.server().get(f"{program.v1}{program.cleo}/campaigns").json
    assert device.get(local(in_v1["campaigns"]["tiles"][0]["template"]["action"]["tracking_urls"][0])).json == {
        "status": "ok"
    }
    with world.database.reading() as session:
        [stat] = session.query(CreativeStat).all()
        assert (stat.customer_id, stat.seen_count, stat.clicks_count) == (world.cleo.id, 3, 1)
    page = device.get(local(creative["promotion"]["html_payload"]))
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert device.send("HEAD", local(creative["promotion"]["html_payload"])).status_code == 200
    assert device.send("HEAD", local(action["url"])).status_code == 405
    assert "Big &lt;script&gt;" in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]
    other, url = world.a_customer(), local(action["url"])
    creative_place = f"/creatives/{action['event_meta_data']['ad_unit_id']}/"
    for wrong in (
        url.replace(str(world.cleo.uuid), str(other.uuid)),
        url.replace(creative_place, "/creatives/99/"),
        url.replace(action["event_meta_data"]["ad_stat_id"], "x"),
        url.replace("xsid", "ysid"),
        url.replace(program.api_key, "nobody"),
    ):
        assert code(device.get(wrong)) in {"not_found", "user_not_found", "invalid_api_key"}
    assert device.get(url, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    program.server().put(f"{program.v1}/campaigns/{made['id']}", json={"campaign": {"status": "paused"}})
    assert code(device.get(local(creative["promotion"]["html_payload"]))) == "not_found"
    with world.database.reading() as session:
        [stat] = session.query(CreativeStat).all()
        assert (stat.seen_count, stat.clicks_count) == (3, 1)


def test_without_click_tracking_the_address_itself_is_told(program: Program) -> None:
    deep = {"action": {"type": "deep_link", "url": "shop://offers/1", "section": "home"}, "track_clicks": False}
    program.create(creatives={"tile": deep})
    program.create(name="Page", creatives={"tile": {"action": {"type": "open_ad"}}})
    program.create(name="None")
    shown: Any = program.server().get(f"{program.v1}{program.cleo}/campaigns").json["campaigns"]  # type: ignore[index]
    first, second = (tile["template"]["action"] for tile in shown["tiles"])
    assert (first["url"], first["section"]) == ("shop://offers/1", "home")
    tapped = program.client().get(local(second["url"]))
    page = program.client().get(local(tapped.headers["Location"]))
    assert "<h1>Page</h1>" in page.text
    [bare] = shown["promotions"]
    assert (bare["creative_id"], bare["group_id"]) == (None, None)
    assert "<h1>None</h1>" in program.client().get(local(bare["template"]["html_payload"])).text


def test_a_page_is_for_whom_the_campaign_is_shown_to(program: Program, world: World) -> None:
    made = program.create(
        targeting={"user.tags": {"$in": ["vip"]}}, optin_required=True, creatives={"promotion": {"title": "Vips"}}
    )
    with world.database.transaction() as session:
        tags.put(session, world.cleo.id, ["vip"], world.now)
    shown: Any = program.server().get(f"{program.v2}{program.cleo}/campaigns?creatives=promotion").json
    mine = local(shown["campaigns"][0]["creative"]["promotion"]["html_payload"])
    other = mine.replace(str(world.cleo.uuid), str(world.a_customer().uuid))
    bare = f"/apps/{program.api_key}/users/{world.cleo.uuid}/campaigns/{made['id']}"
    assert "Vips" in program.client().get(mine).text
    assert program.client().get(bare).status_code == 200
    assert code(program.client().get(other)) == "not_found"
    program.server().post(f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in")
    with world.database.transaction() as session:
        tags.remove(session, world.cleo.id, ["vip"])
    assert program.client().get(mine).status_code == 200, "who takes part may go on looking"


def local(address: str) -> str:
    return address.removeprefix("http://localhost")


@pytest.mark.parametrize(
    "path", ["", "/campaigns?filters=all&sections=behaviors,progress,offers,redemptions&creatives=tile,promotion"]
)
def test_a_list_costs_as_many_statements_however_long_it_is(program: Program, world: World, path: str) -> None:
    from sqlalchemy import event

    from app.db.prepared import Prepared

    statements: list[str] = []
    engine, run = world.database.engine, Prepared.run

    def counted(self: Any, *arguments: Any) -> Any:
        statements.append("prepared")
        return run(self, *arguments)

    event.listen(engine, "before_cursor_execute", lambda c, cur, text, *_: statements.append(text))
    url = f"{program.v2}{program.cleo}{path}" if path else f"{program.v1}{program.cleo}/campaigns"

    def cost() -> int:
        statements.clear()
        assert code(program.server().get(url)) is None
        return len([text for text in statements if not text.startswith("BEGIN")])

    Prepared.run = counted  # type: ignore[method-assign]
    try:

        def add(i: int) -> None:
            program.create(
                name=f"C{i}",
                behaviors=[visits(), visits(name="More")],
                creatives={"tile": {}},
                targeting={"user.attributes.x": {"$nin": [f"{i}"]}} if i % 2 else {},
                rewards=[{"type": "deal", "amount": 1}],
            )

        for i in range(2):
            add(i)
        program.tell()
        few = cost()
        for i in range(2, 18):
            add(i)
        program.tell()
        assert cost() == few <= 18
    finally:
        Prepared.run = run  # type: ignore[method-assign]
