"""What SessionM's real clients send: permalinks, profiles, identifiers, empty lists, addresses of other products."""

from typing import Any

import pytest

from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import EventReceipt
from app.members.models import Customer
from tests.client import Client
from tests.sessionm.conftest import Program

CAMPAIGN = {
    "name": "Visits", "status": "live", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z",
    "campaign_type": "promotion",
}  # fmt: skip
ECHOED = {
    "campaign_id": 5, "campaign_permalink": "p", "start_date": "x", "end_date": "y", "qualified": True, "group_id": 1,
    "creative_id": 2, "version": 2,
}  # fmt: skip
PROFILE = {
    "email": "robin@guerdon.example",
    "first_name": "Robin",
    "opted_in": True,
    "external_id_type": "crm",
    "identifiers": [{"external_id": "crm-7", "external_id_type": "crm"}],
    "phone_numbers": [{"phone_number": "+48123", "phone_type": "mobile"}],
    "address": "High Street 1",
    "city": "Boston",
    "state": "MA",
    "zip": "02110",
    "country": "US",
    "user_profile": {"favourite": "tea"},
}


def post(program: Program, path: str, **body: Any) -> Any:
    return program.server().post(f"{program.v1}{path}", json=body).json


def test_a_campaign_may_be_called_by_its_permalink(program: Program) -> None:
    made = post(program, "/campaigns", campaign={**CAMPAIGN, **ECHOED, "permalink": "spring"})
    assert made["status"] == "ok", made
    again = post(program, "/campaigns", campaign={**CAMPAIGN, "permalink": "spring", "external_id": "autumn"})
    assert again["errors"]["code"] == "validation"
    info: Any = program.server().get(f"{program.v1}/external/campaigns/spring/info").json
    assert info["status"] == "ok"
    assert program.world.count(Campaign) == 1


def test_events_are_never_for_later(program: Program) -> None:
    at = f"/users/{program.world.cleo.uuid}/events"
    assert post(program, at, events={"visit": {}}, **{"async": False})["status"] == "ok"
    refused = post(program, at, events={"visit": {}}, **{"async": True})
    assert refused["errors"]["code"] == "argument_error"
    assert program.world.count(EventReceipt) == 1


def test_a_customer_is_registered_as_real_clients_do_and_shown_so(program: Program) -> None:
    made = post(program, "/users", user=PROFILE)
    assert made["status"] == "ok", made
    asked = "user[user_profile]=true&expand_incentives=true&show_identifiers=true"
    shown: Any = program.server().get(f"{program.v1}/external/users/crm-7?{asked}").json["user"]  # type: ignore[index]
    assert (shown["external_id"], shown["phone"]) == ("crm-7", "+48123")
    assert shown["identifiers"] == [{"external_id": "crm-7", "external_id_type": "crm"}]
    assert {name: shown["user_profile"][name] for name in ("address", "city", "state", "zip", "country", "opted_in", "favourite")} == {
        "address": "High Street 1", "city": "Boston", "state": "MA", "zip": "02110", "country": "US", "opted_in": True,
        "favourite": "tea",
    }  # fmt: skip
    plain: Any = program.server().get(f"{program.v1}/external/users/crm-7").json["user"]  # type: ignore[index]
    assert not {"identifiers", "user_profile"} & plain.keys()
    moved = program.server().put(
        f"{program.v1}/external/users/crm-7", json={"user": {"city": "Salem", "opted_in": False}}
    )
    assert moved.status_code == 200
    again: Any = program.server().get(f"{program.v1}/external/users/crm-7?{asked}").json["user"]  # type: ignore[index]
    assert (again["user_profile"]["city"], again["user_profile"]["address"], again["phone"]) == (
        "Salem",
        "High Street 1",
        "+48123",
    )
    assert again["user_profile"]["opted_in"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifiers": [{"external_id": "a"}, {"external_id": "b"}]},
        {"identifiers": [{"external_id": "a"}], "external_id": "b"},
        {"identifiers": [{"external_id": "a", "colour": 1}]},
        {"phone_numbers": [{"phone_number": "1"}, {"phone_number": "2"}]},
        {"phone_numbers": [{"phone_number": "1"}], "phone": "2"},
        {"phone_numbers": [{}]},
        {"opted_in": "yes"},
        {"user_profile": "x"},
        {"wish": 1},
    ],
)
def test_what_cannot_be_kept_is_refused(program: Program, wrong: dict[str, Any]) -> None:
    before = program.world.count(Customer)
    assert post(program, "/users", user={"email": "robin@guerdon.example", **wrong})["status"] == "error"
    assert program.world.count(Customer) == before


def test_an_empty_list_of_divisions_is_no_wish_for_all(program: Program) -> None:
    program.create(name="Everywhere")
    at = f"{program.v1}/campaigns"
    assert program.server().get(at).json["status"] == "ok"  # type: ignore[index]
    for empty in ("division_ids[]=", "division_ids=", "division_ids[]=,"):
        answer: Any = program.server().get(f"{at}?{empty}").json
        assert answer["errors"]["code"] == "missing_data", empty


@pytest.mark.parametrize("path", ["/offers/api/2.0/offers/get_user_offers", "/incentives/api/1.0/x", "/api/2.0/x"])
def test_addresses_of_sessionms_other_products_answer_in_its_envelope(client: Client, path: str) -> None:
    answer = client.post(path, json={})
    assert (answer.status_code, list(answer.json or {})) == (404, ["status", "errors"])
