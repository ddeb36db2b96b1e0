"""What the staff notes of customers, and by what they are found; levels with their special rewards; lists to take away."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.access.models import SELLER, Login
from app.campaign.awards.give import SYSTEM
from app.campaign.models.referrals import ReferralRelation
from app.campaign.triggers import sales
from app.media.models import ShownPicture
from app.members import customers
from app.members.models import Customer, Profile
from app.organizations import shops
from app.organizations.scope import EVERY_CHAIN
from app.privacy import erasing, merging, report
from app.sales.recording import SaleDetails
from app.segments import segments
from app.segments.criteria import Criterion
from app.segments.segments import SegmentDetails
from app.settings import Settings
from tests.client import Client
from tests.world import World, clock_at, points

ANN: dict[str, Any] = {"firstName": "Ann", "lastName": "Example", "email": "ann@guerdon.example", "agreement1": True}


def registered(client: Client, **details: Any) -> str:
    answer = client.post("/api/customer/register", json={"customer": {**ANN, **details}})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json is not None
    return str(answer.json["customerId"])


def found(client: Client, query: str) -> list[str]:
    answer = client.get(f"/api/customer?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json is not None
    assert answer.json["total"] == len(answer.json["customers"])
    return sorted(it["firstName"] for it in answer.json["customers"])


def test_what_is_said_at_registration_is_shown_and_taken_back(ada: Client, world: World) -> None:
    labels = [{"key": "came by", "value": "fair"}, {"key": "vegan", "value": ""}]
    said = {"labels": labels, "posId": str(world.shop), "createdAt": "2026-01-02 10:00", "agreement2": True}
    made = registered(ada, **said)
    shown: Any = ada.get(f"/api/customer/{made}").json
    assert shown["labels"] == labels
    assert (shown["posId"], shown["createdAt"]) == (str(world.shop), "2026-01-02T10:00:00+0100")
    assert "agreement1At" in shown
    assert "agreement2At" in shown
    assert "agreement3At" not in shown
    back = ada.send("PUT", f"/api/customer/{made}", json={"customer": shown})
    assert back.status_code == 200, back.get_data(as_text=True)
    again: Any = back.json
    assert {**again, "updatedAt": shown["updatedAt"]} == shown, "what is printed is taken back, and changes nothing"
    changed: Any = ada.send(
        "PUT", f"/api/customer/{made}", json={"customer": {"agreement2": False, "labels": "vegan:yes", "posId": None}}
    ).json
    assert changed["labels"] == [{"key": "vegan", "value": "yes"}]
    assert "posId" not in changed
    assert "agreement2At" not in changed
    assert changed["agreement1At"] == shown["agreement1At"]


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"createdAt": "2999-01-01 10:00"}, "createdAt"),
        ({"posId": "00000000-0000-0000-0000-000000000001"}, "posId"),
        ({"referral_customer_email": "nobody@guerdon.example"}, "referral_customer_email"),
        ({"labels": [{"key": ""}]}, "labels"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(ada: Client, details: dict[str, Any], field: str) -> None:
    answer = ada.post("/api/customer/register", json={"customer": {**ANN, **details}})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["form"]["children"][field]["errors"]
    assert found(ada, "firstName=Ann&strict=1") == []


def test_who_was_recommended_by_an_address_is_referred(ada: Client, world: World) -> None:
    campaign = world.a_reward_campaign(points(5, recipient="referring"), context="referral")
    made = registered(ada, referral_customer_email="Cleo@guerdon.example")
    with world.database.reading() as session:
        relation = session.scalars(select(ReferralRelation)).one()
        assert (relation.campaign_id, relation.referring_id) == (campaign.id, world.cleo.id)
        assert str(session.get_one(Customer, relation.referred_id).uuid) == made


def test_customers_are_found_by_what_they_bought_and_when_they_changed(ada: Client, world: World) -> None:
    ben, con = world.a_customer("Ben"), world.a_customer("Dan")
    with world.database.transaction() as session:
        for number, amount, days in (("R-1", 1_000, 40), ("R-2", 1_501, 3)):
            reported = SaleDetails(number, world.now - timedelta(days=days), amount, customer_id=ben.id)
            sales.record(session, world.chain_id, reported, world.now, SYSTEM)
        reported = SaleDetails("R-3", world.now - timedelta(days=30), 2_501, customer_id=con.id)
        sales.record(session, world.chain_id, reported, world.now, SYSTEM)
    with clock_at(world.now + timedelta(hours=2)):
        assert found(ada, "transactionsCount=2") == ["Ben"]
        assert found(ada, "transactionsAmount=25.01") == ["Ben", "Dan"]
        assert found(ada, "averageTransactionAmount=12.51") == ["Ben"], "as it is printed, half up"
        assert found(ada, "daysFromLastTransaction=4") == ["Ben"]
        assert found(ada, "daysFromLastTransaction=31&transactionsCount=1") == ["Dan"]
        assert found(ada, "hoursFromLastUpdate=1") == []
        for sort, expected in (
            ("averageTransactionAmount", ["Dan", "Ben"]),
            ("transactionsCount", ["Ben", "Dan"]),
            ("lastTransactionDate", ["Ben", "Dan"]),
        ):
            first: Any = ada.get(f"/api/customer?sort={sort}&direction=desc&perPage=2").json
            assert [it["firstName"] for it in first["customers"]] == expected, sort
            last: Any = ada.get(f"/api/customer?sort={sort}&direction=asc&perPage=1000").json
            assert [it["firstName"] for it in last["customers"]][-2:] == expected[::-1], sort
            assert len(last["customers"]) == last["total"], "those who bought nothing come first"
        assert {"Ben", "Dan"} <= set(found(ada, "hoursFromLastUpdate=3"))
        ada.post(f"/api/customer/{ben.uuid}/level", json={"levelId": str(world.silver.uuid)})
        assert "Ben" in found(ada, f"manuallyAssignedLevel={world.silver.uuid}")
        history: Any = ada.get(f"/api/customer/{ben.uuid}/levels").json
        assert [(it["cause"], it["before"]["name"], it["level"]["name"]) for it in history["levels"]] == [
            ("by_hand", "bronze", "silver")
        ]
    for wrong in ("transactionsAmount=much", "daysFromLastTransaction=-1", "manuallyAssignedLevel=7"):
        assert ada.get(f"/api/customer?{wrong}").status_code == 400, wrong


def test_who_is_on_a_level_or_in_a_segment_is_listed_like_all_customers(ada: Client, world: World) -> None:
    ben, dan = world.a_customer("Ben"), world.a_customer("Dan")
    with world.database.transaction() as session:
        reported = SaleDetails("R-1", world.now, 2_501, customer_id=ben.id)
        sales.record(session, world.chain_id, reported, world.now, SYSTEM)
        names = [str(ben.uuid), str(dan.uuid)]
        details = SegmentDetails("both", True, [[Criterion("customer_list", {"customers": names})]])
        segment = segments.create(session, world.chain_id, details, world.now)

    def first_two(of: str, query: str) -> list[str]:
        listed: Any = ada.get(f"/api/{of}/customers?perPage=2{query}").json
        return [it["firstName"] for it in listed["customers"]]

    for of in (f"level/{ben.level.uuid}", f"segment/{segment.uuid}"):
        assert first_two(of, "") == ["Dan", "Ben"], "the newest first"
        assert first_two(of, "&sort=transactionsCount&direction=DESC")[0] == "Ben"
        assert first_two(of, "&sort=createdAt") == first_two(of, "&sort=createdAt&direction=ASC")
    assert first_two(f"segment/{segment.uuid}", "&sort=firstName") == ["Ben", "Dan"]


def test_a_seller_finds_who_stands_at_the_till(sol: Client, world: World) -> None:
    for i in range(4):
        world.a_customer("Dora", phone=f"+4870{i}", address={"city": "Łódź" if i else "Gdynia", "postal": f"9{i}"})

    def search(**names: str) -> Any:
        return sol.post("/api/pos/search/customer", json={"search": names})

    many = search(firstName="dora")
    assert (many.status_code, many.json) == (400, {"error": "to many results"})
    assert len(search(firstName="Dora", city="ŁÓDŹ").json["customers"]) == 3
    [one] = search(phone="+48701").json["customers"]
    assert one["phone"] == "+48701"
    [one] = search(firstName="Dora", postcode="90").json["customers"]
    assert one["address"]["city"] == "Gdynia"
    assert search(email="nobody").json == {"customers": []}


def test_registrations_are_counted_by_day(ada: Client, world: World) -> None:
    registered(ada, createdAt="2026-05-03 00:00")
    registered(ada, createdAt="2026-05-02 23:59", email="b@guerdon.example")
    with clock_at(datetime(2026, 5, 3, 21, tzinfo=UTC)):
        days: Any = ada.get("/api/customer/registrations/daily").json
    assert len(days) == 30
    assert list(days)[-1] == "2026-05-03", "in the programme's zone"
    assert (days["2026-05-02"], days["2026-05-03"], sum(days.values())) == (1, 1, 2)


def test_special_rewards_of_a_level(ada: Client, cleo: Client, world: World) -> None:
    special = {"name": "May", "value": 12.5, "code": "MAY", "active": True, "startAt": "2026-05-01 00:00"}
    sent = {"name": "Gold", "conditionValue": 900, "active": 1, "reward": {"name": "r", "value": 10, "code": "r"}}
    sent["specialRewards"] = [
        {**special, "endAt": "2026-06-01 00:00"},
        {**special, "active": 0, "name": "Off", "endAt": "2026-13-01"},
    ]
    wrong = ada.post("/api/level/create", json={"level": sent})
    assert wrong.status_code == 400, "there is no such month"
    sent["specialRewards"][1]["endAt"] = "2026-04-01 00:00"
    wrong = ada.post("/api/level/create", json={"level": sent})
    assert wrong.status_code == 400
    assert "ends before it starts" in wrong.get_data(as_text=True)
    sent["specialRewards"][1]["endAt"] = "2026-07-01 00:00"
    made: Any = ada.post("/api/level/create", json={"level": sent}).json
    shown: Any = ada.get(f"/api/level/{made['id']}").json
    first, second = shown["specialRewards"]
    assert (first["name"], first["value"], first["active"]) == ("May", 0.125, True)
    assert first["startAt"] == "2026-05-01T00:00:00+0200"
    for _ in range(2):
        back = ada.send("PUT", f"/api/level/{made['id']}", json={"level": shown})
        assert back.status_code == 200, back.get_data(as_text=True)
        assert ada.get(f"/api/level/{made['id']}").json == shown, "printed and sent back, it stays"
    listed: Any = cleo.get("/api/customer/level").json
    gold = next(it for it in listed["levels"] if it["name"] == "Gold")
    assert [it["name"] for it in gold["specialRewards"]] == ["May"]
    assert gold.keys().isdisjoint({"active", "customersCount"})
    shown["specialRewards"] = [{**second, "id": "00000000-0000-0000-0000-000000000001"}]
    assert ada.send("PUT", f"/api/level/{made['id']}", json={"level": shown}).status_code == 400


def test_lists_of_customers_are_taken_away(ada: Client, world: World) -> None:
    world.a_customer('=cmd|"x"', level=world.silver, email=None, phone="+48 600 700 800")
    answer = ada.get(f"/api/csv/level/{world.silver.uuid}")
    assert answer.mimetype == "text/csv"
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0].startswith("customerId,firstName,lastName,email,phone,loyaltyCardNumber")
    assert len(lines) == 3
    assert "\"'=cmd|" in lines[2], "no spreadsheet runs it"
    assert ",+48 600 700 800," in lines[2], "a phone is a phone"
    part = [{"criteria": [{"type": "transaction_count", "min": 0}]}]
    made: Any = ada.post("/api/segment", json={"segment": {"name": "All", "active": 1, "parts": part}}).json
    lines = ada.get(f"/api/csv/segment/{made['segmentId']}").get_data(as_text=True).splitlines()
    assert len(lines) == 3
    some: Any = ada.get(f"/api/segment/{made['segmentId']}/customers?phone=600").json
    assert some["total"] == 1


def test_a_shop_is_changed(ada: Client, world: World) -> None:
    with world.database.transaction() as session:
        shops.add(session, world.chain_id, "Other", "other")
    changed = {"pos": {"name": "Main", "identifier": "main street", "description": "Here"}}
    assert ada.send("PUT", f"/api/pos/{world.shop}", json=changed).status_code == 200
    shown: Any = ada.get("/api/pos/identifier/main street").json
    assert (shown["posId"], shown["name"]) == (str(world.shop), "Main")
    taken = ada.send("PUT", f"/api/pos/{world.shop}", json={"pos": {"name": "Main", "identifier": "other"}})
    assert taken.status_code == 400


def test_a_customers_details_tell_the_status_and_whether_there_is_a_card(ada: Client, world: World) -> None:
    available = {
        "availableTypes": ["new", "active", "blocked", "deleted"],
        "availableStates": ["no-card", "card-sent", "with-card"],
    }
    plain, carded = world.a_customer(level=world.silver), world.a_customer(loyalty_card_number="4711")
    shown = ada.get(f"/api/customer/{plain.uuid}").json
    assert shown["status"] == {**available, "type": "active", "state": "no-card"}
    assert shown["level"] == {"name": world.silver.name}
    assert list(shown).index("status") + 1 == list(shown).index("updatedAt")
    assert ada.get(f"/api/customer/{carded.uuid}").json["status"]["state"] == "with-card"
    ada.post(f"/api/admin/customer/{carded.uuid}/deactivate")
    assert ada.get(f"/api/customer/{carded.uuid}").json["status"] == {**available, "type": "blocked"}
    assert ada.put(f"/api/customer/{plain.uuid}", json={"customer": shown}).status_code == 200


def test_a_seller_looks_after_whom_she_registers_and_others_as_the_staff_says(
    ada: Client, sol: Client, cleo: Client, world: World
) -> None:
    with world.database.reading() as session:
        own = session.scalars(select(Login).where(Login.role == SELLER)).one()
    assert own.pos is not None
    made = registered(sol)
    shown: Any = ada.get(f"/api/customer/{made}").json
    assert (shown["sellerId"], shown["posId"]) == (str(own.uuid), str(own.pos.uuid))
    assert list(shown)[-2:] == ["sellerId", "agreement1At"]
    assert ada.send("PUT", f"/api/customer/{made}", json={"customer": shown}).json["sellerId"] == shown["sellerId"]
    other = registered(ada, email="b@guerdon.example")
    assert "sellerId" not in ada.get(f"/api/customer/{other}").json
    for change, expected in (({"sellerId": str(own.uuid)}, str(own.uuid)), ({"sellerId": None}, None)):
        changed: Any = ada.send("PUT", f"/api/customer/{other}", json={"customer": change}).json
        assert changed.get("sellerId") == expected
    assert ada.post(f"/api/seller/{own.uuid}/delete").status_code == 200
    kept = {**ada.get(f"/api/customer/{made}").json, "firstName": "Anne"}
    assert ada.send("PUT", f"/api/customer/{made}", json={"customer": kept}).status_code == 200, (
        "who has gone stays said"
    )
    nobodys = {"sellerId": str(world.cleo.uuid)}
    for answer in (
        ada.send("PUT", f"/api/customer/{other}", json={"customer": nobodys}),
        ada.post("/api/customer/register", json={"customer": {**ANN, "email": "c@guerdon.example", **nobodys}}),
    ):
        assert answer.status_code == 400, answer.json
        assert answer.json["form"]["children"]["sellerId"]["errors"] == ["There is no such seller."]
    mine = {"customer": {"sellerId": str(own.uuid)}}
    assert cleo.send("PUT", f"/api/customer/{world.cleo.uuid}", json=mine).status_code == 400


def test_who_registers_learns_whether_a_name_is_taken(
    ada: Client, app: Flask, settings: Settings, world: World
) -> None:
    anyone = Client(app)
    app.extensions["guerdon_settings"] = replace(settings, self_registration="off")
    assert anyone.get("/api/customer/check?emailOrPhone=x").status_code == 403
    app.extensions["guerdon_settings"] = replace(settings, self_registration="open")
    with world.database.transaction() as session:
        session.get_one(Profile, world.cleo.id).phone = "+48600700800"
    for name, total in (
        ("CLEO@guerdon.example", 1),
        ("+48600700800", 1),
        (" +48600700800 ", 1),
        ("nobody@x.example", 0),
    ):
        assert anyone.get("/api/customer/check", query_string={"emailOrPhone": name}).json == {"total": total}, name
    assert anyone.get("/api/customer/check").status_code == 400
    tries = [anyone.get("/api/customer/check?emailOrPhone=x").status_code for _ in range(40)]
    assert tries[-1] == 429, "nobody tries all addresses"
    assert ada.get("/api/customer/check?emailOrPhone=x").status_code == 200, "whom the staff finds anyway"


def picture(side: int = 40) -> dict[str, Any]:
    content = io.BytesIO()
    Image.new("RGB", (side, side)).save(content, "PNG")
    return {"avatar[file]": (io.BytesIO(content.getvalue()), "me.png")}


def test_customers_have_a_picture_for_the_staff_and_themselves(
    ada: Client, sol: Client, cleo: Client, app: Flask, world: World
) -> None:
    own, other = f"/api/customer/{world.cleo.uuid}/avatar", f"/api/customer/{world.a_customer().uuid}/avatar"
    assert cleo.get(own).status_code == 404
    assert cleo.send("DELETE", own).status_code == 404
    assert cleo.send("POST", own, data=picture()).status_code == 204
    for who in (ada, sol, cleo):
        seen = who.get(own)
        assert (seen.status_code, seen.mimetype) == (200, "image/png")
        assert seen.headers["Cache-Control"].startswith("private")
    assert Client(app).get(own).status_code == 401
    assert (cleo.get(other).status_code, cleo.send("POST", other, data=picture()).status_code) == (403, 403)
    refused = sol.send("POST", own, data={"avatar[file]": (io.BytesIO(b"no picture"), "me.png")})
    assert refused.json["form"]["children"]["file"]["errors"]
    with world.database.reading() as session:
        assert report.report(session, world.cleo.id)["shown_picture"]
    twin = world.a_customer("Twin")
    with world.database.transaction() as session:
        both = (customers.get(session, str(it.uuid), EVERY_CHAIN) for it in (twin, world.cleo))
        merging.merge(session, *both, world.now)
    assert ada.get(f"/api/customer/{twin.uuid}/avatar").status_code == 200, "what one has, both have"
    with world.database.transaction() as session:
        erasing.erase(session, customers.get(session, str(twin.uuid), EVERY_CHAIN), world.now)
    with world.database.reading() as session:
        assert session.scalars(select(ShownPicture)).all() == [], "an erased person has no picture"


def test_customers_ask_for_themselves_by_id_or_card_with_one_connection(
    cleo: Client, sol: Client, world: World
) -> None:
    with world.database.transaction() as session:
        session.get_one(Profile, world.cleo.id).loyalty_card_number = "CLEO-1"
    for name in (str(world.cleo.uuid), str(world.cleo.uuid).upper(), "CLEO-1"):
        for path in ("", "/status", "/points", "/levels"):
            assert cleo.get(f"/api/customer/{name}{path}").status_code == 200, (name, path)
        renamed = cleo.put(f"/api/customer/{name}", json={"customer": {"firstName": "Cleo"}})
        assert renamed.status_code == 200, name
        assert cleo.post(f"/api/customer/{name}/avatar", data=picture()).status_code == 204, name
        assert cleo.delete(f"/api/customer/{name}/avatar").status_code == 204, name
    other = world.a_customer("Other", loyalty_card_number="OTHER-1")
    for name in (str(other.uuid), "OTHER-1", "nobody"):
        assert cleo.get(f"/api/customer/{name}").status_code == 403, name
    assert sol.get("/api/customer/OTHER-1").status_code == 200
