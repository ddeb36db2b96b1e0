"""Nobody believes that a wish was heard: a name that a form, a part of it or a query does not know is refused by name."""

from typing import Any

import pytest

from tests.access.test_chains_apart import ACTIONS, TABLE, Two, nothing, stored, two
from tests.client import Client
from tests.world import World, offered

pytestmark = pytest.mark.slow

assert two
WITH_BODY = [name for name, row in TABLE.items() if row.body is not nothing and not row.as_form]
UNKNOWN = "colour"


def with_unknown(value: Any) -> list[Any]:
    """This with an unknown name in one of its objects, for each of them in turn."""
    if isinstance(value, list):
        return [[*value[:i], other, *value[i + 1 :]] for i, item in enumerate(value) for other in with_unknown(item)]
    if not isinstance(value, dict):
        return []
    inside = [{**value, name: other} for name, item in value.items() for other in with_unknown(item)]
    return [{**value, UNKNOWN: "red"}, *inside]


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_name_that_a_form_does_not_know_is_refused(two: Two, world: World, name: str) -> None:
    row = TABLE[name]
    client = two.people[row.roles.split()[0]]
    address = "/api/" + name.partition(" ")[2]
    for argument, value in {**vars(two.own), **ACTIONS}.items():
        address = address.replace(f"<{argument}>", str(value))
    body = row.body(two.own, world)
    bodies = with_unknown(body)
    before = stored(world)
    for sent in bodies:
        answer = client.send(name.partition(" ")[0], address, json=sent)
        # A plan tells of each document what is wrong with it.
        assert answer.status_code == 400 or name.endswith("campaigns/plan"), (name, sent)
        assert UNKNOWN in answer.get_data(as_text=True) or "coupons" in body, (name, answer.json)
    assert stored(world) == before


def test_a_name_that_a_query_does_not_know_is_refused(two: Two, world: World) -> None:
    for name, row in TABLE.items():
        if name.startswith("GET") and not {"photo", "brand_icon", "avatar", "css"} & {
            *name.split("/")
        }:  # whose addresses pages make up against caches
            client = two.people[row.roles.split()[0]]
            address = "/api/" + name.partition(" ")[2]
            for argument, value in {**vars(two.own), **ACTIONS}.items():
                address = address.replace(f"<{argument}>", str(value))
            answer = client.get(f"{address}?{UNKNOWN}=red&_locale=en&silenceQuery=true")
            assert answer.status_code == 400, name
            assert answer.json == {"error": {"code": 400, "message": f"Unknown in the query: {UNKNOWN}."}}
            own = row.query.format(**vars(two.own)).replace("?", "&")
            assert client.get(f"{address}?_locale=en&silenceQuery=true{own}").status_code == row.own, name


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({"daysValid": 0, "daysInactive": "0", "featured": False, "connectType": "none", "categories": []}, None),
        ({"daysValid": 30}, "daysValid"),
        ({"fulfillmentTracking": True, "tax": "23"}, "fulfillmentTracking, tax"),
        ({"translations": {"polish": {"name": "Herbata"}}}, "translations[polish][name]"),
        ({"translations": {"en": {"brandName": "Tea & Sons"}}}, "translations[en][brandName]"),
        ({"translations": [{"locale": "pl", "brandName": "Herbata"}]}, "translations[pl][brandName]"),
        ({"usageLeft": 9}, "usageLeft"),
        ({"name": "Coffee", "translations": {"en": {"name": "Tea"}}}, "translations[en][name]"),
    ],
)
def test_what_later_consoles_send_is_taken_as_long_as_it_says_no(
    ada: Client, world: World, sent: dict[str, Any], refused: str | None
) -> None:
    answer: Any = ada.post("/api/campaign", json={"campaign": {**offered(world)["campaign"], **sent}})
    if refused is None:
        assert answer.status_code == 200, answer.json
        return
    said = [f"This form should not contain extra fields. Unknown: {refused}."]
    assert answer.status_code == 400
    assert answer.json["errors"] == said
    assert list(answer.json["form"]) == ["children"]  # consoles show no field's error below another `errors`


def test_a_group_says_itself_what_it_does_not_know(ada: Client, world: World) -> None:
    window = {"allTimeVisible": 1, "zone": "UTC"}
    answer: Any = ada.post(
        "/api/campaign", json={"campaign": {**offered(world)["campaign"], "campaignVisibility": window}}
    )
    assert answer.json["errors"] == ["campaignVisibility: This form should not contain extra fields. Unknown: zone."]
    group = answer.json["form"]["children"]["campaignVisibility"]
    assert list(group["children"]) == ["allTimeVisible", "visibleFrom", "visibleTo"]


@pytest.mark.parametrize(
    "query",
    [
        "name[]=Tea", "active=maybe", "active[]=1", "perPage[]=3", "labels=x", "labels[0]=x", "labels[0][foo]=x", "isFeatured=x",
        "isFulfillmentTracking=1", "categoryId[]=x",
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_heard_is_refused(ada: Client, world: World, query: str) -> None:
    assert ada.get(f"/api/campaign?{query}").status_code == 400
    assert (
        ada.get("/api/campaign?name=&active=&labels[0][key]=&isFeatured=0&categoryId[]=&perPage=3").status_code == 200
    )


def test_filters_of_the_points_are_heard_or_refused(ada: Client, world: World) -> None:
    for query in ("type=earning", "state=new", f"customerId[]={world.cleo.uuid}"):
        assert ada.get(f"/api/points/transfer?{query}").status_code == 400, query
    assert ada.get("/api/points/transfer?state=active&type=adding").status_code == 200


def test_campaigns_for_some_segments_are_told_apart(ada: Client, cleo: Client, world: World) -> None:
    segment = {
        "name": "s",
        "active": 1,
        "parts": [{"criteria": [{"type": "customer_list", "customers": [str(world.cleo.uuid)]}]}],
    }
    made: Any = ada.post("/api/segment", json={"segment": segment}).json
    form = offered(world, name="For some", levels=[], target="segment", segments=[made["segmentId"]])
    assert ada.post("/api/campaign", json=form).status_code == 200
    assert ada.post("/api/campaign", json=offered(world, name="For others")).status_code == 200
    path = f"/api/admin/customer/{world.cleo.uuid}/campaign/available?customerId={world.cleo.uuid}&hasSegment="
    for asked, names in (("1", ["For some"]), ("0", ["For others"]), ("", ["For some", "For others"])):
        listed: Any = ada.get(path + asked).json
        assert [it["name"] for it in listed["campaigns"]] == names
    other = path.replace(f"customerId={world.cleo.uuid}", "customerId=somebody")
    assert ada.get(other).status_code == 400


def test_what_is_changed_elsewhere_is_not_believed_to_be_changed_here(ada: Client, world: World) -> None:
    path = f"/api/customer/{world.cleo.uuid}"
    shown: Any = ada.get(path).json
    echoed = ada.put(path, json={"customer": shown})
    assert echoed.status_code == 200, echoed.json
    for changed in ({"active": False}, {"segments": ["x"]}, {"customerId": "x"}):
        answer: Any = ada.put(path, json={"customer": {**shown, **changed}})
        assert answer.status_code == 400, changed
        assert answer.json["errors"] == [f"This form does not change {next(iter(changed))}."]
    (seller,) = [one for one in ada.get("/api/seller").json["sellers"] if one["email"] == "sol@guerdon.example"]  # type: ignore[index]
    path = f"/api/seller/{seller['sellerId']}"
    assert ada.put(path, json={"seller": seller}).status_code == 200
    assert ada.put(path, json={"seller": {**seller, "deleted": True}}).status_code == 400


def test_a_level_sent_back_as_it_was_printed_is_unchanged(ada: Client, world: World) -> None:
    level = {"name": "gold", "conditionValue": 5, "active": 1, "reward": {"name": "r", "value": 14, "code": "r"}}
    made: Any = ada.post("/api/level/create", json={"level": level}).json
    path = f"/api/level/{made['id']}"
    printed: Any = ada.get(path).json
    assert printed["reward"]["value"] == 0.14
    for _ in range(2):
        assert ada.put(path, json={"level": printed}).status_code == 200
        assert ada.get(path).json == printed
    assert ada.put(path, json={"level": {**printed, "reward": {**printed["reward"], "value": 15}}}).status_code == 200
    assert ada.get(path).json["reward"]["value"] == 0.15  # type: ignore[index]


@pytest.mark.parametrize("sent", ["x", ["x"], 7])
def test_a_form_that_is_none_changes_nothing(ada: Client, world: World, sent: Any) -> None:
    assert ada.put(f"/api/customer/{world.cleo.uuid}", json={"customer": sent}).status_code == 400
