"""Nobody believes that a wish was heard: a name that a form, a part of it or a query does not know is refused by name."""

from typing import Any

import pytest

from tests.access.test_chains_apart import TABLE, Two, nothing, stored, two
from tests.client import Client
from tests.world import World, offered

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
    for argument, value in {**vars(two.own), "action": "activate", "username": "sol@guerdon.example"}.items():
        address = address.replace(f"<{argument}>", str(value))
    body = row.body(two.own, world)
    (root, _), *others = body.items()
    # A name beside the form belongs to nobody; where the fields stand at the top there is no beside.
    bodies = with_unknown(body)[1:] if isinstance(body[root], dict) and not others else with_unknown(body)
    assert bodies
    before = stored(world)
    for sent in bodies:
        answer = client.send(name.partition(" ")[0], address, json=sent)
        assert answer.status_code == 400, (name, sent)
        assert UNKNOWN in answer.get_data(as_text=True) or "coupons" in body, (name, answer.json)
    assert stored(world) == before


def test_a_name_that_a_query_does_not_know_is_refused(two: Two, world: World) -> None:
    for name, row in TABLE.items():
        if name.startswith("GET"):
            client = two.people[row.roles.split()[0]]
            address = "/api/" + name.partition(" ")[2]
            for argument, value in vars(two.own).items():
                address = address.replace(f"<{argument}>", str(value))
            answer = client.get(f"{address}?{UNKNOWN}=red&_locale=en&silenceQuery=true")
            assert answer.status_code == 400, name
            assert answer.json == {"error": {"code": 400, "message": f"Unknown in the query: {UNKNOWN}."}}
            known = client.get(f"{address}?_locale=en&silenceQuery=true&isFeatured=0&categoryId[]=")
            assert known.status_code == 200, (name, known.json)


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({"daysValid": 0, "daysInactive": "0", "featured": False, "connectType": "none", "categories": []}, None),
        ({"daysValid": 30}, "daysValid"),
        ({"featured": True, "tax": "23"}, "featured, tax"),
        ({"translations": {"pl": {"name": "Herbata"}}}, "translations[pl][name]"),
        ({"translations": {"en": {"brandName": "Tea & Sons"}}}, "translations[en][brandName]"),
        ({"translations": [{"locale": "pl"}]}, "translations"),
        ({"usageLeft": 9, "segmentNames": {"a": "b"}, "photos": [{"photoId": "x"}]}, None),
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
    assert answer.json["errors"] == answer.json["form"]["errors"] == said


def test_a_group_says_itself_what_it_does_not_know(ada: Client, world: World) -> None:
    window = {"allTimeVisible": 1, "zone": "UTC"}
    answer: Any = ada.post(
        "/api/campaign", json={"campaign": {**offered(world)["campaign"], "campaignVisibility": window}}
    )
    assert answer.json["errors"] == []
    group = answer.json["form"]["children"]["campaignVisibility"]
    assert group["errors"] == ["This form should not contain extra fields. Unknown: zone."]
    assert list(group["children"]) == ["allTimeVisible", "visibleFrom", "visibleTo"]
